"""Rounds of reports: start one, ask the municipalities, and see who is asked.

A round keeps the form as it is asked, with the grant's purposes in its tables. Once the
municipalities are asked it stays, whatever becomes of the form and the purposes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from grants.models import Deadline, Grant
from municipalities.models import User
from reporting.form_problems import Problem, problems
from reporting.models import ReportFormVersion, ReportKind, ReportRound
from reporting.ready_made_forms import FACTS
from reporting.report_form import Form, Kind, Option, dump, with_purposes
from reporting.todo import todos_of

DEADLINES = {
    ReportKind.INTERIM: Deadline.Kind.INTERIM_REPORT,
    ReportKind.FINAL: Deadline.Kind.FINAL_REPORT,
    ReportKind.COSTS: Deadline.Kind.FINAL_REPORT,
}
"""Which last days a kind of report is proposed."""

LONGEST_LABEL = 300


class Refused(Exception):  # noqa: N818 (it is raised as a verdict)
    """A round cannot be as it is asked for. ``reason`` is a sentence."""

    def __init__(self, reason: Promise, problems: Iterable[Problem] = ()) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a round is proposed, from the grant's last days."""

    deadline: Deadline | None
    authority_deadline: Deadline | None
    opens_on: date
    recipient: str


def propose(grant: Grant, kind: str, today: date) -> Proposal:
    """Return what a round of the kind starts from: the grant's own days and recipient."""
    wanted = DEADLINES.get(ReportKind(kind))
    ours: Deadline | None = None
    theirs: Deadline | None = None
    for deadline in grant.deadlines.all():
        if deadline.kind == wanted:
            if deadline.actor == Deadline.Actor.MUNICIPALITIES:
                ours = ours or deadline
            else:
                theirs = theirs or deadline
    if ours and theirs and ours.due_on >= theirs.due_on:
        theirs = None
    return Proposal(ours, theirs, today, grant.reported_to)


def asked(grant: Grant, version: ReportFormVersion) -> Form:
    """Return the form as it is asked about a grant."""
    purposes = [
        Option(f"p{purpose.pk}", purpose.heading[:LONGEST_LABEL])
        for purpose in grant.purposes.all()
    ]
    return with_purposes(version.read, purposes)


def obstacles(form: Form) -> list[Problem]:
    """Return why a form cannot be asked about its grant."""
    lacking = [
        Problem("purposes_lacking", question.key)
        for question in form.questions
        if question.kind in {Kind.PURPOSES, Kind.COSTS} and not question.rows
    ]
    return lacking + problems(form, FACTS)


@transaction.atomic
def start(grant: Grant, **facts: Any) -> ReportRound:
    """Prepare a round; nobody is asked yet."""
    _lock(grant)
    return _save(ReportRound(grant=grant), facts)


@transaction.atomic
def change(found: ReportRound, **facts: Any) -> ReportRound:
    """Change a round. Once it is open, only its days and its recipient."""
    _lock(found.grant)
    found.refresh_from_db(fields=["opened_at"])
    if found.is_open and not facts.keys() <= {
        "deadline",
        "authority_deadline",
        "recipient",
    }:
        raise Refused(
            gettext_lazy("The round has been opened. What it asks cannot be changed.")
        )
    return _save(found, facts)


@transaction.atomic
def open_round(found: ReportRound, *, by: User) -> ReportRound:
    """Ask the municipalities: the form is frozen as it is now, with today's purposes."""
    _lock(found.grant)
    found.refresh_from_db(fields=["opened_at", "version", "kind"])
    if found.is_open:
        raise Refused(gettext_lazy("The round is open already."))
    form = asked(found.grant, found.version)
    if found_problems := obstacles(form):
        raise Refused(
            gettext_lazy("The form cannot be used for this grant yet."), found_problems
        )
    found.definition = dump(form)
    found.opened_at = timezone.now()
    found.opened_by = by
    found.opens_on = min(found.opens_on, timezone.localdate())
    return _save(found, {})


@transaction.atomic
def discard(found: ReportRound) -> None:
    """Take away a round that nobody has been asked in."""
    _lock(found.grant)
    found.refresh_from_db(fields=["opened_at"])
    if found.is_open:
        raise Refused(gettext_lazy("The round has been opened and cannot be taken away."))
    found.delete()


def concerned(found: ReportRound, today: date) -> frozenset[int]:
    """Return the ids of the municipalities that are to report: those that take part."""
    todos = todos_of(found.grant.body, [found.deadline], today)
    return todos[found.deadline_id].concerned


def _save(found: ReportRound, facts: dict[str, Any]) -> ReportRound:
    for name, value in facts.items():
        setattr(found, name, value)
    if not found.is_open:
        if found.version.is_draft:
            raise Refused(gettext_lazy("Take the form into use first."))
        found.definition = dump(asked(found.grant, found.version))
    theirs = found.authority_deadline
    if theirs and found.deadline.due_on >= theirs.due_on:
        raise Refused(
            gettext_lazy(
                "The municipalities' last day must be before the day to the authority."
            )
        )
    if found.deadline.due_on < found.opens_on:
        raise Refused(gettext_lazy("The round opens after its last day."))
    others = ReportRound.objects.filter(grant=found.grant, kind=found.kind)
    if others.exclude(pk=found.pk).exists():
        raise Refused(gettext_lazy("The grant has a round of this kind already."))
    found.save()
    return found


def _lock(grant: Grant) -> None:
    Grant.objects.select_for_update(of=("self",), no_key=True).get(pk=grant.pk)
