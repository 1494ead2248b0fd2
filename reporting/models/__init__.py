"""What goes out: memos."""

from reporting.models.memos import Memo, MemoSection, SectionKind

__all__ = ["Memo", "MemoSection", "SectionKind"]
