"""Every code of the readers, the comparison and the writer has words for people."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from invoices import peppol, received
from invoices.accounts import Kind
from invoices.matching import Code, Difference
from invoices.peppol import ClaimError
from invoices.received import ReceivedError
from invoices.received_messages import (
    CLAIMS,
    DIFFERENCES,
    NAMES,
    REFUSED,
    claim_sentence,
    difference_name,
    difference_sentence,
    refused_sentence,
)
from municipalities.numbers import NBSP

PARAMS = {
    "size": 20_000_000,
    "most": 100_000,
    "encoding": "UTF-7",
    "name": "Order",
    "namespace": "urn:other",
    "times": 2,
}
ABOUT = {
    "side": "buyer",
    "number": "221",
    "endpoint": "0007:1",
    "amount": -1,
    "kind": Kind.BANK,
}


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def test_every_code_has_its_words():
    assert set(REFUSED) == set(received.REASONS)
    assert set(CLAIMS) == set(peppol.REASONS)
    assert set(DIFFERENCES) == set(NAMES) == set(Code)


@pytest.mark.parametrize("code", REFUSED)
def test_refusals_can_be_said(code):
    said = refused_sentence(ReceivedError(code, **PARAMS))

    assert "%" not in said
    assert said.endswith(".")


@pytest.mark.parametrize("code", CLAIMS)
def test_what_hinders_an_e_invoice_can_be_said(code):
    assert "%" not in claim_sentence(ClaimError(code, **ABOUT))


@pytest.mark.parametrize("code", Code)
def test_differences_can_be_said(code):
    assert "%" not in difference_sentence(Difference(code, "reference", "781", "717"))
    assert difference_name(code)


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (
            Difference(Code.WRONG_AMOUNT, "amount", 812_345, Decimal("812346.00")),
            "The amount is 812_346_kr, but 812_345_kr was requested. Ask the municipality "
            "which is right.",
        ),
        (
            Difference(Code.FUTURE_DATE, "invoice_on", None, date(2020, 9, 2)),
            "The invoice is dated 2 September 2020, which is still to come. Ask the sender "
            "whether the date is right.",
        ),
        (
            Difference(Code.WRONG_BUYER, "buyer_number", "2220000315", "2120000142"),
            "The invoice is addressed to 212000-0142, not to you (222000-0315). Ask the "
            "sender for a new one with the right receiver.",
        ),
        (
            Difference(Code.WRONG_CURRENCY, "currency", "SEK", ""),
            "The currency should be kronor (SEK), but is not stated. Ask the sender for an "
            "invoice in kronor.",
        ),
    ],
)
def test_sentences_name_the_facts(difference, said):
    assert difference_sentence(difference).replace(NBSP, "_") == said


def test_sizes_are_told_in_megabytes():
    error = ReceivedError("too_large", size=12_345_678, most=10 * 1024 * 1024)

    assert refused_sentence(error).replace(NBSP, "_") == (
        "The file is 11,8_MB. Files of at most 10_MB are read: ask for one without "
        "attachments, or register the answer by hand."
    )
