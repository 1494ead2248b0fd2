"""Read rows and columns, wherever the figures start and whatever surrounds them.

SCB's sheets have titles above, headers of one to four rows, footnotes below, and rows
of counties and the nation between. So nothing is read by position: the column of codes
is found first, and what stands above and beside it says what the others are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Final, NamedTuple

from municipalities.scb import axes
from municipalities.scb.model import Problem, ProblemCode, ScbError, Skipped, SkipReason
from municipalities.scb.numbers import looks_like_number
from municipalities.scb.periods import period, split_period
from municipalities.scb.regions import (
    NATION,
    TOTAL,
    Region,
    is_county,
    is_likely,
    region,
)
from municipalities.scb.source import NOWHERE, Axes, Axis, Block, Column, Line

Row = list[object]
Merged = tuple[tuple[int, int], tuple[int, int]]

WIDEST: Final = 16_384
WIDEST_STUB: Final = 16
SAMPLE: Final = 60
ALL_OF: Final = 500

CODE_HEADER: Final = re.compile(
    r"(?:kommun|region|municipality|mun|lokal)?[-_ ]*(?:kod|code|nr|id)|knkod|kkod"
    r"|kommun|region|municipality|regioner|kommuner|scb[-_ ]?kod|kommunnummer",
    re.IGNORECASE,
)
NAME_HEADER: Final = re.compile(
    r"(?:kommun|region|municipality|mun)?[-_ ]*(?:s)?[-_ ]*(?:namn|name)"
    r"|kommun|region|municipality|kommunnamn länsnamn|code name|kod namn",
    re.IGNORECASE,
)
LEFT_OUT: Final = re.compile(
    r"l[äa]n|l[äa]n\w*[-_ ]?(?:kod|namn|nr)|lan\w*[-_ ]?(?:kod|code|namn)"
    r"|county\w*(?:[-_ ]?(?:code|name))?|org\w*[-_. ]*(?:nr|nummer|number)\w*"
    r"|index|rad|row|nr|id|latitud\w*|longitud\w*|telefon\w*",
    re.IGNORECASE,
)
VALUE_HEADER: Final = re.compile(
    r"v[äa]rde|value|antal|number|folkm\w*ngd|population|befolkning|inv[åa]nare|data"
    r"|vikt|weight|belopp|amount",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Sheet:
    """Rows as some file had them. ``formulas`` are cells without a value."""

    rows: list[Row]
    name: str = ""
    merged: Sequence[Merged] = ()
    formulas: Mapping[tuple[int, str], str] = field(default_factory=dict)
    has_formulas: bool = False


@dataclass(slots=True)
class Table:
    """What one sheet turned out to hold."""

    block: Block
    axes: Axes
    title: str
    about: Mapping[str, str]
    skipped: list[Skipped]
    header_rows: int
    contents: list[str]
    joined: bool
    period: str
    stub_axes: tuple[str, ...]


class Head(NamedTuple):
    """What a column's header says: a place along the axes, and the words left over."""

    at: Mapping[str, str]
    words: str


def letter(index: int) -> str:
    """Return a column's letter.

    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def is_blank(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


def text_of(cell: object) -> str:
    """Return a cell as words, with single spaces."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def read(sheet: Sheet) -> Table:
    """Return the table of a sheet, or raise with the reason that there is none."""
    rows = sheet.rows
    width = max(map(len, rows), default=0)
    if width > WIDEST:
        detail = {"columns": width, "limit": WIDEST}
        raise ScbError(Problem(ProblemCode.TOO_LARGE, sheet.name, detail=detail))
    code = code_column(rows)
    if code is None:
        raise ScbError(no_regions(sheet))
    start = first_data_row(rows, code)
    top = header_top(rows, start, code)
    reader = Reader(sheet, code, top, start)
    return reader.table()


def code_column(rows: Sequence[Row]) -> int | None:
    """Return the column of municipality codes. A column of years is not one.

    Populations and years can look like codes ("2349", "2021"), so the header counts,
    most of the column must fit, and the column to the left goes first.
    """
    width = min(max(map(len, rows), default=0), WIDEST_STUB)
    likely, filled, first = [0] * width, [0] * width, [-1] * width
    for n in looked_at(len(rows)):
        for c, cell in enumerate(rows[n][:width]):
            if cell.__class__ is str and not cell:
                continue
            if cell.__class__ is float and not 100 <= cell < 10_000:
                filled[c] += looks_like_number(cell)
                continue
            found = region(cell) if isinstance(cell, str | int | float) else None
            if found is not None:
                filled[c] += not (is_county(found) or found.level == "nation")
                if is_likely(found):
                    likely[c] += 1
                    first[c] = n if first[c] < 0 else first[c]
            elif looks_like_number(cell):
                filled[c] += 1
    best = [
        c
        for c in range(width)
        if likely[c]
        and likely[c] >= 0.5 * filled[c]
        and not is_other_header(header_above(rows, first[c], c))
    ]
    named = [c for c in best if CODE_HEADER.fullmatch(header_above(rows, first[c], c))]
    best = named or best
    if not best:
        return None
    most = max(likely[c] for c in best)
    return next(c for c in best if likely[c] >= 0.6 * most)


def looked_at(height: int) -> Iterable[int]:
    """Return which rows to look at: the first hundreds, then some from all over."""
    return chain(
        range(min(height, ALL_OF)), range(ALL_OF, height, max(1, height // ALL_OF))
    )


def header_above(rows: Sequence[Row], row: int, column: int) -> str:
    """Return the nearest words above a cell. A title, alone to the left, is none."""
    for n in range(row - 1, max(row - 8, -1), -1):
        if not column and all(map(is_blank, rows[n][1:])):
            continue
        cell = rows[n][column] if column < len(rows[n]) else None
        if not is_blank(cell) and region(cell if isinstance(cell, str) else None) is None:
            return text_of(cell)
    return ""


def is_other_header(words: str) -> bool:
    """Tell whether a header says that a column is not of codes."""
    return bool(
        axes.kind(words)
        or period(words)
        or VALUE_HEADER.fullmatch(words)
        or (
            split_period(words)[0]
            and CODE_HEADER.fullmatch(split_period(words)[1]) is None
            and len(words) < 40
        )
    )


def first_data_row(rows: Sequence[Row], code: int) -> int:
    """Return the first row that has a region."""
    for n, row in enumerate(rows):
        if row_region(row, code) is not None:
            unknown = 0
            while unknown < n and is_unknown_region(rows[n - unknown - 1], code):
                unknown += 1
            return n - unknown
    return len(rows)


def is_unknown_region(row: Row, code: int) -> bool:
    """Tell whether a row has figures for something that is no municipality."""
    words = text_of(row[code]) if code < len(row) else ""
    if not words or CODE_HEADER.fullmatch(words) or NAME_HEADER.fullmatch(words):
        return False
    others = [cell for n, cell in enumerate(row) if n != code and not is_blank(cell)]
    figures = [cell for cell in others if looks_like_number(cell) and not period(cell)]
    return bool(figures) and 2 * len(figures) >= len(others) and not axes.kind(words)


def row_region(row: Row, code: int) -> Region | None:
    """Return the region of a row: by its code, or the nation by its name alone."""
    cell = row[code] if code < len(row) else None
    found = region(cell) if isinstance(cell, str | int | float) else None
    if found is None and is_blank(cell) and code + 1 < len(row):
        beside = row[code + 1]
        if isinstance(beside, str) and beside.strip().casefold() in NATION:
            return Region("nation", "00", beside.strip(), "")
    if found is not None and found.level != "municipality" and len(row) > code + 1:
        others = [c for n, c in enumerate(row) if n != code and not is_blank(c)]
        return found if others else None
    return found


def header_top(rows: Sequence[Row], start: int, code: int) -> int:
    """Return the first row of the header: titles above stand alone in their row."""
    top = start
    while top and all(map(is_blank, rows[top - 1])):
        top -= 1
    end = top
    while top:
        filled = [n for n, cell in enumerate(rows[top - 1]) if not is_blank(cell)]
        alone = len(filled) == 1 and filled[0] <= code and len(rows[start]) > 1
        if not filled or alone:
            break
        top -= 1
    return top if top < end else start


class Reader:
    """The steps from a sheet to a table, with what they share."""

    def __init__(self, sheet: Sheet, code: int, top: int, start: int) -> None:
        """Read a sheet with its codes, header and first figures where they are."""
        self.sheet = sheet
        self.rows = sheet.rows
        self.code = code
        self.top = top
        self.start = start
        self.width = max(map(len, sheet.rows[top:]), default=0)
        self.axes: Axes = {}
        self.stub: dict[int, str] = {}
        self.places: dict[tuple[str, ...], dict[str, str]] = {}
        self.name: int | None = None
        self.values: list[tuple[int, Head]] = []
        self.skipped: list[Skipped] = []
        self.sample = self.take_sample()

    def take_sample(self) -> list[Row]:
        """Return rows with regions from all over the table."""
        rows = self.rows[self.start :]
        data = [row for row in rows if row_region(row, self.code)]
        return data[:: max(1, len(data) // SAMPLE)]

    def table(self) -> Table:
        """Return what the sheet holds."""
        heads = self.heads()
        self.give_roles(heads)
        contents = list(dict.fromkeys(head.words for _, head in self.values))
        columns = [
            Column(n, letter(n), self.place(head, contents)) for n, head in self.values
        ]
        lines = self.lines()
        about = self.about()
        title, found_period = self.titles()
        for n in range(self.top, self.start):
            if words := " ".join(filter(None, map(text_of, self.rows[n]))):
                self.skip(SkipReason.HEADER, words, n)
        block = Block(
            columns,
            lines,
            self.sheet.name,
            {},
            self.sheet.formulas,
            self.sheet.has_formulas,
        )
        sample = self.sample[0][self.code] if self.sample else ""
        written = region(sample) if isinstance(sample, str | int | float) else None
        return Table(
            block=block,
            axes=self.axes,
            title=title,
            about=about,
            skipped=self.skipped,
            header_rows=self.start - self.top,
            contents=contents,
            joined=bool(written and written.name),
            period=found_period,
            stub_axes=tuple(self.stub.values()),
        )

    def skip(self, reason: SkipReason, text: str, row: int) -> None:
        """Note that a row was left out."""
        self.skipped.append(Skipped(reason, text[:200], self.sheet.name, row + 1))

    # The header

    def heads(self) -> list[str]:
        """Return every column's header, its rows joined: "Inflyttade därav från"."""
        rows = [row + [""] * (self.width - len(row)) for row in self.header()]
        heads = []
        for n in range(self.width):
            parts = [text for row in rows if (text := text_of(row[n]))]
            words = ""
            for part in parts:
                if words.endswith("-") and part[0].islower():
                    words = words[:-1] + part
                elif part != words:
                    words = f"{words} {part}".strip()
            heads.append(words)
        return heads

    def header(self) -> list[Row]:
        """Return the rows of the header, with spans filled in."""
        rows = [list(row) for row in self.rows[self.top : self.start]]
        for (top, left), (bottom, right) in self.sheet.merged:
            for n in range(top, bottom + 1):
                if self.top <= n < self.start and top == n:
                    row = rows[n - self.top]
                    row += [""] * (right + 1 - len(row))
                    for c in range(left, right + 1):
                        row[c] = rows[top - self.top][left]
        for row in rows[:-1]:
            fill_right(row, self.width)
        return rows

    def place(self, head: Head, contents: Sequence[str]) -> Mapping[str, str]:
        """Return where a column stands along the axes, with its content if several."""
        at = dict(head.at)
        if len(contents) > 1:
            at["content"] = head.words or axes.VALUES
        for key, option in at.items():
            label = "" if option == axes.VALUES else option
            self.axes.setdefault(key, Axis(key)).options.setdefault(option, label)
        return at

    def give_roles(self, heads: Sequence[str]) -> None:
        """Decide what each column is: an axis, a name, figures, or left out."""
        numeric: list[int] = []
        for n in range(self.width):
            if n == self.code:
                continue
            cells = [row[n] for row in self.sample if n < len(row)]
            cells = [cell for cell in cells if not is_blank(cell)]
            self.give_role(n, heads[n], cells, numeric)
        headed = [n for n in numeric if heads[n]]
        for n in numeric:
            beside = heads[self.code] or any(heads[m] for m in headed)
            if not heads[n] and headed and beside and n < max(headed):
                if n < min(headed):
                    self.stub_without_header(n)
                continue
            self.values.append((n, parse_head(heads[n])))
        self.values = with_totals(self.values)

    def give_role(
        self, n: int, head: str, cells: Sequence[object], numeric: list[int]
    ) -> None:
        """Decide what one column is, by its header and by what is in it."""
        kind = axes.kind(head)
        figures = sum(map(looks_like_number, cells))
        if kind and kind != "content" and not self.is_alone(n):
            self.stub[n] = kind
            self.axes.setdefault(kind, Axis(head))
        elif head and LEFT_OUT.fullmatch(head):
            pass
        elif cells and figures < 0.5 * len(cells) and is_figures(head):
            numeric.append(n)
        elif cells and figures < 0.5 * len(cells):
            self.give_words_a_role(n, head, cells)
        elif cells or period(head):
            numeric.append(n)

    def is_alone(self, n: int) -> bool:
        """Tell whether this is the only column beside the code: then it is figures."""
        others = {c for row in self.sample for c, x in enumerate(row) if not is_blank(x)}
        return others - {self.code, n} == set()

    def give_words_a_role(self, n: int, head: str, cells: Sequence[object]) -> None:
        """Decide what a column of words is: an axis, or the name."""
        kinds = {axes.option_kind(text_of(cell)) for cell in cells}
        kinds -= {""} if any(axes.is_total(text_of(cell)) for cell in cells) else set()
        if len(kinds) == 1 and (kind := kinds.pop()):
            self.stub[n] = kind
            self.axes.setdefault(kind, Axis(head or kind))
        elif (
            axes.kind(head) != "content"
            and self.name is None
            and (NAME_HEADER.fullmatch(head) or abs(n - self.code) == 1)
        ):
            self.name = n
        elif axes.kind(head) == "content" or not self.follows_code(n):
            key = axes.kind(head) or head or letter(n)
            self.stub[n] = key
            self.axes.setdefault(key, Axis(head or letter(n)))

    def stub_without_header(self, n: int) -> None:
        """Take a column of numbers before the figures for ages, or leave it out."""
        beside = self.stub.get(n + 1)
        cells = [row[n] for row in self.sample if n < len(row)]
        if beside is None and not self.follows_code(n):
            ages = all(axes.parse_age(text_of(cell)) for cell in cells)
            self.stub[n] = "age" if ages else letter(n)
            self.axes.setdefault(self.stub[n], Axis(self.stub[n]))

    def follows_code(self, n: int) -> bool:
        """Tell whether a column says the same of a region everywhere: a name, a group."""
        said: dict[str, str] = {}
        for row in self.rows[self.start :]:
            if found := row_region(row, self.code):
                text = text_of(row[n]) if n < len(row) else ""
                if said.setdefault(found.code, text) != text:
                    return False
        return True

    # The rows

    def lines(self) -> list[Line]:
        """Return a line for each row with a region, and note the others."""
        lines: list[Line] = []
        last: Region | None = None
        said: dict[int, str] = {}
        figures = [n for n, _ in self.values]
        footer = False
        for n in range(self.start, len(self.rows)):
            row = self.rows[n]
            found = row_region(row, self.code)
            has_figures = any(n < len(row) and not is_blank(row[n]) for n in figures)
            if found is None and has_figures and last and self.continues(row):
                found = last
            if found is None or (not has_figures and self.is_note(row, footer)):
                footer = self.leave(row, n, has_figures) or footer
                continue
            if self.name is not None and self.name < len(row) and not found.name:
                if name := text_of(row[self.name]):
                    found = Region(found.level, found.code, name, found.written)
            elif last and found.code == last.code and not found.name:
                found = Region(found.level, found.code, last.name, found.written)
            if last and found.code != last.code:
                said = {}
            at = self.line_place(row, said) if self.stub else NOWHERE
            lines.append(Line(found, n + 1, at, row))
            last = found
        return lines

    def continues(self, row: Row) -> bool:
        """Tell whether a row without a code goes on with the region above."""
        if not self.stub or not is_blank(row[self.code] if self.code < len(row) else ""):
            return False
        if self.name is not None and self.name < len(row):
            return is_blank(row[self.name])
        return True

    def line_place(self, row: Row, said: dict[int, str]) -> Mapping[str, str]:
        """Return where a row stands along the axes. A blank repeats what is above."""
        texts = []
        for n in self.stub:
            text = text_of(row[n]) if n < len(row) else ""
            said[n] = text = text or said.get(n, "")
            texts.append(text)
        known = self.places.get(tuple(texts))
        if known is None:
            known = self.places[tuple(texts)] = {}
            for key, text in zip(self.stub.values(), texts, strict=True):
                option = (period(text) or text) if key == "period" else text
                self.axes[key].options.setdefault(option, option)
                known[key] = option
        return known

    def leave(self, row: Row, n: int, has_figures: bool) -> bool:
        """Note why a row is left out. Return whether the footnotes have begun."""
        words = " ".join(filter(None, map(text_of, row)))
        if not words:
            self.skip(SkipReason.EMPTY, "", n)
            return False
        label = next((text_of(cell) for cell in row if not is_blank(cell)), "")
        if has_figures and CODE_HEADER.fullmatch(label):
            self.skip(SkipReason.HEADER, words, n)
        elif has_figures and TOTAL.match(label):
            self.skip(SkipReason.TOTAL_ROW, words, n)
        elif has_figures and any(c.isalpha() for c in label):
            coded = not is_blank(row[self.code] if self.code < len(row) else "")
            is_named = self.name is not None and self.name != self.code and not coded
            reason = SkipReason.NO_CODE if is_named else SkipReason.OTHER_REGION
            self.skip(reason, words, n)
        elif has_figures:
            self.skip(SkipReason.NO_CODE, words, n)
        else:
            self.skip(SkipReason.FOOTNOTE, words, n)
            return True
        return False

    def is_note(self, row: Row, footer: bool) -> bool:
        """Tell whether a region without figures is the start of a note about it."""
        words = text_of(row[self.code])
        return (footer and bool(self.values)) or words.endswith((":", ".", "!"))

    # What stands around

    def titles(self) -> tuple[str, str]:
        """Return the first words above the table, and the period they mention."""
        words = [
            text for row in self.rows[: self.top] for cell in row if (text := text_of(cell))
        ]
        for text in [self.sheet.name, *words]:
            if found := split_period(text)[0]:
                return (words[0] if words else ""), found
        return (words[0] if words else ""), ""

    def about(self) -> dict[str, str]:
        """Return what the footer states: who made the figures, and when."""
        known = {
            "källa": "source",
            "source": "source",
            "senaste uppdatering": "updated",
            "latest update": "updated",
            "last updated": "updated",
        }
        found: dict[str, str] = {}
        for row, below in zip(self.rows, [*self.rows[1:], []], strict=True):
            cell = row[0] if row else None
            if not isinstance(cell, str) or ":" not in cell:
                continue
            label, _, text = cell.partition(":")
            key = known.get(label.strip().lower())
            if key:
                found[key] = text.strip() or text_of(below[0] if below else "")
        return found


def fill_right(row: Row, width: int) -> None:
    """Repeat a header over the columns it spans, where it is plain that it does."""
    row += [""] * (width - len(row))
    filled = [n for n, cell in enumerate(row) if not is_blank(cell)]
    gaps = {b - a for a, b in pairwise(filled)}
    known = [n for n in filled if axes.option_kind(text_of(row[n]))]
    if not known or (len(gaps) > 1 and len(known) < len(filled) - 1):
        return
    start, last = known[0], row[known[0]]
    for n in range(start, width):
        last = last if is_blank(row[n]) else row[n]
        row[n] = last


SEX_WORD: Final = re.compile(
    r"\b(?:män|men|kvinnor|women|pojkar|flickor|båda könen|both sexes|totalt kön)\b", re.I
)
AGE_WORDS: Final = re.compile(
    r"\b\d{1,3}(?:\+|[-–]\d{1,3})? ?(?:år|years?)\b(?: och äldre| or older)?\+?"
    r"|\btot(?:alt|al)? (?:ålder|ages?)\b",
    re.IGNORECASE,
)


def parse_head(words: str) -> Head:
    """Return what a header says.

    >>> parse_head("Folkmängd män 2018")
    Head(at={'period': '2018', 'sex': 'män'}, words='Folkmängd')
    >>> parse_head("pop2018").words
    'pop'
    """
    at = {}
    found, rest = split_period(words)
    if found:
        at["period"] = found
    for key, pattern in (("age", AGE_WORDS), ("sex", SEX_WORD)):
        match = pattern.search(rest)
        if match and (found or axes.option_kind(rest)):
            at[key] = match[0]
            rest = " ".join(f"{rest[: match.start()]} {rest[match.end() :]}".split())
    return Head(at, rest.strip(" ,;:_-"))


def with_totals(values: Sequence[tuple[int, Head]]) -> list[tuple[int, Head]]:
    """Let "Totalt" beside "Män" and "Kvinnor" be both sexes together."""
    divided = {key for _, head in values for key in head.at if key != "period"}
    if len(divided) != 1:
        return list(values)
    key = divided.pop()
    return [
        (n, Head({**head.at, key: head.words}, ""))
        if key not in head.at and axes.is_total(head.words)
        else (n, head)
        for n, head in values
    ]


def no_regions(sheet: Sheet) -> Problem:
    """Return why no municipality was found: counties, names without codes, or none."""
    counties = names = 0
    for row in sheet.rows:
        cells = [cell for cell in row[:WIDEST_STUB] if not is_blank(cell)]
        found = [region(c) for c in cells[:1] if isinstance(c, str | int | float)]
        if (is_county(found[0] if found else None) and len(cells) > 1) or re.search(
            r" (?:län|county)$", text_of(cells[0] if cells else "")
        ):
            counties += 1
        elif len(cells) < 2 or period(cells[-1]):
            continue
        elif looks_like_number(cells[-1]) and is_name(cells[0]):
            names += 1
    level = "county" if counties >= max(2, names) else "names" if names else "none"
    first = next((text_of(c) for row in sheet.rows for c in row if not is_blank(c)), "")
    detail = {"level": level, "count": max(counties, names)}
    return Problem(ProblemCode.NO_REGIONS, sheet.name, None, "", first[:200], detail)


def is_figures(head: str) -> bool:
    """Tell whether figures should stand in a column, by its header alone."""
    return bool(head) and bool(period(head) or VALUE_HEADER.fullmatch(head))


def is_name(cell: object) -> bool:
    """Tell whether a cell could be the name of a place."""
    return isinstance(cell, str) and bool(
        re.fullmatch(r"[^\W\d][^\d;:]{1,40}", cell.strip())
    )


def all_axes(tables: Iterable[Table]) -> Axes:
    """Return the axes of several tables together."""
    together: Axes = {}
    for table in tables:
        for key, axis in table.axes.items():
            known = together.setdefault(key, Axis(axis.label))
            for option, label in axis.options.items():
                known.options.setdefault(option, label)
    return together
