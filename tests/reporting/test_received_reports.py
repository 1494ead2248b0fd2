"""What staff see and do on the pages about reports that have come in."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invoices.models import Settlement
from municipalities.models import Message, Municipality
from reporting.models import CompletionRequest, Report
from reporting.received import Show, Stage, received_in
from reporting.report import begin_correction, hand_over
from tests.factories import make_body, make_member, make_municipal_member, make_user
from tests.invoices.settling import settled
from tests.reporting.report_rounds import make_deadline
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    make_sent,
    open_round_of,
    send,
    write,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)
CODES = ("0114", "0127", "0160", "0180", "0126")


def url(name, found, code=None, **more):
    arguments = {"pk": found.grant_id, "number": found.pk} | more
    if code:
        arguments["code"] = code
    return reverse(f"reporting:received_report_{name}", kwargs=arguments)


def stages(found):
    rows = received_in(found, TODAY).rows
    return {row.municipality.code: row.stage for row in rows}


def told(response):
    return [str(each) for each in response.context["messages"]]


def test_round_says_how_far_each_has_come(as_handler, storsthlm):
    found = make_open_round(storsthlm, codes=CODES)
    make_report(found, "0114")
    hand_over(
        write(make_report(found, "0127"), final_answers(found)),
        by=make_municipal_member("0127"),
    )
    make_sent(found, "0160")
    ask(as_handler, found, make_sent(found, "0180"))
    accept(as_handler, found, make_sent(found, "0126"))

    page = as_handler.get(found.get_absolute_url())
    received = page.context["received"]
    assert [row.stage for row in received.rows if row.municipality.code in CODES] == [
        Stage.RETURNED if row.municipality.code == "0180" else row.stage
        for row in received.rows
        if row.municipality.code in CODES
    ]
    found_stages = stages(found)
    assert {code: found_stages[code] for code in CODES} == {
        "0114": Stage.BEGUN,
        "0127": Stage.HANDED_OVER,
        "0160": Stage.SENT,
        "0180": Stage.RETURNED,
        "0126": Stage.ACCEPTED,
    }
    all_of_them = len(received.rows)
    assert (received.reported, received.to_complete, received.accepted) == (2, 1, 1)
    assert received.lacking == all_of_them - 3
    missing = as_handler.get(found.get_absolute_url(), {"visa": "saknas"})
    assert len(missing.context["rows"]) == all_of_them - 3
    to_read = as_handler.get(found.get_absolute_url(), {"visa": "att-lasa"})
    assert [row.municipality.code for row in to_read.context["rows"]] == ["0160"]
    odd = as_handler.get(found.get_absolute_url(), {"visa": "x"})
    assert odd.context["show"] is Show.ALL


def ask(client, found, report, **more):
    data = {
        "sections": ["insatser"],
        "reason": "Beskriv hur många ni har nått.",
        "due_on": "2098-12-01",
        "seen": 1,
    }
    address = url("complete", found, report.municipality.code)
    return client.post(address, data | more, follow=True)


def accept(client, found, report, **more):
    data = {"seen": 1, "settled": 0, "used": "80", "to_repay": "20", "carried_over": ""}
    address = url("accept", found, report.municipality.code)
    return client.post(address, data | more, follow=True)
