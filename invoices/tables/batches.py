"""Lists of payment batches, and of payments that failed."""

from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.models import Grant
from invoices.batches import account_text
from invoices.models import Payment, PaymentBatch
from invoices.payment_messages import bank_reason
from municipalities.tables import (
    ActionColumn,
    BaseTable,
    DateColumn,
    KronorColumn,
    LabelColumn,
    NumberColumn,
)
from municipalities.templatetags.ui import state

STATES = {
    "draft": pgettext_lazy("batch", "waits for release"),
    "sent": pgettext_lazy("batch", "sent to the bank"),
    "failed": pgettext_lazy("batch", "some failed"),
    "paid": pgettext_lazy("batch", "paid"),
}
KINDS = {"draft": "warning", "sent": "info", "failed": "danger", "paid": "success"}


def state_of(batch: Any) -> str:
    """Return how far a batch has come, from its counts: a key of ``STATES``."""
    if batch.status == PaymentBatch.Status.DRAFT:
        return "draft"
    if batch.failed_count:
        return "failed"
    return "paid" if batch.paid_count == batch.payments_count else "sent"


class BatchTable(BaseTable):
    """Batches with their sums and how they went."""

    number = tables.Column(linkify=True, verbose_name=_("Batch"))
    execute_on = DateColumn(verbose_name=_("To be paid on"))
    state = tables.Column(
        accessor="status", verbose_name=_("State"), order_by=("status", "number")
    )
    payments_count = NumberColumn(verbose_name=_("Payments"))
    paid_count = NumberColumn(verbose_name=pgettext_lazy("payments", "Paid"))
    failed_count = NumberColumn(verbose_name=pgettext_lazy("payments", "Failed"))
    total = KronorColumn(verbose_name=_("Sum, kr"), total=True)
    # Whoever has no name is called by an e-mail address, which may break anywhere.
    made_by = tables.Column(verbose_name=_("Made by"), attrs={"td": {"class": "breaks"}})
    released_by = tables.Column(
        verbose_name=_("Released by"), attrs={"td": {"class": "breaks"}}
    )

    class Meta(BaseTable.Meta):
        model = PaymentBatch
        fields = [
            "number",
            "execute_on",
            "state",
            "payments_count",
            "paid_count",
            "failed_count",
            "total",
            "made_by",
            "released_by",
        ]
        empty_text = _("There are no batches here.")

    def render_number(self, record: Any) -> str:
        """Return what the batch is called."""
        return str(record)

    def value_number(self, value: int) -> int:
        """Return the number alone."""
        return value

    def render_state(self, record: Any) -> SafeString:
        """Return how far it has come, as a tag."""
        key = state_of(record)
        return state(KINDS[key], STATES[key])

    def value_state(self, record: Any) -> str:
        """Return the word."""
        return str(STATES[state_of(record)])

    def value_made_by(self, value: object) -> str:
        """Return the name."""
        return str(value)

    def value_released_by(self, value: object) -> str:
        """Return the name."""
        return str(value)


class BatchFilter(filters.FilterSet):  # type: ignore[misc]
    """Batches by state and grant."""

    state = filters.ChoiceFilter(
        label=_("State"),
        choices=[(key, str(word)) for key, word in STATES.items()],
        method="in_state",
        empty_label=_("All"),
    )
    grant = filters.ModelChoiceFilter(
        label=_("Grant"),
        queryset=lambda request: Grant.objects.of_body(request.organisation),
        method="with_grant",
        empty_label=_("All grants"),
    )

    class Meta:
        model = PaymentBatch
        fields = ["state", "grant"]

    def in_state(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep those that have come so far."""
        if value == "draft":
            return rows.filter(status=PaymentBatch.Status.DRAFT)
        released = rows.filter(status=PaymentBatch.Status.RELEASED)
        if value == "failed":
            return released.filter(failed_count__gt=0)
        clean = released.filter(failed_count=0)
        if value == "paid":
            return clean.filter(paid_count=F("payments_count"))
        return clean.exclude(paid_count=F("payments_count"))

    def with_grant(self, rows: QuerySet[Any], name: str, value: Grant) -> QuerySet[Any]:
        """Keep those that pay something of the grant."""
        payments = Payment.objects.filter(batch=OuterRef("pk"), requisition__grant=value)
        return rows.filter(Exists(payments))


class FailedTable(BaseTable):
    """Payments that failed and that somebody has to do something about."""

    municipality = LabelColumn(
        accessor="requisition__municipality", verbose_name=_("Municipality")
    )
    grant = LabelColumn(accessor="requisition__grant", verbose_name=_("Grant"))
    account = tables.Column(
        accessor="requisition__account_number", verbose_name=_("Account"), orderable=False
    )
    failure = tables.Column(verbose_name=_("Why it failed"))
    batch = tables.Column(linkify=True, verbose_name=_("Batch"))
    amount = KronorColumn(verbose_name=_("Amount, kr"), total=True)
    actions = ActionColumn("invoices/_failed_actions.html")

    class Meta(BaseTable.Meta):
        model = Payment
        fields = ["municipality", "grant", "account", "failure", "batch", "amount"]
        sequence = [*fields, "actions"]
        empty_text = _("No payment has failed. Well done.")

    def render_account(self, record: Payment) -> str:
        """Return the account as people write it."""
        return account_text(record.requisition)

    def value_account(self, record: Payment) -> str:
        """Return the same in a file."""
        return account_text(record.requisition)

    def render_failure(self, value: str) -> str:
        """Return what the bank means."""
        return bank_reason(value)

    def value_failure(self, value: str) -> str:
        """Return the same in a file."""
        return bank_reason(value)

    def value_batch(self, value: PaymentBatch) -> str:
        """Return what the batch is called."""
        return str(value)
