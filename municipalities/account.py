"""How people sign in: members of municipalities by a code in an e-mail, staff by password.

One form serves both. Without a password it sends a code; the answer, the page after it and
the time they take are the same whoever the address belongs to. Only the message differs,
and only the mailbox's owner reads it.
"""

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ConfirmLoginCodeForm as BaseConfirmLoginCodeForm
from allauth.account.forms import LoginForm as BaseLoginForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.core import context, ratelimit
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from municipalities.models import Membership, User

UNKNOWN_ACCOUNT = "account/email/unknown_account"
USE_PASSWORD = "account/email/use_password"  # noqa: S105 (a template)
NEXT_KEY = "next_after_login"


def needs_password(user: User) -> bool:
    """Return whether a mailbox alone is not enough: staff decide on others' money."""
    if user.is_superuser or user.is_staff:
        return True
    return Membership.objects.valid().staff().filter(user=user).exists()


def user_by_code(email: str) -> User | None:
    """Return whom a code lets in at the address: a member of municipalities alone."""
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None or needs_password(user):
        return None
    is_member = Membership.objects.valid().filter(user=user, municipality__isnull=False)
    return user if is_member.exists() else None


class LoginForm(BaseLoginForm):  # type: ignore[misc]
    """An address, and a password for those who have one; the others get a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the password be left out."""
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["login"].help_text = _(
            "If you work in a municipality, we send a code here. You need no password."
        )
        password = self.fields["password"]
        password.help_text = ""
        password.required = self.data.get("by") == "password"
        # Its label would say that it is optional; it stands under a heading of its own.
        self.is_by_password = bool(self.data.get("password")) or password.required

    def _clean_without_password(self, email: str | None, phone: str | None) -> Any:
        if not ratelimit.consume(
            context.request, action="request_login_code", key=str(email).lower()
        ):
            raise self.adapter_error("too_many_codes")
        self.user = user_by_code(str(email))
        return self.cleaned_data

    def _login_by_code(
        self, request: HttpRequest, redirect_url: str | None, credentials: dict[str, str]
    ) -> HttpResponse:
        # Where the person was going survives a code that came too late.
        if redirect_url:
            request.session[NEXT_KEY] = redirect_url
        response: HttpResponse = super()._login_by_code(request, redirect_url, credentials)
        return response

    def adapter_error(self, code: str) -> ValidationError:
        """Return the message by its code."""
        return ValidationError(AccountAdapter.error_messages[code], code=code)


class ConfirmLoginCodeForm(BaseConfirmLoginCodeForm):  # type: ignore[misc]
    """The code from the message. Guesses are counted per address, over all sessions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give a phone its row of digits."""
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget = forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "medium",
                "maxlength": 20,
            }
        )

    def clean_code(self) -> str:
        """Refuse a wrong code, and any code after too many guesses."""
        stage = get_pending_stage(context.request)
        email = stage.state.get("email", "") if stage else ""
        if not ratelimit.consume(
            context.request, action="confirm_login_code", key=str(email).lower()
        ):
            message = AccountAdapter.error_messages["too_many_codes"]
            raise ValidationError(message, code="too_many_codes")
        code: str = super().clean_code()
        return code


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by those who let people in, not by whoever finds the page."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "incorrect_code": _("The code is wrong. Look at the latest message again."),
        "too_many_codes": _("That was too many tries. Wait ten minutes and try again."),
        "too_many_login_attempts": _(
            "That was too many tries. Wait a few minutes, or ask for a new code."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return the page that the person was going to before they asked for a code."""
        asked: str | None = request.session.pop(NEXT_KEY, None)
        return asked or str(super().get_login_redirect_url(request))

    def format_email_subject(self, subject: str) -> str:
        """Return the subject without the name of the site, which it says itself."""
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message; staff who asked for a code are told to use the password."""
        if template_prefix == UNKNOWN_ACCOUNT:
            user = User.objects.filter(email=email.lower(), is_active=True).first()
            if user is not None and needs_password(user):
                template_prefix = USE_PASSWORD
        minutes = app_settings.LOGIN_BY_CODE_TIMEOUT // 60
        super().send_mail(template_prefix, email, {"minutes": minutes} | context)

    def pre_login(
        self, request: HttpRequest, user: User, **facts: Any
    ) -> HttpResponse | None:
        """Stop a code that no longer lets the person in, as when they became staff."""
        response: HttpResponse | None = super().pre_login(request, user, **facts)
        if response is not None:
            return response
        records = get_authentication_records(request, user)
        if records and records[-1]["method"] == "code":
            email = str(records[-1].get("email", ""))
            if user_by_code(email) != user:
                clear_login(request)
                messages.error(request, self.error_messages["incorrect_code"])
                return redirect("account_login")
        return None
