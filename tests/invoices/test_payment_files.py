"""The files of payments as the pages serve them: for bank, people and books."""

from copy import deepcopy
from datetime import date
from io import BytesIO

import pytest
from django.utils import timezone
from lxml import etree
from python_calamine import CalamineWorkbook

from invoices.banking_days import next_banking_day
from invoices.models import Payment, PayoutSettings
from invoices.payment_list import read
from invoices.payments import make_batch, read_back, release
from tests.factories import (
    make_approved,
    make_body,
    make_funds,
    make_grant,
    make_member,
    make_offered,
)
from tests.invoices.payment_orders import schema

pytestmark = pytest.mark.django_db

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
IBAN = "SE4550000000058398257466"

ACCOUNTS = {
    "bankgiro": {"account_kind": "bankgiro", "account_number": "50501055"},
    "plusgiro": {"account_kind": "plusgiro", "account_number": "9019506"},
    "bank": {"account_kind": "bank", "account_number": "8257466", "clearing": "5839"},
    "iban": {
        "account_kind": "iban",
        "account_number": "SE3550000000054910000003",
        "bic": "ESSESESS",
    },
    "foreign iban": {
        "account_kind": "iban",
        "account_number": "DK5000400440116243",
        "bic": "NDEADKKK",
    },
}


@pytest.fixture(scope="module")
def made(once):
    """An offer of a body that pays, made once for them all."""
    body = make_body(organisation_number="2220000000")
    PayoutSettings.objects.create(body=body, iban=IBAN, bic="ESSESESS")
    return make_offered(body)


@pytest.fixture
def offered(made):
    return deepcopy(made)


@pytest.fixture
def body(offered):
    return offered.grant.body


@pytest.fixture
def as_reader(client, body):
    client.force_login(make_member(body, role="auditor"))
    return client


@pytest.fixture
def day():
    return next_banking_day(timezone.localdate())


def released(offered, day, **claims):
    """Return a released batch; ``claims`` are amounts and accounts by municipality."""
    body = offered.grant.body
    make_funds(offered.grant, reference="S2020/0026")
    requisitions = [
        make_approved(offered, code.strip("k"), **facts) for code, facts in claims.items()
    ]
    batch = make_batch(body, requisitions, by=make_member(body), execute_on=day)
    return release(batch, by=make_member(body))


@pytest.fixture
def batch(offered, day):
    return released(
        offered,
        day,
        k0127={"amount": 1_000, "invoice_number": "R-1"},
        k0126={"amount": 2_500, "payment_instructions": "Märk med\nansvar 4711"},
    )


def address(batch, page=""):
    return f"/utbetalningar/{batch.pk}/{page}"


# For the bank ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ACCOUNTS)
def test_payment_file_is_valid_for_each_kind_of_account(as_reader, offered, day, kind):
    batch = released(offered, day, k0127={"amount": 1_000} | ACCOUNTS[kind])

    response = as_reader.get(address(batch, "pain001.xml"))

    document = etree.fromstring(response.content)
    schema().assertValid(document)
    [number] = document.findall(".//p:CdtrAcct/p:Id/*", NS)
    written = "".join(number.itertext()).split()[0]
    assert written.endswith(ACCOUNTS[kind]["account_number"])


def test_payment_file_says_who_pays_whom_what_and_when(as_reader, batch, day, body):
    response = as_reader.get(address(batch, "pain001.xml"))

    document = etree.fromstring(response.content)
    schema().assertValid(document)

    def text(path):
        steps = "/".join(f"p:{step}" for step in path.split("/"))
        return [element.text for element in document.findall(f".//{steps}", NS)]

    payments = list(batch.payments.order_by("pk"))
    assert text("GrpHdr/MsgId") == [f"SM{body.pk}-1"]
    assert text("GrpHdr/CtrlSum") == ["3500.00"]
    assert text("ReqdExctnDt/Dt") == [day.isoformat()]
    assert text("DbtrAcct/Id/IBAN") == [IBAN]
    assert text("Amt/InstdAmt") == [f"{each.amount}.00" for each in payments]
    assert text("EndToEndId") == [each.end_to_end_id for each in payments]
    record = batch.payments.first().requisition.grant.record_number
    messages = dict(zip(text("Cdtr/Nm"), text("RmtInf/Ustrd"), strict=True))
    assert messages["Botkyrka kommun"] == f"R-1, {record}, Vårdens medarbetare"
    assert ", Märk med ansvar 4711, " in messages["Huddinge kommun"]


def test_payment_file_is_a_download_with_a_name(as_reader, batch, day):
    response = as_reader.get(address(batch, "pain001.xml"))

    assert response["Content-Type"] == "application/xml"
    assert response["Content-Disposition"] == (
        f'attachment; filename="utbetalning-1-{day}.xml"'
    )


@pytest.mark.parametrize("page", ["pain001.xml", "lista.csv", "sie/"])
def test_same_batch_gives_the_same_bytes(as_reader, client, batch, page):
    first = as_reader.get(address(batch, page)).content
    client.cookies["django_language"] = "en"
    again = as_reader.get(address(batch, page)).content

    assert first == again


@pytest.mark.parametrize(
    ("iban", "number", "code"),
    [("", "2220000000", "settings"), (IBAN, None, "body")],
)
def test_no_payment_file_without_iban_or_organisation_number(
    client, body, batch, iban, number, code
):
    PayoutSettings.objects.update(iban=iban)
    type(body).objects.update(organisation_number=number)
    client.force_login(make_member(body, role="administrator"))

    page = client.get(address(batch))
    response = client.get(address(batch, "pain001.xml"), follow=True)

    [obstacle] = page.context["files"].for_bank
    assert obstacle.place == code
    assert response.redirect_chain == [(address(batch), 302)]
    assert [str(each) for each in response.context["messages"]] == [obstacle.text]


def test_draft_has_no_files(as_reader, offered, body, day):
    requisition = make_approved(offered)
    batch = make_batch(body, [requisition], by=make_member(body), execute_on=day)

    for page in ["pain001.xml", "lista.csv", "lista.xlsx", "sie/"]:
        response = as_reader.get(address(batch, page))
        assert (response.status_code, response["Location"]) == (302, address(batch))


def test_day_that_had_passed_at_the_release_is_the_day_of_the_release(as_reader, offered):
    batch = released(offered, date(2020, 9, 15), k0127={"amount": 1_000})

    document = etree.fromstring(as_reader.get(address(batch, "pain001.xml")).content)

    schema().assertValid(document)
    [day] = document.findall(".//p:ReqdExctnDt/p:Dt", NS)
    assert day.text == timezone.localdate().isoformat()


# For people --------------------------------------------------------------------------


def test_list_is_exactly_the_batch(as_reader, batch, day):
    response = as_reader.get(address(batch, "lista.csv"))

    first, second = batch.payments.order_by("requisition__invoice_number")
    if first.amount == 1_000:
        first, second = second, first
    _header, *rows = response.content.decode("utf-8-sig").splitlines()
    record = first.requisition.grant.record_number
    by_id = {row.split(";")[0]: row.split(";") for row in rows}
    assert by_id[second.end_to_end_id] == [
        second.end_to_end_id,
        "Botkyrka kommun",
        "2120002882",
        "Bankgiro",
        "5050-1055",
        "",
        "1000",
        day.isoformat(),
        f"R-1, {record}, Vårdens medarbetare",
        "",
        "",
        "",
    ]
    assert len(by_id) == 2
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f'betalningslista-1-{day}.csv"' in response["Content-Disposition"]


def test_workbook_has_the_same_rows_with_real_numbers(as_reader, batch):
    csv = as_reader.get(address(batch, "lista.csv")).content.decode("utf-8-sig")
    content = as_reader.get(address(batch, "lista.xlsx")).content

    header, *rows = (
        CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    )
    assert ";".join(header) == csv.splitlines()[0]
    assert sorted(row[6] for row in rows) == [1_000, 2_500]


@pytest.mark.parametrize("page", ["lista.csv", "lista.xlsx"])
def test_list_as_it_goes_out_can_be_read_back(as_reader, batch, page):
    found = read(as_reader.get(address(batch, page)).content)

    assert found.problems == ()
    assert sorted(found.waiting) == sorted(
        each.end_to_end_id for each in batch.payments.all()
    )


# For the books -----------------------------------------------------------------------


def vouchers(content):
    """Return each voucher's day with its rows: account, kronor and text."""
    found = {}
    for line in content.decode("cp437").split("\r\n"):
        words = line.split('"')[0].split()
        if line.startswith("#VER"):
            day = line.split('"')[4].split()[0]
            rows = found.setdefault(day, [])
        elif line.startswith("#TRANS"):
            assert words[3].endswith(".00")
            rows.append((words[1], int(words[3][:-3]), line.split('"')[1]))
    return found


def test_vouchers_balance_and_name_each_receiver(as_reader, batch, day):
    response = as_reader.get(address(batch, "sie/"))

    [(on, rows)] = vouchers(response.content).items()
    assert on == f"{day:%Y%m%d}"
    assert sum(amount for _account, amount, _text in rows) == 0
    assert sorted((account, amount) for account, amount, _text in rows) == [
        ("1930", -3_500),
        ("7480", 1_000),
        ("7480", 2_500),
    ]
    assert any(text.startswith("Botkyrka, S/20/") for _a, _b, text in rows)
    assert response["Content-Type"] == "text/plain; charset=IBM437"
    assert response["Content-Disposition"].endswith('.si"')


def test_vouchers_follow_what_the_bank_has_said(as_reader, batch, body):
    paid, failed = batch.payments.order_by("amount")
    said = read(
        f"id;status;datum;orsak\n{paid.end_to_end_id};betald;2020-09-16;\n"
        f"{failed.end_to_end_id};avvisad;;AC04".encode()
    )
    read_back(batch, said.outcomes, by=make_member(body), today=date(2020, 9, 17))

    found = vouchers(as_reader.get(address(batch, "sie/")).content)

    assert {day: [row[:2] for row in rows] for day, rows in found.items()} == {
        "20200916": [("7480", paid.amount), ("1930", -paid.amount)]
    }


def test_vouchers_use_the_bodys_own_accounts(as_reader, batch):
    PayoutSettings.objects.update(
        bank_account="1941", grants_account="4531", voucher_series="UB"
    )

    content = as_reader.get(address(batch, "sie/")).content.decode("cp437")

    assert '#KONTO 1941 "Bank"' in content
    assert '#VER "UB"' in content
    assert "#TRANS 4531 {} 1000.00" in content


def test_nothing_is_booked_when_everything_failed(as_reader, batch):
    Payment.objects.update(status="failed", failure="Fel")

    page = as_reader.get(address(batch))
    response = as_reader.get(address(batch, "sie/"))

    assert page.context["files"].for_books
    assert response.status_code == 302


def test_money_in_is_booked_on_the_day_it_came(as_reader, body):
    grant = make_grant(body)
    make_funds(grant, 500, received_on=date(2020, 6, 1))
    make_funds(grant, 300, reference="S2020/0026")

    response = as_reader.get(f"/medel/{grant.pk}/inbetalningar/sie/")

    found = vouchers(response.content)
    assert {day: [row[:2] for row in rows] for day, rows in found.items()} == {
        "20200504": [("1930", 300), ("3985", -300)],
        "20200601": [("1930", 500), ("3985", -500)],
    }
    assert "Kammarkollegiet, S2020/0026" in found["20200504"][0][2]
    assert response["Content-Disposition"].endswith('-2020-06-01.si"')


def test_no_vouchers_of_money_in_without_any(as_reader, body):
    grant = make_grant(body)

    page = as_reader.get(f"/medel/{grant.pk}/inbetalningar/")
    response = as_reader.get(f"/medel/{grant.pk}/inbetalningar/sie/")

    assert "/inbetalningar/sie/" not in page.content.decode()
    assert response["Location"] == f"/medel/{grant.pk}/inbetalningar/"


# Settings ----------------------------------------------------------------------------

SETTINGS = {
    "iban": "SE45 5000 0000 0583 9825 7466",
    "bic": "",
    "voucher_series": "U",
    "bank_account": "1930",
    "bank_account_name": "Bank",
    "grants_account": "4531",
    "grants_account_name": "Medel till kommuner",
    "funds_account": "3985",
    "funds_account_name": "Medel från staten",
}
PAGE = "/utbetalningar/installningar/"


@pytest.fixture
def storsthlm(once, db):
    """A body that has not said yet how it pays."""
    return make_body("Uppsala", county="03")


@pytest.fixture
def as_administrator(client, storsthlm):
    client.force_login(make_member(storsthlm, role="administrator"))
    return client


def test_settings_are_saved_with_the_banks_bic(as_administrator, storsthlm):
    response = as_administrator.post(PAGE, SETTINGS)

    saved = PayoutSettings.objects.get(body=storsthlm)
    assert response.status_code == 302
    assert (saved.body, saved.iban, saved.bic) == (storsthlm, IBAN, "ESSESESS")
    assert (saved.grants_account, saved.voucher_series) == ("4531", "U")
    assert "SE45 5000 0000" in as_administrator.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"iban": "SE46 5000 0000 0583 9825 7466"}, "iban", "check_digit"),
        ({"iban": "SE45 5000"}, "iban", "iban"),
        ({"bic": "ESSE"}, "bic", "bic"),
        ({"bic": "HANDSESS"}, "bic", "bic_other_bank"),
        ({"iban": "", "bic": "ESSESESS"}, "iban", "required"),
        ({"bank_account": "19"}, "bank_account", "account"),
        ({"bank_account": "19x0"}, "bank_account", "account"),
        ({"bank_account": ""}, "bank_account", "required"),
        ({"bank_account_name": ""}, "bank_account_name", "required"),
    ],
)
def test_settings_are_checked(as_administrator, storsthlm, change, field, code):
    response = as_administrator.post(PAGE, SETTINGS | change)

    errors = response.context["form"].errors.as_data()
    assert {name: [e.code for e in found] for name, found in errors.items()} == {
        field: [code]
    }
    assert not PayoutSettings.objects.filter(body=storsthlm).exists()


def test_settings_need_three_accounts(as_administrator):
    response = as_administrator.post(PAGE, SETTINGS | {"funds_account": "1930"})

    errors = response.context["form"].errors.as_data()
    assert set(errors) == {"bank_account", "funds_account"}


def test_settings_may_lack_the_iban_until_it_is_known(as_administrator, storsthlm):
    as_administrator.post(PAGE, SETTINGS | {"iban": ""})

    assert PayoutSettings.objects.get(body=storsthlm).iban == ""


def test_settings_are_for_administrators(client, storsthlm):
    for role, status in [("handler", 403), ("approver", 403), ("administrator", 200)]:
        client.force_login(make_member(storsthlm, role=role))
        assert client.get(PAGE).status_code == status
