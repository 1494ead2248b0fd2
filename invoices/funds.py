"""Money in from the state: what is registered, and what a grant has left to pay with."""

from django.db import transaction

from grants.distribution import Refused
from grants.models import Grant
from invoices.models import FundsReceived
from invoices.payments import balance_of


@transaction.atomic
def save_funds(funds: FundsReceived) -> FundsReceived:
    """Return the receipt, saved. Refused when more has been paid out than would be left."""
    grant = Grant.objects.select_for_update(no_key=True).get(pk=funds.grant_id)
    if funds.pk:
        available = balance_of(grant).available
        before = FundsReceived.objects.get(pk=funds.pk).amount
        if available - before + funds.amount < 0:
            raise Refused("funds_used", available=available)
    funds.save()
    return funds
