"""The decision on a draft, and how a draft is thrown away."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from grants import distribution as changes_of
from grants.allocation import AllocationError
from grants.distribution import Refused, calculate
from grants.forms.distributions import DecisionForm
from grants.refusals import sentence
from grants.tables.distributions import OutcomeTable
from grants.version_facts import Facts, named_changes, parts_of, unchanged
from grants.views.versions import gone, seen_at, version_of, why
from municipalities.access import Capability, StaffRequest, requires
from municipalities.numbers import kronor


@requires(Capability.DECIDE)
def distribution_decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Show all that the decision rests on, and make it."""
    distribution = version_of(request, pk, with_people=True)
    if not distribution.is_draft:
        if distribution.decided_by_id != request.user.pk or request.method != "POST":
            messages.error(request, sentence(Refused("decided")))
        return redirect(distribution)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            changes_of.decide(
                distribution,
                by=request.user,
                decided_on=form.cleaned_data["decided_on"],
                seen_at=seen_at(request),
            )
        except (Refused, AllocationError) as error:
            distribution.refresh_from_db()
            if error.code == "decided":
                if distribution.decided_by_id != request.user.pk:
                    messages.error(request, sentence(error))
                return redirect(distribution)
            form.add_error(None, why(distribution.grant, error))
        else:
            messages.success(request, _("Version %d is decided.") % distribution.version)
            return redirect(distribution)
    facts = Facts(distribution, None)
    checks, table = _checks(facts)
    # The nearest is the version before, if there is one; else last year's, in the table.
    other = facts.other
    previous = other if other and other.grant_id == distribution.grant_id else None
    compared = facts.compared if previous else None
    context = {
        "distribution": distribution,
        "grant": distribution.grant,
        "form": form,
        "table": table,
        "parts": parts_of(facts.saved),
        "checks": checks,
        "previous": previous,
        "changes": named_changes(facts, compared) if compared else [],
        "unchanged": unchanged(facts, compared) if compared else 0,
        "adjustments": facts.adjustments,
        "is_own": distribution.drafted_by_id == request.user.pk,
        "may_confirm": distribution.drafted_by_id != request.user.pk
        and all(check.holds for check in checks),
        "page_title": _("Decide version %d") % distribution.version,
    }
    return render(request, "grants/distribution_decide.html", context)


@dataclass
class Check:
    """Something that must hold before the decision, in words."""

    holds: bool
    text: str


def _checks(facts: Facts) -> tuple[list[Check], OutcomeTable]:
    """Return what holds of a draft, and its amounts as they were saved."""
    distribution = facts.distribution
    table = facts.table(facts.saved, stored=True)
    try:
        outcome = calculate(facts.saved)
    except AllocationError as error:
        first = Check(False, facts.why(error))
    else:
        if outcome.parts == facts.calculated:
            first = Check(True, _("The amounts follow from the key and the statistics."))
        else:
            first = Check(
                False, _("A statistic has changed since the amounts were calculated.")
            )
    if facts.saved.pot == distribution.grant.pot():
        second = Check(True, _("The pot is the budget's of today."))
    else:
        second = Check(False, _("The budget has changed since the draft was saved."))
    third = Check(
        True,
        _("The amounts sum to the pot.")
        if not table.difference
        else _("The amounts differ from the pot by %s.") % kronor(table.difference),
    )
    return [first, second, third], table


@requires(Capability.EDIT)
def distribution_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away, once that is confirmed."""
    distribution = version_of(request, pk)
    if not distribution.is_draft:
        return gone(request, distribution)
    if request.method == "POST":
        try:
            changes_of.discard(distribution)
        except Refused:
            return gone(request, distribution)
        messages.success(request, _("The draft is discarded."))
        return redirect("grants:distribution_list", distribution.grant_id)
    context = {
        "page_title": _("Discard the draft?"),
        "message": _(
            "The draft of version %(version)d is thrown away with its adjustments. "
            "What is decided stays as it is."
        )
        % {"version": distribution.version},
        "submit": _("Discard the draft"),
        "cancel_url": distribution.get_absolute_url(),
    }
    return render(request, "municipalities/confirm_page.html", context)
