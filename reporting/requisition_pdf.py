"""A requisition as a PDF: what the municipality sent in, with the e-invoice inside.

A Swedish document, whatever language the pages are in. The same requisition gives the
same bytes.
"""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import capfirst

from invoices.accounts import Kind
from invoices.einvoice import einvoice
from invoices.models import AccountKind, Requisition
from reporting.pdf import Enclosed, letters, render_pdf

LACKING = "?"
"""Stands for a character that our fonts do not have."""


def requisition_pdf(requisition: Requisition) -> bytes:
    """Return the requisition, as sent in, as a tagged PDF."""
    html, files = document_of(requisition)
    return render_pdf(html, enclosed=files)


def document_of(requisition: Requisition) -> tuple[str, list[Enclosed]]:
    """Return what the PDF is made of, and the files inside it."""
    assert requisition.submitted_at is not None  # it has been sent in
    sent_at = timezone.localtime(requisition.submitted_at)
    html = printable(requisition_html(requisition, sent_at))
    return html, enclosed(requisition, sent_at)


def requisition_html(requisition: Requisition, sent_at: datetime) -> str:
    """Return what the PDF is made of."""
    account = requisition.account
    kind = ""
    with translation.override("sv"):
        if account:
            label = str(AccountKind(account.kind.value).label)
            kind = label if account.kind is Kind.IBAN else capfirst(label)
        uses = list(requisition.planned_uses.select_related("purpose"))
        planned = sum(use.amount for use in uses)
        return render_to_string(
            "reporting/requisition_document.html",
            {
                "requisition": requisition,
                "grant": requisition.grant,
                "body": requisition.grant.body,
                "municipality": requisition.municipality,
                "account": account,
                "kind_of_account": kind,
                "uses": uses,
                "planned": planned,
                "not_planned": requisition.amount - planned,
                "files": requisition.attachments.select_related("file"),
                "sent_at": sent_at,
            },
        )


def enclosed(requisition: Requisition, sent_at: datetime) -> list[Enclosed]:
    """Return the e-invoice as a file in the document, where one can be made."""
    content, _complaint = einvoice(requisition)
    if not content:
        return []
    description = "Rekvisitionen som e-faktura, Peppol BIS Billing 3"
    return [Enclosed("rekvisition.xml", content, description, sent_at)]


def printable(html: str) -> str:
    """Return the text with a sign in place of each character that our fonts lack."""
    drawn = letters()
    return "".join(
        each if each.isspace() or ord(each) in drawn else LACKING for each in html
    )
