"""Real grants from real documents, for a newcomer to look around in.

Everything goes the way that people go: the population file is read by the importer, one
person drafts, another decides, and the memo is published.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from grants import distribution as distributions
from grants.models import (
    Agreement,
    AllocationKey,
    BudgetLine,
    CarryOver,
    Deadline,
    Decision,
    Distribution,
    Grant,
    KeyComponent,
    Purpose,
)
from invoices.redistribution import redistribute
from municipalities.imports import import_statistics
from municipalities.models import CoordinatingBody, Role, Statistic, StatisticKind, User
from municipalities.places import load_places
from municipalities.tracking import because
from reporting import memo as memos
from reporting.demo import (
    answers,
    bodies,
    dalarna,
    invoices,
    jamtland,
    minorities,
    reports,
    storsthlm,
    this_year,
)

FOLDER = Path(__file__).parent
SCB = "SCB:s statistikdatabas"


def is_empty() -> bool:
    """Return whether nobody has entered anything."""
    return not CoordinatingBody.objects.exists()


@transaction.atomic
def fill() -> None:
    """Fill an empty database with the bodies, their people and their grants."""
    with because(gettext_noop("Demo data")):
        load_places()
        made = bodies.make_bodies()
        people = {key: bodies.make_people(key, body) for key, body in made.items()}
        fill_storsthlm(made["storsthlm"], people["storsthlm"])
        fill_dalarna(made["dalarna"], people["dalarna"])
        jamtland.fill(made["jamtland"])
        minorities.fill(made["jamtland"], people["jamtland"])


def fill_storsthlm(body: CoordinatingBody, people: dict[str, User]) -> None:
    """Enter Storsthlm's statistics, keys and grants."""
    population = {
        statistic.reference_on.year: statistic
        for statistic in load(
            body,
            "folkmangd_31_december.csv",
            by=people[Role.HANDLER],
            source=SCB,
            periods=["2018", "2019"],
        )
    }
    [recipients] = load(
        body,
        "mottagare_2018.csv",
        by=people[Role.HANDLER],
        source="Socialstyrelsens register över kommunal hälso- och sjukvård",
        kind=StatisticKind.CARE_RECIPIENTS,
        is_whole_year=True,
    )
    by_population = make_key(
        body,
        "Befolkning",
        {StatisticKind.POPULATION: 100},
        "Varje kommun får sin andel av befolkningen i länet.",
    )
    by_halves = make_key(
        body,
        "Hälften befolkning, hälften vårdmottagare",
        {StatisticKind.POPULATION: 50, StatisticKind.CARE_RECIPIENTS: 50},
        "Hälften efter andelen av befolkningen i länet, hälften efter andelen av dem som "
        "har fått kommunal hälso- och sjukvård under ett år.",
    )
    finished = enter(storsthlm.MEDARBETARE_2019, by_population, [population[2018]], people)
    under_way = enter(
        storsthlm.NARA_VARD_2020, by_halves, [population[2019], recipients], people
    )
    earlier = make_grant(body, storsthlm.PSYKISK_HALSA_2019)
    begun = enter(
        storsthlm.PSYKISK_HALSA_2020,
        by_population,
        [population[2019]],
        people,
        earlier=earlier,
    )
    signatories = bodies.make_signatories(body)
    answers.fill_finished(answers.Answers(finished, signatories, people))
    again = hand_out_again(finished.grant, people)
    answers.fill_second_round(answers.Answers(again, signatories, people))
    half_way = answers.Answers(under_way, signatories, people)
    answers.fill_under_way(half_way)
    invoices.send_invoices(half_way)
    answers.fill_begun(answers.Answers(begun, signatories, people))
    today = timezone.localdate()
    grant = this_year.copy_to_this_year(under_way.grant, today)
    this_year.set_days(grant, today)
    current = publish(
        grant,
        by_halves,
        [population[2019], recipients],
        people,
        decided_on=today - timedelta(days=40),
        memo_on=today - timedelta(days=30),
    )
    this_year.fill(current, signatories, people, today)
    reports.fill([again.grant, under_way.grant, grant], signatories, people, today)


def hand_out_again(grant: Grant, people: dict[str, User]) -> Distribution:
    """Return the second round of a grant: what was declined goes to those who want more."""
    handler, approver = people[Role.HANDLER], people[Role.APPROVER]
    reason = (
        "Ekerö avstår och Danderyd rekvirerar en del av sitt belopp. "
        "Pengarna fördelas till de kommuner som vill ha mer."
    )
    day = date(2019, 12, 9)
    draft = redistribute(grant, close=[], by=handler, reason=reason, today=day)
    distributions.decide(draft, by=approver, decided_on=day)
    memo = memos.start(grant, by=handler, dated_on=day, correction=reason)
    memos.publish(memo, by=handler)
    return draft


def fill_dalarna(body: CoordinatingBody, people: dict[str, User]) -> None:
    """Enter Region Dalarna's statistic, key and grant."""
    [population] = load(body, "dalarna_2018-11-01.csv", by=people[Role.HANDLER], source=SCB)
    key = make_key(
        body,
        "Befolkning",
        {StatisticKind.POPULATION: 100},
        "Varje kommun får sin andel av befolkningen i länet.",
    )
    enter(dalarna.NARA_VARD_2020, key, [population], people)


def load(
    body: CoordinatingBody,
    name: str,
    *,
    by: User,
    source: str,
    kind: str = StatisticKind.POPULATION,
    is_whole_year: bool = False,
    periods: Sequence[str] | None = None,
) -> list[Statistic]:
    """Return the statistics of the periods in one of our files, else of the latest."""
    return import_statistics(
        body,
        content=(FOLDER / name).read_bytes(),
        file_name=name,
        kind=kind,
        source=source,
        is_whole_year=is_whole_year,
        periods=periods,
        by=by,
    )


def make_key(
    body: CoordinatingBody, name: str, weights: dict[StatisticKind, int], why: str
) -> AllocationKey:
    """Return a key by statistics, with the rounding of the published tables."""
    key = AllocationKey.objects.create(
        body=body, name=name, rounding="each", description=why
    )
    for position, (kind, weight) in enumerate(weights.items()):
        KeyComponent.objects.create(
            key=key,
            position=position,
            kind="statistic",
            statistic_kind=kind,
            weight=Decimal(weight),
        )
    return key


def make_grant(body: CoordinatingBody, facts: dict[str, Any]) -> Grant:
    """Return the grant with its agreement."""
    agreement, _ = Agreement.objects.get_or_create(body=body, **facts["agreement"])
    return Grant.objects.create(body=body, agreement=agreement, **facts["grant"])


def enter(
    facts: dict[str, Any],
    key: AllocationKey,
    statistics: list[Statistic],
    people: dict[str, User],
    earlier: Grant | None = None,
) -> Distribution:
    """Enter a grant, split it, have it decided and publish its memo."""
    grant = make_grant(key.body, facts)
    for position, (heading, text) in enumerate(facts["purposes"]):
        Purpose.objects.create(grant=grant, position=position, heading=heading, text=text)
    for position, line in enumerate(facts["budget"]):
        BudgetLine.objects.create(grant=grant, position=position, **line)
    if earlier:
        grant.follows = earlier
        grant.save()
        CarryOver.objects.create(
            grant=grant, from_grant=earlier, amount=facts["carry_over"]
        )
    for kind, due_on, actor, title in facts["deadlines"]:
        Deadline.objects.create(
            grant=grant, kind=kind, due_on=due_on, actor=actor, title=title
        )
    for decided_on, deciding_body, text in facts["decisions"]:
        Decision.objects.create(
            grant=grant, decided_on=decided_on, deciding_body=deciding_body, text=text
        )
    return publish(
        grant,
        key,
        statistics,
        people,
        decided_on=facts["decided_on"],
        memo_on=facts["memo_on"],
    )


def publish(
    grant: Grant,
    key: AllocationKey,
    statistics: list[Statistic],
    people: dict[str, User],
    *,
    decided_on: date,
    memo_on: date,
) -> Distribution:
    """Split by the statistics of the time, decide, and publish the memo."""
    handler, approver = people[Role.HANDLER], people[Role.APPROVER]
    draft = distributions.draft(grant, key=key, by=handler)
    plan = distributions.plan_of(draft)
    parts = [
        replace(part, statistic=statistic)
        for part, statistic in zip(plan.parts, statistics, strict=True)
    ]
    distributions.save(draft, replace(plan, parts=parts), by=handler)
    distributions.decide(draft, by=approver, decided_on=decided_on)
    memo = memos.start(grant, by=handler, dated_on=memo_on)
    memos.publish(memo, by=handler)
    return draft
