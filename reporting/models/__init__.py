"""What goes out: memos, reminders, comments and calendars."""

from reporting.models.calendars import CalendarFeed
from reporting.models.comments import Comment
from reporting.models.memos import Memo, MemoSection, SectionKind
from reporting.models.reminders import Reminder

__all__ = [
    "CalendarFeed",
    "Comment",
    "Memo",
    "MemoSection",
    "Reminder",
    "SectionKind",
]
