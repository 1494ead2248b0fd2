"""Files that show a requisition, to the municipality and to the body that it is to."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from invoices.einvoice import einvoice
from invoices.models import Requisition
from municipalities.access import Capability, can
from municipalities.models import CoordinatingBody, Municipality


def requisition_of(request: HttpRequest, pk: int) -> Requisition:
    """Return a requisition that has been sent in, if it is the reader's; else 404.

    Staff see those to their body, and members of a municipality those it has made.
    """
    membership = request.membership  # type: ignore[attr-defined]
    is_let_in = can(membership, Capability.VIEW) or can(membership, Capability.ANSWER)
    if not is_let_in:
        raise PermissionDenied
    organisation: CoordinatingBody | Municipality = membership.organisation
    requisitions = Requisition.objects.exclude(status="draft").select_related(
        "grant__body__county", "municipality", "submitted_by"
    )
    if isinstance(organisation, Municipality):
        requisitions = requisitions.of_municipality(organisation)
    else:
        requisitions = requisitions.of_body(organisation)
    return get_object_or_404(requisitions, pk=pk)


def file_name(requisition: Requisition) -> str:
    """Return a file's name: rekvisition-s-20-0026-solna."""
    grant = requisition.grant
    number = slugify(grant.record_number.replace("/", "-")) or slugify(str(grant))
    name = slugify(requisition.municipality.name)
    return "-".join(["rekvisition", number, name])


@require_safe
def requisition_xml(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the requisition as an e-invoice; 404 where none can be made."""
    requisition = requisition_of(request, pk)
    content, _complaint = einvoice(requisition)
    if not content:
        raise Http404
    return HttpResponse(
        content,
        content_type="application/xml; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(requisition)}.xml"',
            "Cache-Control": "private, no-cache",
        },
    )
