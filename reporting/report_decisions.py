"""What staff do with a report that has been sent in: ask for completion, or accept it.

A request for completion can be taken back while it has not been answered.

Each verb is one transaction. The refusals' sentences are in ``report_refusals``.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from grants.distribution import Refused
from grants.models import Deadline, Grant
from invoices.models import Settlement
from invoices.settlement import Outcome, Share, settle, shares_of
from municipalities.models import User
from reporting.answer_changes import Answers
from reporting.answer_review import review
from reporting.models import CompletionRequest, Report, ReportRound, ReportVersion
from reporting.prefill import CARRIED_OVER, TO_REPAY, USED
from reporting.report import Facts, lock, work_on
from reporting.report_form import Form


@transaction.atomic
def request_completion(
    report: Report,
    *,
    by: User,
    sections: Iterable[str],
    reason: str,
    due_on: date,
    seen: int,
    also_accepted: bool = True,
) -> CompletionRequest:
    """Ask the municipality for some sections once more, by a last day of their own.

    It may be asked of an accepted report: what its money is settled to stands until the
    next version is accepted. ``also_accepted`` is false where the report was not accepted
    when somebody looked at it, and ``seen`` is the number of the version that was read.
    Refused where another version has come since (``report_sent_again``) or a colleague has
    accepted it (``report_accepted_since``), where it is not sent in (``report_not_sent``),
    or where no section is chosen (``completion_sections_lacking``).
    """
    locked = lock(report)
    latest = locked.versions.first()
    if latest is None or locked.status == Report.Status.RETURNED:
        raise Refused("report_not_sent", municipality=locked.municipality)
    if latest.number != seen:
        raise Refused("report_sent_again", municipality=locked.municipality)
    if locked.status == Report.Status.ACCEPTED and not also_accepted:
        raise Refused("report_accepted_since", municipality=locked.municipality)
    known = [each.key for each in locked.round.read.sections]
    chosen = [key for key in known if key in set(sections)]
    if not chosen:
        raise Refused("completion_sections_lacking")
    locked.status = Report.Status.RETURNED
    locked.is_correcting = False
    locked.save()
    report.status = locked.status
    return CompletionRequest.objects.create(
        report=locked,
        version=latest,
        sections=chosen,
        reason=reason,
        deadline=_deadline_of_completion(locked.round, due_on),
        asked_by=by,
    )


@transaction.atomic
def withdraw_completion(report: Report, *, by: User, seen: int) -> CompletionRequest:
    """Take back a request for completion: what was sent in waits to be read as before, or
    is accepted as before (``is_accepted_before``).

    What the municipality has written since it was asked is kept, as a correction that it
    may send in or throw away. ``seen`` is the id of the request that was looked at. Refused
    (``completion_closed``) where it has been answered or taken back since.
    """
    locked = lock(report)
    asked = (
        locked.completions.select_for_update(of=("self",), no_key=True)
        .select_related("version", "deadline")
        .filter(pk=seen, closed_at=None)
        .first()
    )
    if asked is None:
        raise Refused("completion_closed", municipality=locked.municipality)
    asked.closed_at = timezone.now()
    asked.withdrawn_by = by
    asked.save(update_fields=["closed_at", "withdrawn_by"])
    locked.status = Report.Status.SUBMITTED
    locked.is_correcting = differs(locked, asked.version)
    if not locked.is_correcting:
        locked.handed_over_by = None
    locked.save()
    if is_accepted_before(locked, asked):
        locked.status = Report.Status.ACCEPTED  # a step after the other: a trigger holds it
        locked.save()
    report.refresh_from_db()
    asked.report = locked
    return asked


def differs(report: Report, version: ReportVersion) -> bool:
    """Return whether something else is written, or another file added, than was sent in."""
    work = work_on(report)
    files = {file.pk for some in work.files.values() for file in some}
    sent = set(version.files.values_list("pk", flat=True))
    return dict(work.answers) != dict(version.typed) or files != sent


def is_accepted_before(report: Report, asked: CompletionRequest) -> bool:
    """Return whether the version that is to be completed was accepted when it was asked."""
    accepted_at = report.accepted_at
    return accepted_at is not None and asked.version.submitted_at < accepted_at


def _deadline_of_completion(found: ReportRound, due_on: date) -> Deadline:
    """Return the day's own last day for completions of the round: it reminds by itself."""
    with translation.override("sv"):
        title = _("Completion of the %(report)s") % {"report": found.get_kind_display()}
    day = {
        "kind": Deadline.Kind.OWN,
        "actor": Deadline.Actor.MUNICIPALITIES,
        "title": capfirst(title),
        "due_on": due_on,
    }
    grant = found.grant
    # Locked, so that two who ask by the same day share it; by hand it may be there twice.
    Grant.objects.select_for_update(of=("self",), no_key=True).get(pk=grant.pk)
    made: Deadline | None = grant.deadlines.filter(**day).order_by("pk").first()
    return made or grant.deadlines.create(remind_days_before=[7, 1, 0], **day)


def outcome_of(form: Form, answers: Answers, facts: Facts) -> Outcome | None:
    """Return what a report says became of the money, or none where it does not say all."""
    return outcome_in(review(form, answers, facts).sums, facts["utbetalat"])


def outcome_in(sums: Mapping[str, int | None], paid: int) -> Outcome | None:
    """Return what a report's sums say, or none where they do not say all.

    What it calls used, to be repaid and carried over must come to what is paid.

    >>> outcome_in({"använt": 80, "att återbetala": 20}, 100)
    Outcome(used=80, to_repay=20, carried_over=0)
    >>> outcome_in({"använt": 80, "att återbetala": 10}, 100)
    """
    used = _first(sums, USED)
    carried = _first(sums, CARRIED_OVER) or 0
    to_repay = _first(sums, TO_REPAY)
    if used is None or to_repay is None:
        return None
    outcome = Outcome(used=used, to_repay=to_repay, carried_over=carried)
    return outcome if outcome.total == paid else None


def proposal_of(sums: Mapping[str, int | None], available: int) -> Outcome:
    """Return what is proposed where a report does not say what became of all the money.

    >>> proposal_of({"använt": 70, "förs över": 10}, 100)
    Outcome(used=70, to_repay=20, carried_over=10)
    >>> proposal_of({}, 100)
    Outcome(used=0, to_repay=100, carried_over=0)
    >>> proposal_of({"använt": 120}, 100)
    Outcome(used=100, to_repay=0, carried_over=0)
    """
    used = min(_first(sums, USED) or 0, available)
    carried = min(_first(sums, CARRIED_OVER) or 0, available - used)
    return Outcome(used, available - used - carried, carried)


def is_settled_to(share: Share, outcome: Outcome) -> bool:
    """Return whether the share is settled so already."""
    settled = Outcome(share.used, share.to_repay, share.carried_over)
    return share.settlement is not None and share.unaccounted == 0 and settled == outcome


def _first(sums: Mapping[str, int | None], names: Iterable[str]) -> int | None:
    return next((sums[name] for name in names if sums.get(name) is not None), None)


@transaction.atomic
def accept(
    report: Report,
    *,
    by: User,
    seen: int,
    outcome: Outcome | None = None,
    settled: int | None = None,
    reason: str = "",
) -> Report:
    """Say that what the municipality sent in is as it should be.

    With an ``outcome`` its money is settled in the same transaction
    (``invoices.settlement.settle``, whose refusals pass through), unless it is settled so
    already; ``settled`` is the version of the settlement that was looked at. Refused where
    another version has come since (``report_sent_again``) and where nothing is to be
    accepted (``report_not_sent``).
    """
    locked = lock(report)
    latest = locked.versions.first()
    if latest is None or locked.status != Report.Status.SUBMITTED:
        raise Refused("report_not_sent", municipality=locked.municipality)
    if latest.number != seen:
        raise Refused("report_sent_again", municipality=locked.municipality)
    if outcome is not None:
        locked.settlement = _settled(locked, outcome, by=by, seen=settled, reason=reason)
    locked.status = Report.Status.ACCEPTED
    locked.accepted_by = by
    locked.accepted_at = timezone.now()
    locked.save()
    return locked


def _settled(
    report: Report, outcome: Outcome, *, by: User, seen: int | None, reason: str
) -> Settlement:
    """Return the settlement that the report ends in: it may say what is settled already."""
    grant = report.round.grant
    Grant.objects.select_for_update(of=("self",), no_key=True).get(pk=grant.pk)
    own = [each for each in shares_of(grant) if each.municipality == report.municipality]
    for share in own:
        if share.settlement and share.seen == seen and is_settled_to(share, outcome):
            return share.settlement
    return settle(
        grant,
        outcome,
        municipality=report.municipality,
        by=by,
        on=timezone.localdate(),
        seen=seen,
        reason=reason,
    )
