"""Amounts of a draft that are changed by hand, and back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from grants import distribution as changes_of
from grants.distribution import Refused
from grants.forms.distributions import AdjustmentForm
from grants.models import Adjustment
from grants.version_facts import adjustments_of
from grants.views.versions import gone, seen_at, version_of, why
from municipalities.access import Capability, StaffRequest, requires


@requires(Capability.EDIT)
def distribution_adjust(request: StaffRequest, pk: int) -> HttpResponse:
    """Change one municipality's amount in a draft, with the reason."""
    distribution = version_of(request, pk)
    if not distribution.is_draft:
        return gone(request, distribution)
    allocations = {
        each.municipality.code: each
        for each in distribution.allocations.select_related("municipality")
    }
    form = AdjustmentForm(
        request.POST or None,
        municipalities=[each.municipality for each in allocations.values()],
        initial={"municipality": request.GET.get("municipality", "")},
    )
    if request.method == "POST" and form.is_valid():
        allocation = allocations[form.cleaned_data["municipality"]]
        try:
            changes_of.adjust(
                allocation,
                amount=form.cleaned_data["amount"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                seen_at=seen_at(request),
            )
        except Refused as error:
            if error.code == "decided":
                return gone(request, distribution)
            distribution.refresh_from_db()
            target = "amount" if error.code == "below_zero" else None
            form.add_error(target, why(distribution.grant, error))
        else:
            messages.success(
                request, _("The amount of %s is adjusted.") % allocation.municipality
            )
            return redirect("grants:distribution_adjust", distribution.pk)
    context = {
        "distribution": distribution,
        "grant": distribution.grant,
        "form": form,
        "adjustments": adjustments_of(distribution),
        "page_title": _("Adjust amounts"),
    }
    return render(request, "grants/distribution_adjust.html", context)


@require_POST
@requires(Capability.EDIT)
def adjustment_undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take an adjustment back."""
    own = Adjustment.objects.filter(
        allocation__distribution__grant__body=request.organisation
    )
    adjustment = get_object_or_404(
        own.select_related("allocation__municipality", "allocation__distribution__grant"),
        pk=pk,
    )
    distribution = adjustment.allocation.distribution
    try:
        changes_of.undo_adjustment(adjustment, by=request.user)
    except Refused as error:
        messages.error(request, why(distribution.grant, error))
        if error.code == "decided":
            return redirect(distribution)
    else:
        name = adjustment.allocation.municipality
        messages.success(request, _("The adjustment of %s is taken back.") % name)
    return redirect("grants:distribution_adjust", distribution.pk)
