"""The letter that claims money back: how much and why, to which account and by when.

A Swedish document, whatever language the pages are in. The same claim gives the same bytes.
"""

from django.template.loader import render_to_string
from django.utils import translation

from invoices.models import Repayment
from invoices.repayment_messages import replaces
from reporting.pdf import logo_of, render_pdf
from reporting.requisition_pdf import printable


def repayment_letter(claim: Repayment) -> bytes:
    """Return the letter as a tagged PDF."""
    pictures = logo_of(claim.settlement.grant.body)
    return render_pdf(printable(letter_html(claim)), pictures)


def letter_html(claim: Repayment) -> str:
    """Return what the PDF is made of."""
    grant = claim.settlement.grant
    with translation.override("sv"):
        return render_to_string(
            "reporting/repayment_document.html",
            {
                "claim": claim,
                "settlement": claim.settlement,
                "grant": grant,
                "body": grant.body,
                "municipality": claim.settlement.municipality,
                "dnr": claim.record_number or grant.record_number,
                "replaces": replaces(claim),
            },
        )
