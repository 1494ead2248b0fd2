"""The e-mails of a developer's machine, which are kept and never sent."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.kept_mail import is_kept, kept


def must_be_kept() -> None:
    """Answer 404 on every machine but a developer's: the codes to sign in are here."""
    if not (settings.DEBUG and is_kept()):
        raise Http404


@login_not_required
@require_safe
def kept_mail(request: HttpRequest) -> HttpResponse:
    """Show the latest e-mails."""
    must_be_kept()
    context = {"kept": kept(limit=50), "page_title": _("E-mail on this machine")}
    return render(request, "municipalities/kept_mail.html", context)


@login_not_required
@require_safe
def kept_mail_file(_request: HttpRequest, name: str, place: int) -> HttpResponse:
    """Return a file that went with one of them."""
    must_be_kept()
    found = next((each for each in kept(limit=50) if each.name == name), None)
    files = list(found.message.iter_attachments()) if found else []
    if not 1 <= place <= len(files):
        raise Http404
    file = files[place - 1]
    content = file.get_payload(decode=True)
    header = content_disposition_header(True, file.get_filename() or "fil")
    return HttpResponse(
        content if isinstance(content, bytes) else b"",
        content_type=file.get_content_type(),
        headers={"Content-Disposition": str(header), "X-Content-Type-Options": "nosniff"},
    )
