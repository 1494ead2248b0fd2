"""Settle what became of the money: used, to be repaid, carried over. One transaction each.

What is settled is a share: what a municipality has been paid, or what the budget leaves to
the region or to all in common. A municipality's report settles through the same verb.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from grants.distribution import Refused
from grants.models import BudgetLine, Distribution, Grant
from invoices import repayment_messages
from invoices.models import Payment, Repayment, Settlement
from municipalities.models import Municipality, User

Side = BudgetLine.Side


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a share, already checked for form. Whole kronor."""

    used: int
    to_repay: int
    carried_over: int = 0

    @property
    def total(self) -> int:
        """What it accounts for."""
        return self.used + self.to_repay + self.carried_over


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a grant that is accounted for by itself. Whole kronor."""

    side: str
    municipality: Municipality | None
    available: int
    """What it has been paid; of our own shares what the budget says."""
    settlement: Settlement | None = None
    """The version that holds."""
    claims: tuple[Repayment, ...] = field(default=())
    """Those that stand, with what is ``received`` and ``left``."""

    @property
    def key(self) -> str:
        """What tells it apart within its grant."""
        return self.municipality.code if self.municipality else self.side

    @property
    def label(self) -> str:
        """What people call it."""
        if self.municipality:
            return str(self.municipality)
        if self.side == Side.MUNICIPALITIES:
            return _("The municipalities together")
        if self.side == Side.REGION:
            return _("The region")
        return _("Common in the county")

    @property
    def seen(self) -> int:
        """The version that whoever looks at it sees; 0 before the first."""
        return self.settlement.version if self.settlement else 0

    @property
    def used(self) -> int:
        """What is used."""
        return self.settlement.used if self.settlement else 0

    @property
    def carried_over(self) -> int:
        """What it keeps for later."""
        return self.settlement.carried_over if self.settlement else 0

    @property
    def to_repay(self) -> int:
        """What it has not used."""
        return self.settlement.to_repay if self.settlement else 0

    @property
    def unaccounted(self) -> int:
        """What nobody has said anything about."""
        return self.available - (self.settlement.available if self.settlement else 0)

    @property
    def claimed(self) -> int:
        """What is asked back."""
        return sum(claim.amount for claim in self.claims)

    @property
    def repaid(self) -> int:
        """What has come back."""
        return sum(claim.received for claim in self.claims)  # type: ignore[attr-defined]

    @property
    def written_off(self) -> int:
        """What is let go."""
        return sum(claim.written_off for claim in self.claims)

    @property
    def left_to_repay(self) -> int:
        """What a municipality has yet to pay back. Our own shares are with us already."""
        if self.municipality is None:
            return 0
        return self.to_repay - self.repaid - self.written_off

    @property
    def to_claim(self) -> int:
        """What may be asked back and is not."""
        return self.to_repay - self.claimed if self.municipality else 0

    @property
    def is_received(self) -> bool:
        """Whether anything of what is asked back has come in or is written off."""
        return bool(self.repaid or self.written_off)

    @property
    def is_fixed(self) -> bool:
        """Whether it can no longer be corrected: unless more has been paid since."""
        return self.is_received and self.unaccounted == 0


def shares_of(grant: Grant) -> list[Share]:
    """Return the grant's shares, municipalities by code and then our own.

    In five queries. A share is there when it has money, or has been settled.
    """
    paid: dict[int, int] = dict(
        Payment.objects.filter(requisition__grant=grant, status=Payment.Status.PAID)
        .order_by()
        .values_list("requisition__municipality")
        .annotate(total=Sum("amount"))
    )
    latest = {
        (settlement.side, settlement.municipality_id): settlement
        for settlement in Settlement.objects.filter(grant=grant)
        .latest_ones()
        .select_related("municipality", "confirmed_by")
    }
    claims: dict[int | None, list[Repayment]] = {}
    for claim in (
        Repayment.objects.filter(settlement__grant=grant)
        .standing()
        .with_received()
        .select_related("settlement__grant__body", "settlement__municipality", "letter")
        .order_by("pk")
    ):
        claims.setdefault(claim.settlement.municipality_id, []).append(claim)
    ids = set(paid) | {pk for _side, pk in latest if pk}
    places = Municipality.objects.filter(pk__in=ids).order_by("code")
    shares = [
        Share(
            Side.MUNICIPALITIES,
            place,
            paid.get(place.pk, 0),
            latest.get((Side.MUNICIPALITIES, place.pk)),
            tuple(claims.get(place.pk, ())),
        )
        for place in places
    ]
    own = own_amounts(grant)
    return shares + [
        Share(side, None, own.get(side, 0), latest.get((side, None)))
        for side in (Side.MUNICIPALITIES, Side.REGION, Side.COMMON)
        if own.get(side) or (side, None) in latest
    ]


def own_amounts(grant: Grant) -> dict[str, int]:
    """Return what no municipality is to be paid, by side, in one query.

    They are the lines of the budget that the key does not split, and what the decided
    distribution sets aside, which is common.
    """
    sums = Grant.objects.filter(pk=grant.pk).aggregate(
        **{
            side: Sum(
                "budget_lines__amount",
                filter=Q(budget_lines__side=side, budget_lines__is_distributed=False),
                default=0,
            )
            for side in Side.values
        }
    )
    aside = Distribution.objects.decided().filter(grant=grant)
    sums[Side.COMMON] += aside.aggregate(total=Sum("set_aside", default=0))["total"]
    return {side: int(amount) for side, amount in sums.items()}


@transaction.atomic
def settle(
    grant: Grant,
    outcome: Outcome,
    *,
    by: User,
    on: date,
    municipality: Municipality | None = None,
    side: str = Side.MUNICIPALITIES,
    reason: str = "",
    seen: int | None = None,
) -> Settlement:
    """Say what became of a share. Said once more, it is a correction, with its reason.

    ``seen`` is the version that somebody looked at. A claim that nothing has been received
    of is withdrawn when what it rests on is corrected; after that nothing is corrected,
    unless more has been paid since.
    """
    Grant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    found = next(
        (
            share
            for share in shares_of(grant)
            if (share.side, share.municipality) == (side, municipality)
        ),
        None,
    )
    share = found or Share(side, municipality, 0)
    if seen is not None and share.seen != seen:
        raise Refused("settled_since", share=share.label)
    if outcome.total != share.available:
        raise Refused(
            "settlement_sum",
            share=share.label,
            total=outcome.total,
            available=share.available,
        )
    if share.settlement and not reason:
        raise Refused("correction_reason_lacking", share=share.label)
    if share.is_fixed:
        raise Refused("repayment_received", share=share.label)
    if share.is_received and outcome.to_repay < share.claimed:
        raise Refused("below_claimed_back", share=share.label, claimed=share.claimed)
    if not share.is_received and outcome.to_repay != share.to_repay:
        for claim in share.claims:
            _withdraw(claim, by=by, on=on)
            repayment_messages.withdrawn(claim)
    return Settlement.objects.create(
        grant=grant,
        side=side,
        municipality=municipality,
        version=share.seen + 1,
        available=share.available,
        used=outcome.used,
        to_repay=outcome.to_repay,
        carried_over=outcome.carried_over,
        reason=reason,
        confirmed_by=by,
        confirmed_on=on,
    )


def _withdraw(claim: Repayment, *, by: User, on: date) -> None:
    claim.withdrawn_by = by
    claim.withdrawn_on = on
    claim.save()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the page where all shares are settled at once."""

    share: Share
    outcome: Outcome
    reason: str = ""
    seen: int = 0


@transaction.atomic
def settle_many(
    grant: Grant, entries: Iterable[Entry], *, by: User, on: date
) -> list[Settlement]:
    """Settle all of them, or none."""
    return [
        settle(
            grant,
            entry.outcome,
            municipality=entry.share.municipality,
            side=entry.share.side,
            reason=entry.reason,
            seen=entry.seen,
            by=by,
            on=on,
        )
        for entry in entries
    ]
