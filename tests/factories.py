"""Plain functions that make valid objects. Every argument has a default that works."""

import hashlib
from datetime import date
from decimal import Decimal
from itertools import count

from django.utils import timezone

from grants.distribution import decide, draft
from grants.models import (
    Agreement,
    AllocationKey,
    BudgetLine,
    CarryOver,
    Deadline,
    Distribution,
    Grant,
    KeyComponent,
    Purpose,
)
from invoices.models import FundsReceived, PaymentBatch, Requisition
from invoices.payments import make_batch, release
from invoices.requisition import Answer, approve, submit
from municipalities.models import (
    CoordinatingBody,
    County,
    Membership,
    Municipality,
    Statistic,
    StatisticValue,
    User,
)
from reporting.models import Memo
from tests.figures import STOCKHOLM_POPULATION_2018

numbers = count(1)


def make_body(name="Storsthlm", county="01", **facts):
    county = County.objects.get(code=county)
    facts = {
        "region_name": "Region Stockholm",
        "invoice_address": "Storsthlm, Box 38145, 100 64 STOCKHOLM",
        "invoice_email": "faktura@storsthlm.example",
        "questions_email": "stimulansmedel@storsthlm.example",
        "signatory_title": "verksamhetschef",
    } | facts
    return CoordinatingBody.objects.create(name=name, county=county, **facts)


def make_user(email=None, password=None, **facts):
    email = email or f"person{next(numbers)}@storsthlm.example"
    return User.objects.create_user(email, password, **facts)


def make_member(body, role="handler", user=None, **facts):
    """Return a user who is a member of the body."""
    user = user or make_user()
    Membership.objects.create(user=user, body=body, role=role, **facts)
    return user


def make_municipal_member(code="0127", role="signatory", user=None, **facts):
    """Return a user who is a member of the municipality with the code."""
    user = user or make_user(f"person{next(numbers)}@kommun.example")
    municipality = Municipality.objects.get(code=code)
    Membership.objects.create(user=user, municipality=municipality, role=role, **facts)
    return user


def make_statistic(body, values=None, kind="population", on=date(2018, 12, 31), **facts):
    """Return a statistic with values by municipality code."""
    values = STOCKHOLM_POPULATION_2018 if values is None else values
    facts = {"source": "SCB:s statistikdatabas"} | facts
    statistic = Statistic.objects.create(body=body, kind=kind, reference_on=on, **facts)
    municipalities = Municipality.objects.by_code()
    StatisticValue.objects.bulk_create(
        StatisticValue(statistic=statistic, municipality=municipalities[code], value=value)
        for code, value in values.items()
    )
    return statistic


def make_agreement(body, title="God och nära vård 2020", year=2020, **facts):
    facts = {"parties": "staten och Sveriges Kommuner och Regioner (SKR)"} | facts
    return Agreement.objects.create(body=body, title=title, year=year, **facts)


def make_grant(body, amount=20_000_000, **facts):
    """Return a grant with one budget line of ``amount`` kronor that a key splits."""
    facts = {
        "title": "Goda förutsättningar för vårdens medarbetare",
        "short_title": "Vårdens medarbetare",
        "year": 2020,
        "record_number": f"S/20/{next(numbers):04}",
        "amount": amount,
        "uses_from": date(2020, 1, 1),
        "uses_until": date(2020, 12, 31),
    } | facts
    if "agreement" not in facts:
        facts["agreement"] = make_agreement(body, title=f"Överenskommelse {next(numbers)}")
    grant = Grant.objects.create(body=body, **facts)
    BudgetLine.objects.create(
        grant=grant,
        activity="Medel till kommunerna för lokala aktiviteter",
        amount=amount,
        is_distributed=True,
    )
    Purpose.objects.create(
        grant=grant, heading="Utveckla förutsättningarna på arbetsplatsen"
    )
    Deadline.objects.create(grant=grant, kind="requisition", due_on=date(2020, 8, 30))
    return grant


def make_carry_over(grant, amount=1_000_000):
    earlier = make_grant(grant.body, year=grant.year - 1)
    return CarryOver.objects.create(grant=grant, from_grant=earlier, amount=amount)


def make_key(body, weights=None, name=None, rounding="exact"):
    """Return a key by statistics: ``weights`` by their kind, all population by default."""
    key = AllocationKey.objects.create(
        body=body, name=name or f"Befolkning {next(numbers)}", rounding=rounding
    )
    for position, (kind, weight) in enumerate((weights or {"population": 100}).items()):
        KeyComponent.objects.create(
            key=key,
            position=position,
            kind="statistic",
            statistic_kind=kind,
            weight=Decimal(weight),
        )
    return key


def make_draft(body, amount=20_000_000, by=None, **key) -> Distribution:
    """Return a draft over the body's municipalities, by population."""
    if not Statistic.objects.of_body(body).exists():
        make_statistic(body)
    grant = make_grant(body, amount=amount)
    return draft(grant, key=make_key(body, **key), by=by or make_member(body))


def make_decided(body, amount=20_000_000, **key) -> Distribution:
    """Return a decided distribution, drafted by one person and decided by another."""
    return decide(
        make_draft(body, amount=amount, **key),
        by=make_member(body, role="approver"),
        decided_on=date(2020, 3, 16),
    )


def publish_memo(distribution, version=1) -> Memo:
    """Return a published memo of the distribution, with a file too small to read."""
    by = make_member(distribution.grant.body)
    pdf = b"%PDF-1.7"
    memo = Memo.objects.create(
        grant=distribution.grant,
        version=version,
        correction="Ny version" if version > 1 else "",
        dated_on=date(2020, 4, 1),
        created_by=by,
    )
    memo.status = Memo.Status.PUBLISHED
    memo.distribution = distribution
    memo.published_by = by
    memo.published_at = timezone.now()
    memo.pdf = pdf
    memo.pdf_size = len(pdf)
    memo.sha256 = hashlib.sha256(pdf).hexdigest()
    memo.save()
    return memo


def make_offered(body, amount=20_000_000, **key) -> Distribution:
    """Return a decided distribution whose memo has gone out: municipalities may answer."""
    distribution = make_decided(body, amount=amount, **key)
    publish_memo(distribution)
    return distribution


def make_answer(amount, **facts) -> Answer:
    """Return what a municipality answers; 0 declines."""
    facts = {
        "account_kind": "bankgiro",
        "account_number": "50501055",
        "contact_name": "Kim Kontakt",
        "contact_email": "kim@kommun.example",
        "contact_phone": "08-123 45 67",
        "signatory_name": "Sam Ansvarig",
        "signatory_title": "socialchef",
    } | facts
    return Answer(amount=amount, **facts)


def make_requisition(
    distribution, code="0127", amount=None, by=None, today=date(2020, 6, 1), **facts
) -> Requisition:
    """Return a submitted answer, by default to the whole of what is allocated."""
    allocation = distribution.allocations.get(municipality__code=code)
    return submit(
        allocation,
        make_answer(allocation.amount if amount is None else amount, **facts),
        by=by or make_municipal_member(code),
        today=today,
    )


def make_approved(distribution, code="0127", by=None, **facts) -> Requisition:
    """Return an answer that the body has approved."""
    by = by or make_member(distribution.grant.body, role="approver")
    return approve(make_requisition(distribution, code, **facts), by=by)


def make_funds(grant, amount=70_785_000, **facts) -> FundsReceived:
    """Return money that has come in from the state."""
    facts = {"received_on": date(2020, 5, 4), "payer": "Kammarkollegiet"} | facts
    return FundsReceived.objects.create(
        grant=grant, amount=amount, registered_by=make_member(grant.body), **facts
    )


def make_released(distribution, codes=("0127",)) -> PaymentBatch:
    """Return a batch with the municipalities' whole amounts, released to the bank."""
    grant = distribution.grant
    make_funds(grant)
    batch = make_batch(
        grant.body,
        [make_approved(distribution, code) for code in codes],
        by=make_member(grant.body),
        execute_on=date(2020, 9, 15),
    )
    return release(batch, by=make_member(grant.body))
