"""The matrix: what each cell says, who is missing, what is chosen, shown and exported."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from grants import distribution as distributions
from grants.distribution import decide, revise
from invoices import matrix
from invoices.decision_messages import Nudge
from invoices.matrix import STEPS, Cell, Kind, Mark, Selection
from invoices.matrix_rows import matrix_of
from invoices.models import Step
from invoices.payments import make_batch, read_back
from invoices.requisition import (
    mark_opened,
    note_nudges,
    reject,
    save_draft,
    send_back,
    submit,
)
from municipalities.models import Message, Municipality
from tests.factories import (
    make_answer,
    make_approved,
    make_body,
    make_decided,
    make_draft,
    make_funds,
    make_member,
    make_municipal_member,
    make_released,
    make_requisition,
    make_statistic,
    publish_memo,
)

pytestmark = pytest.mark.django_db

TODAY = date(2020, 6, 1)
AFTER = date(2020, 8, 31)


@dataclass(frozen=True)
class Outcome:
    payment_id: str
    is_paid: bool
    on: date | None = None
    reason: str = ""
    amount: int | None = None


@pytest.fixture
def storsthlm(offered):
    return offered.grant.body


@pytest.fixture
def as_approver(client, approver):
    client.force_login(approver)
    return client


def whole(distribution, today=TODAY):
    return matrix_of(distribution.grant, today)


def row_of(distribution, code="0127", today=TODAY):
    return next(row for row in whole(distribution, today) if row.code == code)


def cells(distribution, code="0127", today=TODAY):
    return row_of(distribution, code, today).cells


def done(day=None):
    return Cell(Kind.SUCCESS, on=day or timezone.localdate())


def address(distribution, query=""):
    return f"/medel/{distribution.grant_id}/svar/{query}"


def table(client, distribution, query=""):
    """Return the rows of the workbook."""
    response = client.get(address(distribution, f"?format=xlsx{query}"))
    return CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)


# The cells ---------------------------------------------------------------------------


def test_nothing_is_offered_before_the_memo(storsthlm):
    decided = make_decided(storsthlm)

    assert cells(decided) == [matrix.NOT_OFFERED, *[matrix.EMPTY] * 4]
    assert row_of(decided).waits_for_answer is False
    publish_memo(decided)
    assert cells(decided) == [
        done(),
        matrix.NOT_OPENED,
        matrix.AWAITED,
        matrix.EMPTY,
        matrix.EMPTY,
    ]
    assert row_of(decided).waits_for_answer is True


def test_cells_follow_an_answer_from_offer_to_approval(offered):
    allocation = offered.allocations.get(municipality__code="0127")
    signatory = make_municipal_member()

    mark_opened(allocation, by=signatory)
    opened = cells(offered)
    save_draft(allocation, {"amount": "12"}, by=signatory)
    begun = cells(offered)
    make_requisition(offered, by=signatory)
    answered = cells(offered)

    assert opened[1:3] == [done(), matrix.AWAITED]
    assert begun[1:3] == [done(), matrix.BEGUN]
    assert answered == [done(), done(), done(), matrix.TO_DECIDE, matrix.EMPTY]


def test_approved_goes_through_a_batch_to_paid(offered):
    approved = make_approved(offered)
    states = [cells(offered)[3:]]
    make_funds(offered.grant)
    body = offered.grant.body
    make_batch(body, [approved], by=make_member(body), execute_on=date(2020, 9, 15))
    states.append(cells(offered)[3:])

    assert states == [[done(), matrix.TO_PAY], [done(), matrix.PLANNED]]


@pytest.mark.parametrize(
    ("is_paid", "last"),
    [(True, Cell(Kind.SUCCESS, on=date(2020, 9, 15))), (False, matrix.FAILED)],
)
def test_bank_says_whether_it_went(offered, is_paid, last):
    batch = make_released(offered)
    sent = cells(offered)[4]
    day = date(2020, 9, 15)
    said = Outcome(batch.payments.get().end_to_end_id, is_paid, day, "Fel konto")
    read_back(batch, [said], by=batch.released_by, today=day)

    assert (sent, cells(offered)[4]) == (matrix.SENT, last)


def test_decline_needs_no_approval(offered):
    make_requisition(offered, amount=0, decline_reason="Nej tack")
    row = row_of(offered)

    assert row.cells[2:] == [
        Cell(Kind.DANGER, matrix.DECLINES, timezone.localdate()),
        matrix.EMPTY,
        matrix.EMPTY,
    ]
    assert [row.lacks(step.name) for step in STEPS] == [False] * 5
    assert row.marks == (Mark.DECLINES,)


def test_returned_and_rejected_are_told_apart(offered, approver):
    send_back(make_requisition(offered), by=approver, reason="Kontot")
    reject(make_requisition(offered, "0160"), by=approver, reason="Fel ändamål")

    assert cells(offered)[2] == matrix.RETURNED
    assert cells(offered, "0160")[2] == matrix.REJECTED


def test_last_day_makes_the_unanswered_late(offered):
    in_time, late = row_of(offered), row_of(offered, today=AFTER)

    assert (in_time.is_late, in_time.cells[2]) == (False, matrix.AWAITED)
    assert (late.is_late, late.cells[2]) == (True, matrix.OVERDUE)


def test_answer_by_mail_was_never_opened(offered, handler):
    allocation = offered.allocations.get(municipality__code="0127")
    submit(allocation, make_answer(10), by=handler, today=TODAY, channel="mail")

    row = row_of(offered)

    assert (row.cells[1], row.lacks("opened")) == (matrix.EMPTY, False)


def test_marks_say_what_to_look_at(offered):
    make_requisition(offered, amount=10, wants_more=True, today=AFTER)
    submit(
        offered.allocations.get(municipality__code="0127"),
        make_answer(11, wants_more=True),
        by=make_municipal_member(),
        today=AFTER,
        seen=1,
    )
    make_requisition(offered, "0160")

    assert row_of(offered).marks == (
        Mark.LATE,
        Mark.PART,
        Mark.CHANGED,
        Mark.WANTS_MORE,
    )
    assert row_of(offered, "0160").marks == ()


def test_new_version_without_more_keeps_the_answer(offered, storsthlm, approver):
    make_requisition(offered)
    version = decide(
        revise(offered, by=make_member(storsthlm), reason="Rättad text"),
        by=approver,
        decided_on=date(2020, 5, 1),
    )

    assert [str(cell.kind) for cell in cells(version)[2:4]] == ["success", "warning"]
    assert cells(version)[0] == done()


# Who is missing, and sums ------------------------------------------------------------


def test_who_is_missing_is_counted_step_by_step(offered):
    make_requisition(offered)
    make_approved(offered, "0160")
    make_requisition(offered, "0163", amount=0)
    rows = whole(offered)

    assert dict(rows.tally.lacking) == {
        "opened": 23,
        "answered": 23,
        "approved": 24,
        "paid": 25,
    }
    assert rows.tally.answered == 3
    assert dict(rows.tally.groups) == {
        "awaited": 23,
        "to_decide": 1,
        "to_pay": 1,
        "declined": 1,
    }


def test_sums_are_of_the_selection(offered):
    botkyrka = make_requisition(offered)
    make_requisition(offered, "0160", amount=7)
    rows = whole(offered)
    chosen = rows.chosen(Selection(name="botk"))

    assert (rows.tally.allocated, rows.tally.claimed, rows.tally.paid) == (
        20_000_000,
        botkyrka.amount + 7,
        0,
    )
    assert (len(chosen), chosen.tally.claimed) == (1, botkyrka.amount)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("?state=to_decide", ["0127", "0160"]),
        ("?late=1", ["0160"]),
        ("?more=1", ["0127"]),
        ("?state=to_decide&more=1", ["0127"]),
        ("?q=täby", ["0160"]),
        ("?q=0127", ["0127"]),
        ("?state=paid", []),
        ("?missing=answered&q=0126", ["0126"]),
        ("?missing=answered&q=0127", []),
        ("?state=påhittat&q=0127", ["0127"]),
    ],
)
def test_page_and_files_show_exactly_the_selection(as_handler, offered, query, codes):
    make_requisition(offered, wants_more=True)
    # In 2020 the last day has passed for all: only the answer's own day counts here.
    make_requisition(offered, "0160", today=AFTER)
    for allocation in offered.allocations.exclude(municipality__code__in=["0127", "0160"]):
        if "late" in query:
            code = allocation.municipality.code
            make_requisition(offered, code, by=make_municipal_member(code))

    response = as_handler.get(address(offered, query))
    rows = table(as_handler, offered, query.replace("?", "&")).to_python()

    assert [row.code for row in response.context["matrix"]] == codes
    assert [row[0] for row in rows[1:]] == codes


def test_file_has_whole_values(as_handler, offered):
    amount = make_requisition(offered, wants_more=True).amount
    day = timezone.localdate()

    [header, row] = table(as_handler, offered, "&q=0127").to_python()

    assert len(header) == len(row) == 23
    assert row[:7] == ["0127", "Botkyrka", amount, amount, 0, 0, 0]
    assert [row[8], row[10], row[12], row[14], row[16]] == [day, "", day, "", ""]
    assert [value for value in header if not value] == []


# The page ----------------------------------------------------------------------------


def test_page_of_another_body_is_not_found(client, offered):
    client.force_login(make_member(make_body("Region Dalarna", "20")))

    assert client.get(address(offered)).status_code == 404


def test_auditor_sees_no_boxes(client, offered, storsthlm):
    client.force_login(make_member(storsthlm, role="auditor"))

    page = client.get(address(offered)).content.decode()

    assert "Botkyrka" in page
    assert 'type="checkbox"' not in page
    assert "/registrera/" not in page


def test_names_lead_to_the_answer_or_the_municipality(as_handler, offered):
    requisition = make_requisition(offered)

    def links(code):
        page = as_handler.get(address(offered, f"?q={code}")).content.decode()
        row = page.split("<tbody>")[1].split("</tbody>")[0]
        return re.findall('href="([^"]+)"', row)

    assert links("0127") == [f"/rekvisitioner/{requisition.pk}/"]
    assert links("0160") == [
        Municipality.objects.get(code="0160").get_absolute_url(),
        address(offered, "registrera/0160/"),
    ]


def test_boxes_can_all_be_ticked_without_javascript(as_handler, offered):
    page = as_handler.get(address(offered, "?chosen=all&q=0127")).content.decode()

    assert page.count(" checked ") == 1
    assert as_handler.get(address(offered)).content.decode().count(" checked ") == 0


def test_draft_alone_has_no_rows(as_handler, storsthlm):
    draft = make_draft(storsthlm)

    response = as_handler.get(address(draft))

    assert (response.status_code, len(response.context["whole"])) == (200, 0)


def everyone(body):
    """Return an offered distribution over all 290 municipalities."""
    values = {
        code: 1000 + 7 * int(code)
        for code in Municipality.objects.values_list("code", flat=True)
    }
    make_statistic(body, values, on=date(2019, 12, 31))
    draft = make_draft(body)
    plan = distributions.plan_of(draft)
    distributions.save(
        draft,
        distributions.Plan(
            plan.budget_amount,
            plan.carry_over_amount,
            plan.rounding,
            plan.parts,
            Municipality.objects.by_code(),
        ),
        by=draft.drafted_by,
    )
    approver = make_member(body, role="approver")
    decided = decide(draft, by=approver, decided_on=date(2020, 3, 16))
    publish_memo(decided)
    return decided


def test_290_municipalities_cost_the_queries_of_26(as_approver, offered, storsthlm):
    make_requisition(offered)
    counts = []
    for distribution in (offered, everyone(storsthlm)):
        for code in ("0127", "0160", "0180"):
            allocation = distribution.allocations.get(municipality__code=code)
            mark_opened(allocation, by=make_municipal_member(code))
            if distribution is not offered:
                make_requisition(distribution, code)
        with CaptureQueriesContext(connection) as queries:
            response = as_approver.get(address(distribution))
        counts.append((len(response.context["whole"]), len(queries)))

    (few, first), (many, second) = counts
    assert (few, many, first) == (26, 290, second)
    # Fifty are shown at a time; those on other pages are chosen with the rest.
    page = as_approver.get(address(distribution, "?chosen=all")).content.decode()
    assert page.count('type="checkbox" name="chosen"') == 50
    assert page.count('name="chosen"') == 290
    assert len(table(as_approver, distribution).to_python()) == 291


# Nudging -----------------------------------------------------------------------------


def nudge(client, distribution, codes, **data):
    return client.post(address(distribution, "paminn/"), {"chosen": codes, **data})


def test_nudge_shows_the_text_before_it_sends(as_handler, offered):
    make_municipal_member("0127", user=None)

    response = nudge(as_handler, offered, ["0127"], note="Hör av er!", preview="1")

    assert "Hör av er!" in response.context["preview"].text
    assert "Botkyrka" in response.context["preview"].text
    assert (Message.objects.count(), Step.objects.count()) == (0, 0)


def test_nudge_goes_to_contacts_and_signatories_first(as_handler, offered, deliver):
    signatory = make_municipal_member("0127")
    make_municipal_member("0127", role="contributor")
    contact = make_municipal_member("0127", role="contributor", is_contact=True)
    only = make_municipal_member("0160", role="contributor")

    nudge(as_handler, offered, ["0127", "0160"], note="", send="1")

    assert sorted(message.to for message in deliver()) == sorted(
        [each.email] for each in (signatory, contact, only)
    )
    steps = Step.objects.filter(kind="nudged")
    assert sorted(steps.values_list("allocation__municipality__code", flat=True)) == [
        "0127",
        "0160",
    ]
    assert row_of(offered).nudged_on == timezone.localdate()


def test_nudge_names_those_without_a_recipient(as_handler, offered):
    make_municipal_member("0127", valid_until=date(2019, 12, 31))

    response = nudge(as_handler, offered, ["0127"])
    sent = nudge(as_handler, offered, ["0127"], note="", send="1")

    assert [row.name for row in response.context["without"]] == ["Botkyrka"]
    assert response.context["reached"] == []
    assert sent.status_code == 200
    assert (Message.objects.count(), Step.objects.count()) == (0, 0)


def test_nudge_leaves_those_who_have_answered(as_handler, offered):
    make_requisition(offered)
    make_municipal_member("0160")

    response = nudge(as_handler, offered, ["0127", "0160"])

    assert [row.name for row in response.context["answered"]] == ["Botkyrka"]
    assert [row.code for row, __ in response.context["reached"]] == ["0160"]


def test_nudge_needs_somebody(as_handler, offered):
    assert nudge(as_handler, offered, []).status_code == 302
    assert nudge(as_handler, offered, ["0880"]).status_code == 302


def test_nudge_goes_to_the_mailbox_where_nobody_has_access(as_handler, offered):
    Municipality.objects.filter(code="0127").update(email="kommun@botkyrka.example")

    nudge(as_handler, offered, ["0127"], note="", send="1")

    [message] = Message.objects.all()
    assert (message.to_email, message.kind) == ("kommun@botkyrka.example", "nudge")
    assert message.about.grant == offered.grant


@pytest.mark.parametrize(
    ("days", "refuses_late", "words"),
    [
        (3, False, "Sista dag är"),
        (-3, False, "svaret märks som sent"),
        (-3, True, "Det går inte längre att svara"),
    ],
)
def test_nudge_says_what_the_last_day_means(offered, days, refuses_late, words):
    grant = offered.grant
    grant.refuses_late = refuses_late
    nudge = Nudge(grant, timezone.localdate() + timedelta(days=days))

    assert words in nudge.preview("Botkyrka kommun").text


def test_many_nudges_cost_as_much_as_one(as_handler, offered):
    codes = ["0127", "0160", "0180"]
    for code in codes:
        make_municipal_member(code)
    counts = []
    for chosen in (codes[:1], codes):
        with CaptureQueriesContext(connection) as queries:
            nudge(as_handler, offered, chosen, note="", send="1")
        counts.append(len(queries))

    assert (Message.objects.count(), counts[0]) == (4, counts[1])


def test_nudged_day_is_shown_until_there_is_an_answer(as_handler, offered, handler):
    allocation = offered.allocations.get(municipality__code="0127")
    note_nudges([allocation], by=handler)

    def notes():
        page = as_handler.get(address(offered, "?q=0127")).content.decode()
        return page.split('class="matrix__marks"')[1].split("</td>")[0]

    before = notes()
    make_requisition(offered)
    assert f"{timezone.localdate().day} " in before
    assert "span" not in notes()
