"""What ties a workbook to a report: whose it is, and what each of its cells answers.

A sheet begins with a row that is hidden. Its first cell is a stamp: the round, the
municipality, the form and the section. Above each column of answers stands a mark. The
first column, hidden too, says which fields are answered in the row, one for each column of
answers, with a fingerprint of what stood there when the workbook was made: so what nobody
has touched in the workbook is known from what somebody has.

No Django.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from municipalities.export import sheet_name
from reporting.answer_review import whole_number
from reporting.report_form import (
    ACTIVITIES,
    Field,
    Form,
    Kind,
    Part,
    Question,
    Section,
    dump,
    fields_of,
)

STAMP: Final = re.compile(
    r"stimulansmedel:redovisning:(\d{1,18}):(\d{4}):([0-9a-f]{12}):([a-z0-9_]*):(\d{1,9})"
)
MARK: Final = re.compile(r"svar([1-9])")
FIELD: Final = re.compile(r"([a-z0-9_.]{1,1000})#([0-9a-f]{8})")

NOTHING: Final = "."
"""In the first column: nothing is answered in the row, or in that column of it. A minus
sign would make a formula of it where the sheet is opened as text."""

INSTRUCTIONS: Final = "Så här gör du"
LISTS: Final = "Val"
LONGEST_NAME: Final = 31


def form_mark(form: Form) -> str:
    """Return what tells one form from another, to the letter."""
    text = json.dumps(dump(form), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose workbook it is. ``section`` is empty on a sheet that nobody answers in.

    >>> str(Stamp(12, "0127", "0123456789ab", "medel", 3))
    'stimulansmedel:redovisning:12:0127:0123456789ab:medel:3'
    """

    round: int
    code: str
    form: str
    section: str = ""
    version: int = 0
    """The section's, when the workbook was made."""

    def __str__(self) -> str:
        parts = (self.round, self.code, self.form, self.section, self.version)
        return ":".join(["stimulansmedel:redovisning", *map(str, parts)])

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the stamp that a cell holds, or none."""
        found = STAMP.fullmatch(text.strip())
        if found is None:
            return None
        number, code, form, section, version = found.groups()
        return cls(int(number), code, form, section, int(version))


def fingerprint(each: Field, text: str) -> str:
    """Return what tells one answer from another, however it is written."""
    return hashlib.sha256(plain(each, text).encode()).hexdigest()[:8]


def plain(each: Field, text: str) -> str:
    """Return an answer without what is only a way of writing it.

    Amounts are bare digits; a text has no space around it, and one kind of line break.
    """
    text = re.sub(r"\r\n?", "\n", text).strip()
    if each.is_amount:
        try:
            return str(whole_number(text))
        except ValueError:
            return text
    return text


def all_fields(question: Question) -> list[Field]:
    """Return all that can be answered in a workbook. Files are added on the web."""
    if question.kind is Kind.FILE:
        return []
    last = f"{question.key}.{ACTIVITIES}.{Part.TEXT}"
    return fields_of(question, {last: "x"})


def is_answerable(section: Section) -> bool:
    """Return whether the section has a sheet."""
    return any(map(all_fields, section.questions))


def sheet_names(sections: Iterable[Section]) -> dict[str, str]:
    """Return the name of each section's sheet, by the section's key.

    Excel takes 31 characters, and does not tell capitals from small letters.
    """
    taken = {INSTRUCTIONS.lower(), LISTS.lower(), "history", "historik"}
    names: dict[str, str] = {}
    for section in sections:
        printable = "".join(c for c in section.title if c.isprintable())
        wanted = sheet_name(" ".join(printable.split())).strip()
        name, number = shortened(wanted, ""), 2
        while name.lower() in taken:
            name = shortened(wanted, f" ({number})")
            number += 1
        taken.add(name.lower())
        names[section.key] = name
    return names


def shortened(name: str, ending: str) -> str:
    """Return the name with the ending, in as many characters as a sheet's name can have.

    >>> shortened("Genomförda och planerade insatser", "")
    'Genomförda och planerade'
    """
    cut = name
    while len((cut + ending).encode("utf-16-le")) // 2 > LONGEST_NAME:
        cut = cut[:-1]
    if cut != name and name[len(cut)] != " " and cut.rfind(" ") > LONGEST_NAME // 2:
        cut = cut.rpartition(" ")[0]
    return f"{cut.strip()}{ending}"
