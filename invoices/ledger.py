"""What has become of every krona of a grant, per municipality (avstämning).

Functions from a grant to plain data, in a fixed number of queries. All amounts are whole
kronor. For each municipality, and for all of them together:

    allocated first + changed since = declined + paid + left

and what is paid is accounted for, as what the region and the body keep is:

    paid = used + to repay + carried over + not accounted for
    to repay = repaid + written off + left to repay

For the grant

    pot = allocated + set aside + rounding difference
    or, while nothing is distributed, budget = our own shares + to be distributed
    income = used + returned + carried over + written off
        + left to repay + not accounted for + on its way + held
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grants.allocation import split
from grants.budget import budget_of
from grants.models import Allocation, Distribution, Grant
from invoices.models import Payment, Requisition, ReturnToState, Settlement
from invoices.offers import Situation, with_answers
from invoices.payments import Balance, balance_of
from invoices.settlement import Share, shares_of
from municipalities.models import Municipality

APPROVED = ("approved", "paid")

OUTCOME = (
    *("used", "to_repay", "carried_over", "unaccounted"),
    *("repaid", "written_off", "left_to_repay"),
)
"""What a row takes from its share."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from: the rows that it sums."""

    requisitions: tuple[int, ...] = ()
    batches: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One municipality's money, or the sum of all. Whole kronor."""

    municipality: Municipality | None
    first: int = 0
    """Allocated by the first version."""
    changed: int = 0
    """By the versions since."""
    carried: int = 0
    """How much of what is allocated comes from earlier grants."""
    declined: int = 0
    """Done without: allocated, but neither asked for nor open to be."""
    claimed: int = 0
    approved: int = 0
    on_the_way: int = 0
    """Sent to the bank, which has not answered."""
    paid: int = 0
    share: Share | None = None
    """How what is paid is accounted for."""
    used: int = 0
    to_repay: int = 0
    carried_over: int = 0
    """What it keeps to use later."""
    unaccounted: int = 0
    repaid: int = 0
    written_off: int = 0
    left_to_repay: int = 0
    declining: Source = field(default=Source())
    claiming: Source = field(default=Source())
    approving: Source = field(default=Source())
    paying: Source = field(default=Source())

    @property
    def allocated(self) -> int:
        """What the version that holds gives."""
        return self.first + self.changed

    @property
    def left(self) -> int:
        """What is neither declined nor paid: to be asked for, approved or paid out."""
        return self.allocated - self.declined - self.paid


@dataclass(frozen=True, slots=True)
class Ledger:
    """A grant's money. Whole kronor."""

    grant: Grant
    first: Distribution | None
    current: Distribution | None
    """The version that holds; the first one, where there is no other. None while nothing
    is distributed, or where all of the grant is our own."""
    rows: Sequence[Row]
    total: Row
    balance: Balance
    own: Sequence[Row] = ()
    """What the region and the body keep: ``paid`` is what they have."""
    own_total: Row = field(default=Row(None))
    returns: Sequence[ReturnToState] = ()
    planned: int = 0
    """What the budget has for the municipalities, while it is not distributed."""

    @property
    def budget(self) -> int:
        """What our own shares and what is to be distributed come to."""
        return self.own_total.paid + self.planned

    @property
    def missing(self) -> int:
        """By how much the pot differs from what it was split into: 0 when it agrees.

        While nothing is distributed, by how much the budget differs from the grant's own
        amount with what is carried over.
        """
        version = self.current
        if version is None:
            whole = self.grant.amount
            return 0 if whole is None else whole + self.balance.carried_over - self.budget
        return int(
            version.pot - self.total.allocated - version.set_aside - version.difference
        )

    @property
    def agrees(self) -> bool:
        """Whether the sums reconcile to the pot."""
        return self.missing == 0

    @property
    def income(self) -> int:
        """From the state and from earlier grants."""
        return self.balance.received + self.balance.carried_over

    @property
    def held(self) -> int:
        """What the body still holds of it."""
        return self.balance.held

    @property
    def lacking(self) -> int:
        """How much more is accounted for than has come in."""
        return max(-self.held, 0)

    @property
    def returned(self) -> int:
        """What is paid on to the state."""
        return self.balance.returned

    @property
    def used(self) -> int:
        """What everybody has used."""
        return self.total.used + self.own_total.used

    @property
    def kept(self) -> int:
        """What is carried over: by municipalities, by our own shares, to later grants."""
        own = self.own_total.carried_over + self.balance.passed_on
        return self.total.carried_over + own

    @property
    def accounted(self) -> int:
        """The income, summed from what became of it."""
        total = self.total
        done = self.used + self.returned + self.kept + total.written_off
        open_ = total.left_to_repay + total.unaccounted + total.on_the_way
        return done + open_ + self.held

    @property
    def unclaimed(self) -> int:
        """What municipalities are to repay, but have not been asked for."""
        return sum(row.share.to_claim for row in self.rows if row.share)

    @property
    def is_closed(self) -> bool:
        """Whether every krona is accounted for, and none is left with anybody."""
        return bool(self.income) and not any(
            (
                self.held,
                self.total.on_the_way,
                self.total.left_to_repay,
                self.total.unaccounted,
                self.own_total.unaccounted,
                self.income - self.accounted,
            )
        )


def ledger_of(grant: Grant) -> Ledger | None:
    """Return the grant's ledger, or none while there is no money to follow.

    There is once a distribution is decided, something has come in, or the budget has a
    share of our own.
    """
    versions = list(
        grant.distributions.exclude(status=Distribution.Status.DRAFT).order_by("version")
    )
    current = next((each for each in versions if each.status == "decided"), None)
    if current is None:
        return _undistributed(grant)
    first = versions[0]
    before = {
        allocation.municipality_id: allocation
        for allocation in first.allocations.select_related("municipality")
    }
    pairs = with_answers(current.allocations.order_by("municipality__code"))
    now = {allocation.municipality_id: (allocation, found) for allocation, found in pairs}
    municipalities = sorted(
        {each.municipality for each in before.values()}
        | {allocation.municipality for allocation, _situation in pairs},
        key=lambda municipality: municipality.code,
    )
    carried = carried_shares(
        current, {pk: allocation.amount for pk, (allocation, _) in now.items()}
    )
    made = _requisitions_of(grant)
    paid = _payments_of(grant)
    shares = shares_of(grant)
    by_municipality = {
        share.municipality.pk: share for share in shares if share.municipality
    }
    own = [own_row(share) for share in shares if share.municipality is None]
    rows = [
        _row(
            municipality,
            before.get(municipality.pk),
            now.get(municipality.pk),
            carried=carried.get(municipality.pk, 0),
            requisitions=made.get(municipality.pk, []),
            payments=paid.get(municipality.pk, []),
            share=by_municipality.get(municipality.pk),
        )
        for municipality in municipalities
    ]
    return Ledger(
        grant=grant,
        first=first,
        current=current,
        rows=rows,
        total=total_of(rows),
        balance=balance_of(grant),
        own=own,
        own_total=total_of(own),
        returns=list(grant.returns.select_related("registered_by")),
    )


def _undistributed(grant: Grant) -> Ledger | None:
    """Return the ledger of a grant where nothing is distributed: what we have of it."""
    own = [own_row(share) for share in shares_of(grant) if share.municipality is None]
    balance = balance_of(grant)
    returns = list(grant.returns.select_related("registered_by"))
    if not (own or returns or balance.received or balance.carried_over):
        return None
    return Ledger(
        grant=grant,
        first=None,
        current=None,
        rows=(),
        total=Row(None),
        balance=balance,
        own=own,
        own_total=total_of(own),
        returns=returns,
        planned=budget_of(grant).pot,
    )


def own_row(share: Share) -> Row:
    """Return one of our own shares as a row."""
    return Row(None, paid=share.available, share=share, **_outcome(share))


def _outcome(share: Share | None) -> dict[str, Any]:
    return {name: getattr(share, name) for name in OUTCOME} if share else {}


def carried_shares(version: Distribution, amounts: Mapping[int, int]) -> dict[int, int]:
    """Return how much of each amount comes from earlier grants, by the amounts' keys.

    The carried-over money is split in proportion to what the pot became, with the largest
    remainders rounded up: with the part of what is set aside it sums to the whole.
    """
    weights = {f"{key:09}": amount for key, amount in amounts.items()}
    # Sorts last: among equal remainders a municipality comes before what is set aside.
    weights["~"] = max(int(version.set_aside + version.difference), 0)
    if not version.carry_over_amount or not any(weights.values()):
        return dict.fromkeys(amounts, 0)
    parts = split(int(version.carry_over_amount), weights)
    return {key: parts[f"{key:09}"] for key in amounts}


def total_of(rows: Iterable[Row]) -> Row:
    """Return the sums of the rows."""
    names = (
        *("first", "changed", "carried", "declined", "claimed", "approved"),
        *("on_the_way", "paid", *OUTCOME),
    )
    rows = list(rows)
    return Row(None, **{name: sum(getattr(row, name) for row in rows) for name in names})


def _requisitions_of(grant: Grant) -> dict[int, list[Requisition]]:
    """Return what stands of the answers, by municipality."""
    found: dict[int, list[Requisition]] = {}
    for requisition in (
        Requisition.objects.filter(grant=grant)
        .answered()
        .only("municipality", "status", "answer", "amount")
        .order_by("pk")
    ):
        found.setdefault(requisition.municipality_id, []).append(requisition)
    return found


def _payments_of(grant: Grant) -> dict[int, list[Payment]]:
    """Return the payments that have gone to the bank and not failed, by municipality."""
    found: dict[int, list[Payment]] = {}
    for payment in (
        Payment.objects.filter(
            requisition__grant=grant,
            status__in=[Payment.Status.SENT, Payment.Status.PAID],
        )
        .select_related("requisition")
        .only("batch", "amount", "status", "requisition__municipality")
        .order_by("pk")
    ):
        found.setdefault(payment.requisition.municipality_id, []).append(payment)
    return found


def _row(
    municipality: Municipality,
    before: Allocation | None,
    now: tuple[Allocation, Situation] | None,
    *,
    carried: int,
    requisitions: Sequence[Requisition],
    payments: Sequence[Payment],
    share: Share | None,
) -> Row:
    first = before.amount if before else 0
    allocated = now[0].amount if now else 0
    approved = [each for each in requisitions if each.status in APPROVED]
    paid = [each for each in payments if each.status == Payment.Status.PAID]
    sent = [each for each in payments if each.status == Payment.Status.SENT]
    declined = now[1].declined if now else 0
    return Row(
        municipality=municipality,
        first=first,
        changed=allocated - first,
        carried=carried,
        declined=declined,
        claimed=sum(each.amount for each in requisitions),
        approved=sum(each.amount for each in approved),
        on_the_way=sum(each.amount for each in sent),
        paid=sum(each.amount for each in paid),
        share=share,
        **_outcome(share),
        declining=Source(requisitions=_ids(requisitions) if declined else ()),
        claiming=Source(requisitions=_ids(each for each in requisitions if each.amount)),
        approving=Source(requisitions=_ids(approved)),
        paying=Source(batches=tuple(dict.fromkeys(each.batch_id for each in paid))),
    )


def _ids(requisitions: Iterable[Requisition]) -> tuple[int, ...]:
    return tuple(each.pk for each in requisitions)


# One municipality --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of the distribution gave the municipality."""

    distribution: Distribution
    amount: int
    change: int
    """From the version before; the whole amount in the first."""


@dataclass(frozen=True, slots=True)
class Account:
    """One municipality's whole account with a grant."""

    row: Row
    versions: Sequence[Version]
    requisitions: Sequence[Requisition]
    payments: Sequence[Payment]
    """All of them, also those that failed."""
    settlements: Sequence[Settlement] = ()
    """Every version."""


def account_of(ledger: Ledger, code: str) -> Account | None:
    """Return everything behind one municipality's row, or none where it has no row."""
    row = next(
        (row for row in ledger.rows if row.municipality and row.municipality.code == code),
        None,
    )
    if row is None:
        return None
    allocations = (
        Allocation.objects.filter(
            distribution__grant=ledger.grant, municipality=row.municipality
        )
        .exclude(distribution__status=Distribution.Status.DRAFT)
        .values_list("distribution", "amount")
    )
    amounts = dict(allocations.order_by())
    versions, sofar = [], 0
    for distribution in (
        ledger.grant.distributions.exclude(status=Distribution.Status.DRAFT)
        .select_related("decided_by")
        .order_by("version")
    ):
        amount = amounts.get(distribution.pk, 0)
        versions.append(Version(distribution, amount, amount - sofar))
        sofar = amount
    return Account(
        row=row,
        versions=versions,
        requisitions=list(
            Requisition.objects.filter(grant=ledger.grant, municipality=row.municipality)
            .exclude(status=Requisition.Status.DRAFT)
            .select_related("allocation__distribution")
            .order_by("pk")
        ),
        payments=list(
            Payment.objects.filter(
                requisition__grant=ledger.grant,
                requisition__municipality=row.municipality,
            )
            .select_related("batch", "requisition")
            .order_by("pk")
        ),
        settlements=list(
            Settlement.objects.filter(grant=ledger.grant, municipality=row.municipality)
            .select_related("confirmed_by")
            .order_by("version")
        ),
    )
