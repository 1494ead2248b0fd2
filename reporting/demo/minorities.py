"""What Region Jämtland Härjedalen used its grant for the minorities for in 2019.

The document of 2020 accounts for it by purpose and cost group. The money was the region's
own, so that it is settled as the region's share; no municipality reported.
"""

from datetime import date
from typing import Any

from grants.models import BudgetLine, Grant
from invoices.models import FundsReceived
from invoices.settlement import Outcome, settle
from municipalities.models import CoordinatingBody, Role, User
from municipalities.numbers import kronor
from reporting import form_building
from reporting.answer_review import Review, review
from reporting.demo import clock
from reporting.prefill import USED
from reporting.ready_made_forms import COSTS
from reporting.report_form import Kind

RECEIVED = 250_000

ANSWERS = {
    "kostnader.inflytande_delaktighet_och_samrad.lokalhyra": "17575",
    "kostnader.inflytande_delaktighet_och_samrad.fortaring": "2628",
    "kostnader.inflytande_delaktighet_och_samrad.arvoden": "34251",
    "kostnader.sprak_och_kultur.studiecirklar": "41632",
    "kostnader.sprak_och_kultur.litteratur_och_tidskriftsinkop": "728",
    "kostnader.samordning.personal_lon": "31682",
    "kostnader.samordning.resor_och_logi": "4937",
    "kostnader.arendehandlaggning.tolk_oversattning": "23139",
    "kostnader.arendehandlaggning.fortbildning_av_personal": "77482",
    "kvar": "15946",
}
"""The figures of the document, by the fields of the ready-made form."""

GRANT: dict[str, Any] = {
    "title": "Nationella minoriteter och minoritetsspråk",
    "short_title": "Nationella minoriteter",
    "origin": Grant.Origin.APPLIED,
    "year": 2019,
    "uses_from": date(2019, 1, 1),
    "uses_until": date(2019, 12, 31),
    "amount": RECEIVED,
    "reported_to": "Sametinget",
    "paid_by": "Sametinget",
}


def reviewed() -> Review:
    """Return the follow-up as the form reads it."""
    facts = dict.fromkeys(("tilldelat", "rekvirerat", "utbetalat"), RECEIVED)
    return review(COSTS, ANSWERS, facts)


def specification() -> str:
    """Return the follow-up by purpose and cost group, in Markdown."""
    values = reviewed().values
    [table] = [question for question in COSTS.questions if question.kind is Kind.COSTS]
    lines = []
    for row in table.rows:
        costs = {
            group.label: int(amount)
            for group in row.groups
            if (amount := values.get(f"{table.key}.{row.key}.{group.key}"))
        }
        if costs:
            each = ", ".join(f"{label} {kronor(cost)}" for label, cost in costs.items())
            lines.append(f"- {row.label}: {kronor(sum(costs.values()))} ({each})")
    return "\n".join(lines)


def fill(body: CoordinatingBody, people: dict[str, User]) -> Grant:
    """Enter the grant of 2019, and settle it."""
    by = people[Role.HANDLER]
    form_building.fix(form_building.start(body, COSTS, kind="costs"), by=by)
    sums = reviewed().sums
    used, left = sums[USED[1]], sums["kvar"]
    assert used is not None  # the document says it
    assert left is not None
    grant = Grant.objects.create(body=body, **GRANT)
    BudgetLine.objects.create(
        grant=grant,
        position=0,
        activity="Samordning, språk och kultur, samråd",
        side=BudgetLine.Side.REGION,
        amount=RECEIVED,
    )
    FundsReceived.objects.create(
        grant=grant,
        received_on=date(2019, 4, 15),
        amount=RECEIVED,
        payer="Sametinget",
        registered_by=by,
    )
    settled_on = date(2020, 2, 14)
    with clock.on(settled_on):
        settle(
            grant,
            Outcome(used=used, to_repay=left),
            side=BudgetLine.Side.REGION,
            by=by,
            on=settled_on,
        )
    return grant
