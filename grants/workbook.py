"""Write a distribution as a spreadsheet with live formulas (fördelning i kalkylblad).

Whoever opens the workbook can change the pot, a weight, a value or the rounding rule
and see every amount follow. The formulas give the amounts of ``grants/allocation.py``
in Excel and in LibreOffice; no newer functions are used. The amounts are also stored,
computed exactly, for programs that show a workbook without recalculating it.

A spreadsheet counts in binary floats with some 15 digits. So shares get a margin of a
few millionths of a krona before they are rounded (the cell ``Marginal``, which follows
the pot), and remainders that differ by less than that count as equal. Amounts that
differ from the rule need two remainders closer than so, at the very last krona.

The document is Swedish, with its texts in ``TEXTS``. The same input gives the same
bytes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from io import BytesIO
from math import floor, log10

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range, xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from grants.allocation import (
    Component,
    FixedAmounts,
    GuaranteedBase,
    Number,
    Outcome,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
    exact,
)

TEXTS = {
    "distribution": "Fördelning",
    "key": "Nyckel",
    "adjustments": "Justeringar",
    "record_number": "Diarienummer: {}",
    "hint": "Gula celler kan ändras. Alla andra tal räknas om.",
    "pot_lines": "Pott",
    "pot": "Summa pott, kr",
    "components": "Nyckelns delar",
    "component": "Del",
    "name": "Benämning",
    "number": "Tal",
    "unit": "Enhet",
    "weight_share": "Andel av vikterna",
    "total": "Totalt",
    "source": "Källa",
    "date": "Avser",
    "top_slice": "Avsättning",
    "base": "Grundbelopp",
    "statistic": "Statistik",
    "fixed": "Fasta belopp",
    "percent": "% av potten",
    "per_municipality": "kr per kommun",
    "sum": "kr totalt",
    "weight": "vikt",
    "rules": "Beräkning",
    "rounding": "Avrundning",
    Rounding.EXACT: "Exakt",
    Rounding.EACH: "Var för sig",
    "rounding_hint": (
        "Exakt: alla avrundas nedåt, överblivna kronor går till de största resterna.\n"
        "Var för sig: varje belopp avrundas till närmaste krona."
    ),
    "set_aside": "Avsatt före fördelning, kr",
    "to_distribute": "Att fördela till kommunerna, kr",
    "to_weigh": "Fördelas efter statistik, kr",
    "left_over": "Överblivna kronor att dela ut",
    "margin": "Marginal för avrundningsfel, kr",
    "places": "Decimaler i resten",
    "check": "Kontroll",
    "check_ok": "Stämmer",
    "check_too_much": "Potten räcker inte",
    "check_not_all": "Allt är inte fördelat",
    "code": "Kommunkod",
    "municipality": "Kommun",
    "share_of": "{}, andel",
    "share": "Vägd andel",
    "unrounded": "Oavrundat, kr",
    "whole": "Nedåt, kr",
    "remainder": "Rest",
    "rank": "Restens plats",
    "amount": "Belopp, kr",
    "adjustment": "Justering, kr",
    "final": "Slutligt belopp, kr",
    "sum_row": "Summa",
    "difference": "Skillnad mot potten",
    "reason": "Skäl",
    "footer": "&L{}&RSida &P av &N",
    # A redistribution
    "redistribution": (
        "Omfördelning: varje kommun behåller sitt belopp. Det som har avståtts eller inte "
        "rekvirerats fördelas bland dem som vill ha mer."
    ),
    "kept": "Behåller",
    "counted": "{}, de som vill ha mer",
    "among": "Omfördelning",
    "wants_more": "vill ha mer",
    "no_more": "0: bad inte om mer",
    "pool": "Att omfördela efter statistik, kr",
}

HEADER: dict[str, object] = {
    "bold": True,
    "text_wrap": True,
    "bg_color": "#E3F0F1",
    "bottom": 1,
}
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16, "font_color": "#0B5563"},
    "heading": {"bold": True, "font_size": 12, "font_color": "#0B5563"},
    "header": HEADER,
    "header beside": HEADER | {"indent": 1},
    "header of numbers": HEADER | {"align": "right"},
    "text": {},
    "beside": {"indent": 1},
    "hint": {"italic": True, "font_color": "#5A6672"},
    # Stored so, the separator follows the reader's language: a space in Swedish.
    "whole": {"num_format": "#,##0"},
    "strong": {"num_format": "#,##0", "bold": True},
    "number": {"num_format": "General"},
    "decimals": {"num_format": "#,##0.00"},
    "share": {"num_format": "0.0000%"},
    "remainder": {"num_format": "0.000000"},
    "margin": {"num_format": "0.0E+00"},
}
STATES: dict[str, dict[str, object]] = {
    "": {},
    "input": {"bg_color": "#FFF7DF"},
    "sum": {"bold": True, "top": 1},
}

HEADER_ROW = 4
FIRST_ROW = 5
PAPER_A4 = 9


@dataclass(frozen=True, slots=True)
class PotLine:
    """A sum in kronor that is part of the pot: a budget line, or money carried over."""

    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """A change in kronor to one municipality's amount, and the reason."""

    code: str
    amount: int
    reason: str


def distribution_workbook(
    *,
    title: str,
    record_number: str,
    pot_lines: Sequence[PotLine],
    components: Sequence[Component],
    participants: Mapping[str, str],
    created: datetime,
    rounding: Rounding = Rounding.EXACT,
    adjustments: Sequence[AdjustmentLine] = (),
    author: str = "",
    among: Collection[str] = (),
) -> bytes:
    """Return an xlsx workbook of the distribution. ``participants`` is name by code.

    ``among`` are the codes that a redistribution splits between; the statistics hold 0
    for the others.
    ``created`` is written into the document's properties, so that the same input gives
    the same bytes. A naive moment is taken to be UTC.
    """
    pot = sum(line.amount for line in pot_lines)
    outcome = allocate(pot, components, participants, rounding)
    buffer = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        moment = created if created.tzinfo is None else created.astimezone(UTC)
        book.set_properties(
            {
                "title": title,
                "subject": record_number,
                "author": author,
                "created": moment.replace(tzinfo=None),
            }
        )
        styles = _styles(book)
        # Copies, so that a component that is in the key twice has a row for each.
        layout = _layout([_named(part, among) for part in components], outcome, among)
        sheets = [book.add_worksheet(TEXTS["distribution"])]
        sheets.append(book.add_worksheet(TEXTS["key"]))
        if adjustments:
            sheets.append(book.add_worksheet(TEXTS["adjustments"]))
            _write_adjustments(_Sheet(sheets[-1], styles), adjustments)
        table = _Sheet(sheets[0], styles)
        _write_distribution(table, layout, participants, adjustments)
        key = _Sheet(sheets[1], styles)
        names = _write_key(key, layout, pot_lines)
        for name, cell in names.items():
            book.define_name(name, f"={TEXTS['key']}!{cell}")
        for sheet in sheets:
            _set_up_print(sheet, title)
        for sheet in sheets[:2]:
            sheet.write_string(0, 0, title, styles["title"])
            number = TEXTS["record_number"].format(record_number)
            sheet.write_string(1, 0, number, styles["text"])
            sheet.write_string(2, 0, TEXTS["hint"], styles["hint"])
            if among:
                sheet.write_string(3, 0, TEXTS["redistribution"], styles["hint"])
    return buffer.getvalue()


class _Sheet:
    """A worksheet, written with exact numbers and named styles."""

    def __init__(self, sheet: Worksheet, styles: Mapping[str, Format]) -> None:
        self.sheet = sheet
        self.styles = styles

    def text(self, row: int, column: int, text: str, style: str = "text") -> None:
        """Write a text as a text, also where it looks like a formula."""
        self.sheet.write_string(row, column, text, self.styles[style])

    def number(self, row: int, column: int, number: Number, style: str) -> None:
        """Write a number. One that no float can hold is written as a division."""
        value = exact(number)
        if Fraction(float(value)) == value or _is_decimal(value):
            self.sheet.write_number(row, column, float(value), self.styles[style])
        else:
            quotient = f"{value.numerator}/{value.denominator}"
            self.formula(row, column, quotient, value, style)

    def formula(
        self, row: int, column: int, formula: str, value: Number | str, style: str
    ) -> None:
        """Write a formula and what it gives."""
        cached = value if isinstance(value, str) else float(exact(value))
        cell = self.styles[style]
        self.sheet.write_formula(row, column, f"={formula}", cell, cached)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column of the distribution holds what, and the key behind it."""

    outcome: Outcome
    components: Sequence[Component]
    statistics: dict[str, WeightedStatistic]
    certain: dict[str, GuaranteedBase | FixedAmounts]
    columns: list[str]
    among: Collection[str]

    @property
    def codes(self) -> list[str]:
        """Return the municipality codes, in order."""
        return list(self.outcome.parts)

    @property
    def sum_row(self) -> int:
        """Return the row below the last municipality."""
        return FIRST_ROW + len(self.outcome.parts)

    def column(self, name: str) -> int:
        """Return the number of the column."""
        return self.columns.index(name)

    def cell(self, name: str, row: int) -> str:
        """Return a cell as a formula names it."""
        return str(xl_rowcol_to_cell(row, self.column(name)))

    def range(self, name: str) -> str:
        """Return the cells of all municipalities."""
        number = self.column(name)
        return str(xl_range_abs(FIRST_ROW, number, self.sum_row - 1, number))

    def total(self, name: str) -> str:
        """Return the cell in the sum row."""
        return str(xl_rowcol_to_cell(self.sum_row, self.column(name), row_abs=True))

    def values(self, name: str) -> list[Fraction]:
        """Return the participants' values of a statistic."""
        return [exact(self.statistics[name].values[code]) for code in self.codes]

    def weight_share(self, name: str) -> Fraction:
        """Return the statistic's weight as a share of all weights."""
        weights = (exact(part.weight) for part in self.statistics.values())
        return exact(self.statistics[name].weight) / sum(weights, Fraction(0))

    def named(self, name: str) -> str:
        """Return the component's label, or a name for one without."""
        component = self.statistics.get(name) or self.certain[name]
        kind, number = name.split()
        return component.label or f"{TEXTS[kind]} {number}"


def _named(component: Component, among: Collection[str]) -> Component:
    """Return a copy, that a redistribution names for what it does there."""
    if among and isinstance(component, FixedAmounts):
        return replace(component, label=TEXTS["kept"])
    if among and isinstance(component, WeightedStatistic):
        return replace(component, label=TEXTS["counted"].format(component.label))
    return replace(component)


def _layout(
    components: Sequence[Component], outcome: Outcome, among: Collection[str]
) -> _Layout:
    statistics: dict[str, WeightedStatistic] = {}
    certain: dict[str, GuaranteedBase | FixedAmounts] = {}
    for component in components:
        if isinstance(component, WeightedStatistic):
            statistics[f"statistic {len(statistics) + 1}"] = component
        elif isinstance(component, GuaranteedBase):
            certain[f"base {len(certain) + 1}"] = component
        elif isinstance(component, FixedAmounts):
            certain[f"fixed {len(certain) + 1}"] = component
    columns = [
        *("code", "municipality"),
        *(["among"] if among else []),
        *statistics,
        *(f"share of {name}" for name in statistics),
        *(["share"] if statistics else []),
        *certain,
        *("unrounded", "whole", "remainder", "rank"),
        *("amount", "adjustment", "final"),
    ]
    return _Layout(outcome, components, statistics, certain, columns, among)


def _write_distribution(
    sheet: _Sheet,
    layout: _Layout,
    participants: Mapping[str, str],
    adjustments: Sequence[AdjustmentLine],
) -> None:
    """Write a row for each municipality, and the sums below."""
    first, last = FIRST_ROW, layout.sum_row - 1
    for row, code in enumerate(layout.codes, start=first):
        sheet.text(row, 0, code)
        sheet.text(row, 1, participants[code])
        if layout.among:
            sheet.text(row, 2, TEXTS["wants_more" if code in layout.among else "no_more"])
    _write_headers(sheet, layout)
    for column in (
        *_statistic_columns(layout),
        *_certain_columns(layout),
        *_rounding_columns(layout),
        *_final_columns(layout, adjustments),
    ):
        number = layout.column(column.name)
        for row, (content, value) in enumerate(column.cells, start=first):
            if content is None:
                sheet.number(row, number, value, f"input:{column.style}")
            else:
                sheet.formula(row, number, content, value, column.style)
        if column.is_summed:
            total = sum(value for _, value in column.cells)
            formula = f"SUM({xl_range(first, number, last, number)})"
            style = f"sum:{column.style}"
            sheet.formula(layout.sum_row, number, formula, total, style)
    sheet.text(layout.sum_row, 0, TEXTS["sum_row"], "sum:text")
    sheet.text(layout.sum_row, 1, "", "sum:text")
    if layout.among:
        sheet.text(layout.sum_row, 2, "", "sum:text")
    sheet.text(layout.sum_row + 1, 0, TEXTS["difference"])
    difference = f"Att_fordela-{layout.total('amount')}"
    number = layout.column("amount")
    value = layout.outcome.difference
    sheet.formula(layout.sum_row + 1, number, difference, value, "whole")
    sheet.sheet.ignore_errors({"number_stored_as_text": xl_range(first, 0, last, 0)})
    sheet.sheet.freeze_panes(FIRST_ROW, 2)
    sheet.sheet.repeat_rows(HEADER_ROW)


def _write_headers(sheet: _Sheet, layout: _Layout) -> None:
    sheet.sheet.set_row(HEADER_ROW, 66)
    for number, name in enumerate(layout.columns):
        if name in layout.statistics or name in layout.certain:
            header = layout.named(name)
        elif name.startswith("share of "):
            header = TEXTS["share_of"].format(layout.named(name[len("share of ") :]))
        else:
            header = TEXTS[name]
        of_texts = name in {"code", "municipality", "among"}
        style = "header" if of_texts else "header of numbers"
        sheet.text(HEADER_ROW, number, header, style)
        wide = name in {"municipality", "among"}
        sheet.sheet.set_column(number, number, 20 if wide else 14)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column: for each municipality a formula, or None for input, and a value."""

    name: str
    style: str
    cells: Sequence[tuple[str | None, Fraction | int]]
    is_summed: bool = True


def _statistic_columns(layout: _Layout) -> Iterator[_Column]:
    """Yield the values, each municipality's share of them, and the weighted share."""
    rows = range(FIRST_ROW, layout.sum_row)
    weighted = [Fraction(0)] * len(rows)
    for name in layout.statistics:
        values = layout.values(name)
        style = _style(values)
        yield _Column(name, style, [(None, value) for value in values])
        total, cell = sum(values), layout.total(name)
        formulas = [f"IF({cell}=0,0,{layout.cell(name, row)}/{cell})" for row in rows]
        shares = [value / total if total else Fraction(0) for value in values]
        cells = list(zip(formulas, shares, strict=True))
        yield _Column(f"share of {name}", "share", cells)
        weight = layout.weight_share(name)
        weighted = [
            sofar + weight * share for sofar, share in zip(weighted, shares, strict=True)
        ]
    if layout.statistics:
        formulas = [
            "+".join(
                f"{_name(name)}*{layout.cell(f'share of {name}', row)}"
                for name in layout.statistics
            )
            for row in rows
        ]
        yield _Column("share", "share", list(zip(formulas, weighted, strict=True)))


def _certain_columns(layout: _Layout) -> Iterator[_Column]:
    """Yield base amounts, that follow the key, and fixed amounts to change here."""
    cells: list[tuple[str | None, Fraction | int]]
    for name, component in layout.certain.items():
        if isinstance(component, GuaranteedBase):
            cells = [(_name(name), component.amount) for _ in layout.codes]
        else:
            cells = [(None, component.amounts.get(code, 0)) for code in layout.codes]
        yield _Column(name, "whole", cells)


def _rounding_columns(layout: _Layout) -> Iterator[_Column]:
    """Yield the steps from a share to whole kronor."""
    outcome = layout.outcome
    remainders = {code: share % 1 for code, share in outcome.shares.items()}
    ordered = sorted(remainders, key=lambda code: (-remainders[code], code))
    places = {code: place for place, code in enumerate(ordered, start=1)}
    rests = layout.range("remainder")
    columns: dict[str, list[tuple[str | None, Fraction | int]]] = {
        name: [] for name in ("unrounded", "whole", "remainder", "rank", "amount")
    }
    for row, (code, share) in enumerate(outcome.shares.items(), start=FIRST_ROW):
        terms = [layout.cell(name, row) for name in layout.certain]
        if layout.statistics:
            terms.append(f"Kvar*{layout.cell('share', row)}")
        unrounded, whole = layout.cell("unrounded", row), layout.cell("whole", row)
        rest, rank = layout.cell("remainder", row), layout.cell("rank", row)
        down = f"ROUNDDOWN({unrounded}+Marginal,0)"
        left = f"MAX(0,ROUND({unrounded}-{whole},Decimaler))"
        # Larger remainders come before; so do equal ones on earlier rows, by code.
        larger = f"SUMPRODUCT(--({rests}>{rest}))"
        equal = f"SUMPRODUCT(--({rests}={rest}),--(ROW({rests})<ROW({rest})))"
        by_rank = f"IF({rank}<=Over,1,0)"
        by_half = f"IF({unrounded}-{whole}>=0.5-Marginal,1,0)"
        up = f'IF(Regel="{TEXTS[Rounding.EXACT]}",{by_rank},{by_half})'
        columns["unrounded"].append(("+".join(terms) or "0", share))
        columns["whole"].append((down, floor(share)))
        columns["remainder"].append((left, remainders[code]))
        columns["rank"].append((f"1+{larger}+{equal}", places[code]))
        columns["amount"].append((f"{whole}+{up}", outcome.parts[code]))
    yield _Column("unrounded", "decimals", columns["unrounded"])
    yield _Column("whole", "whole", columns["whole"])
    yield _Column("remainder", "remainder", columns["remainder"], is_summed=False)
    yield _Column("rank", "number", columns["rank"], is_summed=False)
    yield _Column("amount", "whole", columns["amount"])


def _final_columns(
    layout: _Layout, adjustments: Sequence[AdjustmentLine]
) -> Iterator[_Column]:
    """Yield the adjustments, from their own sheet if there are any, and the outcome."""
    changes = dict.fromkeys(layout.codes, 0)
    for line in adjustments:
        changes[line.code] += line.amount
    sheet, last = TEXTS["adjustments"], len(adjustments)
    cells: list[tuple[str | None, Fraction | int]] = []
    final: list[tuple[str | None, Fraction | int]] = []
    for row, code in enumerate(layout.codes, start=FIRST_ROW):
        # Not SUMIF: it reads the code 0127 as the number 127.
        formula = (
            f"SUMPRODUCT(--({sheet}!{xl_range_abs(1, 0, last, 0)}="
            f"{layout.cell('code', row)}),{sheet}!{xl_range_abs(1, 1, last, 1)})"
        )
        cells.append((formula if adjustments else None, changes[code]))
        amount, change = layout.cell("amount", row), layout.cell("adjustment", row)
        final.append((f"{amount}+{change}", layout.outcome.parts[code] + changes[code]))
    yield _Column("adjustment", "whole", cells)
    yield _Column("final", "strong", final)


def _write_key(
    sheet: _Sheet, layout: _Layout, pot_lines: Sequence[PotLine]
) -> dict[str, str]:
    """Write the pot, the components and the rules. Return the cells that have names."""
    names: dict[str, str] = {}
    for column, width in enumerate([34, 46, 18, 18, 18, 18, 40, 22]):
        sheet.sheet.set_column(column, column, width)
    row = 4
    sheet.text(row, 0, TEXTS["pot_lines"], "heading")
    for at, line in enumerate(pot_lines, start=row + 1):
        sheet.text(at, 0, line.label)
        sheet.number(at, 2, line.amount, "input:whole")
    row += len(pot_lines) + 1
    sheet.text(row, 0, TEXTS["pot"], "sum:text")
    sheet.text(row, 1, "", "sum:text")
    lines = xl_range(row - len(pot_lines), 2, row - 1, 2)
    sheet.formula(row, 2, f"SUM({lines})", layout.outcome.pot, "sum:whole")
    names["Pott"] = _absolute(row, 2)
    return names | _write_components(sheet, layout, row + 2)


def _write_components(sheet: _Sheet, layout: _Layout, row: int) -> dict[str, str]:
    """Write a row for each component, and the rules below them."""
    names: dict[str, str] = {}
    sheet.text(row, 0, TEXTS["components"], "heading")
    row += 1
    headers = ["component", "name", "number", "unit", "weight_share"]
    for column, header in enumerate([*headers, "total", "source", "date"]):
        of_numbers = header in {"number", "weight_share", "total"}
        beside = "header beside" if header in {"unit", "source"} else "header"
        style = "header of numbers" if of_numbers else beside
        sheet.text(row, column, TEXTS[header], style)
    outcome = layout.outcome
    table = f"'{TEXTS['distribution']}'!"
    rows = {id(part): row + 1 + i for i, part in enumerate(layout.components)}
    weights = [rows[id(part)] for part in layout.statistics.values()]
    weight_cells = ",".join(_absolute(at, 2) for at in weights)
    slices, certain = [], []
    for component in layout.components:
        if isinstance(component, TopSlice):
            at = rows[id(component)]
            _write_component(sheet, at, "top_slice", component.label, "percent")
            sheet.number(at, 2, component.percent, "input:number")
            kronor = outcome.pot * exact(component.percent) / 100
            formula = f"Pott*{xl_rowcol_to_cell(at, 2)}/100"
            sheet.formula(at, 5, formula, kronor, "decimals")
            slices.append(_absolute(at, 5))
    for name, component in layout.certain.items():
        at = rows[id(component)]
        total = f"{table}{layout.total(name)}"
        if isinstance(component, GuaranteedBase):
            _write_component(sheet, at, "base", component.label, "per_municipality")
            sheet.number(at, 2, component.amount, "input:whole")
            names[_name(name)] = _absolute(at, 2)
            kronor = Fraction(component.amount * len(layout.codes))
        else:
            _write_component(sheet, at, "fixed", component.label, "sum")
            kronor = Fraction(sum(component.amounts.values()))
            sheet.formula(at, 2, total, kronor, "whole")
        sheet.formula(at, 5, total, kronor, "whole")
        certain.append(_absolute(at, 5))
    for name, component in layout.statistics.items():
        at = rows[id(component)]
        _write_component(sheet, at, "statistic", component.label, "weight")
        sheet.number(at, 2, component.weight, "input:number")
        share = f"{xl_rowcol_to_cell(at, 2)}/SUM({weight_cells})"
        sheet.formula(at, 4, share, layout.weight_share(name), "share")
        total = f"{table}{layout.total(name)}"
        values = layout.values(name)
        sheet.formula(at, 5, total, sum(values), _style(values))
        sheet.text(at, 6, component.source, "beside")
        sheet.text(at, 7, component.date)
        names[_name(name)] = _absolute(at, 4)
    row = max(rows.values()) + 2
    return names | _write_rules(sheet, layout, row, slices, certain)


def _write_component(sheet: _Sheet, row: int, kind: str, label: str, unit: str) -> None:
    sheet.text(row, 0, TEXTS[kind])
    sheet.text(row, 1, label)
    sheet.text(row, 3, TEXTS[unit], "beside")


def _write_rules(
    sheet: _Sheet,
    layout: _Layout,
    row: int,
    slices: Sequence[str],
    certain: Sequence[str],
) -> dict[str, str]:
    """Write the rounding rule and what follows from the pot and the key."""
    outcome = layout.outcome
    table = f"'{TEXTS['distribution']}'!"
    left_over = outcome.to_distribute - sum(map(floor, outcome.shares.values()))
    margin = max(Fraction(1, 10**9), Fraction(2 * outcome.pot, 10**15))
    places = -floor(log10(margin)) - 1
    set_aside = f"ROUND({'+'.join(slices)}+Pott*1E-15,0)" if slices else "0"
    weighed = "-".join(["Att_fordela", *certain])
    share = layout.total("share") if layout.statistics else ""
    all_given = f"ABS({table}{share}-1)<0.000001" if share else "Kvar=0"
    check = (
        f'IF(Kvar<0,"{TEXTS["check_too_much"]}",'
        f'IF({all_given},"{TEXTS["check_ok"]}","{TEXTS["check_not_all"]}"))'
    )
    whole = f"Att_fordela-SUM({table}{layout.range('whole')})"
    rules: list[tuple[str, str, str, Number | str, str]] = [
        ("set_aside", "Avsatt", set_aside, outcome.set_aside, "whole"),
        ("to_distribute", "Att_fordela", "Pott-Avsatt", outcome.to_distribute, "whole"),
        (
            "pool" if layout.among else "to_weigh",
            "Kvar",
            weighed,
            outcome.to_weigh,
            "whole",
        ),
        ("left_over", "Over", whole, left_over, "whole"),
        ("margin", "Marginal", "MAX(1E-9,Pott*2E-15)", margin, "margin"),
        ("places", "Decimaler", "-INT(LOG10(Marginal))-1", places, "number"),
        ("check", "Kontroll", check, TEXTS["check_ok"], "text"),
    ]
    sheet.text(row, 0, TEXTS["rules"], "heading")
    sheet.text(row + 1, 0, TEXTS["rounding"])
    sheet.text(row + 1, 2, TEXTS[outcome.rounding], "input:text")
    choices = {"validate": "list", "source": [TEXTS[rule] for rule in Rounding]}
    sheet.sheet.data_validation(row + 1, 2, row + 1, 2, choices)
    names = {"Regel": _absolute(row + 1, 2)}
    for at, (text, name, formula, value, style) in enumerate(rules, start=row + 2):
        sheet.text(at, 0, TEXTS[text])
        sheet.formula(at, 2, formula, value, style)
        names[name] = _absolute(at, 2)
    for at, hint in enumerate(TEXTS["rounding_hint"].splitlines(), start=row + 10):
        sheet.text(at, 0, hint, "hint")
    return names


def _write_adjustments(sheet: _Sheet, adjustments: Sequence[AdjustmentLine]) -> None:
    """Write each adjustment with its reason."""
    for column, header in enumerate(["code", "adjustment", "reason"]):
        sheet.text(0, column, TEXTS[header], "header")
        sheet.sheet.set_column(column, column, [14, 16, 60][column])
    for row, line in enumerate(adjustments, start=1):
        sheet.text(row, 0, line.code)
        sheet.number(row, 1, line.amount, "input:whole")
        sheet.text(row, 2, line.reason)
    codes = xl_range(1, 0, len(adjustments), 0)
    sheet.sheet.ignore_errors({"number_stored_as_text": codes})
    sheet.sheet.freeze_panes(1, 0)


def _set_up_print(sheet: Worksheet, title: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)
    # An ampersand starts a code in a footer, and a footer holds 255 characters.
    shown = title[:100].replace("&", "&&")
    sheet.set_footer(TEXTS["footer"].format(shown))


def _styles(book: xlsxwriter.Workbook) -> dict[str, Format]:
    """Return the cell styles by name, as "whole", "input:whole" or "sum:whole"."""
    return {
        f"{state}:{name}".lstrip(":"): book.add_format({**style, **extra})
        for name, style in STYLES.items()
        for state, extra in STATES.items()
    }


def _name(component: str) -> str:
    """Return the defined name of a component's cell: its weight's share, or its sum."""
    kind, number = component.split()
    return {"statistic": "Viktandel_", "base": "Grundbelopp_"}[kind] + number


def _style(values: Sequence[Fraction]) -> str:
    """Return the style for a statistic: whole numbers in groups, others as they are."""
    return "whole" if all(value.denominator == 1 for value in values) else "number"


def _absolute(row: int, column: int) -> str:
    return str(xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))


def _is_decimal(value: Fraction) -> bool:
    """Return whether the number can be typed with at most 15 digits, as 71,5 can."""
    digits = value * 10**6
    return digits.denominator == 1 and abs(digits.numerator) < 10**15
