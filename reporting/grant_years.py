"""A grant and those that it follows, year by year: what was paid, and what was used."""

from django.db.models import Sum

from grants.models import Grant
from invoices.models import Payment, Settlement
from reporting.charts import Year

MOST_YEARS = 10


def chain_of(grant: Grant) -> list[Grant]:
    """Return the grant and those that it follows, the first of them first, in one query."""
    others = {
        each.pk: each
        for each in Grant.objects.filter(body=grant.body_id)
        .exclude(pk=grant.pk)
        .only("follows", "year")
    }
    chain, follows = [grant], grant.follows_id
    while follows in others and len(chain) < MOST_YEARS:
        # A chain that bites its tail would not end: each stands once.
        earlier = others.pop(follows)
        chain.append(earlier)
        follows = earlier.follows_id
    return chain[::-1]


def years_of(grant: Grant, used: int | None) -> list[Year]:
    """Return each year's money, in three queries.

    ``used`` is what the grant itself is reported to have used. Of the others it is what is
    settled, and none where nothing is.
    """
    chain = chain_of(grant)
    pks = [each.pk for each in chain]
    paid = dict(
        Payment.objects.filter(requisition__grant__in=pks, status=Payment.Status.PAID)
        .order_by()
        .values_list("requisition__grant")
        .annotate(total=Sum("amount"))
    )
    settled = dict(
        Settlement.objects.filter(grant__in=pks, municipality__isnull=False)
        .latest_ones()
        .order_by()
        .values_list("grant")
        .annotate(total=Sum("used"))
    )
    return [
        Year(
            label=str(each.year),
            grant=each.pk,
            paid=int(paid.get(each.pk, 0)),
            used=used if each.pk == grant.pk else settled.get(each.pk),
        )
        for each in chain
    ]
