"""The page where declined and unclaimed money is handed out again."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from grants.allocation import AllocationError
from grants.distribution import Refused
from grants.refusals import sentence as grant_sentence
from grants.views.grants import find, head
from grants.wording import parts_in_words
from invoices.forms.redistribution import RedistributionForm
from invoices.redistribution import Fate, Proposal, propose, redistribute
from invoices.refusals import sentence
from municipalities.access import Capability, StaffRequest, requires
from municipalities.models import Municipality, Statistic
from municipalities.numbers import kronor


@requires(Capability.EDIT)
def redistribution_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what a redistribution would give, and draft it."""
    grant = find(request, pk)
    today = timezone.localdate()
    close: Collection[str] | None = None
    if request.method == "POST":
        close = request.POST.getlist("close")
    proposal = propose(grant, close=close, today=today)
    reason = reason_of(proposal)
    is_draft = request.method == "POST" and "preview" not in request.POST
    typed = request.POST.get("reason", "")
    if request.method == "POST" and typed == request.POST.get("reason_was"):
        # Nobody has changed the words: they follow the sums.
        typed = reason
    form = RedistributionForm({"reason": typed} if is_draft else None)
    if not is_draft:
        form.initial["reason"] = typed if request.method == "POST" else reason
    if is_draft and form.is_valid():
        try:
            draft = redistribute(
                grant,
                close=close or [],
                by=request.user,
                reason=form.cleaned_data["reason"],
                today=today,
            )
        except (Refused, AllocationError) as error:
            form.add_error(None, why(request, error))
        else:
            messages.success(
                request,
                _("Version %d is drafted. A colleague decides it.") % draft.version,
            )
            return redirect(draft)
    context = head(grant, "distribution") | {
        "proposal": proposal,
        "form": form,
        "reason": reason,
        "why_not": why(request, proposal.refusal) if proposal.refusal else "",
        "code": proposal.refusal.code if proposal.refusal else "",
        "draft": grant.distributions.drafts().first(),
        "parts": parts_in_words(proposal.plan.parts)
        if proposal.plan and proposal.outcome
        else [],
        "declining": [line for line in proposal.of(Fate.ANSWERED) if line.released],
        "unanswered": proposal.of(Fate.OPEN, Fate.CLOSED),
        "rows": [
            (line, amount, amount - line.kept)
            for line in proposal.wanting
            if (amount := proposal.proposed(line)) is not None
        ],
        "proposed_title": _("Redistribution"),
    }
    return render(request, "invoices/redistribution_create.html", context)


def reason_of(proposal: Proposal) -> str:
    """Return why there is a new version, in the words of a Swedish memo."""
    if proposal.outcome is None:
        return ""
    count = len(proposal.wanting)
    those = "den kommun" if count == 1 else f"de {count} kommuner"
    return (
        f"Omfördelning av {kronor(proposal.pool)} som har avståtts eller inte "
        f"rekvirerats, till {those} som vill ha mer."
    )


def why(request: StaffRequest, error: Refused | AllocationError) -> str:
    """Return a refusal in words."""
    if isinstance(error, Refused):
        return sentence(error)
    return grant_sentence(
        error,
        municipalities=Municipality.objects.by_code(),
        statistics={
            str(each.pk): each for each in Statistic.objects.of_body(request.organisation)
        },
    )
