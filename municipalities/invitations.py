"""Messages to people who are let in."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from municipalities.account import needs_password
from municipalities.messages import post
from municipalities.models import CoordinatingBody, Membership, Message, User
from municipalities.site import absolute


def welcome(request: HttpRequest, membership: Membership) -> None:
    """Write to somebody who is let in, and tell whoever did it."""
    assert isinstance(request.user, User)
    invite(membership, by=request.user)
    text = _("%(email)s is let in. How to sign in is now sent there by e-mail.")
    messages.success(request, text % {"email": membership.user.email})


def invite(membership: Membership, *, by: User) -> list[Message]:
    """Tell the person which organisation let them in, and how to get there.

    Staff who have no password get a link where they choose one. Members of municipalities
    alone need none: they sign in with a code.
    """
    user = membership.user
    place = membership.municipality
    links = {}
    with translation.override(settings.LANGUAGE_CODE):
        if not needs_password(user):
            how = _("You need no password: write your e-mail address, and we send a code.")
            links["logga in"] = _("Sign in"), absolute(reverse("account_login"))
        elif user.has_usable_password():
            how = ""
            links["logga in"] = _("Sign in"), absolute(reverse("account_login"))
        else:
            how = _("Choose a password first. The link works for three days.")
            links["logga in"] = _("Choose a password"), password_url(user)
            forgotten = absolute(reverse("account_reset_password"))
            links["ny länk"] = _("Ask for a new one"), forgotten
        return post(
            "invitation",
            to=[user.email],
            body=membership.body or body_of(membership),
            municipality=place,
            why=_("%(by)s let the person in to %(organisation)s")
            % {"by": by, "organisation": membership.organisation_name},
            facts={
                "organisation": membership.organisation_name,
                "vem": str(by),
                "roll": str(membership.get_role_display()),
                "så loggar du in": how,
            },
            links=links,
            reply_to=by.email,
        )


def body_of(membership: Membership) -> CoordinatingBody | None:
    """Return the body in whose log a municipality's invitation stands: its county's."""
    assert membership.municipality is not None
    county = membership.municipality.county_id
    return CoordinatingBody.objects.filter(county=county).order_by("pk").first()


def password_url(user: User) -> str:
    """Return the address where the person chooses a password. It works for three days."""
    args = [user_pk_to_url_str(user), default_token_generator.make_token(user)]
    return absolute(reverse("account_reset_password_from_key", args=args))
