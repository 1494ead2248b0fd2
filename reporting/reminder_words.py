"""What a reminder and a digest say, in Swedish, from what they are about.

Each function takes plain data and today's date, so that a message can be written anew
right before it is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from grants.models import Deadline, Grant
from municipalities.message_kinds import Example
from municipalities.messages import Letter, escaped
from municipalities.models import CoordinatingBody, Municipality
from municipalities.site import absolute
from reporting import swedish
from reporting.reminder_off import off_url

REMINDER = "reminder"
DIGEST = "digest"
CONTACT_CHECK = "contact_check"
MOVED = "deadline_moved"

FEW = 12
"""How many municipalities a digest names; of more it says how many they are."""


@dataclass(slots=True)
class Content:
    """What one person is told on one day."""

    lines: list[tuple[Municipality, Deadline]] = field(default_factory=list)
    """What is left to do in the person's municipalities."""
    checks: list[Municipality] = field(default_factory=list)
    """Whose contacts the person is asked about."""
    own: list[Deadline] = field(default_factory=list)
    """Of the body's own, for its staff; so is the rest."""
    overdue: list[tuple[Deadline, Municipality]] = field(default_factory=list)
    unreachable: list[Municipality] = field(default_factory=list)
    bounced: Sequence[tuple[Municipality, str]] = ()
    rounds: Mapping[int, int] = field(default_factory=dict)
    """The round of reports that a last day is about, by the last day's id."""

    def without_repetition(self) -> "Content":
        """Return the content with each thing once: two steps may be about the same."""
        return replace(
            self,
            lines=list(dict.fromkeys(self.lines)),
            checks=list(dict.fromkeys(self.checks)),
            own=list(dict.fromkeys(self.own)),
            overdue=list(dict.fromkeys(self.overdue)),
            unreachable=list(dict.fromkeys(self.unreachable)),
        )

    @property
    def is_digest(self) -> bool:
        """Whether it tells of more than the person's own municipalities."""
        return bool(self.own or self.overdue or self.unreachable or self.bounced)

    @property
    def kind(self) -> str:
        """The kind of message; nothing where there is nothing to say."""
        if self.is_digest:
            return DIGEST
        if self.lines:
            return REMINDER
        return CONTACT_CHECK if self.checks else ""

    @property
    def deadlines(self) -> list[Deadline]:
        """The last days that it is about, the first one first."""
        found = [
            *self.own,
            *(deadline for _municipality, deadline in self.lines),
            *(deadline for deadline, _municipality in self.overdue),
        ]
        by_pk = {deadline.pk: deadline for deadline in found}
        return sorted(by_pk.values(), key=lambda each: (each.due_on, each.pk))

    @property
    def municipalities(self) -> list[Municipality]:
        """Whom the person is told of as one of their own, in order of code."""
        found = [municipality for municipality, _deadline in self.lines] + self.checks
        by_code = {municipality.code: municipality for municipality in found}
        return [by_code[code] for code in sorted(by_code)]

    @property
    def grant(self) -> Grant | None:
        """The grant, where all of it is about one."""
        grants = {deadline.grant_id: deadline.grant for deadline in self.deadlines}
        is_one = len(grants) == 1 and not (self.checks or self.unreachable or self.bounced)
        return next(iter(grants.values())) if is_one else None


def letter_of(
    content: Content, body: CoordinatingBody, today: date, memberships: Sequence[int] = ()
) -> Letter:
    """Return the letter that tells the content; the address is the caller's.

    ``memberships`` are those that the receiver may turn reminders off for.
    """
    with translation.override(settings.LANGUAGE_CODE):
        example = example_of(content, body, today)
        municipalities = content.municipalities
        is_one = len(municipalities) == 1 and not content.is_digest
        return Letter(
            to=(),
            why=_why(content),
            facts=example.facts,
            links=example.links,
            blocks=example.blocks,
            municipality=municipalities[0] if is_one else None,
            reply_to=_questions(content, body),
            unsubscribe=off_url(memberships) if memberships else "",
        )


def example_of(content: Content, body: CoordinatingBody, today: date) -> Example:
    """Return the facts, links and blocks of the message."""
    names = [municipality.own_name for municipality in content.municipalities]
    asked = [municipality.own_name for municipality in content.checks]
    links = {}
    if content.checks:
        address = absolute(reverse("municipalities:person_list"))
        links["bekräfta kontakterna"] = ("Titta på kontakterna", address)
    if content.is_digest:
        plan = absolute(reverse("reporting:reminder_plans"))
        links["påminnelserna"] = ("Visa påminnelserna", plan)
    return Example(
        facts={
            "avsändare": str(body),
            "det viktigaste": _headline(content, today),
            "kommun": swedish.listed(names),
            "kontrollera kommun": swedish.listed(asked),
            "frågor": _questions(content, body),
        },
        links=links,
        blocks={
            "att göra": _to_do(content, today),
            "egna sista dagar": _section(
                "Våra egna sista dagar",
                [_about(deadline, today) for deadline in content.own],
            ),
            "försenade kommuner": _overdue(content, today),
            "kommuner utan mottagare": _section(
                "Kommuner som ingen påminnelse når",
                [escaped(each.name) for each in content.unreachable],
            ),
            "adresser som inte fungerar": _section(
                "Adresser som inte fungerar",
                [
                    f"{escaped(municipality.name)}: {escaped(email)}"
                    for municipality, email in content.bounced
                ],
            ),
        },
    )


def when(day: date, today: date) -> str:
    """Return how far away a day is.

    >>> today = date(2026, 8, 23)
    >>> [when(date(2026, 8, day), today) for day in (30, 24, 23, 22, 16)]
    ['om 7 dagar', 'i morgon', 'i dag', 'i går', 'för 7 dagar sedan']
    """
    days = (day - today).days
    near = {1: "i morgon", 0: "i dag", -1: "i går"}
    if days in near:
        return near[days]
    return f"om {days} dagar" if days > 0 else f"för {-days} dagar sedan"


def in_a_sentence(deadline: Deadline) -> str:
    """Return what must be done; a title of one's own stands as it is written."""
    return deadline.title or str(deadline.get_kind_display())


def _about(deadline: Deadline, today: date) -> str:
    """Return what is to be done and by when, as Markdown."""
    verb = "var" if deadline.due_on < today else "är"
    day = swedish.day(deadline.due_on)
    return f"{_name(deadline)} Sista dag {verb} {day}, {when(deadline.due_on, today)}."


def _name(deadline: Deadline) -> str:
    return f"**{escaped(deadline.label)}, {escaped(str(deadline.grant))}.**"


def _to_do(content: Content, today: date) -> str:
    """Return what is left to do, under each municipality's name where they are several."""
    lines = sorted(
        content.lines, key=lambda line: (line[0].code, line[1].due_on, line[1].pk)
    )
    has_several = len(content.municipalities) > 1
    parts = []
    for municipality, own in groupby(lines, key=lambda line: line[0]):
        if has_several:
            parts.append(f"### {escaped(municipality.own_name)}")
        parts.append(
            "\n".join(
                f"- {_about(deadline, today)} [{label}]({address})"
                for _municipality, deadline in own
                for label, address in [_where(deadline, content.rounds.get(deadline.pk))]
            )
        )
    return "\n\n".join(parts)


def _where(deadline: Deadline, found: int | None) -> tuple[str, str]:
    """Return the words and the address where the thing is done, or read about.

    ``found`` is the round that is reported in, if it is one.
    """
    if found is not None:
        return "Redovisa här", absolute(reverse("reporting:report_detail", args=[found]))
    if deadline.kind == Deadline.Kind.REQUISITION:
        name, label = "invoices:answer", "Svara här"
    else:
        name, label = "reporting:offer_detail", "Läs mer"
    return label, absolute(reverse(name, args=[deadline.grant_id]))


def _overdue(content: Content, today: date) -> str:
    rows = sorted(content.overdue, key=lambda row: (row[0].due_on, row[0].pk, row[1].code))
    lines = []
    for deadline, own in groupby(rows, key=lambda row: row[0]):
        names = [municipality.name for _deadline, municipality in own]
        lines.append(f"{_about(deadline, today)} {escaped(_named(names))}.")
    return _section("Inte klara efter sista dagen", lines)


def _named(names: Sequence[str]) -> str:
    if len(names) <= FEW:
        return swedish.listed(names)
    return f"{len(names)} kommuner"


def _section(heading: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"### {heading}\n\n" + "\n".join(f"- {line}" for line in lines)


def _headline(content: Content, today: date) -> str:
    """Return what stands in the subject."""
    deadlines = content.deadlines
    if not deadlines:
        if content.unreachable:
            return "kommuner som ingen påminnelse når"
        return "adresser som inte fungerar" if content.bounced else ""
    if len(deadlines) > 1:
        return f"{len(deadlines)} sista dagar"
    [deadline] = deadlines
    what = in_a_sentence(deadline)
    verb = "sista dag var" if deadline.due_on < today else "sista dag"
    return f"{what}, {deadline.grant}, {verb} {swedish.day(deadline.due_on)}"


def _why(content: Content) -> str:
    """Return why it is sent, for the log."""
    what = {
        DIGEST: "Dagens sammanfattning",
        REMINDER: "Påminnelse",
        CONTACT_CHECK: "Den årliga frågan om kontakterna",
    }
    labels = [f"{each.label}, {each.grant}" for each in content.deadlines]
    return ": ".join(filter(None, [what.get(content.kind, ""), "; ".join(labels)]))[:300]


def _questions(content: Content, body: CoordinatingBody) -> str:
    grant = content.grant
    return (grant.questions_email if grant else "") or body.questions_email


# A last day that has moved -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """A last day with its old and its new day."""

    deadline: Deadline
    before: date
    after: date


def moved_facts(
    moved: Mapping[Municipality, Sequence[Moved]], body: CoordinatingBody
) -> Example:
    """Return what those are told whose last days have moved."""
    changes = {(each.deadline.pk, each): each for own in moved.values() for each in own}
    ordered = sorted(changes.values(), key=lambda each: (each.after, each.deadline.pk))
    grants = {each.deadline.grant_id: each.deadline.grant for each in ordered}
    first = ordered[0].deadline
    what = in_a_sentence(first)
    one = f"{what}, {first.grant}"
    return Example(
        facts={
            "avsändare": str(body),
            "kommun": swedish.listed([each.own_name for each in moved]),
            "medel": swedish.listed([str(grant) for grant in grants.values()]),
            "det viktigaste": one if len(ordered) == 1 else f"{len(ordered)} har ändrats",
            "frågor": first.grant.questions_to,
        },
        blocks={
            "ändringar": "\n".join(
                f"- {_name(each.deadline)} Sista dag är {swedish.day(each.after)}. "
                f"Den var {swedish.day(each.before)}."
                for each in ordered
            )
        },
    )
