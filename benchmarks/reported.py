"""Many municipalities' reports of forty questions, quickly."""

from django.utils import timezone

from benchmarks.test_matrix import answer_all
from municipalities.models import Municipality
from reporting.models import Report, ReportVersion
from reporting.report_facts import facts_by_municipality
from reporting.report_form import (
    Check,
    Condition,
    Form,
    Kind,
    Option,
    Question,
    Section,
    fields_of,
)
from tests.factories import make_member, make_offered
from tests.invoices.test_matrix import everyone
from tests.reporting.reports import open_round_of

YES_NO = (Option("ja", "Ja"), Option("nej", "Nej"))
GROUPS = tuple(
    Option(key, key.capitalize())
    for key in ("personal", "lokaler", "konsulter", "resor", "annat")
)
TEXT = (
    "Under året har kommunen prövat nya arbetssätt tillsammans med regionen. Flera "
    "verksamheter har deltagit, och uppföljningen visar att fler har fått stöd i tid.\n\n"
    "Arbetet fortsätter nästa år med samma inriktning."
)


def section_of(number):
    """Return a section of eight questions: five of them make forty."""
    first = Question(f"val_{number}", Kind.CHOICE, f"Val {number}", options=YES_NO)
    return Section(
        f"avsnitt_{number}",
        f"Avsnitt {number}",
        (
            first,
            Question(f"text_{number}_a", Kind.TEXT, f"Hur har det gått i del {number}?"),
            Question(
                f"text_{number}_b",
                Kind.TEXT,
                f"Vilka utmaningar finns i del {number}?",
                condition=Condition(first.key, ("ja",)),
            ),
            Question(f"text_{number}_c", Kind.TEXT, f"Vad planeras i del {number}?"),
            Question(f"antal_{number}", Kind.NUMBER, f"Antal deltagare i del {number}"),
            Question(f"kronor_{number}", Kind.KRONOR, f"Kostnad för del {number}"),
            Question(f"annat_{number}", Kind.CHOICE, f"Annat val {number}", options=YES_NO),
            last_of(number),
        ),
    )


def last_of(number):
    """Return the large question of a section."""
    if number == 1:
        return Question("anvant", Kind.PURPOSES, "Använt till varje syfte", name="använt")
    if number == 2:
        return Question(
            "kostnader", Kind.COSTS, "Kostnader", name="kostnader", groups=GROUPS
        )
    return Question(f"insatser_{number}", Kind.ACTIVITIES, f"Insatser i del {number}")


FORM = Form(
    title="Fyrtio frågor",
    sections=tuple(section_of(number) for number in range(1, 6)),
    checks=(Check("använt <= utbetalat", is_blocking=False),),
)
assert len(FORM.questions) == 40


def answers_of(form, place):
    """Return one municipality's answers: all questions, somewhat its own."""
    answers = {}
    for question in form.questions:
        if question.kind is Kind.CHOICE:
            answers[question.key] = YES_NO[place % 2].key
        elif question.kind is Kind.TEXT:
            answers[question.key] = f"Kommun {place}. {TEXT}"
        elif question.kind is Kind.ACTIVITIES:
            for number in range(1, 5):
                answers |= {
                    f"{question.key}.{number}.text": f"Insats {number} i kommun {place}",
                    f"{question.key}.{number}.state": ("done", "planned")[number % 2],
                    f"{question.key}.{number}.comment": "Genomfördes med skolan.",
                }
        else:
            for each in fields_of(question, {}):
                answers[each.name] = f"{1000 + place}" if each.is_amount else "Enligt plan"
    return answers


def make_reported(body, municipalities=290):
    """Return an open round that all municipalities, or so many of them, have answered."""
    offered = everyone(body) if municipalities > 26 else make_offered(body)
    answer_all(offered)
    # Only a county's own report to its body: here the country is one.
    Municipality.objects.exclude(county=body.county).update(county=body.county)
    found = open_round_of(offered.grant, form=FORM)
    by = make_member(body)
    form = found.read
    places = Municipality.objects.filter(allocations__distribution=offered).order_by("code")
    facts = facts_by_municipality(found.grant)
    reports = Report.objects.bulk_create(
        Report(round=found, municipality=place, created_by=by)
        for place in places[:municipalities]
    )
    ReportVersion.objects.bulk_create(
        ReportVersion(
            report=report,
            answers=answers_of(form, place),
            facts=facts.get(report.municipality_id, {}),
            signed_name="Kim Berg",
            submitted_by=by,
            submitted_at=timezone.now(),
        )
        for place, report in enumerate(reports)
    )
    Report.objects.filter(round=found).update(status=Report.Status.SUBMITTED)
    return found
