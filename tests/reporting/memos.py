"""Grants with all that a memo needs, as the documents of 2020 have them."""

from datetime import date

from grants import distribution as distributions
from grants.models import (
    AllocationKey,
    BudgetLine,
    CarryOver,
    Deadline,
    Grant,
    KeyComponent,
    Purpose,
)
from reporting import memo as memos
from tests.factories import make_agreement, make_member, make_statistic
from tests.figures import STOCKHOLM_POPULATION_2019, STOCKHOLM_RECIPIENTS_2018

MEMO_ON = date(2020, 3, 30)


def make_near_care(body, *, rounding="each", **facts):
    """Return the grant of S/20/0026: 70 785 000 kr, of which 68 000 000 by the key."""
    grant = Grant.objects.create(
        body=body,
        agreement=make_agreement(
            body, title="God och nära vård 2020", adopted_on=date(2020, 1, 31)
        ),
        **{
            "title": "Länsgemensamma stimulansmedel 2020",
            "short_title": "God och nära vård",
            "year": 2020,
            "record_number": "S/20/0026",
            "invoice_reference": "781",
            "invoice_text": "Rekvirering av stimulansmedel 2020",
            "amount": 70_785_000,
            "budget_unit": "tkr",
            "uses_from": date(2020, 1, 1),
            "uses_until": date(2020, 12, 31),
            "unused_rule": "Medel som inte har utnyttjats ska återbetalas (sid 43).",
            "paid_by": "Kammarkollegiet",
            "reported_to": "Kammarkollegiet/Socialstyrelsen",
            "background": "Den 31 januari antog SKR överenskommelsen *God och nära vård*.",
            "use_introduction": "Medlen får användas för följande områden:",
        }
        | facts,
    )
    BudgetLine.objects.bulk_create(
        [
            BudgetLine(
                grant=grant,
                position=0,
                activity="Medel till kommunerna för lokala aktiviteter",
                amount=68_000_000,
                is_distributed=True,
            ),
            BudgetLine(
                grant=grant,
                position=1,
                activity="Medel till länsgemensamma aktiviteter",
                side="common",
                amount=2_785_000,
            ),
        ]
    )
    Purpose.objects.create(grant=grant, heading="Utbilda vårdens framtida medarbetare")
    for kind, on, actor in [
        ("requisition", date(2020, 8, 30), "municipalities"),
        ("interim_report", date(2020, 9, 30), "body"),
        ("final_report", date(2021, 3, 31), "body"),
    ]:
        Deadline.objects.create(grant=grant, kind=kind, due_on=on, actor=actor)
    return grant


def make_split_care(body):
    """Return the grant of S/20/0002: half to the region, and money left from 2019."""
    grant = make_near_care(
        body,
        title="Sammanhållen vård",
        short_title="Sammanhållen vård",
        record_number="S/20/0002",
        amount=26_800_000,
        region_amount=13_400_000,
        budget_unit="mkr",
    )
    grant.budget_lines.all().delete()
    joint = "Länsgemensamt projekt Uppdrag psykisk hälsa"
    for position, (activity, side, amount, more) in enumerate(
        [
            (joint, "region", 3_200_000, {}),
            (joint, "municipalities", 3_200_000, {"comment": "Tidigare 4 %."}),
            ("Stöd till införande av nytt it-system", "region", None, {}),
            (
                "Stöd till införande av nytt it-system",
                "municipalities",
                6_429_930,
                {"is_distributed": True, "comment": "Fördelas enligt nyckel."},
            ),
            (
                "Nationellt system för kunskapsstyrning",
                "municipalities",
                3_300_000,
                {"is_conditional": True},
            ),
            ("Administrativt stöd", "common", 500_000, {}),
            ("Löpande planering", "region", None, {}),
        ]
    ):
        BudgetLine.objects.create(
            grant=grant,
            position=position,
            activity=activity,
            side=side,
            amount=amount,
            **more,
        )
    earlier = Grant.objects.create(
        body=body,
        agreement=make_agreement(body, title="Psykisk hälsa 2019", year=2019),
        title="Sammanhållen vård 2019",
        short_title="Sammanhållen vård",
        year=2019,
        uses_from=date(2019, 1, 1),
        uses_until=date(2020, 12, 31),
    )
    CarryOver.objects.create(grant=grant, from_grant=earlier, amount=4_141_043)
    return grant


def make_half_and_half(body, rounding="each"):
    """Return the key of 2020 with its statistics: half population, half recipients."""
    make_statistic(body, STOCKHOLM_POPULATION_2019, on=date(2019, 12, 31))
    make_statistic(
        body,
        STOCKHOLM_RECIPIENTS_2018,
        kind="care_recipients",
        on=date(2018, 12, 31),
        is_whole_year=True,
        source="Socialstyrelsens register över kommunal hälso- och sjukvård",
    )
    key = AllocationKey.objects.create(body=body, name="Hälften var", rounding=rounding)
    for position, kind in enumerate(["population", "care_recipients"]):
        KeyComponent.objects.create(
            key=key, position=position, kind="statistic", statistic_kind=kind, weight=50
        )
    return key


def make_decided_near_care(body, *, grant=None, rounding="each", **facts):
    """Return the grant with a decided distribution by the key of 2020."""
    grant = grant or make_near_care(body, **facts)
    draft = distributions.draft(
        grant, key=make_half_and_half(body, rounding), by=make_member(body)
    )
    distributions.decide(
        draft, by=make_member(body, role="approver"), decided_on=date(2020, 3, 16)
    )
    return grant


def make_memo(body, *, grant=None, by=None, **facts):
    """Return a draft memo that can be published."""
    grant = grant or make_decided_near_care(body, **facts)
    return memos.start(grant, by=by or make_member(body), dated_on=MEMO_ON)


def make_published(body, **facts):
    """Return a published memo."""
    memo = make_memo(body, **facts)
    return memos.publish(memo, by=memo.created_by)
