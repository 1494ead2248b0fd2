"""The start page of a municipality: *Mina medel*."""

from django.http import HttpResponse
from django.shortcuts import render

from municipalities.access import Capability, MunicipalRequest, requires


@requires(Capability.ANSWER)
def portal(request: MunicipalRequest) -> HttpResponse:
    """Show the municipality's grants."""
    context = {"municipality": request.organisation}
    return render(request, "reporting/portal.html", context)
