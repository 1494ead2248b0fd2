"""The start page of a municipality, *Mina medel*, and its page about each grant."""

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grants.views.outcomes import explained
from invoices.models import STANDING, Requisition
from invoices.offers import Offer, offer_to
from municipalities.access import Capability, MunicipalRequest, can, requires
from reporting.models import Memo
from reporting.portal import content_of, paused_grants, portal_of
from reporting.portal_events import events_of
from reporting.views.comments import offer_panel
from reporting.views.memo import file_name, pdf_response


@requires(Capability.ANSWER)
@require_safe
def portal(request: MunicipalRequest) -> HttpResponse:
    """Show the municipality's grants: what to do, and what is done."""
    content = portal_of(
        request.organisation,
        timezone.localdate(),
        may_sign=can(request.membership, Capability.SIGN),
    )
    context = {
        "portal": content,
        "municipality": request.organisation,
        "page_title": _("My grants"),
    }
    return render(request, "reporting/portal.html", context)


def offer_of(request: MunicipalRequest, grant: int) -> Offer:
    """Return what the municipality is offered of the grant, or 404."""
    offer = offer_to(request.organisation, grant, timezone.localdate())
    if offer is None:
        raise Http404
    return offer


@requires(Capability.ANSWER)
@require_safe
def offer_detail(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Show everything about one grant: amounts, use, what has happened, documents."""
    municipality = request.organisation
    made = list(
        Requisition.objects.of_municipality(municipality)
        .filter(grant=grant)
        .exclude(status="draft")
        .select_related("grant__body")
    )
    today = timezone.localdate()
    may_sign = can(request.membership, Capability.SIGN)
    offer = offer_to(municipality, grant, today)
    if offer is None:
        found = get_object_or_404(paused_grants(municipality), pk=grant)
        _cards, [paused] = content_of(municipality, [], [found], today, may_sign=may_sign)
        context = {
            "card": paused,
            "grant": found,
            "body": found.body,
            "events": events_of(found, municipality),
            "requisitions": made,
            "page_title": str(found),
        } | offer_panel(municipality, found)
        return render(request, "reporting/offer_paused.html", context)
    [card], _paused = content_of(municipality, [offer], [], today, may_sign=may_sign)
    own = offer.situation.requisition
    context = {
        "card": card,
        "offer": offer,
        "situation": offer.situation,
        "grant": offer.grant,
        "body": offer.grant.body,
        "municipality": municipality,
        "purposes": offer.grant.purposes.all(),
        "requisitions": [each for each in made if each.status in STANDING],
        "events": events_of(offer.grant, municipality),
        "deadlines": offer.grant.deadlines.filter(actor="municipalities"),
        "is_editable": own is not None
        and own.status == "submitted"
        and offer.may_be_answered,
        "page_title": offer.grant.title,
    } | offer_panel(municipality, offer.grant)
    return render(request, "reporting/offer_detail.html", context)


@requires(Capability.ANSWER)
@require_safe
def offer_memo(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Return the published memo that the offer rests on: the very bytes that were fixed."""
    offer = offer_of(request, grant)
    memo = get_object_or_404(
        Memo.objects.published(), grant=offer.grant, version=offer.memo_version
    )
    etag = f'"{memo.sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    name = file_name(offer.grant, f"version-{memo.version}")
    response = pdf_response(bytes(memo.pdf or b""), name, is_attachment=False)
    response["ETag"] = etag
    return response


@requires(Capability.ANSWER)
@require_safe
def offer_explanation(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Explain the municipality's own amount (Så har beloppet räknats fram)."""
    offer = offer_of(request, grant)
    distribution = offer.allocation.distribution
    allocations = list(distribution.allocations.select_related("municipality"))
    place = allocations.index(offer.allocation)
    context = explained(distribution, allocations, place) | {
        "is_municipal": True,
        "page_title": _("How the amount was calculated"),
    }
    return render(request, "reporting/offer_explanation.html", context)
