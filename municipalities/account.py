"""How staff sign in."""

from typing import Any

from allauth.account.forms import LoginForm as BaseLoginForm
from django.utils.translation import gettext_lazy as _


class LoginForm(BaseLoginForm):  # type: ignore[misc]
    """E-mail and password; the way to a new password stands beside the button."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")
        self.fields["password"].help_text = ""
