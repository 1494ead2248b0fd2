"""Check the books by themselves (självkontroll): every rule, asked of what is stored.

The database refuses what must not be as it is written. Here the same is asked afterwards,
so that a restored copy, a change of a rule or a hand in the tables is found. Each check
is one function from a body to what does not agree, in a fixed number of queries.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grants.models import Allocation, Distribution, Grant
from invoices.models import (
    STANDING,
    Payment,
    PaymentBatch,
    PlannedUse,
    Repayment,
    Requisition,
    Settlement,
)
from invoices.payments import balances_of
from municipalities.models import CoordinatingBody
from municipalities.numbers import kronor


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that does not agree."""

    check: str
    """The name of the check."""
    grant: int
    row: str
    """Which row it is, in words."""
    why: str
    difference: int | None = None
    """By how many kronor, where it is a sum."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule and what it is called."""

    find: Callable[[CoordinatingBody], Iterator[Fault]]
    label: Promise

    @property
    def name(self) -> str:
        """Its name in code."""
        return self.find.__name__


def allocations_sum_to_pot(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield decided versions whose amounts do not sum to the pot."""
    versions: QuerySet[Any] = (
        Distribution.objects.of_body(body)
        .exclude(status=Distribution.Status.DRAFT)
        .select_related("grant")
        .annotate(handed_out=Sum("allocations__amount", default=0))
    )
    for version in versions.order_by("grant", "version"):
        difference = (
            version.pot - version.set_aside - version.difference - version.handed_out
        )
        if difference:
            yield Fault(
                check="allocations_sum_to_pot",
                grant=version.grant_id,
                row=_("Version %d") % version.version,
                why=_("The amounts do not sum to the pot."),
                difference=difference,
                url=version.get_absolute_url(),
            )


def claims_are_within_allocations(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield municipalities that have claimed more than they are allocated."""
    given = {
        (grant, municipality): amount
        for grant, municipality, amount in Allocation.objects.filter(
            distribution__grant__body=body,
            distribution__status=Distribution.Status.DECIDED,
        )
        .order_by()
        .values_list("distribution__grant", "municipality", "amount")
    }
    claims = (
        _standing(body)
        .order_by("grant", "municipality__code")
        .values_list("grant", "municipality", "municipality__name")
        .annotate(total=Sum("amount"))
    )
    for grant, municipality, name, total in claims:
        allocated = given.get((grant, municipality), 0)
        if total > allocated:
            yield Fault(
                check="claims_are_within_allocations",
                grant=grant,
                row=name,
                why=_("Claimed %(claimed)s, but allocated %(allocated)s.")
                % {"claimed": kronor(total), "allocated": kronor(allocated)},
                difference=total - allocated,
            )


def planned_uses_are_within_amounts(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield requisitions whose planned uses sum to more than what is asked for."""
    planned = (
        PlannedUse.objects.filter(
            requisition__grant__body=body, requisition__status__in=STANDING
        )
        .order_by()
        .values_list("requisition")
        .annotate(total=Sum("amount"))
    )
    totals = dict(planned)
    for requisition in _rows(body).filter(pk__in=totals):
        total = totals[requisition.pk]
        if total > requisition.amount:
            yield _of(
                "planned_uses_are_within_amounts",
                requisition,
                _("The planned uses sum to more than what is asked for."),
                total - requisition.amount,
            )


def paid_requisitions_have_their_payment(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield requisitions that are paid without their one payment, or the reverse."""
    paid = Q(payments__status=Payment.Status.PAID)
    rows = _rows(body).annotate(
        paid_count=Count("payments", filter=paid),
        paid_sum=Sum("payments__amount", filter=paid, default=0),
    )
    for requisition in rows.filter(Q(status="paid") | Q(paid_count__gt=0)):
        is_paid = requisition.status == Requisition.Status.PAID
        owed = requisition.amount if is_paid else 0
        if requisition.paid_count != is_paid or requisition.paid_sum != owed:
            yield _of(
                "paid_requisitions_have_their_payment",
                requisition,
                _("Payments that went through: %(number)d, %(amount)s in all.")
                % {
                    "number": requisition.paid_count,
                    "amount": kronor(requisition.paid_sum),
                },
                requisition.paid_sum - owed,
            )


def requisitions_are_paid_once(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield requisitions with several payments that have not failed."""
    live = Q(payments__isnull=False) & ~Q(payments__status=Payment.Status.FAILED)
    rows = _rows(body).annotate(
        live=Count("payments", filter=live),
        live_sum=Sum("payments__amount", filter=live, default=0),
    )
    for requisition in rows.filter(live__gt=1):
        yield _of(
            "requisitions_are_paid_once",
            requisition,
            _("There are %d payments that have not failed.") % requisition.live,
            requisition.live_sum - requisition.amount,
        )


def payouts_are_within_funds(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield grants that have paid out more than has come in."""
    grants = {grant.pk: grant for grant in Grant.objects.of_body(body)}
    for pk, balance in balances_of(grants).items():
        if balance.available < 0:
            yield Fault(
                check="payouts_are_within_funds",
                grant=pk,
                row=str(grants[pk]),
                why=_("Paid out %(sent)s, but only %(income)s has come in.")
                % {
                    "sent": kronor(balance.sent),
                    "income": kronor(balance.received + balance.carried_over),
                },
                difference=-balance.available,
            )


def approvers_are_second_persons(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield requisitions that were approved by whoever sent them in, or by nobody."""
    alone = Q(decided_by=None) | Q(decided_by=F("submitted_by"))
    for requisition in _rows(body).filter(alone, status__in=["approved", "paid"]):
        yield _of(
            "approvers_are_second_persons",
            requisition,
            _("Approved by whoever registered it, or by nobody."),
        )


def releasers_are_third_persons(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield payments released by whoever made the batch or approved the requisition."""
    payments = (
        Payment.objects.of_body(body)
        .filter(batch__status=PaymentBatch.Status.RELEASED)
        .filter(
            Q(batch__released_by=None)
            | Q(batch__released_by=F("batch__made_by"))
            | Q(batch__released_by=F("requisition__decided_by"))
        )
    )
    for payment in _with_rows(payments):
        yield Fault(
            check="releasers_are_third_persons",
            grant=payment.requisition.grant_id,
            row=f"{payment.batch}, {payment.requisition.municipality}",
            why=_("Released by whoever made the batch or approved the requisition."),
            url=payment.batch.get_absolute_url(),
        )


def requisitions_answer_their_allocation(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield requisitions that answer another municipality's or another grant's money."""
    own = Q(
        municipality=F("allocation__municipality"),
        grant=F("allocation__distribution__grant"),
    )
    for requisition in _rows(body).exclude(own):
        yield _of(
            "requisitions_answer_their_allocation",
            requisition,
            _("It answers another municipality's allocation, or another grant's."),
        )


def approved_requisitions_have_accounts(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield approved requisitions without an account to pay to."""
    lacking = Q(account_kind="") | Q(account_number="")
    for requisition in _rows(body).filter(lacking, status__in=["approved", "paid"]):
        yield _of(
            "approved_requisitions_have_accounts",
            requisition,
            _("There is no account to pay to."),
        )


def numbers_are_unique(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield requisitions whose number the municipality has used for another."""
    rows = list(_rows(body).filter(status__in=STANDING).exclude(invoice_number=""))
    places: dict[tuple[int, str], list[Requisition]] = {}
    for requisition in rows:
        key = requisition.municipality_id, requisition.invoice_number
        places.setdefault(key, []).append(requisition)
    for same in places.values():
        for requisition in same[1:]:
            yield _of(
                "numbers_are_unique",
                requisition,
                _("The number %s is used twice.") % requisition.invoice_number,
            )


def batches_sum_to_their_requisitions(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield payments with another amount than the requisition, or of another body."""
    payments = Payment.objects.of_body(body).exclude(
        amount=F("requisition__amount"), requisition__grant__body=F("batch__body")
    )
    for payment in _with_rows(payments):
        yield Fault(
            check="batches_sum_to_their_requisitions",
            grant=payment.requisition.grant_id,
            row=f"{payment.batch}, {payment.requisition.municipality}",
            why=_("The payment is %(paid)s, but the requisition %(asked)s.")
            % {
                "paid": kronor(payment.amount),
                "asked": kronor(payment.requisition.amount),
            },
            difference=payment.amount - payment.requisition.amount,
            url=payment.batch.get_absolute_url(),
        )


def settlements_sum_to_what_is_there(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield settlements whose parts do not sum to what they settle."""
    parts = F("used") + F("to_repay") + F("carried_over")
    below = Q(used__lt=0) | Q(to_repay__lt=0) | Q(carried_over__lt=0)
    rows = (
        Settlement.objects.of_body(body)
        .filter(~Q(available=parts) | below)
        .select_related("municipality")
        .order_by("grant", "municipality__code", "pk")
    )
    for settlement in rows:
        total = settlement.used + settlement.to_repay + settlement.carried_over
        yield _settled(
            "settlements_sum_to_what_is_there",
            settlement,
            _("Used, to repay and carried over sum to %(total)s, of %(available)s.")
            % {"total": kronor(total), "available": kronor(settlement.available)},
            settlement.available - total,
        )


def settlements_are_within_payments(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield municipalities that have settled more than they have been paid."""
    paid = {
        (grant, municipality): total
        for grant, municipality, total in Payment.objects.of_body(body)
        .filter(status=Payment.Status.PAID)
        .order_by()
        .values_list("requisition__grant", "requisition__municipality")
        .annotate(total=Sum("amount"))
    }
    for settlement in _latest(body).filter(municipality__isnull=False):
        whole = paid.get((settlement.grant_id, settlement.municipality_id), 0)
        if settlement.available > whole:
            yield _settled(
                "settlements_are_within_payments",
                settlement,
                _("Settled %(settled)s, but paid %(paid)s.")
                % {"settled": kronor(settlement.available), "paid": kronor(whole)},
                settlement.available - whole,
            )


def claims_back_are_within_settlements(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield municipalities that are asked for more than they are to repay."""
    claimed = {
        (grant, municipality): total
        for grant, municipality, total in Repayment.objects.of_body(body)
        .standing()
        .order_by()
        .values_list("settlement__grant", "settlement__municipality")
        .annotate(total=Sum("amount"))
    }
    for settlement in _latest(body).filter(municipality__isnull=False):
        total = claimed.get((settlement.grant_id, settlement.municipality_id), 0)
        if total > settlement.to_repay:
            yield _settled(
                "claims_back_are_within_settlements",
                settlement,
                _("Claimed back %(claimed)s, but %(to_repay)s is to be repaid.")
                % {"claimed": kronor(total), "to_repay": kronor(settlement.to_repay)},
                total - settlement.to_repay,
            )


def repayments_are_within_claims(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield claims of which more is received and written off than was claimed."""
    for claim in _claims(body).filter(left__lt=0):
        yield _claimed(
            "repayments_are_within_claims",
            claim,
            _("More has come back or is written off than was claimed."),
            -claim.left,
        )


def withdrawn_claims_have_nothing(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield claims that are withdrawn though money has come in."""
    for claim in _claims(body).filter(withdrawn_on__isnull=False, received__gt=0):
        yield _claimed(
            "withdrawn_claims_have_nothing",
            claim,
            _("The claim is withdrawn, but money has come in."),
            claim.received,
        )


def write_offs_are_by_second_persons(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield claims written off by whoever made them, by nobody or without a reason."""
    alone = (
        Q(written_off_by=None) | Q(written_off_by=F("claimed_by")) | Q(write_off_reason="")
    )
    for claim in _claims(body).filter(alone, written_off__gt=0):
        yield _claimed(
            "write_offs_are_by_second_persons",
            claim,
            _("Written off by whoever claimed it, by nobody, or without a reason."),
        )


def returns_are_within_what_is_held(body: CoordinatingBody) -> Iterator[Fault]:
    """Yield grants that have returned more to the state than they had left."""
    grants = {grant.pk: grant for grant in Grant.objects.of_body(body)}
    for pk, balance in balances_of(grants).items():
        if balance.returned and balance.held < 0:
            yield Fault(
                check="returns_are_within_what_is_held",
                grant=pk,
                row=str(grants[pk]),
                why=_("Returned %(returned)s, which is more than there was.")
                % {"returned": kronor(balance.returned)},
                difference=-balance.held,
            )


CHECKS = (
    Check(allocations_sum_to_pot, gettext_lazy("The amounts sum to the pot")),
    Check(
        claims_are_within_allocations,
        gettext_lazy("Nobody has claimed more than it is allocated"),
    ),
    Check(
        planned_uses_are_within_amounts,
        gettext_lazy("Planned uses are within what is asked for"),
    ),
    Check(
        paid_requisitions_have_their_payment,
        gettext_lazy("What is paid has one payment of the same amount"),
    ),
    Check(requisitions_are_paid_once, gettext_lazy("No requisition is paid twice")),
    Check(payouts_are_within_funds, gettext_lazy("No more is paid out than has come in")),
    Check(
        approvers_are_second_persons,
        gettext_lazy("Whoever approved is not the one who registered"),
    ),
    Check(
        releasers_are_third_persons,
        gettext_lazy("Whoever released neither made the batch nor approved"),
    ),
    Check(
        requisitions_answer_their_allocation,
        gettext_lazy("Each requisition answers its own allocation"),
    ),
    Check(
        approved_requisitions_have_accounts,
        gettext_lazy("What is approved has an account"),
    ),
    Check(numbers_are_unique, gettext_lazy("No number is used twice")),
    Check(
        batches_sum_to_their_requisitions,
        gettext_lazy("Batches sum to their requisitions"),
    ),
    Check(
        settlements_sum_to_what_is_there,
        gettext_lazy("Used, to repay and carried over sum to what is settled"),
    ),
    Check(
        settlements_are_within_payments,
        gettext_lazy("No more is settled than has been paid"),
    ),
    Check(
        claims_back_are_within_settlements,
        gettext_lazy("No more is claimed back than is to be repaid"),
    ),
    Check(
        repayments_are_within_claims,
        gettext_lazy("No more has come back than was claimed"),
    ),
    Check(
        withdrawn_claims_have_nothing,
        gettext_lazy("Nothing has come in on a claim that is withdrawn"),
    ),
    Check(
        write_offs_are_by_second_persons,
        gettext_lazy("Whoever wrote off is not the one who claimed"),
    ),
    Check(
        returns_are_within_what_is_held,
        gettext_lazy("No more is returned to the state than was left"),
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """A grant, and what does not agree in it."""

    grant: Grant
    faults: Sequence[Fault]

    @property
    def agrees(self) -> bool:
        """Whether everything does."""
        return not self.faults


def check(body: CoordinatingBody) -> list[Result]:
    """Return every grant of the body with what does not agree, newest grant first."""
    faults: dict[int, list[Fault]] = {}
    for rule in CHECKS:
        for fault in rule.find(body):
            faults.setdefault(fault.grant, []).append(fault)
    grants = Grant.objects.of_body(body).order_by("-year", "short_title", "pk")
    return [Result(grant, faults.get(grant.pk, [])) for grant in grants]


def _latest(body: CoordinatingBody) -> QuerySet[Any]:
    return (
        Settlement.objects.of_body(body)
        .latest_ones()
        .select_related("municipality")
        .order_by("grant", "municipality__code", "pk")
    )


def _claims(body: CoordinatingBody) -> QuerySet[Any]:
    return (
        Repayment.objects.of_body(body)
        .with_received()
        .select_related("settlement__municipality")
        .order_by("settlement__grant", "pk")
    )


def _settled(check: str, settlement: Settlement, why: str, difference: int) -> Fault:
    return Fault(
        check=check,
        grant=settlement.grant_id,
        row=str(settlement.municipality or settlement.get_side_display()),
        why=why,
        difference=difference,
        url=reverse("invoices:settlement_list", args=[settlement.grant_id]),
    )


def _claimed(
    check: str, claim: Repayment, why: str, difference: int | None = None
) -> Fault:
    return Fault(
        check=check,
        grant=claim.settlement.grant_id,
        row=str(claim.settlement.municipality),
        why=why,
        difference=difference,
        url=claim.get_absolute_url(),
    )


def _standing(body: CoordinatingBody) -> QuerySet[Requisition, Any]:
    return Requisition.objects.of_body(body).filter(status__in=STANDING)


def _rows(body: CoordinatingBody) -> QuerySet[Requisition, Any]:
    return (
        Requisition.objects.of_body(body)
        .select_related("municipality")
        .order_by("grant", "municipality__code", "pk")
    )


def _with_rows(payments: QuerySet[Payment, Any]) -> Iterable[Payment]:
    return payments.select_related("batch", "requisition__municipality").order_by("pk")


def _of(
    check: str, requisition: Requisition, why: str, difference: int | None = None
) -> Fault:
    return Fault(
        check=check,
        grant=requisition.grant_id,
        row=str(requisition.municipality),
        why=why,
        difference=difference,
        url=requisition.get_absolute_url(),
    )
