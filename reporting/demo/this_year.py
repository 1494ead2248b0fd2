"""A grant of this year, so that there are days to keep: made from the one of 2020.

The amounts are those of 2020. The dates are counted from the day that the demo is made.
"""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.text import slugify

from grants.copying import copy_grant
from grants.models import Agreement, Deadline, DeadlineDone, Distribution, Grant
from grants.working_days import working_day_before
from invoices.requisition import mark_opened
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    CoordinatingBody,
    Membership,
    Municipality,
    Role,
    User,
)
from reporting.demo import bodies
from reporting.demo.answers import Answers
from reporting.models import Comment

ANSWERED = [
    "Botkyrka",
    "Danderyd",
    "Haninge",
    "Järfälla",
    "Lidingö",
    "Nacka",
    "Norrtälje",
    "Sigtuna",
    "Sollentuna",
    "Solna",
    "Stockholm",
    "Sundbyberg",
    "Södertälje",
    "Tyresö",
    "Täby",
    "Upplands Väsby",
    "Vallentuna",
]


def copy_to_this_year(source: Grant, today: date) -> Grant:
    """Return the grant with this year's dates and the budget of ``source``."""
    year = today.year
    agreement = Agreement.objects.create(
        body=source.body,
        title=f"God och nära vård {year} (påhittad, med beloppen från {source.year})",
        year=year,
        parties=source.agreement.parties if source.agreement else "",
        adopted_on=date(year, 1, 31),
    )
    grant = copy_grant(
        source, year=year, agreement=agreement, record_number=f"S/{year % 100}/0026"
    )
    grant.amount = source.amount
    grant.background = (
        "Detta är ett exempel med beloppen från 2020, så att det finns dagar att bevaka."
    )
    grant.unused_rule = grant.unused_rule.replace(str(source.year + 1), str(year + 1))
    grant.save()
    for line, original in zip(
        grant.budget_lines.all(), source.budget_lines.all(), strict=True
    ):
        line.amount = original.amount
        line.save()
    grant.deadlines.all().delete()
    return grant


def set_days(grant: Grant, today: date) -> None:
    """Give the grant its last days: soon for the requisitions, later for the reports."""
    year = today.year
    reminds_from = today - timedelta(days=30)

    def deadline(kind: str, on: date, actor: str, **facts: object) -> Deadline:
        due_on = working_day_before(on)
        return Deadline.objects.create(
            grant=grant,
            kind=kind,
            due_on=due_on,
            moved_from=on if due_on != on else None,
            actor=actor,
            reminds_from=reminds_from,
            **facts,
        )

    deadline("requisition", today + timedelta(days=9), "municipalities")
    deadline(
        "use",
        date(year, 12, 31),
        "municipalities",
        remind_days_before=[30],
        remind_every=None,
    )
    final = deadline("final_report", date(year + 1, 3, 31), "body")
    deadline(
        "final_report",
        final.due_on - timedelta(days=42),
        "municipalities",
        follows=final,
        days_before=42,
    )
    deadline("interim_report", today + timedelta(days=40), "body")
    repayment = deadline("repayment", date(year + 1, 3, 31), "body")
    deadline(
        "repayment",
        repayment.due_on - timedelta(days=30),
        "municipalities",
        follows=repayment,
        days_before=30,
    )


PAID = [
    "Botkyrka",
    "Haninge",
    "Järfälla",
    "Lidingö",
    "Nacka",
    "Sigtuna",
    "Sollentuna",
    "Solna",
    "Tyresö",
    "Täby",
]
"""Those that have had their money already, and have something to report on."""


def fill_answers(answers: Answers, today: date) -> None:
    """Let most have answered in time; two have looked, and the rest have not."""
    given = {
        name: answers.answer(name, today - timedelta(days=20 - place % 14))
        for place, name in enumerate(ANSWERED)
    }
    answers.receive(40_000_000, today - timedelta(days=10), "Kammarkollegiet")
    paid_on = working_day_before(today - timedelta(days=6))
    answers.pay(answers.approve(given[name] for name in PAID), paid_on)
    for name in ["Huddinge", "Värmdö"]:
        mark_opened(answers.allocations[name], by=answers.signatories[name])


def close_earlier_years(body: CoordinatingBody, handler: User) -> None:
    """Note what was due long ago as done."""
    earlier = Deadline.objects.of_body(body).exclude(actor="municipalities")
    DeadlineDone.objects.bulk_create(
        DeadlineDone(deadline=deadline, done_on=deadline.due_on, noted_by=handler)
        for deadline in earlier.filter(due_on__year__lte=2021)
    )


def fill_contacts(body: CoordinatingBody, signatories: dict[str, User]) -> None:
    """Give the municipalities deputies and mailboxes; leave something to see over."""
    now = timezone.now()
    municipalities = {each.name: each for each in body.county.municipalities.all()}
    for place, (name, signatory) in enumerate(signatories.items()):
        municipality = municipalities[name]
        municipality.email = f"kommun@{slugify(name)}.example"
        municipality.save()
        if place % 3 == 0:
            deputy = bodies.make_municipal(
                municipality, "ersattare", "Ersättare", Role.CONTRIBUTOR
            )
            Membership.objects.filter(user=deputy).update(is_deputy=True)
        if name not in {"Ekerö", "Vaxholm", "Nykvarn"}:
            ContactConfirmation.objects.create(
                municipality=municipality,
                confirmed_at=now - timedelta(days=30 + 9 * place),
                confirmed_by=signatory,
            )
    BouncedAddress.objects.create(
        email=signatories["Nykvarn"].email,
        bounced_at=now - timedelta(days=3),
        reason="550 5.1.1 User unknown",
    )
    # Whoever was Vaxholm's contact person has left.
    vaxholm = municipalities["Vaxholm"]
    Membership.objects.within(vaxholm).update(is_contact=False)
    gone = bodies.make_municipal(vaxholm, "kontakt", "Kontakt", Role.CONTRIBUTOR)
    Membership.objects.filter(user=gone).update(
        is_contact=True, valid_until=timezone.localdate() - timedelta(days=12)
    )


def fill_comments(grant: Grant, signatories: dict[str, User], handler: User) -> None:
    """Let two municipalities have asked, and one have had its answer."""
    today = timezone.localdate()

    def say(
        name: str, text: str, by: User, days_ago: int, *, answered: bool = False
    ) -> None:
        at = timezone.make_aware(
            datetime.combine(today - timedelta(days=days_ago), time(10, 24))
        )
        Comment.objects.create(
            grant=grant,
            municipality=Municipality.objects.get(name=name, county=grant.body.county),
            is_shared=True,
            text=text,
            written_by=by,
            written_at=at,
            is_from_municipality=by != handler,
            answered_at=at if answered else None,
        )

    say(
        "Solna",
        "Kan vi använda medlen till handledartimmar för egen personal?",
        signatories["Solna"],
        9,
        answered=True,
    )
    say(
        "Solna",
        "Ja, det går bra. Skriv det under planerad användning i rekvisitionen.",
        handler,
        8,
    )
    say(
        "Huddinge",
        "Vi har bytt bankgiro. Räcker det att vi skriver det nya i rekvisitionen?",
        signatories["Huddinge"],
        1,
    )


def fill(
    distribution: Distribution,
    signatories: dict[str, User],
    people: dict[str, User],
    today: date,
) -> None:
    """Fill the grant that ``distribution`` splits with answers, contacts and questions."""
    grant = distribution.grant
    fill_answers(Answers(distribution, signatories, people), today)
    close_earlier_years(grant.body, people[Role.HANDLER])
    fill_contacts(grant.body, signatories)
    fill_comments(grant, signatories, people[Role.HANDLER])
