"""The start page of staff."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from municipalities.access import Capability, StaffRequest, requires
from reporting.start import STEPS, start_of


@requires(Capability.VIEW)
def start(request: StaffRequest) -> HttpResponse:
    """Show what waits, the next deadlines and how far each grant has come."""
    content = start_of(request.membership, timezone.localdate())
    return render(request, "reporting/start.html", {"start": content, "steps": STEPS})
