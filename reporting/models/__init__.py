"""What goes out and comes back: memos, reminders, comments, overviews and reports."""

from reporting.models.calendars import CalendarFeed
from reporting.models.comments import Comment
from reporting.models.memos import Memo, MemoSection, SectionKind
from reporting.models.overviews import Overview, OverviewGroup, OverviewRow
from reporting.models.reminders import Reminder
from reporting.models.report_forms import ReportForm, ReportFormVersion, ReportKind
from reporting.models.report_rounds import ReportRound

__all__ = [
    "CalendarFeed",
    "Comment",
    "Memo",
    "MemoSection",
    "Overview",
    "OverviewGroup",
    "OverviewRow",
    "Reminder",
    "ReportForm",
    "ReportFormVersion",
    "ReportKind",
    "ReportRound",
    "SectionKind",
]
