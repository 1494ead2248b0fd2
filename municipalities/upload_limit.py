"""How often a person may send files, and how much at a time.

To read a file is the heaviest thing that anybody can ask for. The count is kept with those
of logging in: in the cache, which every process shares (``ACCOUNT_RATE_LIMITS``).
"""

from typing import Any, Final

from allauth.core import ratelimit
from django import forms
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

MOST_BYTES: Final = 120 * 1024 * 1024
"""Of all that is sent at once: ten files of the largest kind, and what is typed."""

TOO_MANY: Final = _(
    "No file was taken in: you have sent many in a short time. Wait five minutes and "
    "choose it again. What you have written is kept."
)


def may_send_files(request: HttpRequest) -> bool:
    """Return whether the person may send the files that came; they count as one time."""
    return not request.FILES or ratelimit.consume(request, action="upload")


def limit_files(request: HttpRequest, form: forms.BaseForm, field: str | None) -> bool:
    """Return the same; the form says why not. Call it before anybody reads the files."""
    if may_send_files(request):
        return True
    form.add_error(field, ValidationError(TOO_MANY, code="too_many_uploads"))
    return False


class UploadHandler(TemporaryFileUploadHandler):
    """Keeps files on the disk, and refuses what is too large before it is read.

    Whoever sends it need not be logged in.
    """

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, *args: Any
    ) -> None:
        """Look at how much is announced: no more than that is read."""
        if content_length > MOST_BYTES:
            raise RequestDataTooBig("More is sent at once than any page asks for.")
