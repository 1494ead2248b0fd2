"""Pages that say what became of each share's money: as it stands, and to fill in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from grants.distribution import Refused
from grants.views.grants import find, head
from invoices.forms.settlements import SettlementForm
from invoices.models import Settlement
from invoices.refusals import sentence
from invoices.settlement import settle_many, shares_of
from municipalities.access import Capability, StaffRequest, requires


@require_safe
@requires(Capability.VIEW)
def settlement_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how each share is settled, and what has been corrected."""
    grant = find(request, pk)
    shares = shares_of(grant)
    corrected = (
        Settlement.objects.filter(grant=grant, version__gt=1)
        .select_related("municipality", "confirmed_by")
        .order_by("-confirmed_at", "-pk")
    )
    context = head(grant, "ledger") | {
        "shares": shares,
        "sums": {
            name: sum(getattr(share, name) for share in shares)
            for name in ("available", "used", "to_repay", "carried_over", "unaccounted")
        },
        "corrected": corrected,
        "to_claim": sum(share.to_claim for share in shares),
    }
    return render(request, "invoices/settlement_list.html", context)


@requires(Capability.EDIT)
def settlement_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Settle all shares at once; everything that is wrong is said at its cell."""
    grant = find(request, pk)
    data = request.POST if request.method == "POST" else None
    form = SettlementForm(data, shares=shares_of(grant))
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = settle_many(
                    grant, form.entries, by=request.user, on=timezone.localdate()
                )
            except Refused as error:
                refusal = sentence(error)
            else:
                text = ngettext(
                    "%(number)d row is settled.",
                    "%(number)d rows are settled.",
                    len(made),
                )
                messages.success(request, text % {"number": len(made)})
                return redirect("invoices:settlement_list", grant.pk)
    context = head(grant, "ledger") | {
        "form": form,
        "rows": list(form.rows()),
        "sums": form.sums(),
        "refusal": refusal,
        "title": _("Settle"),
        "cancel_url": reverse("invoices:settlement_list", args=[grant.pk]),
    }
    return render(request, "invoices/settlement_edit.html", context, status=status)
