"""Hand out again what was declined or never asked for (omfördelning).

A redistribution is a new version of the distribution. Everyone keeps what it has asked
for, or what it is allocated while its answer may still come; the rest is split by the
statistics of the same key among those who have answered that they want more. It is then
decided by a second person and goes out with a memo of its own, as any other version.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import transaction

from grants.allocation import AllocationError, Outcome
from grants.distribution import (
    Part,
    Plan,
    Refused,
    calculate,
    draft_parts,
    plan_of,
)
from grants.models import ComponentKind, Distribution, Grant
from invoices.models import STANDING, Requisition
from invoices.offers import Situation, offered, with_answers
from invoices.requisition import last_day
from municipalities.models import Municipality, User


class Fate(StrEnum):
    """What becomes of a municipality's money in the round."""

    ANSWERED = "answered"
    """It keeps what it has asked for."""
    OPEN = "open"
    """It has not answered, and keeps its offer."""
    CLOSED = "closed"
    """It has not answered, and its money is handed out."""


@dataclass(frozen=True, slots=True)
class Line:
    """One municipality in the round. Amounts in whole kronor."""

    municipality: Municipality
    situation: Situation
    fate: Fate
    wants_more: bool

    @property
    def allocated(self) -> int:
        """What the version that holds gives it."""
        return self.situation.allocated

    @property
    def kept(self) -> int:
        """What the round leaves it with, before anything is added."""
        if self.fate == Fate.OPEN:
            return self.situation.allocated
        return self.situation.claimed

    @property
    def released(self) -> int:
        """What it gives to the pool."""
        return self.allocated - self.kept


@dataclass(frozen=True)
class Proposal:
    """What a round would do, or why it cannot be done."""

    grant: Grant
    version: Distribution | None
    """The one that holds."""
    last_day: date | None
    is_past: bool
    """Whether the last day has passed, so that what nobody asked for may be taken back."""
    lines: Sequence[Line]
    plan: Plan | None
    outcome: Outcome | None
    refusal: Refused | AllocationError | None

    @property
    def pool(self) -> int:
        """Kronor to hand out again."""
        if self.version is None:
            return 0
        return self.version.to_municipalities - self.kept

    @property
    def kept(self) -> int:
        """Kronor that the municipalities keep together."""
        return sum(line.kept for line in self.lines)

    @property
    def handed_out(self) -> int:
        """Kronor of the pool that the proposal gives: all, but for rounding."""
        return self.outcome.total - self.kept if self.outcome else 0

    @property
    def declined(self) -> int:
        """Kronor of the pool that municipalities have done without."""
        return sum(line.released for line in self.of(Fate.ANSWERED))

    @property
    def unclaimed(self) -> int:
        """Kronor of the pool that nobody asked for."""
        return sum(line.released for line in self.of(Fate.CLOSED))

    @property
    def remaining(self) -> int:
        """Kronor that rounding or adjustments had left over in the version that holds."""
        return self.pool - self.declined - self.unclaimed

    @property
    def wanting(self) -> Sequence[Line]:
        """Those who want more."""
        return [line for line in self.lines if line.wants_more]

    def of(self, *fates: Fate) -> Sequence[Line]:
        """Return the municipalities with one of the fates."""
        return [line for line in self.lines if line.fate in fates]

    def proposed(self, line: Line) -> int | None:
        """Return what the municipality would be allocated, where it can be said."""
        if self.outcome is None:
            return None
        return self.outcome.parts[line.municipality.code]


def propose(grant: Grant, *, today: date, close: Collection[str] | None = None) -> Proposal:
    """Return what a round would do today.

    ``close`` are the codes of those who have not answered and whose money is handed out;
    none given: all of them, once the last day has passed.
    """
    version = grant.distributions.decided().first()
    due_on = last_day(grant)
    is_past = due_on is not None and today > due_on
    lines = _lines(version, close, is_past) if version else []
    plan, outcome = None, None
    refusal: Refused | AllocationError | None = None
    try:
        _check(grant, version, lines, due_on=due_on, is_past=is_past)
        if version is not None:
            plan = _plan(version, lines)
            if version.to_municipalities <= sum(line.kept for line in lines):
                raise Refused("nothing_to_redistribute")
            if not any(line.wants_more for line in lines):
                raise Refused("nobody_wants_more")
            outcome = calculate(plan)
    except (Refused, AllocationError) as error:
        refusal = error
    return Proposal(
        grant=grant,
        version=version,
        last_day=due_on,
        is_past=is_past,
        lines=lines,
        plan=plan,
        outcome=outcome,
        refusal=refusal,
    )


@transaction.atomic
def redistribute(
    grant: Grant, *, close: Collection[str], by: User, reason: str, today: date
) -> Distribution:
    """Return a draft that hands out what is declined, and what is closed.

    It says why it is there, and waits for a second person's decision.
    """
    # The draft is made under the same lock; answers that come later are weighed when it
    # is decided: nobody gets less than it has claimed.
    Grant.objects.select_for_update().get(pk=grant.pk)
    proposal = propose(grant, close=close, today=today)
    if proposal.refusal is not None:
        raise proposal.refusal
    assert proposal.plan is not None
    assert proposal.version is not None
    return draft_parts(
        grant,
        proposal.plan.parts,
        key=proposal.version.key,
        rounding=proposal.plan.rounding,
        participants=proposal.plan.participants,
        by=by,
        reason=reason,
    )


def _lines(
    version: Distribution, close: Collection[str] | None, is_past: bool
) -> list[Line]:
    allocations = version.allocations.order_by("municipality__code")
    wanting = _who_want_more(version.grant_id)
    lines = []
    for allocation, situation in with_answers(allocations):
        code = allocation.municipality.code
        if not situation.left:
            fate = Fate.ANSWERED
        else:
            is_closed = is_past if close is None else code in close
            fate = Fate.CLOSED if is_closed else Fate.OPEN
        # Who asked for a part only does not want more, whatever else it has said.
        is_whole = not situation.declined and fate != Fate.CLOSED
        lines.append(
            Line(
                municipality=allocation.municipality,
                situation=situation,
                fate=fate,
                wants_more=is_whole and allocation.municipality_id in wanting,
            )
        )
    return lines


def _who_want_more(grant: int) -> set[int]:
    """Return the ids of municipalities whose latest answer says that more is welcome."""
    answers = (
        Requisition.objects.filter(grant=grant, status__in=STANDING)
        .order_by("pk")
        .values_list("municipality", "wants_more")
    )
    latest = dict(answers)
    return {municipality for municipality, wants_more in latest.items() if wants_more}


def _check(
    grant: Grant,
    version: Distribution | None,
    lines: Sequence[Line],
    *,
    due_on: date | None,
    is_past: bool,
) -> None:
    """Refuse where no round can be made, whoever wants more."""
    if version is None:
        raise Refused("nothing_decided")
    if grant.distributions.drafts().exists():
        raise Refused("draft_exists")
    if not offered().filter(distribution=version).exists():
        raise Refused("memo_lacking")
    if version.pot != grant.pot():
        raise Refused("pot_changed", pot=version.pot, today=grant.pot())
    if not is_past and any(line.fate == Fate.CLOSED for line in lines):
        if due_on is None:
            raise Refused("last_day_lacking")
        raise Refused("last_day_to_come", due_on=due_on)


def _plan(version: Distribution, lines: Sequence[Line]) -> Plan:
    """Return top slices as they were, what each keeps, and the key's statistics."""
    before = plan_of(version)
    slices = [part for part in before.parts if part.kind == ComponentKind.TOP_SLICE]
    among = frozenset(line.municipality.code for line in lines if line.wants_more)
    statistics = [
        Part(kind=part.kind, weight=part.weight, statistic=part.statistic, among=among)
        for part in before.parts
        if part.kind == ComponentKind.STATISTIC and part.weight
    ]
    if not statistics:
        raise Refused("statistic_of_key_lacking")
    kept = Part(
        kind=ComponentKind.FIXED,
        fixed={line.municipality.code: line.kept for line in lines},
    )
    return Plan(
        budget_amount=before.budget_amount,
        carry_over_amount=before.carry_over_amount,
        rounding=before.rounding,
        parts=[*slices, kept, *statistics],
        participants=before.participants,
    )
