"""What goes out and comes back: memos, reminders, comments, overviews and reports."""

from reporting.models.calendars import CalendarFeed
from reporting.models.comments import Comment
from reporting.models.memos import Memo, MemoSection, SectionKind
from reporting.models.national_reports import (
    NationalReport,
    NationalReportFile,
    NationalReportSection,
)
from reporting.models.overviews import Overview, OverviewGroup, OverviewRow
from reporting.models.reminders import Reminder
from reporting.models.report_forms import ReportForm, ReportFormVersion, ReportKind
from reporting.models.report_rounds import ReportRound
from reporting.models.reports import (
    CompletionRequest,
    Report,
    ReportFile,
    ReportSection,
    ReportVersion,
)

__all__ = [
    "CalendarFeed",
    "Comment",
    "CompletionRequest",
    "Memo",
    "MemoSection",
    "NationalReport",
    "NationalReportFile",
    "NationalReportSection",
    "Overview",
    "OverviewGroup",
    "OverviewRow",
    "Reminder",
    "Report",
    "ReportFile",
    "ReportForm",
    "ReportFormVersion",
    "ReportKind",
    "ReportRound",
    "ReportSection",
    "ReportVersion",
    "SectionKind",
]
