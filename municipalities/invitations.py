"""Messages to people who are let in."""

import logging

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from municipalities.account import needs_password
from municipalities.models import Membership, User

logger = logging.getLogger(__name__)


def welcome(request: HttpRequest, membership: Membership) -> None:
    """Tell somebody who is let in, and tell whoever did it that it is done."""
    if invite(request, membership):
        text = _("%(email)s is let in and has been told by e-mail.")
        messages.success(request, text % {"email": membership.user.email})


def invite(request: HttpRequest, membership: Membership) -> bool:
    """Tell the person which organisation let them in, and how to get there.

    A mail server that fails undoes nothing: whoever let them in is told, and the answer is
    false.

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
    try:
        send_mail(
            subject=_("You can now sign in to Stimulansmedel"),
            message=render_to_string("municipalities/email/invitation.txt", context),
            from_email=None,
            recipient_list=[user.email],
        )
    except OSError:  # smtplib's errors are of this kind as well
        logger.exception("The invitation could not be sent.")
        text = _(
            "%(email)s is let in, but the e-mail could not be sent. Tell them yourself how "
            "to sign in."
        )
        messages.warning(request, text % {"email": user.email})
        return False
    return True


def password_url(request: HttpRequest, user: User) -> str:
    """Return the address where the person chooses a password. It works for three days."""
    args = [user_pk_to_url_str(user), default_token_generator.make_token(user)]
    path = reverse("account_reset_password_from_key", args=args)
    return request.build_absolute_uri(path)
