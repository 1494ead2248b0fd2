"""Propose the last days that a grant usually has, each with the rule behind it.

What the state asks for comes from the agreements of 2019 and 2020: an interim report by 30
September, a final report and the repayment by 31 March the year after. The municipalities'
own days are three weeks before, so that what they send can be put together. Requisitions
came in by 30 August (S/20/0026), 20 November (2019) and 1 December (S/20/0002).

Nothing is saved here: a person confirms, and may write other days.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.copying import years_later
from grants.deadlines import counted, named, put
from grants.models import Deadline, Grant
from grants.models.deadlines import default_reminders

Kind = Deadline.Kind
Actor = Deadline.Actor
Slot = tuple[str, str]
"""What must be done, and by whom: a grant has one usual last day for each."""

DAYS_BEFORE = 21
"""Between the municipalities' last day and the authority's."""
NOTICE = 21
"""The fewest days that municipalities have for a requisition."""
REQUISITION_DAYS = [(8, 30), (11, 20), (12, 1)]
INTERIM_REPORT = (9, 30)
FINAL_REPORT = (3, 31)


@dataclass(slots=True)
class Proposal:
    """A last day that is proposed. It is not saved, and may be changed before it is."""

    deadline: Deadline
    """With its day; ``follows`` is what it would follow, saved or proposed."""
    rule: str
    """Why that day, in a sentence."""
    leader: "Proposal | None" = None
    """The proposal that it follows, where that is one too."""

    @property
    def slot(self) -> Slot:
        """What must be done, and by whom."""
        return self.deadline.kind, self.deadline.actor

    @property
    def slug(self) -> str:
        """Its name in a form.

        >>> Proposal(Deadline(kind="final_report", actor="body"), "").slug
        'final_report-body'
        """
        return "-".join(self.slot)

    @property
    def asked(self) -> date:
        """The day that the rule gives, before it is moved off a day off."""
        return self.deadline.moved_from or self.deadline.due_on


def propose(grant: Grant, present: Iterable[Deadline], today: date) -> list[Proposal]:
    """Return the usual last days that the grant lacks, by date.

    ``present`` are those that it has: they are not proposed again, but may be followed.
    """
    by_slot: dict[Slot, Deadline] = {}
    for deadline in present:
        by_slot[deadline.kind, deadline.actor] = deadline
    proposals: dict[Slot, Proposal] = {}
    for proposal in _usual(grant, today):
        if proposal.slot not in by_slot:
            proposals[proposal.slot] = proposal
    for kind in (Kind.INTERIM_REPORT, Kind.FINAL_REPORT, Kind.REPAYMENT):
        leader = proposals.get((kind, Actor.BODY))
        followed = leader.deadline if leader else by_slot.get((kind, Actor.BODY))
        slot = (kind, Actor.MUNICIPALITIES)
        if followed is not None and slot not in by_slot:
            proposals[slot] = _earlier(grant, followed, leader)
    return sorted(
        proposals.values(),
        key=lambda proposal: (proposal.deadline.due_on, proposal.slug),
    )


def _usual(grant: Grant, today: date) -> Iterator[Proposal]:
    """Yield what the body and the municipalities have to do, apart from what follows."""
    if grant.status == Grant.Status.REJECTED:
        return
    if grant.status == Grant.Status.APPLIED:
        yield _decision(grant, today)
    yield _requisition(grant, today)
    yield from _reports(grant)
    yield _proposal(
        Deadline(
            grant=grant,
            kind=Kind.USE,
            actor=Actor.MUNICIPALITIES,
            remind_days_before=[60, 21],
            remind_every=None,
        ),
        grant.uses_until,
        _("The period of use ends then. The day stays, on a day off too."),
    )
    yield _repayment(grant)


def _decision(grant: Grant, today: date) -> Proposal:
    deadline = Deadline(
        grant=grant, kind=Kind.DECISION, actor=Actor.BODY, remind_days_before=[0]
    )
    if grant.uses_from > today:
        rule = _("The grant is applied for, and may be used from that day.")
        return _proposal(deadline, grant.uses_from, rule)
    rule = _("The grant is applied for. A month from today.")
    return _proposal(deadline, today + timedelta(days=30), rule)


def _requisition(grant: Grant, today: date) -> Proposal:
    deadline = Deadline(grant=grant, kind=Kind.REQUISITION, actor=Actor.MUNICIPALITIES)
    if grant.refuses_late:
        # Nobody can answer afterwards: more before, and none after.
        deadline.remind_days_before = sorted({*default_reminders(), 3}, reverse=True)
        deadline.remind_every = None
    earlier = grant.follows and grant.follows.deadlines.answers().last()
    if earlier and grant.follows:
        years = grant.year - grant.follows.year
        asked = years_later(earlier.moved_from or earlier.due_on, years)
        rule = _("The same day as for %(grant)s.") % {"grant": grant.follows}
        return _proposal(deadline, asked, rule)
    year = grant.uses_until.year
    usual = [date(year, month, day) for month, day in REQUISITION_DAYS]
    within = [day for day in usual if grant.uses_from <= day <= grant.uses_until]
    ahead = [day for day in within if day >= today + timedelta(days=NOTICE)]
    if not within:
        rule = _("A month before the period of use ends.")
        return _proposal(deadline, grant.uses_until - timedelta(days=30), rule)
    rule = _("A usual last day for requisitions, within the period of use.")
    return _proposal(deadline, (ahead or within)[0], rule)


def _reports(grant: Grant) -> Iterator[Proposal]:
    """Yield the body's reports to the authority."""
    year = grant.uses_until.year
    to = grant.reported_to or _("the authority")
    interim = date(year, *INTERIM_REPORT)
    is_eased = bool(grant.agreement and grant.agreement.has_reporting_relief)
    if grant.uses_from < interim <= grant.uses_until and not is_eased:
        yield _proposal(
            Deadline(grant=grant, kind=Kind.INTERIM_REPORT, actor=Actor.BODY),
            interim,
            _("The usual day to %(to)s, in the year of use.") % {"to": to},
        )
    yield _proposal(
        Deadline(grant=grant, kind=Kind.FINAL_REPORT, actor=Actor.BODY),
        date(year + 1, *FINAL_REPORT),
        _("The usual day to %(to)s, the year after the use.") % {"to": to},
    )


def _repayment(grant: Grant) -> Proposal:
    deadline = Deadline(grant=grant, kind=Kind.REPAYMENT, actor=Actor.BODY)
    if grant.repay_by:
        rule = _("Stands among the facts of the grant: to be repaid no later than.")
        return _proposal(deadline, grant.repay_by, rule)
    rule = _("The usual day for unused funds, the year after the use.")
    return _proposal(deadline, date(grant.uses_until.year + 1, *FINAL_REPORT), rule)


def _earlier(grant: Grant, followed: Deadline, leader: Proposal | None) -> Proposal:
    """Return the municipalities' day, before the one to the authority."""
    deadline = Deadline(
        grant=grant,
        kind=followed.kind,
        actor=Actor.MUNICIPALITIES,
        days_before=DAYS_BEFORE,
        follows=followed if followed.pk else None,
    )
    proposal = _proposal(deadline, counted(deadline, followed), before(deadline, followed))
    proposal.leader = leader
    return proposal


def before(deadline: Deadline, leader: Deadline) -> str:
    """Return how far before the other the day is, in a sentence."""
    days = deadline.days_before or 1
    text = ngettext(
        "%(days)d day before %(leader)s, %(day)s.",
        "%(days)d days before %(leader)s, %(day)s.",
        days,
    )
    return text % {
        "days": days,
        "leader": named(leader),
        "day": date_format(leader.due_on, "j F Y"),
    }


def instead_of(usual: date) -> str:
    """Return that somebody wrote another day, in a sentence."""
    text = _("Another day than the usual one, %(day)s.")
    return text % {"day": date_format(usual, "j F Y")}


def _proposal(deadline: Deadline, asked: date, rule: str) -> Proposal:
    put(deadline, asked)
    return Proposal(deadline, rule)


@transaction.atomic
def accept(grant: Grant, chosen: Sequence[Proposal]) -> list[Deadline]:
    """Save the chosen proposals and return the last days; whoever was first holds.

    One whose leader is not chosen, and not there already, stands on its own.
    """
    Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    present = {
        (deadline.kind, deadline.actor): deadline for deadline in grant.deadlines.all()
    }
    made = []
    for proposal in sorted(chosen, key=lambda proposal: proposal.leader is not None):
        if proposal.slot in present:
            continue
        deadline = proposal.deadline
        if proposal.leader:
            deadline.follows = present.get(proposal.leader.slot)
        if deadline.follows is None:
            deadline.days_before = None
        deadline.save()
        present[proposal.slot] = deadline
        made.append(deadline)
    return made
