"""Whatever figures are written in a shape, the same are read."""

import csv
import json
from io import BytesIO, StringIO

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from municipalities.scb import read

CODES = st.sampled_from(["0114", "0127", "0305", "0643", "0980", "1280", "2021", "2480"])
TABLES = st.dictionaries(
    CODES,
    st.lists(st.integers(0, 2_000_000), min_size=2, max_size=2),
    min_size=1,
)
YEARS = ["2018", "2019"]


def as_text(table, *, mark, encoding):
    page = StringIO()
    writer = csv.writer(page, delimiter=mark)
    writer.writerow(["region", *YEARS])
    writer.writerows([f"{code} Åmåls", *values] for code, values in table.items())
    return page.getvalue().encode(encoding)


def as_workbook(table):
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate([["kod", "namn", *YEARS]]):
            sheet.write_row(n, 0, row)
        for n, (code, values) in enumerate(table.items(), 1):
            sheet.write_row(n, 0, [code, "Åmåls", *values])
    return buffer.getvalue()


def as_pc_axis(table):
    codes = ",".join(f'"{code}"' for code in table)
    names = ",".join('"Åmåls"' for _ in table)
    data = "\n".join(" ".join(map(str, values)) for values in table.values())
    text = 'CHARSET="ANSI";\nTITLE="Folkmängd";\nSTUB="region";\nHEADING="år";\n'
    text += f'VALUES("region")={names};\nVALUES("år")="2018","2019";\n'
    return f'{text}CODES("region")={codes};\nDATA=\n{data};'.encode("cp1252")


def as_json_stat(table):
    data = {
        "class": "dataset",
        "id": ["Region", "Tid"],
        "size": [len(table), 2],
        "role": {"time": ["Tid"]},
        "dimension": {
            "Region": {"category": {"index": list(table)}},
            "Tid": {"category": {"index": YEARS}},
        },
        "value": [value for values in table.values() for value in values],
    }
    return json.dumps(data).encode()


def as_pxweb_json(table):
    data = {
        "columns": [
            {"code": "Region", "text": "region", "type": "d"},
            {"code": "Tid", "text": "år", "type": "t"},
            {"code": "BE0101N1", "text": "Folkmängd", "type": "c"},
        ],
        "data": [
            {"key": [code, year], "values": [str(value)]}
            for code, values in table.items()
            for year, value in zip(YEARS, values, strict=True)
        ],
    }
    return json.dumps(data).encode()


WRITERS = {
    "comma": lambda table: as_text(table, mark=",", encoding="utf-8"),
    "semicolon": lambda table: as_text(table, mark=";", encoding="cp1252"),
    "tab": lambda table: as_text(table, mark="\t", encoding="utf-16"),
    "workbook": as_workbook,
    "pc-axis": as_pc_axis,
    "json-stat": as_json_stat,
    "pxweb": as_pxweb_json,
}


@pytest.mark.parametrize("shape", WRITERS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=TABLES)
def test_what_is_written_is_read(shape, table):
    selection = read(WRITERS[shape](table)).select({"period": YEARS})

    assert {(v.code, v.period): v.value for v in selection.values} == {
        (code, year): value
        for code, values in table.items()
        for year, value in zip(YEARS, values, strict=True)
    }
    assert selection.errors == ()
