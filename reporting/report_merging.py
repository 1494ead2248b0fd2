"""Save a section in which two people may be writing at once, without losing anything.

A page remembers which version of the section it was made from, and the answers as they were
then. What has been saved since is put together with what is posted, field by field; only
where both have written something different in the same field must somebody choose.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from municipalities.models import User
from reporting.answer_changes import Answers, Change, changes_in, make_room, merge
from reporting.models import Report, ReportSection
from reporting.report import Conflict, save_section
from reporting.report_form import Section

TRIES = 5
"""Somebody may save again between our look and our save, but hardly many times."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A section that is saved."""

    section: ReportSection
    together_with: User | None = None
    """Who else had written in it meanwhile, where the two were put together."""


class Clash(Exception):  # noqa: N818 (it is raised as a verdict)
    """Both have written something different in the same field. Nothing is saved."""

    def __init__(
        self, theirs: ReportSection, answers: Answers, conflicts: list[Change]
    ) -> None:
        self.theirs = theirs
        """The section as it is now."""
        self.answers = answers
        """All put together, with ours where both have written."""
        self.conflicts = conflicts
        """``before`` is theirs, ``after`` is ours."""
        super().__init__(theirs.key)


@dataclass(frozen=True, slots=True)
class Typed:
    """What comes from a page, and what the page was made from."""

    answers: Answers
    seen: int
    base: Answers
    """The answers as the page was made. Anybody can change them on the way: they are only
    compared with."""


def save_together(report: Report, section: Section, typed: Typed, *, by: User) -> Saved:
    """Save what is typed, together with what has been saved since the page was made.

    Raises Clash where somebody must choose, and what ``save_section`` refuses.
    """
    other: User | None = None
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                kept = save_section(
                    report, section.key, typed.answers, by=by, seen=typed.seen
                )
        except Conflict as conflict:
            theirs = conflict.section
            is_own = theirs.edited_by_id == by.pk
            answers = typed.answers
            if not is_own:
                answers = make_room(section, typed.base, theirs.answers, answers)
                other = theirs.edited_by
            merged = merge(section, typed.base, theirs.answers, answers)
            if merged.conflicts and not is_own:
                raise Clash(theirs, merged.answers, merged.conflicts) from conflict
            # What one has saved oneself, in another window, gives way to what is posted.
            typed = Typed(merged.answers, theirs.version, theirs.answers)
        else:
            return Saved(kept, other)
    raise Clash(theirs, merged.answers, merged.conflicts)


def save_alone(report: Report, section: Section, typed: Typed, *, by: User) -> Saved:
    """Save what is being typed, where the page shows all that the section then holds.

    Raises Conflict where it would not: the page would go on without what others wrote.
    """
    try:
        with transaction.atomic():
            return Saved(
                save_section(report, section.key, typed.answers, by=by, seen=typed.seen)
            )
    except Conflict as conflict:
        theirs = conflict.section
        if theirs.edited_by_id != by.pk:
            raise
        # The answer to an earlier save may have been lost on its way.
        merged = merge(section, typed.base, theirs.answers, typed.answers)
        if any(changes_in(section, typed.answers, merged.answers)):
            raise
        again = Typed(typed.answers, theirs.version, theirs.answers)
    return Saved(save_section(report, section.key, again.answers, by=by, seen=again.seen))


def as_base(answers: Answers) -> str:
    """Return answers as a page carries them."""
    return json.dumps(dict(answers), ensure_ascii=False, sort_keys=True)


def base_in(text: str) -> Mapping[str, str]:
    """Return the answers that a page carries; none where it is no such thing.

    >>> base_in('{"a": "1", "b": 2}'), base_in("[1]"), base_in("{")
    ({'a': '1'}, {}, {})
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: said for name, said in found.items() if isinstance(said, str)}
