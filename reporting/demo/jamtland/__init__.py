"""Region Jämtland Härjedalen's overview of 2020, as its own compilation has the figures.

The texts are written anew; amounts, dates, record numbers and who decided are those of the
document. The document is not dated: it knows the agreement of 24 April 2020.
"""

from datetime import date
from typing import Any

from grants.models import Agreement, Decision, Grant, GrantPart
from municipalities.models import CoordinatingBody
from reporting.demo.jamtland.agreements import AGREEMENTS, EARLIER
from reporting.demo.jamtland.amounts import million
from reporting.demo.jamtland.grants import GRANTS
from reporting.demo.jamtland.table import GROUPS, INTRODUCTION
from reporting.models import Overview, OverviewGroup, OverviewRow

YEAR = 2020
STATE_AND_SKL = "staten och Sveriges Kommuner och Landsting (SKL)"
STATE_AND_SKR = "staten och Sveriges Kommuner och Regioner (SKR)"


def fill(body: CoordinatingBody) -> Overview:
    """Enter the grants of two years and the overview of 2020."""
    earlier = {key: make_earlier(body, key) for key in EARLIER}
    agreements = {key: make_agreement(body, facts) for key, facts in AGREEMENTS.items()}
    grants = {}
    for key, facts in GRANTS.items():
        own = dict(facts)
        agreement = agreements.get(own.pop("agreement", ""))
        grants[key] = make_grant(
            body, YEAR, own, agreement=agreement, follows=earlier.get(key)
        )
    overview = Overview.objects.create(
        body=body,
        year=YEAR,
        title="Nationella satsningar och riktade statsbidrag 2020",
        dated_on=date(2020, 4, 30),
        introduction=INTRODUCTION,
    )
    position = 0
    for number, (title, sum_label, rows) in enumerate(GROUPS):
        group = OverviewGroup.objects.create(
            overview=overview, position=number, title=title, sum_label=sum_label
        )
        for facts in rows:
            position = make_row(group, position, facts, grants, earlier)
    return overview


def make_agreement(
    body: CoordinatingBody, facts: dict[str, Any], year: int = YEAR
) -> Agreement:
    """Return the agreement as the region has it."""
    return Agreement.objects.create(
        body=body, year=year, **{"parties": STATE_AND_SKR} | facts
    )


def make_earlier(body: CoordinatingBody, key: str) -> Grant:
    """Return a grant of the year before, of which the document gives the amount."""
    facts = dict(EARLIER[key])
    agreement = None
    if facts.get("origin") != Grant.Origin.APPLIED:
        named = {"title": f"{facts['title']} {YEAR - 1}", "parties": STATE_AND_SKL}
        agreement = make_agreement(body, named, YEAR - 1)
    return make_grant(body, YEAR - 1, facts, agreement=agreement)


def make_grant(
    body: CoordinatingBody,
    year: int,
    facts: dict[str, Any],
    *,
    agreement: Agreement | None,
    follows: Grant | None = None,
) -> Grant:
    """Return the grant with its sub-areas and decisions."""
    own = dict(facts)
    parts, decisions = own.pop("parts", []), own.pop("decisions", [])
    own.setdefault("origin", "agreement" if agreement else "applied")
    grant = Grant.objects.create(
        body=body,
        agreement=agreement,
        follows=follows,
        year=year,
        uses_from=date(year, 1, 1),
        uses_until=date(year, 12, 31),
        **own,
    )
    for position, (area, title, side, nation, amount) in enumerate(parts):
        GrantPart.objects.create(
            grant=grant,
            position=position,
            area=area,
            title=title,
            side=side,
            national_amount=nation,
            amount=amount,
        )
    for decided_on, deciding_body, text in decisions:
        Decision.objects.create(
            grant=grant, decided_on=decided_on, deciding_body=deciding_body, text=text
        )
    return grant


def make_row(
    group: OverviewGroup,
    position: int,
    facts: dict[str, Any],
    grants: dict[str, Grant],
    earlier: dict[str, Grant],
) -> int:
    """Make a row with its parts; return where the next one stands."""
    own = dict(facts)
    parts = own.pop("parts", [])
    grant = grants.get(own.pop("grant", "")) or earlier.get(own.pop("earlier", ""))
    before, amount = own.pop("before", None), own.pop("amount", None)
    row = OverviewRow.objects.create(
        group=group,
        position=position,
        grant=grant,
        amount_before=before and million(before),
        amount=amount and million(amount),
        **own,
    )
    for label, shown in parts:
        position += 1
        is_grant = shown in grants
        OverviewRow.objects.create(
            group=group,
            position=position,
            part_of=row,
            label=label,
            grant=grants[shown] if is_grant else None,
            amount=None if is_grant else million(shown),
        )
    return position + 1
