"""How far a municipality has come with its report: one vocabulary for staff's pages.

The round's page, the compilation and the body's own report all say it with these words and
colours. What the municipality itself is told is in ``portal_reports``: it reads the same
stages from the other side.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from reporting.models import Report

Status = Report.Status


class Stage(StrEnum):
    """How far a municipality has come with its report."""

    NOT_ASKED = "not_asked"
    """It has money, or has had, but does not take part in the round."""
    NOT_BEGUN = "not_begun"
    BEGUN = "begun"
    HANDED_OVER = "handed_over"
    """It is filled in, and waits for somebody who may sign it."""
    SENT = "sent"
    RETURNED = "returned"
    ACCEPTED = "accepted"


NOT_SENT = {Stage.NOT_BEGUN, Stage.BEGUN, Stage.HANDED_OVER}
"""Where it is asked, and has sent in nothing."""

REPORTED = {Stage.SENT, Stage.RETURNED, Stage.ACCEPTED}
"""Where something has been sent in."""

WORDS: Mapping[Stage, tuple[str, Promise]] = {
    Stage.NOT_ASKED: ("neutral", gettext_lazy("does not take part")),
    Stage.NOT_BEGUN: ("neutral", pgettext_lazy("report", "not begun")),
    Stage.BEGUN: ("info", pgettext_lazy("report", "begun")),
    Stage.HANDED_OVER: ("info", pgettext_lazy("report", "to be signed")),
    Stage.SENT: ("warning", pgettext_lazy("report", "to be read")),
    Stage.RETURNED: ("warning", pgettext_lazy("report", "to be completed")),
    Stage.ACCEPTED: ("success", pgettext_lazy("report", "accepted")),
}
"""The colour and the word of each stage."""


def stage_of(report: Report | None, *, is_asked: bool = True) -> Stage:
    """Return how far the report has come; ``is_asked`` matters where there is none."""
    if report is None:
        return Stage.NOT_BEGUN if is_asked else Stage.NOT_ASKED
    if report.status == Status.DRAFT:
        return Stage.BEGUN if report.handed_over_by_id is None else Stage.HANDED_OVER
    return {
        Status.SUBMITTED.value: Stage.SENT,
        Status.RETURNED.value: Stage.RETURNED,
        Status.ACCEPTED.value: Stage.ACCEPTED,
    }[report.status]


def waits(stage: Stage) -> bool:
    """Return whether the municipality has something to send in."""
    return stage in NOT_SENT or stage is Stage.RETURNED


def state_of(stage: Stage, *, is_overdue: bool) -> tuple[str, str]:
    """Return the stage as a colour and in words; what is overdue is red."""
    kind, word = WORDS[stage]
    return "danger" if is_overdue and waits(stage) else kind, str(word)
