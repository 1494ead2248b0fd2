"""The start page of staff."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from municipalities.access import Capability, StaffRequest, can, requires
from reporting.start import STEPS, start_of


def start(request: HttpRequest) -> HttpResponseBase:
    """Show staff what waits; a municipality has a start page of its own."""
    membership = request.membership  # type: ignore[attr-defined]
    if can(membership, Capability.ANSWER):
        return redirect("reporting:portal")
    return staff_start(request)


@requires(Capability.VIEW)
def staff_start(request: StaffRequest) -> HttpResponse:
    """Show what waits, the next deadlines and how far each grant has come."""
    content = start_of(request.membership, timezone.localdate())
    return render(request, "reporting/start.html", {"start": content, "steps": STEPS})
