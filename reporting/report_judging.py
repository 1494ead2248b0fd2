"""What staff would accept of a report that is sent in, and whether it needs to be read.

A report says what became of the money. Where it says all, where its checks are silent and
where nothing has been paid since, it can be accepted together with others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from grants.distribution import Refused
from invoices.settlement import Outcome, Share, shares_of
from municipalities.models import Municipality, User
from reporting import decision_letters
from reporting.answer_review import Review, review
from reporting.models import Report, ReportKind, ReportRound, ReportVersion
from reporting.report_decisions import (
    accept,
    is_settled_to,
    outcome_in,
    proposal_of,
)
from reporting.report_form import Form

SETTLES = {ReportKind.FINAL.value, ReportKind.COSTS.value}
"""The kinds of reports that say what became of the money."""


def settles(found: ReportRound) -> bool:
    """Return whether the municipality's money is settled when its report is accepted."""
    return found.kind in SETTLES


@dataclass(frozen=True, slots=True)
class Judgement:
    """A report beside what is known of the municipality's money."""

    review: Review
    """With the ledger's sums as they were when it was sent in."""
    share: Share | None
    """What is to be settled; none where nothing is."""
    outcome: Outcome | None
    """What it says became of the money, if it says all."""
    proposal: Outcome | None
    """What is proposed: the same, or what can be read of it."""
    hindrance: Refused | None
    """Why it is not accepted without being read."""


def shares_by_municipality(found: ReportRound) -> dict[int, Share]:
    """Return what is to be settled, by the municipality's id; nothing in other rounds."""
    if not settles(found):
        return {}
    return {
        share.municipality.pk: share
        for share in shares_of(found.grant)
        if share.municipality
    }


def judge(
    report: Report, version: ReportVersion, form: Form, share: Share | None
) -> Judgement:
    """Return what may be accepted of a version. ``share`` is as it is now."""
    read = review(form, version.typed, version.facts)
    outcome = outcome_in(read.sums, version.facts["utbetalat"]) if share else None
    return Judgement(
        review=read,
        share=share,
        outcome=outcome,
        proposal=proposal_of(read.sums, share.available) if share else None,
        hindrance=_hindrance(report, read, share, outcome),
    )


def _hindrance(
    report: Report, read: Review, share: Share | None, outcome: Outcome | None
) -> Refused | None:
    codes = {
        "report_not_sent": report.status != Report.Status.SUBMITTED,
        "report_is_corrected": report.is_correcting,
        "report_has_remarks": bool(read.findings),
    }
    if share is not None:
        codes["report_outcome_lacking"] = outcome is None
        if outcome is not None:
            codes["report_paid_since"] = outcome.total != share.available
            codes["report_settled_otherwise"] = (
                share.settlement is not None and not is_settled_to(share, outcome)
            )
    found = next((code for code, is_so in codes.items() if is_so), None)
    return Refused(found, municipality=report.municipality) if found else None


# Many at once ----------------------------------------------------------------------------


@dataclass
class Accepted:
    """What became of the reports that somebody chose to accept."""

    accepted: list[Report] = field(default_factory=list)
    refused: list[tuple[Municipality, Refused]] = field(default_factory=list)

    @property
    def to_repay(self) -> int:
        """What is to be paid back of what was accepted, in kronor."""
        settled = [report.settlement for report in self.accepted]
        return sum(each.to_repay for each in settled if each)


def accept_many(found: ReportRound, seen: Mapping[str, int], *, by: User) -> Accepted:
    """Accept each that needs not be read, tell it, and say why others were not.

    ``seen`` is the number of the version that somebody saw, by the municipality's code.
    """
    form, shares = found.read, shares_by_municipality(found)
    done = Accepted()
    for report in _chosen(found, seen):
        version = report.versions.first()
        try:
            with transaction.atomic():
                if version is None or version.number != seen[report.municipality.code]:
                    raise Refused("report_sent_again", municipality=report.municipality)
                made = judge(report, version, form, shares.get(report.municipality_id))
                if made.hindrance:
                    raise made.hindrance
                accepted = accept(
                    report,
                    by=by,
                    seen=version.number,
                    outcome=made.outcome,
                    settled=made.share.seen if made.share else None,
                )
                decision_letters.accepted(accepted)
        except Refused as error:
            done.refused.append((report.municipality, error))
        else:
            done.accepted.append(accepted)
    return done


def _chosen(found: ReportRound, codes: Iterable[str]) -> Iterable[Report]:
    return (
        Report.objects.filter(round=found, municipality__code__in=list(codes))
        .select_related("municipality", "round__grant__body")
        .order_by("municipality__code")
    )
