"""A municipality writes its report: where it stands, section by section, and its files."""

from django.http import Http404, HttpResponse

from municipalities.access import Capability, MunicipalRequest, requires
from reporting.views.report_finding import find_report, find_round


@requires(Capability.ANSWER)
def report_detail(request: MunicipalRequest, number: int) -> HttpResponse:
    """Show where the report stands, and what to do next."""
    find_round(request, number)
    raise Http404


@requires(Capability.ANSWER)
def report_section(request: MunicipalRequest, number: int, key: str) -> HttpResponse:
    """Show a section to be filled in, and take what is typed."""
    find_report(request, number)
    raise Http404


@requires(Capability.ANSWER)
def report_section_save(request: MunicipalRequest, number: int, key: str) -> HttpResponse:
    """Save what is being typed, and say when."""
    find_report(request, number)
    raise Http404


@requires(Capability.ANSWER)
def report_file(request: MunicipalRequest, number: int, pk: int) -> HttpResponse:
    """Return a file of the report."""
    find_report(request, number)
    raise Http404
