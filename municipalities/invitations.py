"""Messages to people who are let in."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from municipalities.account import needs_password
from municipalities.models import Membership, User


def invite(request: HttpRequest, membership: Membership) -> None:
    """Tell the person which organisation let them in, and how to get there.

    Staff who have no password get a link where they choose one. Members of municipalities
    alone need none: they sign in with a code.
    """
    user = membership.user
    by_password = needs_password(user)
    context = {
        "membership": membership,
        "by": request.user,
        "organisation": membership.organisation_name,
        "by_code": not by_password,
        "login_url": request.build_absolute_uri(reverse("account_login")),
        "password_url": (
            password_url(request, user)
            if by_password and not user.has_usable_password()
            else ""
        ),
        "forgotten_url": request.build_absolute_uri(reverse("account_reset_password")),
    }
    send_mail(
        subject=_("You can now sign in to Stimulansmedel"),
        message=render_to_string("municipalities/email/invitation.txt", context),
        from_email=None,
        recipient_list=[user.email],
    )


def password_url(request: HttpRequest, user: User) -> str:
    """Return the address where the person chooses a password. It works for three days."""
    args = [user_pk_to_url_str(user), default_token_generator.make_token(user)]
    path = reverse("account_reset_password_from_key", args=args)
    return request.build_absolute_uri(path)
