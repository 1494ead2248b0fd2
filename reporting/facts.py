"""What a memo can say about a grant, each fact by its Swedish name.

A memo's text is Markdown with ``[[sista dag]]`` where a fact stands, so that a text that
somebody has written still follows a date that is moved. Blocks, such as
``[[budgettabell]]``, stand on lines of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from grants.distribution import Round, round_of
from grants.models import (
    BudgetLine,
    CarryOver,
    Deadline,
    Distribution,
    Grant,
    Purpose,
)
from municipalities.models import CoordinatingBody
from municipalities.numbers import kronor
from reporting import key_note
from reporting.budget import BudgetTable, budget_table
from reporting.swedish import day, listed

BLOCKS = ("budgettabell", "syften", "beslut")
"""Names that stand for more than a few words."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of today. ``value`` is empty when nobody has told it."""

    name: str
    value: str
    set_in: str
    """Where it is told: grant, deadlines, budget, body, distribution, agreement, memo."""
    is_address: bool = False
    """Whether it is an e-mail address, which the memo links."""


@dataclass(frozen=True)
class Facts:
    """What a memo of the grant can say today."""

    grant: Grant
    dated_on: date
    distribution: Distribution | None
    deadlines: Sequence[Deadline]
    budget_lines: Sequence[BudgetLine]
    carry_overs: Sequence[CarryOver]
    purposes: Sequence[Purpose]

    @property
    def body(self) -> CoordinatingBody:
        """Who writes the memo."""
        return self.grant.body

    def has(self, name: str) -> bool:
        """Return whether the fact is told."""
        return bool(self.by_name[name].value)

    @cached_property
    def by_name(self) -> Mapping[str, Fact]:
        """Every fact by its name, in the order that the editor lists them."""
        return {fact.name: fact for fact in self._facts()}

    @cached_property
    def table(self) -> BudgetTable | None:
        """The budget, or nothing where there is no line."""
        return budget_table(self.grant, self.budget_lines)

    @cached_property
    def key(self) -> key_note.KeyNote | None:
        """How the key works, in sentences."""
        return key_note.key_note(self.distribution) if self.distribution else None

    @cached_property
    def again(self) -> Round | None:
        """What is handed out again, where the distribution is a redistribution."""
        return round_of(self.distribution) if self.distribution else None

    @property
    def by_invoice(self) -> bool:
        """Whether the municipalities ask for the money, or get it unasked."""
        return bool(
            self.last_day("requisition")
            or self.grant.invoice_text
            or self.grant.invoice_reference
        )

    def last_day(self, kind: str, *actors: str) -> date | None:
        """Return the first deadline of the kind, of any or of the named actors."""
        for deadline in self.deadlines:
            if deadline.kind == kind and (not actors or deadline.actor in actors):
                return deadline.due_on
        return None

    def _facts(self) -> list[Fact]:
        grant, body = self.grant, self.body
        facts = [
            Fact("organisation", body.name, "body"),
            Fact("region", body.region_name, "body"),
            Fact("län", body.county.name, "body"),
            Fact("titel", grant.title, "grant"),
            Fact("år", str(grant.year), "grant"),
            Fact("datum", day(self.dated_on), "memo"),
            Fact("dnr", grant.record_number, "grant"),
            Fact("referens", grant.invoice_reference, "grant"),
            Fact("fakturatext", grant.invoice_text, "grant"),
            Fact("fakturaadress", one_line(body.invoice_address), "body"),
            Fact("fakturamejl", body.invoice_email, "body", is_address=True),
            Fact("frågemejl", grant.questions_to, "body", is_address=True),
            Fact("utbetalas av", grant.paid_by, "grant"),
            Fact("redovisas till", grant.reported_to, "grant"),
            Fact("används från", day(grant.uses_from), "grant"),
            Fact("används senast", day(grant.uses_until), "grant"),
            Fact("regel för oanvända medel", grant.unused_rule.strip(), "grant"),
            Fact("återbetalas till", grant.repay_to, "grant"),
            Fact("återbetalas senast", day(grant.repay_by), "grant"),
            Fact("undertecknare", body.signatory_name, "body"),
            Fact("undertecknarens titel", body.signatory_title, "body"),
        ]
        return (
            facts + self._deadline_facts() + self._money_facts() + self._agreement_facts()
        )

    def _deadline_facts(self) -> list[Fact]:
        ours = ("body", "region")
        answers = self.grant.deadlines.answers().last()
        days = {
            "sista dag": answers.due_on if answers else None,
            "delredovisning": self.last_day("interim_report", *ours),
            "slutredovisning": self.last_day("final_report", *ours),
            "kommunernas delredovisning": self.last_day("interim_report", "municipalities"),
            "kommunernas slutredovisning": self.last_day("final_report", "municipalities"),
        }
        return [Fact(name, day(on), "deadlines") for name, on in days.items()]

    def _money_facts(self) -> list[Fact]:
        grant, distribution = self.grant, self.distribution
        amounts: list[tuple[str, int | None, str]] = [
            ("belopp", grant.amount, "grant"),
            ("regionens belopp", grant.region_amount, "grant"),
            ("kommunernas belopp", grant.municipalities_amount, "grant"),
        ]
        if distribution:
            amounts += [
                ("från årets medel", distribution.budget_amount, "distribution"),
                ("kvarvarande medel", distribution.carry_over_amount, "distribution"),
                ("att fördela", distribution.pot, "distribution"),
                ("avsatt", distribution.set_aside, "distribution"),
                ("till kommunerna", distribution.to_municipalities, "distribution"),
            ]
        else:
            names = "från årets medel,kvarvarande medel,att fördela,avsatt,till kommunerna"
            amounts += [(name, None, "distribution") for name in names.split(",")]
        if self.again:
            amounts.append(("omfördelas", self.again.pool, "distribution"))
        return [
            Fact(name, "" if amount is None else kronor(amount), place)
            for name, amount, place in amounts
        ]

    def _agreement_facts(self) -> list[Fact]:
        agreement, distribution = self.grant.agreement, self.distribution
        earlier = [f"{carried.from_grant}" for carried in self.carry_overs]
        return [
            Fact("kvarvarande från", listed(earlier), "budget"),
            Fact("nyckel", self.key.rule if self.key else "", "distribution"),
            Fact("källor", self.key.sources if self.key else "", "distribution"),
            Fact(
                "fördelningen beslutad",
                day(distribution.decided_on if distribution else None),
                "distribution",
            ),
            Fact("överenskommelse", agreement.title if agreement else "", "agreement"),
            Fact("parter", agreement.parties if agreement else "", "agreement"),
            Fact("antagen", day(agreement.adopted_on if agreement else None), "agreement"),
        ]


def one_line(address: str) -> str:
    """Return an address on one line.

    >>> one_line("Box 38145\\n100 64 STOCKHOLM\\n")
    'Box 38145, 100 64 STOCKHOLM'
    """
    return ", ".join(
        line.strip().rstrip(",") for line in address.splitlines() if line.strip()
    )


def distribution_of(grant: Grant) -> Distribution | None:
    """Return the distribution that a draft memo follows: the decided, else the draft."""
    distributions = grant.distributions.exclude(status=Distribution.Status.SUPERSEDED)
    # "decided" sorts before "draft".
    return distributions.select_related("grant").order_by("status").first()


def facts_of(grant: Grant, *, dated_on: date) -> Facts:
    """Return what a memo of the grant can say today."""
    return Facts(
        grant=grant,
        dated_on=dated_on,
        distribution=distribution_of(grant),
        deadlines=list(grant.deadlines.all()),
        budget_lines=list(grant.budget_lines.all()),
        carry_overs=list(grant.carry_overs.select_related("from_grant")),
        purposes=list(grant.purposes.all()),
    )
