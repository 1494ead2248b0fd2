import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.sie import Book, Row, SieError, Voucher, problems, sie_file

BOOK = Book(
    program="Stimulansmedel",
    company="Storsthlm",
    organisation_number="2220000000",
    created_on=date(2026, 11, 25),
    accounts={"4531": "Vidareförmedlade medel", "1930": "Bank"},
)


def make_voucher(*rows, **changes):
    voucher = Voucher(
        series="U",
        number="7",
        on=date(2026, 11, 26),
        text="Utbetalning 7",
        rows=rows or [Row("4531", 1500, "Solna stad"), Row("1930", -1500)],
    )
    return replace(voucher, **changes)


# A reader of its own, from the specification and not from the writer: items apart by
# spaces or tabs, texts in quotes with \" for a quote, and braces around lists and rows.
ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\{([^}]*)\}|([^\s"{}]+))')


def items(line):
    found, place = [], 0
    while place < len(line.rstrip()):
        match = ITEM.match(line, place)
        assert match, line
        quoted, listed, bare = match.groups()
        if quoted is not None:
            found.append(re.sub(r"\\(.)", r"\1", quoted))
        else:
            found.append(bare if listed is None else listed.split())
        place = match.end()
    return found


def read(content):
    """Return the head by label, and the vouchers with their rows."""
    lines = content.decode("cp437").split("\r\n")
    assert lines.pop() == ""
    assert not any("\n" in line or "\r" in line for line in lines)
    head, vouchers, inside = {}, [], False
    for line in lines:
        if line in {"{", "}"}:
            inside = line == "{"
            continue
        label, *rest = items(line)
        if label == "#VER":
            vouchers.append((rest, []))
        elif inside:
            assert label == "#TRANS"
            vouchers[-1][1].append(rest)
        else:
            head.setdefault(label, []).append(rest)
    return head, vouchers


def test_what_is_written_reads_back():
    head, vouchers = read(sie_file(BOOK, [make_voucher()]))

    assert head == {
        "#FLAGGA": [["0"]],
        "#PROGRAM": [["Stimulansmedel", "1"]],
        "#FORMAT": [["PC8"]],
        "#GEN": [["20261125"]],
        "#SIETYP": [["4"]],
        "#ORGNR": [["222000-0000"]],
        "#FNAMN": [["Storsthlm"]],
        "#KONTO": [["1930", "Bank"], ["4531", "Vidareförmedlade medel"]],
    }
    assert vouchers == [
        (
            ["U", "7", "20261126", "Utbetalning 7"],
            [
                ["4531", [], "1500.00", "20261126", "Solna stad"],
                ["1930", [], "-1500.00", "20261126"],
            ],
        )
    ]


def test_file_is_in_code_page_437_with_windows_line_ends():
    content = sie_file(BOOK, [make_voucher(text="Åäö")])

    assert b'"\x8f\x84\x94"\r\n' in content
    assert content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r")
    assert content.startswith(b"#FLAGGA 0\r\n")


@pytest.mark.parametrize(
    ("written", "read_back"),
    [
        ("Vård – omsorg", "Vård - omsorg"),
        ("50 € kvar", "50 EUR kvar"),
        ('Projekt "Nära vård"', 'Projekt "Nära vård"'),
        ("c:\\temp\\", "c:/temp/"),
        ("Café é ü", "Café é ü"),
        ("två\r\n#VER rader\t{}", "två #VER rader {}"),
        ("Łódź ☃", "Lódz ?"),
        ("100\N{NO-BREAK SPACE}000", "100 000"),
        ("", ""),
    ],
)
def test_texts_have_only_signs_of_the_code_page(written, read_back):
    _, [(head, rows)] = read(sie_file(BOOK, [make_voucher(text=written)]))

    assert (head[3], len(rows)) == (read_back, 2)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_written_and_breaks_no_line(text, company):
    content = sie_file(replace(BOOK, company=company), [make_voucher(text=text)])

    head, vouchers = read(content)

    assert list(map(len, head.values())) == [1, 1, 1, 1, 1, 1, 1, 2]
    assert [len(rows) for _, rows in vouchers] == [2]


def test_voucher_number_may_be_left_to_the_reading_program():
    _, [(head, _)] = read(sie_file(BOOK, [make_voucher(number="")]))

    assert head[:2] == ["U", ""]


def test_the_same_vouchers_give_the_same_bytes():
    turned = replace(BOOK, accounts=dict(reversed(BOOK.accounts.items())))

    assert sie_file(BOOK, [make_voucher()]) == sie_file(turned, [make_voucher()])


@given(st.lists(st.integers(1, 10**10), min_size=1, max_size=30))
def test_vouchers_balance_to_the_krona(amounts):
    rows = [Row("4531", amount) for amount in amounts]

    _, [(_, written)] = read(
        sie_file(BOOK, [make_voucher(*rows, Row("1930", -sum(amounts)))])
    )

    ore = [int(row[2].replace(".", "")) for row in written]
    assert (sum(ore), ore[:-1]) == (0, [amount * 100 for amount in amounts])


@pytest.mark.parametrize(
    ("vouchers", "code"),
    [
        ([], "no_vouchers"),
        ([make_voucher(rows=[])], "no_rows"),
        ([make_voucher(Row("4531", 1500), Row("1930", -1499))], "unbalanced"),
        ([make_voucher(Row("4531", 0), Row("1930", 0))], "zero"),
        ([make_voucher(Row("4532", 1500), Row("1930", -1500))], "unknown_account"),
    ],
)
def test_vouchers_that_cannot_be_booked_are_refused(vouchers, code):
    with pytest.raises(SieError) as refused:
        sie_file(BOOK, vouchers)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"organisation_number": "222000-0000"}, "organisation_number"),
        ({"accounts": {**BOOK.accounts, "19 30": "Bank"}}, "account"),
        ({"accounts": {**BOOK.accounts, "1940": " "}}, "account_name"),
    ],
)
def test_books_that_cannot_be_are_refused(changes, code):
    with pytest.raises(SieError) as refused:
        sie_file(replace(BOOK, **changes), [make_voucher()])

    assert refused.value.code == code


def test_everything_wrong_is_told_at_once():
    wrong = make_voucher(Row("1", 1), text="A")

    found = [error.code for error in problems(BOOK, [make_voucher(), wrong])]

    assert found == ["no_rows", "unbalanced", "unknown_account"]
