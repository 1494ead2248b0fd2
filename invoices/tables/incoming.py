"""The list of invoices that have come in."""

from typing import Any

import django_tables2 as tables
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grants.refusals import listed
from invoices.incoming import Desk
from invoices.matching import Proposal
from invoices.models import IncomingInvoice
from invoices.received_messages import difference_name
from municipalities.tables import (
    BaseTable,
    DateColumn,
    KronorColumn,
    MomentColumn,
    StateColumn,
)

KINDS = {"waiting": "warning", "confirmed": "success", "dismissed": "neutral"}


class IncomingTable(BaseTable):
    """Each invoice, what it seems to belong to and what is odd about it."""

    invoice_number = tables.Column(
        linkify=True, empty_values=(), verbose_name=gettext_lazy("Invoice")
    )
    seller_name = tables.Column(verbose_name=gettext_lazy("Sender"), default="–")
    invoice_on = DateColumn(verbose_name=gettext_lazy("Date"), default="–")
    amount = KronorColumn(verbose_name=gettext_lazy("Amount, SEK"), default="–")
    belongs_to = tables.Column(
        verbose_name=gettext_lazy("Belongs to"), empty_values=(), orderable=False
    )
    odd = tables.Column(
        verbose_name=gettext_lazy("To look at"), empty_values=(), orderable=False
    )
    uploaded_at = MomentColumn(verbose_name=gettext_lazy("Came in"))
    status = StateColumn(kinds=KINDS)

    class Meta(BaseTable.Meta):
        model = IncomingInvoice
        fields = [
            "invoice_number",
            "seller_name",
            "invoice_on",
            "amount",
            "belongs_to",
            "odd",
            "uploaded_at",
            "status",
        ]
        empty_text = gettext_lazy("No invoices here. Drop those that come by mail above.")

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        self.desk = desk
        self.proposals: dict[int, Proposal] = {}
        super().__init__(*args, **kwargs)

    def proposal(self, record: IncomingInvoice) -> Proposal:
        """Return what an invoice seems to belong to, found once."""
        if record.pk not in self.proposals:
            self.proposals[record.pk] = self.desk.proposal(record)
        return self.proposals[record.pk]

    def render_invoice_number(self, record: IncomingInvoice) -> str:
        """Return the number, or the file's name."""
        return str(record)

    def render_belongs_to(self, record: IncomingInvoice) -> str:
        """Return the municipality and grant."""
        if record.requisition is not None:
            return f"{record.requisition.municipality}, {record.requisition.grant}"
        if record.status != IncomingInvoice.Status.WAITING:
            return "–"
        candidate = self.proposal(record).candidate
        if candidate is None:
            return _("not found")
        return f"{candidate.municipality}, {candidate.grant} {candidate.year}"

    def odd_names(self, record: IncomingInvoice) -> list[str]:
        """Return what is odd about an invoice that waits."""
        if record.status != IncomingInvoice.Status.WAITING:
            return []
        return [difference_name(one.code) for one in self.proposal(record).differences]

    def render_odd(self, record: IncomingInvoice) -> str:
        """Return the first few, and how many more there are."""
        names = self.odd_names(record)
        return capfirst(listed([name.lower() for name in names])) if names else ""

    def value_odd(self, record: IncomingInvoice) -> str:
        """Return all of them."""
        return ", ".join(self.odd_names(record))
