"""A requisition as an e-invoice, or why it cannot be one."""

from django.utils.translation import gettext as _

from invoices.models import Requisition
from invoices.peppol import Claim, ClaimError, Line, Party, invoice_xml
from invoices.received_messages import claim_sentence


def claim_of(requisition: Requisition) -> Claim:
    """Return the requisition as ``invoices/peppol.py`` writes it.

    The municipality is the seller and the coordinating body the buyer. Refused when the
    requisition asks for nothing.
    """
    account = requisition.account
    if requisition.is_declined or account is None or requisition.invoice_on is None:
        raise NothingClaimedError
    grant, municipality = requisition.grant, requisition.municipality
    body = grant.body
    return Claim(
        number=requisition.invoice_number,
        issued_on=requisition.invoice_on,
        seller=Party(
            municipality.own_name,
            municipality.organisation_number,
            contact_name=requisition.contact_name,
            contact_phone=requisition.contact_phone,
            contact_email=requisition.contact_email,
        ),
        buyer=Party(body.name, body.organisation_number or "", endpoint_id=body.peppol_id),
        buyer_reference=grant.invoice_reference,
        record_number=grant.record_number,
        text=grant.invoice_text,
        lines=[Line(grant.title, requisition.amount)],
        account=account,
    )


class NothingClaimedError(ValueError):
    """The municipality declines: there is nothing to invoice."""


def einvoice(requisition: Requisition) -> tuple[bytes, str]:
    """Return the file and no complaint, or nothing and why it cannot be made."""
    try:
        return invoice_xml(claim_of(requisition)), ""
    except NothingClaimedError:
        return b"", _("There is no e-invoice: nothing is asked for.")
    except ClaimError as error:
        sides = {
            "buyer": str(requisition.grant.body),
            "seller": requisition.municipality.own_name,
        }
        return b"", claim_sentence(error, sides)
