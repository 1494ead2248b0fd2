"""The page where money is claimed back: it makes the letters, which invoices cannot."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.distribution import Refused
from grants.models import Deadline, Grant
from grants.views.grants import find, head
from invoices.forms.settlements import ClaimForm
from invoices.models import Repayment
from invoices.refusals import sentence
from invoices.repayment import Terms, claim, to_claim
from invoices.settlement import Share
from municipalities.access import Capability, StaffRequest, requires
from reporting.repayment_letter import repayment_letter


def initial_of(grant: Grant) -> dict[str, object]:
    """Return what stands in the form: the last day that is set, the account used last."""
    day = (
        grant.deadlines.filter(
            kind=Deadline.Kind.REPAYMENT,
            actor=Deadline.Actor.MUNICIPALITIES,
            due_on__gt=timezone.localdate(),
        )
        .order_by("due_on")
        .first()
    )
    latest = Repayment.objects.of_body(grant.body).order_by("-pk").first()
    return {
        "due_on": day.due_on if day else None,
        "account": latest.account if latest else "",
        "record_number": grant.record_number,
    }


def as_seen(shares: list[Share], seen: list[str]) -> list[Share] | None:
    """Return the chosen shares, or none where one is no longer as somebody saw it.

    What was seen is the share, its version and the amount: ``0127-1-40``.
    """
    now = {f"{share.key}-{share.seen}-{share.to_claim}": share for share in shares}
    return [now[each] for each in seen] if set(seen) <= set(now) else None


@requires(Capability.EDIT)
def repayment_claim(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose whom to claim from, and send the letters."""
    grant = find(request, pk)
    shares = to_claim(grant)
    form = ClaimForm(request.POST or None, initial=initial_of(grant))
    chosen = {f"{share.key}-{share.seen}-{share.to_claim}" for share in shares}
    if request.method == "POST":
        seen = list(dict.fromkeys(request.POST.getlist("share")))
        chosen = set(seen)
        if form.is_valid():
            try:
                found = as_seen(shares, seen)
                if found is None:
                    raise Refused("claims_changed", names=[str(grant)])
                facts = form.cleaned_data
                made = claim(
                    grant,
                    found,
                    Terms(facts["due_on"], facts["account"], facts["record_number"]),
                    by=request.user,
                    today=timezone.localdate(),
                    letter=repayment_letter,
                )
            except Refused as error:
                form.add_error(None, sentence(error))
            else:
                text = ngettext(
                    "%(number)d claim is made and sent.",
                    "%(number)d claims are made and sent.",
                    len(made),
                )
                messages.success(request, text % {"number": len(made)})
                return redirect("invoices:repayment_list", grant.pk)
    rows = []
    for share in shares:
        value = f"{share.key}-{share.seen}-{share.to_claim}"
        rows.append((share, value, value in chosen))
    context = head(grant, "ledger") | {
        "form": form,
        "rows": rows,
        "total": sum(share.to_claim for share in shares),
        "title": _("Claim repayment"),
        "cancel_url": reverse("invoices:repayment_list", args=[grant.pk]),
    }
    status = 422 if form.errors else 200
    return render(request, "reporting/repayment_claim.html", context, status=status)
