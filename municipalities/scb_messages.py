"""What is said of a file of figures: every sentence about what is wrong or remarkable.

The reader and the checks hand out codes and facts. The words, and their language, are
here and nowhere else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from municipalities.import_preview import ImportCode, Preview, Remark, Severity
from municipalities.numbers import MINUS, NBSP, grouped
from municipalities.scb import (
    SUM,
    Dimension,
    Finding,
    FindingCode,
    Option,
    Problem,
    ProblemCode,
    Shape,
    Skipped,
    SkipReason,
)

Text = str | Promise

MOST_ITEMS: Final = 30

SHAPES: Final[Mapping[Shape, Text]] = {
    Shape.WEB_WORKBOOK: gettext_lazy("workbook from SCB's web site"),
    Shape.PXWEB_XLSX: gettext_lazy("Excel file from SCB's database of statistics"),
    Shape.LONG_WORKBOOK: gettext_lazy("workbook with one figure on each row"),
    Shape.PXWEB_TEXT: gettext_lazy("text file with a column for each year"),
    Shape.LONG_TEXT: gettext_lazy("text file with one figure on each row"),
    Shape.TWO_COLUMNS: gettext_lazy("two columns: municipality code and value"),
    Shape.PC_AXIS: gettext_lazy("PC-Axis file (.px)"),
    Shape.PXWEB_JSON: gettext_lazy("JSON from SCB's API"),
    Shape.JSON_STAT: gettext_lazy("JSON-stat from SCB's API"),
    Shape.CODE_LIST: gettext_lazy("list of municipality codes"),
}

DIMENSIONS: Final[Mapping[str, Text]] = {
    "period": gettext_lazy("Year or date"),
    "content": gettext_lazy("Kind of figures"),
    "sex": gettext_lazy("Sex"),
    "age": gettext_lazy("Age"),
    "civil_status": gettext_lazy("Marital status"),
    "sheet": gettext_lazy("Sheet"),
}

PROBLEMS: Final[Mapping[ProblemCode, Text]] = {
    ProblemCode.EMPTY_FILE: gettext_lazy("The file is empty."),
    ProblemCode.TOO_LARGE: gettext_lazy(
        "The file is too large. The limit is 20 MB and 5 million cells: fetch fewer years "
        "or ages at a time."
    ),
    ProblemCode.ZIP_BOMB: gettext_lazy(
        "The file swells so much when it is unpacked that it has not been opened. "
        "Fetch it again from SCB."
    ),
    ProblemCode.NOT_A_TABLE: gettext_lazy(
        "The file is not a table. Choose a file with a municipality code and figures on "
        "each row."
    ),
    ProblemCode.BROKEN_FILE: gettext_lazy(
        "The file is damaged or not complete. Fetch it again, or open it in Excel and "
        "save it as xlsx."
    ),
    ProblemCode.WRONG_ENCODING: gettext_lazy(
        "The file holds characters that cannot be read. Save it as xlsx, or as csv in "
        "UTF-8."
    ),
    ProblemCode.ENCRYPTED: gettext_lazy(
        "The file is locked by a password. Save it without the password."
    ),
    ProblemCode.NO_REGIONS: gettext_lazy(
        "No municipality codes were found. Each row needs a code of four digits, such "
        "as 0127."
    ),
    ProblemCode.NO_VALUES: gettext_lazy("There are no figures for municipalities here."),
    ProblemCode.NOT_A_NUMBER: gettext_lazy("“%(text)s” is not a number."),
    ProblemCode.AMBIGUOUS_NUMBER: gettext_lazy(
        "“%(text)s” can be read as two different numbers. Write it without a separator "
        "for thousands."
    ),
    ProblemCode.FORMULA_WITHOUT_VALUE: gettext_lazy(
        "The formula %(text)s has no answer in the file. Open it in Excel, save it and "
        "choose it again."
    ),
    ProblemCode.UNKNOWN_CHOICE: gettext_lazy(
        "“%(text)s” is not among the choices of the file."
    ),
    ProblemCode.DOUBLE_COUNT: gettext_lazy(
        "These choices of %(text)s overlap, so that people would be counted twice."
    ),
    ProblemCode.FORMULA: gettext_lazy(
        "The sheet has formulas. The answers that were last saved are the ones read."
    ),
    ProblemCode.OTHER_SUBJECT: gettext_lazy(
        "The table does not seem to be about the whole population: %(text)s."
    ),
    ProblemCode.INCOMPLETE_SUM: gettext_lazy(
        "%(name)s: the sum lacks some of its parts (%(found)s of %(expected)s were found)."
    ),
}
NOT_TABLES: Final[Mapping[str, Text]] = {
    **dict.fromkeys(
        ("png", "jpeg", "gif", "bmp", "tiff", "picture"),
        gettext_lazy("The file is a picture, whatever its name says. Choose a table."),
    ),
    "pdf": gettext_lazy("The file is a PDF. Fetch the table as xlsx or csv instead."),
    "html": gettext_lazy("The file is a web page. Fetch the table itself, as xlsx or csv."),
}
LEVELS: Final[Mapping[str, Text]] = {
    "county": gettext_lazy(
        "The table is by county. Fetch it by municipality, with codes, instead."
    ),
    "names": gettext_lazy(
        "The table has names but no municipality codes, and names can be mixed up. Fetch "
        "it with codes."
    ),
}

SKIPPED: Final[Mapping[SkipReason, Text]] = {
    SkipReason.NATION: gettext_lazy("The country's own row"),
    SkipReason.COUNTY: gettext_lazy("The counties' own rows"),
    SkipReason.FOOTNOTE: gettext_lazy("Footnotes"),
    SkipReason.HEADER: gettext_lazy("Headings"),
    SkipReason.EMPTY: gettext_lazy("Empty rows and sheets"),
    SkipReason.TOTAL_ROW: gettext_lazy("Rows with sums"),
    SkipReason.MISSING_VALUE: gettext_lazy("Without a figure"),
    SkipReason.NO_CODE: gettext_lazy("Rows without a municipality code"),
    SkipReason.OTHER_REGION: gettext_lazy("Other regions"),
    SkipReason.SHEET_WITHOUT_REGIONS: gettext_lazy("Sheets without municipalities"),
    SkipReason.HIDDEN_SHEET: gettext_lazy("Hidden sheets"),
    SkipReason.COLUMN: gettext_lazy("Other columns"),
}


def shape_name(shape: Shape) -> Text:
    """Return what kind of file it is, in words."""
    return SHAPES[shape]


def dimension_label(dimension: Dimension) -> Text:
    """Return what there is to choose: "Sex", or as the file calls it."""
    return DIMENSIONS.get(dimension.key) or dimension.label.capitalize()


def option_label(option: Option) -> Text:
    """Return an option as the file has it; the sum has a name of ours."""
    if option.key == SUM:
        return pgettext_lazy("option", "All together")
    return option.label


# Problems of the file ----------------------------------------------------------------


def problem_sentence(problem: Problem) -> str:
    """Return what is wrong, with sheet, row and column where they are known.

    >>> from django.utils import translation
    >>> with translation.override("en"):
    ...     problem_sentence(Problem(ProblemCode.NOT_A_NUMBER, "Totalt", 9, "C", "x"))
    'Sheet Totalt, cell C9: “x” is not a number.'
    """
    facts = {**problem.detail, "text": shortened(problem.text) or problem.code}
    if problem.code is ProblemCode.DOUBLE_COUNT:
        key = str(problem.detail.get("dimension"))
        facts["text"] = str(DIMENSIONS.get(key, problem.text)).lower()
    if problem.code is ProblemCode.INCOMPLETE_SUM:
        facts = {"name": problem.text, "found": "?", "expected": "?", **facts}
    text = str(sentence_of(problem)) % facts
    where = place(problem.sheet, problem.row, problem.column)
    return f"{where}: {text}" if where else text


def sentence_of(problem: Problem) -> Text:
    """Return the sentence of a problem; a few have one of their own for their kind."""
    if problem.code is ProblemCode.NOT_A_TABLE:
        return NOT_TABLES.get(str(problem.detail.get("kind")), PROBLEMS[problem.code])
    if problem.code is ProblemCode.NO_REGIONS:
        return LEVELS.get(str(problem.detail.get("level")), PROBLEMS[problem.code])
    return PROBLEMS[problem.code]


def place(sheet: str, row: object, column: str) -> str:
    """Return where something stands: "Sheet Totalt, cell C9", "Row 7"."""
    parts = []
    if sheet:
        parts.append(_("sheet %(name)s") % {"name": sheet})
    if row and column:
        parts.append(_("cell %(cell)s") % {"cell": f"{column}{row}"})
    elif row:
        parts.append(_("row %(row)s") % {"row": row})
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def shortened(text: str) -> str:
    """Return a text that a sentence has room for."""
    return text if len(text) <= 80 else f"{text[:79]}…"


# What is remarkable about figures ----------------------------------------------------


class Item(NamedTuple):
    """One line below a heading: where it concerns, and what."""

    period: str
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one sort: a heading and its lines, some of them when there are many."""

    severity: Severity
    title: str
    items: tuple[Item, ...] = ()
    more: int = 0


def groups(preview: Preview, severity: Severity) -> list[Group]:
    """Return what there is to say of one severity, gathered by sort."""
    found: dict[str, list[tuple[str, Problem | Finding | Remark]]] = {}
    for period, one in preview.remarks(severity):
        alone = isinstance(one, Problem | Remark)
        key = f"{one.code}-{len(found)}" if alone else str(one.code)
        found.setdefault(key, []).append((period, one))
    several = len(preview.periods) > 1
    names = {code: one.name for code, one in preview.municipalities.items()}
    return list(gathered(found.values(), severity, names, several=several))


def gathered(
    found: Iterable[Sequence[tuple[str, Problem | Finding | Remark]]],
    severity: Severity,
    names: Mapping[str, str],
    *,
    several: bool,
) -> Iterator[Group]:
    """Yield a group for each sort."""
    for those in found:
        period, first = those[0]
        if isinstance(first, Problem):
            yield Group(severity, problem_sentence(first))
        elif isinstance(first, Remark):
            text = remark_sentence(first)
            yield Group(severity, f"{period}: {text}" if several and period else text)
        else:
            title = finding_title(first.code, severity, len(those))
            items = [
                Item(when if several else "", finding_line(one, names))
                for when, one in those
                if isinstance(one, Finding)
            ]
            yield Group(severity, title, tuple(items[:MOST_ITEMS]), len(items[MOST_ITEMS:]))


def error_sentences(preview: Preview) -> list[str]:
    """Return everything that stops the import, a sentence each."""
    sentences = []
    for group in groups(preview, "error"):
        lines = "; ".join(f"{item.period} {item.text}".strip() for item in group.items[:5])
        sentences.append(f"{group.title} {lines}".strip())
    return sentences


def finding_title(code: FindingCode, severity: Severity, count: int) -> str:
    """Return the heading over findings of one sort."""
    return TITLES[code](count, severity) % {"count": grouped(count)}


def missing_title(count: int, severity: Severity) -> str:
    """Return how many municipalities have no value, in the county or elsewhere."""
    if severity == "info":
        return ngettext(
            "%(count)s municipality in other counties has no figure.",
            "%(count)s municipalities in other counties have no figure.",
            count,
        )
    return ngettext(
        "%(count)s municipality in the county has no figure.",
        "%(count)s municipalities in the county have no figure.",
        count,
    )


def doubled_title(count: int, severity: Severity) -> str:
    """Return that codes come twice, with the same figure or with two."""
    if severity == "error":
        return ngettext(
            "%(count)s code comes more than once, with different figures.",
            "%(count)s codes come more than once, with different figures.",
            count,
        )
    return ngettext(
        "%(count)s code comes more than once, with the same figure.",
        "%(count)s codes come more than once, with the same figure.",
        count,
    )


def changed_title(count: int, severity: Severity) -> str:
    """Return how many changed much, in the county or elsewhere."""
    if severity == "info":
        return ngettext(
            "%(count)s figure in other counties has changed by more than 10 %%.",
            "%(count)s figures in other counties have changed by more than 10 %%.",
            count,
        )
    return ngettext(
        "%(count)s figure has changed by more than 10 %%.",
        "%(count)s figures have changed by more than 10 %%.",
        count,
    )


TITLES: Final[Mapping[FindingCode, Callable[[int, Severity], str]]] = {
    FindingCode.MISSING: missing_title,
    FindingCode.DOUBLED: doubled_title,
    FindingCode.CHANGED_MUCH: changed_title,
    FindingCode.UNKNOWN_CODE: lambda count, _severity: ngettext(
        "%(count)s code belongs to no municipality.",
        "%(count)s codes belong to no municipality.",
        count,
    ),
    FindingCode.CODE_WITHOUT_ZERO: lambda count, _severity: ngettext(
        "%(count)s code had lost its first zero, which has been put back.",
        "%(count)s codes had lost their first zero, which has been put back.",
        count,
    ),
    FindingCode.NAME_DISAGREES: lambda count, _severity: ngettext(
        "%(count)s name does not go with its code.",
        "%(count)s names do not go with their codes.",
        count,
    ),
    FindingCode.SWAPPED: lambda count, _severity: ngettext(
        "%(count)s pair of municipalities seems to have swapped figures.",
        "%(count)s pairs of municipalities seem to have swapped figures.",
        count,
    ),
    FindingCode.COUNTY_SUM: lambda count, _severity: ngettext(
        "%(count)s county's own row is not the sum of its municipalities.",
        "%(count)s counties' own rows are not the sums of their municipalities.",
        count,
    ),
    FindingCode.NEGATIVE: lambda count, _severity: ngettext(
        "%(count)s figure is below zero.", "%(count)s figures are below zero.", count
    ),
    FindingCode.ZERO: lambda count, _severity: ngettext(
        "%(count)s figure is zero.", "%(count)s figures are zero.", count
    ),
}


def finding_line(finding: Finding, names: Mapping[str, str]) -> str:  # noqa: PLR0911
    """Return whom a finding concerns, and its figures."""
    detail: Mapping[str, Any] = finding.detail
    code = finding.municipality_code
    who = f"{code} {names.get(code) or finding.text}".strip()
    match finding.code:
        case FindingCode.DOUBLED:
            values = ", ".join(show(value) for value in detail["values"])
            rows = ", ".join(str(row) for row in detail["rows"] if row)
            facts = {"who": who, "values": values, "rows": rows}
            if not rows:
                return f"{who}: {values}"
            return _("%(who)s: %(values)s (rows %(rows)s)") % facts
        case FindingCode.UNKNOWN_CODE:
            where = place(str(detail["sheet"]), detail["row"], str(detail["column"]))
            return f"{who} ({where})" if where else who
        case FindingCode.CODE_WITHOUT_ZERO:
            return _("%(written)s was read as %(who)s") % {
                "written": detail["written"],
                "who": who,
            }
        case FindingCode.NAME_DISAGREES:
            facts = {"code": code, "name": finding.text, "expected": detail["expected"]}
            text = _("%(code)s is called %(name)s in the file, but is %(expected)s")
            return text % facts
        case FindingCode.CHANGED_MUCH:
            before, now = show(detail["previous"]), show(detail["value"])
            return f"{who}: {before} → {now} ({percent(detail['change'])})"
        case FindingCode.SWAPPED:
            other = detail["other_code"]
            return _("%(who)s %(value)s and %(other)s %(other_value)s") % {
                "who": who,
                "value": show(detail["value"]),
                "other": f"{other} {names.get(other) or detail['other_name']}",
                "other_value": show(detail["other_value"]),
            }
        case FindingCode.COUNTY_SUM:
            text = _("%(county)s: sum %(sum)s, own row %(row)s, difference %(difference)s")
            return text % {
                "county": detail["county_code"],
                "sum": show(detail["sum"]),
                "row": show(detail["own_row"]),
                "difference": show(detail["difference"]),
            }
        case FindingCode.NEGATIVE:
            return f"{who}: {show(detail['value'])}"
        case _:
            return who


def show(value: object) -> str:
    """Return a figure for people."""
    return grouped(value) if isinstance(value, int | Decimal | Fraction) else str(value)


def percent(change: Fraction) -> str:
    """Return a change with its sign: "+12,5 %".

    >>> percent(Fraction(1, 8)).replace(NBSP, "_"), percent(Fraction(-1, 3))[0] == MINUS
    ('+12,5_%', True)
    """
    share = round(change * 100, 1)
    sign = MINUS if share < 0 else "+" if share else ""
    return f"{sign}{grouped(abs(share), 1)}{NBSP}%"


def remark_sentence(remark: Remark) -> str:
    """Return what is remarkable about saving a period."""
    facts: dict[str, Any] = dict(remark.detail)
    if isinstance(facts.get("day"), date):
        facts["day"] = date_format(facts["day"], "j F Y")
    match remark.code:
        case ImportCode.DIFFERS:
            text = _(
                "There are other figures saved for %(day)s. They will be replaced: "
                "%(changed)s changed, %(added)s new and %(removed)s removed."
            )
        case ImportCode.LOCKED:
            text = _(
                "The figures for %(day)s are locked, since a decided distribution rests "
                "on them, and the file has others. Nothing can be saved."
            )
        case ImportCode.NO_DATE:
            text = _("The file does not say which day the figures are for. Write the date.")
        case ImportCode.SAME_DATE:
            text = _("Two of the chosen periods are for the same day, %(day)s. Choose one.")
        case ImportCode.NOTHING_IN_COUNTY:
            text = _("The file has no figure for any municipality in your county.")
        case ImportCode.PARTIAL_POPULATION:
            facts["parts"] = ", ".join(remark.detail["parts"])  # type: ignore[arg-type]
            text = _("The whole population is not chosen, only: %(parts)s.")
        case ImportCode.ROUNDED:
            text = ngettext(
                "%(count)s figure is rounded to four decimals.",
                "%(count)s figures are rounded to four decimals.",
                facts["count"],
            )
        case ImportCode.TOO_BIG:
            facts["value"] = show(facts["value"])
            text = _("%(code)s: %(value)s is too large a number.")
    return text % facts


# What was left out -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SkippedGroup:
    """What was left out for one reason: how many, and the first of them."""

    title: Text
    count: int
    examples: tuple[str, ...]


def skipped_groups(skipped: Iterable[Skipped]) -> list[SkippedGroup]:
    """Return what was left out, gathered by reason."""
    found: dict[SkipReason, list[Skipped]] = {}
    for one in skipped:
        found.setdefault(one.reason, []).append(one)
    return [
        SkippedGroup(
            SKIPPED[reason], len(those), tuple(skipped_line(one) for one in those[:5])
        )
        for reason, those in found.items()
    ]


def skipped_line(skipped: Skipped) -> str:
    """Return where something was left out, and what."""
    where = place(skipped.sheet, skipped.row, "")
    return ": ".join(filter(None, (where, shortened(skipped.text))))
