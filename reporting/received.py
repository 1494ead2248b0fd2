"""Who has reported in a round: each municipality that is to, and how far it has come.

Plain data in a fixed number of queries, for the round's page.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from municipalities.models import Municipality
from reporting.models import CompletionRequest, Report, ReportRound, ReportVersion
from reporting.report_judging import Judgement, judge, shares_by_municipality
from reporting.round_messages import Invited, invited_to
from reporting.stages import NOT_SENT, REPORTED, Stage, stage_of, state_of, waits
from reporting.swedish import alphabetical

Status = Report.Status


class Show(StrEnum):
    """What the page may be narrowed to. The values stand in addresses."""

    ALL = ""
    MISSING = "saknas"
    TO_READ = "att-lasa"
    TO_COMPLETE = "komplettering"
    ACCEPTED = "godkanda"
    LATE = "sena"


LABELS: Mapping[Show, Promise] = {
    Show.ALL: pgettext_lazy("reports", "All"),
    Show.MISSING: pgettext_lazy("reports", "Not sent in"),
    Show.TO_READ: pgettext_lazy("reports", "To be read"),
    Show.TO_COMPLETE: pgettext_lazy("reports", "To be completed"),
    Show.ACCEPTED: pgettext_lazy("reports", "Accepted"),
    Show.LATE: pgettext_lazy("reports", "Late"),
}

STAGES = {
    Show.MISSING: NOT_SENT,
    Show.TO_READ: {Stage.SENT},
    Show.TO_COMPLETE: {Stage.RETURNED},
    Show.ACCEPTED: {Stage.ACCEPTED},
}


@dataclass(frozen=True)
class Received:
    """A municipality's row."""

    municipality: Municipality
    due_on: date
    """The round's last day, or that of the completion that is asked for."""
    today: date
    invited: Invited | None = None
    """None where it is no longer asked, but has reported."""
    report: Report | None = None
    version: ReportVersion | None = None
    """The latest."""
    completion: CompletionRequest | None = None
    """What it is asked to complete now."""
    judgement: Judgement | None = None
    """What may be accepted, where something waits to be."""

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return stage_of(self.report)

    @property
    def is_overdue(self) -> bool:
        """Whether something is to be sent in, and its last day has passed."""
        return waits(self.stage) and self.due_on < self.today

    @property
    def is_late(self) -> bool:
        """Whether it is late, or came late."""
        return self.is_overdue or bool(self.version and self.version.is_late)

    @property
    def state(self) -> tuple[str, str]:
        """How it stands, as a colour and in words."""
        return state_of(self.stage, is_overdue=self.is_overdue)

    @property
    def may_be_chosen(self) -> bool:
        """Whether it can be accepted without being opened."""
        return self.judgement is not None and self.judgement.hindrance is None

    @property
    def may_be_invited(self) -> bool:
        """Whether it has not been asked, and has nothing to be asked from."""
        is_asked = self.invited is None or self.invited.is_asked
        return self.stage is Stage.NOT_BEGUN and not is_asked

    @property
    def used(self) -> int | None:
        """What is used, as it is settled or else as the report says."""
        return self._money("used")

    @property
    def to_repay(self) -> int | None:
        """What is to be paid back, as it is settled or else as the report says."""
        return self._money("to_repay")

    def _money(self, part: str) -> int | None:
        settled = self.report.settlement if self.report else None
        if self.stage in {Stage.ACCEPTED, Stage.RETURNED}:
            return getattr(settled, part) if settled else None
        outcome = self.judgement.outcome if self.judgement else None
        return getattr(outcome, part) if outcome else None

    @property
    def token(self) -> str:
        """What a choice of it carries: the municipality, and the version that is read."""
        number = self.version.number if self.version else 0
        return f"{self.municipality.code}:{number}"

    def is_shown(self, show: Show) -> bool:
        """Return whether it belongs to what is looked at."""
        if show is Show.ALL:
            return True
        if show is Show.LATE:
            return self.is_late
        return self.stage in STAGES[show]


@dataclass(frozen=True)
class AllReceived:
    """The municipalities, in the order of the alphabet."""

    rows: Sequence[Received]

    @cached_property
    def counts(self) -> Mapping[Stage, int]:
        """How many have come how far."""
        return Counter(row.stage for row in self.rows)

    @property
    def reported(self) -> int:
        """How many have sent in something, also those that are asked for more."""
        return sum(self.counts[stage] for stage in REPORTED)

    @property
    def to_complete(self) -> int:
        """How many are asked for more."""
        return self.counts[Stage.RETURNED]

    @property
    def accepted(self) -> int:
        """How many are done."""
        return self.counts[Stage.ACCEPTED]

    @property
    def lacking(self) -> int:
        """How many have sent in nothing."""
        return sum(self.counts[stage] for stage in NOT_SENT)

    def shown(self, show: Show) -> list[Received]:
        """Return those that are looked at."""
        return [row for row in self.rows if row.is_shown(show)]

    def chips(self) -> list[tuple[Show, str, int]]:
        """Return what can be looked at, in words, and how many they are; not the empty."""
        found = [(show, str(LABELS[show]), len(self.shown(show))) for show in Show]
        return [each for each in found if each[2] or each[0] is Show.ALL]


def shown_by(text: str) -> Show:
    """Return what an address narrows the page to; everything where it is odd."""
    return Show(text) if text in set(Show) else Show.ALL


def received_in(found: ReportRound, today: date) -> AllReceived:
    """Return how far each has come, in a fixed number of queries."""
    invited = {row.municipality.pk: row for row in invited_to(found, today).rows}
    reports = {
        report.municipality_id: report
        for report in Report.objects.filter(round=found).select_related(
            "municipality", "settlement"
        )
    }
    versions = _latest_versions(found)
    completions = {
        asked.report_id: asked
        for asked in CompletionRequest.objects.filter(
            report__round=found, closed_at=None
        ).select_related("deadline")
    }
    judgements = _judgements(found, reports.values(), versions)
    rows = []
    for pk in invited.keys() | reports.keys():
        report = reports.get(pk)
        asked = completions.get(report.pk) if report else None
        rows.append(
            Received(
                municipality=report.municipality if report else invited[pk].municipality,
                due_on=(asked.deadline if asked else found.deadline).due_on,
                today=today,
                invited=invited.get(pk),
                report=report,
                version=versions.get(report.pk) if report else None,
                completion=asked,
                judgement=judgements.get(pk),
            )
        )
    rows.sort(key=lambda row: alphabetical(row.municipality.name))
    return AllReceived(rows)


def _latest_versions(found: ReportRound) -> dict[int, ReportVersion]:
    rows = (
        ReportVersion.objects.filter(report__round=found)
        .order_by("report_id", "-number")
        .distinct("report_id")
    )
    return {version.report_id: version for version in rows}


def _judgements(
    found: ReportRound,
    reports: Iterable[Report],
    versions: Mapping[int, ReportVersion],
) -> dict[int, Judgement]:
    """Return what may be accepted of those that wait, by municipality."""
    waiting = [each for each in reports if each.status == Status.SUBMITTED]
    if not waiting:
        return {}
    form = found.read
    shares = shares_by_municipality(found)
    return {
        each.municipality_id: judge(
            each, versions[each.pk], form, shares.get(each.municipality_id)
        )
        for each in waiting
    }
