"""What pages of a distribution's versions have in common: which one, and why not."""

from datetime import UTC, datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from grants.allocation import AllocationError
from grants.distribution import Refused
from grants.models import Distribution, Grant
from grants.refusals import sentence
from municipalities.access import StaffRequest
from municipalities.models import Municipality, Statistic
from municipalities.prepared import Prepared

NO_LONGER_SEEN = datetime.min.replace(tzinfo=UTC)
"""Stands for a draft that was never seen, where a form does not say when it was."""
PEOPLE = ("key", "drafted_by", "decided_by")
"""What the head of a page shows of a version."""


@Prepared
def _of_body(pk: int, body: int) -> QuerySet[Distribution]:
    own = Distribution.objects.filter(pk=pk, grant__body=body)
    return own.select_related("grant")


@Prepared
def _of_body_with_people(pk: int, body: int) -> QuerySet[Distribution]:
    own = Distribution.objects.filter(pk=pk, grant__body=body)
    return own.select_related("grant", *PEOPLE)


def grant_of(request: StaffRequest, pk: int) -> Grant:
    """Return the body's grant."""
    return get_object_or_404(
        Grant.objects.of_body(request.organisation).select_related("body__county"), pk=pk
    )


def version_of(
    request: StaffRequest, pk: int, *, with_people: bool = False
) -> Distribution:
    """Return the body's distribution with its grant, and with what a page's head shows."""
    ask = _of_body_with_people if with_people else _of_body
    found = ask(pk, request.organisation.pk)
    if not found:
        raise Http404
    [distribution] = found
    distribution.grant.body = request.organisation
    return distribution


def seen_at(request: StaffRequest) -> datetime:
    """Return when the draft had last changed, as the page that was sent had it."""
    try:
        seen = parse_datetime(request.POST.get("seen_at", ""))
    except ValueError:
        seen = None
    return seen or NO_LONGER_SEEN


def why(grant: Grant, error: Refused | AllocationError) -> str:
    """Return a refusal in words, with the names of municipalities and statistics."""
    return sentence(
        error,
        municipalities=Municipality.objects.by_code(),
        statistics={str(each.pk): each for each in Statistic.objects.of_body(grant.body)},
    )


def title_of(distribution: Distribution) -> str:
    """Return what the version's page is called."""
    params = {"version": distribution.version}
    return _("Distribution, version %(version)d") % params


def gone(request: StaffRequest, distribution: Distribution) -> HttpResponse:
    """Tell that the draft has been decided, and show the decision."""
    messages.error(request, sentence(Refused("decided")))
    if request.htmx:
        response = HttpResponse()
        response["HX-Redirect"] = distribution.get_absolute_url()
        return response
    return redirect(distribution)
