"""A requisition as an e-invoice, or why it cannot be one."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invoices.forms.answers import account_of
from invoices.models import Requisition
from invoices.peppol import Claim, ClaimError, Line, Party, invoice_xml

SENTENCES: Final[Mapping[str, Promise]] = {
    "organisation_number_wrong": _(
        "No e-invoice can be made: the organisation number of %(side)s is lacking or wrong."
    ),
    "endpoint_wrong": _(
        "No e-invoice can be made: “%(endpoint)s” is not a Peppol id of %(side)s."
    ),
    "reference_lacking": _(
        "No e-invoice can be made: the grant has neither a reference nor a record number."
    ),
    "account_wrong": _("No e-invoice can be made to the account that you have given."),
    "declined": _("There is no e-invoice: nothing is asked for."),
}
"""What is lacking, by the code of ``ClaimError``; the rest cannot be lacking."""

OTHERWISE: Final = _("No e-invoice can be made: a fact is lacking.")


def claim_of(requisition: Requisition) -> Claim:
    """Return the requisition as ``invoices/peppol.py`` writes it.

    The municipality is the seller and the coordinating body the buyer. Refused when the
    requisition asks for nothing.
    """
    account = account_of(requisition)
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


class NothingClaimedError(ClaimError):
    """The municipality declines: there is nothing to invoice."""

    def __init__(self) -> None:
        """Say so."""
        ValueError.__init__(self, "Nothing is claimed.")
        self.code = "declined"
        self.params = {}


def einvoice(requisition: Requisition) -> tuple[bytes, str]:
    """Return the file and no complaint, or nothing and why it cannot be made."""
    try:
        return invoice_xml(claim_of(requisition)), ""
    except ClaimError as error:
        return b"", sentence(error, requisition)


def sentence(error: ClaimError, requisition: Requisition) -> str:
    """Return why no e-invoice can be made."""
    sides = {
        "buyer": str(requisition.grant.body),
        "seller": requisition.municipality.own_name,
    }
    params = dict(error.params)
    params["side"] = sides.get(str(params.get("side")), "")
    return str(SENTENCES.get(error.code, OTHERWISE)) % params
