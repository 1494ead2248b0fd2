"""Files that the body keeps, as downloads."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from municipalities.access import Capability, StaffRequest, requires
from municipalities.models import StoredFile


@requires(Capability.VIEW)
def file_download(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Return the file's bytes, or that the browser has them already."""
    file = get_object_or_404(StoredFile, pk=pk, body=request.organisation)
    return download(request, file)


def download(request: HttpRequest, file: StoredFile) -> HttpResponseBase:
    """Return a file's bytes to be saved, or that the browser has them already."""
    etag = quote_etag(file.sha256)
    if known := unchanged(request, etag):
        return known
    headers = {
        "Content-Disposition": content_disposition_header(True, file.name),
        "Content-Length": str(file.size),
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(
        bytes(file.content),
        content_type=file.content_type,
        headers={name: value for name, value in headers.items() if value},
    )


def unchanged(request: HttpRequest, etag: str) -> HttpResponseBase | None:
    """Return "not modified" when the browser holds this very file."""
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    return response
