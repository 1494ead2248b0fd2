"""A requisition as a document."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from invoices.views.documents import file_name, requisition_of
from reporting.requisition_pdf import requisition_pdf as pdf_of
from reporting.views.memo import pdf_response


@require_safe
def requisition_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the requisition as a PDF, to the municipality and to the body it is to."""
    requisition = requisition_of(request, pk)
    return pdf_response(pdf_of(requisition), file_name(requisition), is_attachment=False)
