"""Invoices that came instead of answers: one right, one wrong and one as a PDF."""

from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string

from grants.models import Allocation
from invoices.accounts import Kind, parse
from invoices.incoming import receive
from invoices.peppol import Claim, Line, Party, invoice_xml
from municipalities.models import CoordinatingBody, Municipality
from reporting.demo.answers import Answers, bankgiro
from reporting.pdf import render_pdf


@dataclass(frozen=True, slots=True)
class File:
    """A file as somebody sends it."""

    name: str
    content: bytes

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.content)

    def read(self) -> bytes:
        """Return all of it."""
        return self.content


def send_invoices(answers: Answers) -> None:
    """Let three invoices come in for the grant that is under way."""
    body, by = answers.grant.body, answers.handler
    sent = [
        e_invoice(answers.allocations["Sundbyberg"], "2020-1187"),
        e_invoice(answers.allocations["Södertälje"], "90441", too_much=100_000),
        pdf_invoice(answers.allocations["Salem"], "F2020-318"),
    ]
    for drop in receive(body, sent, by=by):
        assert drop.invoice is not None, drop.error


def e_invoice(allocation: Allocation, number: str, too_much: int = 0) -> File:
    """Return an e-invoice for the allocation, ``too_much`` kronor above it."""
    municipality, grant = allocation.municipality, allocation.distribution.grant
    claim = Claim(
        number=number,
        issued_on=date(2020, 6, 12),
        seller=Party(
            municipality.formal_name,
            str(municipality.organisation_number),
            city=municipality.name,
        ),
        buyer=buyer(grant.body),
        buyer_reference=grant.invoice_reference,
        record_number=grant.record_number,
        text=grant.invoice_text,
        lines=[Line(grant.invoice_text, allocation.amount + too_much)],
        account=parse(Kind.BANKGIRO, bankgiro(municipality)),
    )
    return File(f"faktura-{number}.xml", invoice_xml(claim))


def buyer(body: CoordinatingBody) -> Party:
    """Return who the invoices are to."""
    return Party(body.name, str(body.organisation_number), endpoint_id=body.peppol_id)


def pdf_invoice(allocation: Allocation, number: str) -> File:
    """Return an invoice as a PDF, as the municipality's own system prints it."""
    municipality: Municipality = allocation.municipality
    html = render_to_string(
        "reporting/demo_invoice.html",
        {
            "allocation": allocation,
            "municipality": municipality,
            "grant": allocation.distribution.grant,
            "number": number,
            "account": parse(Kind.BANKGIRO, bankgiro(municipality)).formatted,
        },
    )
    return File(f"faktura-{number}.pdf", render_pdf(html))
