"""The workbook's stored amounts, and what its formulas give when recalculated."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from grants.allocation import (
    Component,
    FixedAmounts,
    GuaranteedBase,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
)
from grants.workbook import (
    FIRST_ROW,
    HEADER_ROW,
    TEXTS,
    AdjustmentLine,
    PotLine,
    distribution_workbook,
)
from tests.figures import (
    DALARNA_NAMES,
    DALARNA_POPULATION_2018,
    DALARNA_PUBLISHED_2020,
    STOCKHOLM_NAMES,
    STOCKHOLM_POPULATION_2019,
    STOCKHOLM_PUBLISHED_2020,
    STOCKHOLM_RECIPIENTS_2018,
)

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def recalculated(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that needs LibreOffice. Without it, it is skipped and says so."""
    missing = pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed.")
    return pytest.mark.libreoffice(missing(test))


STORSTHLM_KEY: list[Component] = [
    WeightedStatistic(
        50,
        STOCKHOLM_POPULATION_2019,
        label="Folkmängd",
        source="SCB",
        date="31 december 2019",
    ),
    WeightedStatistic(
        50,
        STOCKHOLM_RECIPIENTS_2018,
        label="Mottagare",
        source="Socialstyrelsen",
        date="2018",
    ),
]
DALARNA_KEY: list[Component] = [
    WeightedStatistic(1, DALARNA_POPULATION_2018, label="Folkmängd")
]


def five_components() -> list[Component]:
    random = Random(2026)
    codes = list(STOCKHOLM_NAMES)

    def column() -> dict[str, int]:
        return {code: random.randint(0, 100_000) for code in codes}

    return [
        TopSlice(Decimal("2.5"), "Samordning"),
        GuaranteedBase(150_000, "Grundbelopp"),
        WeightedStatistic(Decimal("33.3"), column(), "Folkmängd"),
        FixedAmounts({"0127": 75_000, "0188": 1}, "Pilot"),
        WeightedStatistic(Fraction(200, 3), column(), "Mottagare"),
    ]


def make_workbook(**changes: Any) -> bytes:
    given: dict[str, Any] = {
        "title": "God och nära vård 2020",
        "record_number": "S/20/0026",
        "pot_lines": [PotLine("Medel till kommunerna", 68_000_000)],
        "components": STORSTHLM_KEY,
        "participants": STOCKHOLM_NAMES,
        "created": datetime(2020, 3, 16, 12, tzinfo=UTC),
    }
    return distribution_workbook(**given | changes)


def table(workbook: bytes) -> dict[str, dict[str, Any]]:
    """Return the distribution's rows by code, each by header."""
    book = CalamineWorkbook.from_filelike(BytesIO(workbook))
    rows = book.get_sheet_by_name(TEXTS["distribution"]).to_python(skip_empty_area=False)
    headers = rows[HEADER_ROW]
    return {str(row[0]): dict(zip(headers, row, strict=True)) for row in rows[FIRST_ROW:]}


def amounts(workbook: bytes, header: str = "amount") -> dict[str, int]:
    return {
        code: row[TEXTS[header]] for code, row in table(workbook).items() if code.isdigit()
    }


def key_sheet(workbook: bytes) -> dict[str, Any]:
    """Return the third cell of each row of the key by its first."""
    book = CalamineWorkbook.from_filelike(BytesIO(workbook))
    rows = book.get_sheet_by_name(TEXTS["key"]).to_python(skip_empty_area=False)
    return {str(row[0]): row[2] for row in rows}


def recalculate(workbook: bytes, folder: Path, **changed: object) -> bytes:
    """Return the workbook as LibreOffice computes it, with named cells changed."""
    [again] = recalculate_all([(workbook, changed)], folder)
    return again


def recalculate_all(
    workbooks: Iterable[tuple[bytes, Mapping[str, object]]], folder: Path
) -> list[bytes]:
    """Return the workbooks as LibreOffice computes them, each with named cells changed.

    It starts once for them all: starting takes ten times as long as to compute one. The
    stored results are removed first: LibreOffice would otherwise trust them.
    """
    assert SOFFICE is not None
    sources = []
    for number, (workbook, changed) in enumerate(workbooks):
        sources.append(folder / f"source{number}.xlsx")
        without_results(workbook, sources[-1], changed)
    subprocess.run(
        [
            SOFFICE,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder / "out"),
            *map(str, sources),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return [(folder / "out" / source.name).read_bytes() for source in sources]


def without_results(workbook: bytes, source: Path, changed: Mapping[str, object]) -> None:
    """Write the workbook with named cells changed and nothing computed."""
    book = load_workbook(BytesIO(workbook))
    for name, value in changed.items():
        sheet, cell = book.defined_names[name].attr_text.split("!")
        book[sheet.strip("'")][cell.replace("$", "")] = value
    book.save(source)
    with ZipFile(source) as zipped:
        sheets = [name for name in zipped.namelist() if "worksheets/sheet" in name]
        for name in sheets:
            text = zipped.read(name).decode()
            assert not re.search(r"</f><v>[^<]+</v>", text)


def test_the_stored_amounts_are_the_published_ones():
    workbook = make_workbook(rounding=Rounding.EACH)

    assert amounts(workbook) == STOCKHOLM_PUBLISHED_2020
    assert table(workbook)["Summa"]["Belopp, kr"] == 67_999_998
    assert table(workbook)["Skillnad mot potten"]["Belopp, kr"] == 2


def test_a_row_holds_every_step():
    row = table(make_workbook(rounding=Rounding.EACH))["0127"]

    assert list(row) == [
        "Kommunkod",
        "Kommun",
        "Folkmängd",
        "Mottagare",
        "Folkmängd, andel",
        "Mottagare, andel",
        "Vägd andel",
        "Oavrundat, kr",
        "Nedåt, kr",
        "Rest",
        "Restens plats",
        "Belopp, kr",
        "Justering, kr",
        "Slutligt belopp, kr",
    ]
    assert (row["Kommun"], row["Folkmängd"], row["Mottagare"]) == (
        "Botkyrka",
        94_606,
        1037,
    )


def test_carried_over_money_is_part_of_the_pot():
    lines = [
        PotLine("Medel 2020", 6_429_930),
        PotLine("Kvarvarande medel från 2019", 4_141_043),
    ]

    workbook = make_workbook(pot_lines=lines)

    key = key_sheet(workbook)
    assert key["Medel 2020"] == 6_429_930
    assert key["Kvarvarande medel från 2019"] == 4_141_043
    assert key["Summa pott, kr"] == 10_570_973
    assert sum(amounts(workbook).values()) == 10_570_973


def test_adjustments_have_their_reasons_and_change_the_final_amount():
    workbook = make_workbook(
        adjustments=[
            AdjustmentLine("0127", -1000, "Avstår en del"),
            AdjustmentLine("0127", 200, "Rättelse"),
        ]
    )

    final, before = amounts(workbook, "final"), amounts(workbook)
    assert final == {**before, "0127": before["0127"] - 800}
    book = CalamineWorkbook.from_filelike(BytesIO(workbook))
    assert book.get_sheet_by_name(TEXTS["adjustments"]).to_python()[1:] == [
        ["0127", -1000, "Avstår en del"],
        ["0127", 200, "Rättelse"],
    ]


def test_the_same_input_gives_the_same_bytes():
    local = datetime(2020, 3, 16, 13, tzinfo=timezone(timedelta(hours=1)))

    assert make_workbook() == make_workbook(created=local)


def test_texts_that_look_like_formulas_stay_texts():
    names = {**STOCKHOLM_NAMES, "0127": "=1+1"}

    workbook = make_workbook(title='=HYPERLINK("http://x")', participants=names)

    sheet = load_workbook(BytesIO(workbook))[TEXTS["distribution"]]
    assert (sheet["A1"].value, sheet["A1"].data_type) == ('=HYPERLINK("http://x")', "s")
    assert table(workbook)["0127"]["Kommun"] == "=1+1"


def test_the_table_is_set_up_for_reading_and_print():
    sheet = load_workbook(BytesIO(make_workbook()))[TEXTS["distribution"]]

    assert sheet.freeze_panes == "C6"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$5:$5"
    assert sheet["A5"].font.bold
    assert sheet["L6"].number_format == "#,##0"


# What LibreOffice gives ------------------------------------------------------------------

AMONG = {"0180", "0182", "0184"}
TIED_NAMES = {f"{number:04}": f"Kommun {number}" for number in range(1, 13)}
TIED_KEY: list[Component] = [
    WeightedStatistic(1, dict.fromkeys(TIED_NAMES, 7)),
    WeightedStatistic(2, {code: 1 + int(code) % 2 for code in TIED_NAMES}),
]
TIED_POT = 1_000_000_003
KALMAR_NAMES = {"0880": "Kalmar", "0881": "Nybro"}


def redistribution(rounding: Rounding) -> list[Component]:
    """Return a key where 0127 and 0160 keep what they have, and three share the rest."""
    before = allocate(68_000_000, STORSTHLM_KEY, STOCKHOLM_NAMES, rounding).parts
    among_three = [
        replace(
            part,
            values={
                code: value if code in AMONG else 0 for code, value in part.values.items()
            },
        )
        for part in STORSTHLM_KEY
    ]
    return [FixedAmounts(before | {"0127": 0, "0160": 100_000}), *among_three]


def without_statistics() -> bytes:
    base = GuaranteedBase(30, "Grundbelopp")
    return make_workbook(
        pot_lines=[PotLine("Medel", 200)],
        components=[TopSlice(10), base, base, FixedAmounts({"0881": 60})],
        participants=KALMAR_NAMES,
    )


def without_weight() -> bytes:
    return make_workbook(
        pot_lines=[PotLine("Medel", 1300)],
        components=[
            WeightedStatistic(0, {"0880": 0, "0881": 0}, "Tom"),
            WeightedStatistic(1, {"0880": Decimal("0.1"), "0881": Fraction(1, 3)}, "Index"),
        ],
        participants=KALMAR_NAMES,
    )


def all_books() -> dict[str, tuple[bytes, dict[str, object]]]:
    """Return every workbook that is recalculated, with the cells that are changed in it."""
    books: dict[str, tuple[bytes, dict[str, object]]] = {}
    for rounding in Rounding:
        by_rule: dict[str, dict[str, Any]] = {
            "storsthlm": {},
            "redistribution": {"components": redistribution(rounding), "among": AMONG},
            "dalarna": {
                "pot_lines": [PotLine("Medel", 15_711_504)],
                "components": DALARNA_KEY,
                "participants": DALARNA_NAMES,
            },
            "five": {
                "components": five_components(),
                "adjustments": [AdjustmentLine("0127", -1000, "Avstår en del")],
            },
            "ties": {
                "pot_lines": [PotLine("Medel", TIED_POT)],
                "components": TIED_KEY,
                "participants": TIED_NAMES,
            },
        }
        for name, facts in by_rule.items():
            books[f"{name} {rounding}"] = make_workbook(rounding=rounding, **facts), {}
    five = make_workbook(components=five_components())
    each = make_workbook(components=five_components(), rounding=Rounding.EACH)
    return books | {
        "changed": (each, {"Pott": 23_456_789, "Regel": "Exakt"}),
        "too small": (five, {"Pott": 1000}),
        "without statistics": (without_statistics(), {}),
        "without weight": (without_weight(), {}),
    }


@pytest.fixture(scope="module")
def books() -> dict[str, tuple[bytes, dict[str, object]]]:
    return all_books()


@pytest.fixture(scope="module")
def computed(
    books: dict[str, tuple[bytes, dict[str, object]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, bytes]:
    """Every workbook as LibreOffice computes it, by name."""
    folder = tmp_path_factory.mktemp("recalculated")
    return dict(zip(books, recalculate_all(books.values(), folder), strict=True))


@recalculated
@pytest.mark.parametrize("rounding", Rounding)
def test_libreoffice_gives_storsthlms_amounts(computed, rounding):
    workbook = computed[f"storsthlm {rounding}"]

    outcome = allocate(68_000_000, STORSTHLM_KEY, STOCKHOLM_NAMES, rounding)
    assert amounts(workbook) == outcome.parts
    assert amounts(workbook, "final") == outcome.parts
    assert table(workbook)["Summa"]["Belopp, kr"] == outcome.total
    assert key_sheet(workbook)["Kontroll"] == "Stämmer"


@recalculated
@pytest.mark.parametrize("rounding", Rounding)
def test_libreoffice_gives_a_redistributions_amounts(computed, rounding):
    again = computed[f"redistribution {rounding}"]

    outcome = allocate(68_000_000, redistribution(rounding), STOCKHOLM_NAMES, rounding)
    assert amounts(again) == outcome.parts
    assert table(again)["0127"]["Omfördelning"] == "0: bad inte om mer"
    assert table(again)["0180"]["Omfördelning"] == "vill ha mer"
    assert table(again)["0160"]["Behåller"] == 100_000
    assert key_sheet(again)["Att omfördela efter statistik, kr"] == outcome.to_weigh
    assert key_sheet(again)["Kontroll"] == "Stämmer"


@recalculated
@pytest.mark.parametrize("rounding", Rounding)
def test_libreoffice_gives_dalarnas_amounts(computed, rounding):
    parts = amounts(computed[f"dalarna {rounding}"])

    assert parts == allocate(15_711_504, DALARNA_KEY, DALARNA_NAMES, rounding).parts
    if rounding is Rounding.EACH:
        assert parts == DALARNA_PUBLISHED_2020


@recalculated
@pytest.mark.parametrize("rounding", Rounding)
def test_libreoffice_gives_five_components_with_adjustments(books, computed, rounding):
    again = computed[f"five {rounding}"]
    workbook, _changed = books[f"five {rounding}"]

    outcome = allocate(68_000_000, five_components(), STOCKHOLM_NAMES, rounding)
    assert amounts(again) == outcome.parts
    assert amounts(again, "final") == {
        **outcome.parts,
        "0127": outcome.parts["0127"] - 1000,
    }
    assert key_sheet(again)["Avsatt före fördelning, kr"] == outcome.set_aside
    shown = table(again)
    for code, row in table(workbook).items():
        assert shown[code] == pytest.approx(row, abs=1e-6), code


@recalculated
@pytest.mark.parametrize("rounding", Rounding)
def test_libreoffice_breaks_ties_as_the_rule_does(computed, rounding):
    """Sixths by two statistics: remainders equal in truth, but not in floats."""
    parts = amounts(computed[f"ties {rounding}"])

    assert parts == allocate(TIED_POT, TIED_KEY, TIED_NAMES, rounding).parts


@recalculated
def test_everything_follows_a_changed_pot_and_rule(computed):
    again = computed["changed"]

    outcome = allocate(23_456_789, five_components(), STOCKHOLM_NAMES, Rounding.EXACT)
    assert amounts(again) == outcome.parts
    assert table(again)["Skillnad mot potten"]["Belopp, kr"] == 0


@recalculated
def test_a_pot_too_small_is_said_in_the_key(computed):
    assert key_sheet(computed["too small"])["Kontroll"] == "Potten räcker inte"


@recalculated
def test_libreoffice_gives_a_key_without_statistics(computed):
    again = computed["without statistics"]

    assert amounts(again) == amounts(without_statistics()) == {"0880": 60, "0881": 120}
    assert key_sheet(again)["Kontroll"] == "Stämmer"


@recalculated
def test_libreoffice_passes_over_a_statistic_without_weight(computed):
    again = computed["without weight"]

    assert amounts(again) == amounts(without_weight()) == {"0880": 300, "0881": 1000}
