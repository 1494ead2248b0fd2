"""Report forms and rounds in a real browser: every state, wide, narrow and dark."""

from datetime import date

import pytest
from django.urls import reverse

from grants.models import Deadline
from reporting import form_building as building
from reporting import rounds
from reporting.ready_made_forms import COSTS, FINAL
from reporting.report_form import Check, Form, Kind, Question
from tests.browser import launch, open_page, sign_in
from tests.factories import make_body, make_member, make_municipal_member, make_offered
from tests.reporting.report_rounds import make_fixed, make_form, make_round
from tests.reporting.reports import make_report, make_sent, open_round_of
from tests.walk import Walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser():
    with launch() as browser:
        yield browser


@pytest.fixture
def body(places):
    return make_body()


@pytest.fixture
def walk(browser, live_server, body):
    """A handler at the browser."""
    page = open_page(browser)
    sign_in(page, live_server.url, make_member(body))
    yield Walk(page, live_server.url)
    page.context.close()


def at(name, *args):
    return reverse(f"reporting:report_{name}", args=args)


def see(walk, *addresses):
    """Look at each page."""
    for address in addresses:
        walk.open(address)
        walk.look()


def odd(form):
    """Return the form with all that can be wrong in words."""
    within = form.sections[0]
    unclear = Question("oklar", Kind.CHOICE, "Vad?", help="Välj.")
    first = type(within)(within.key, within.title, (*within.questions, unclear))
    checks = (Check("använt ="), Check("finns inte = 1"), Check("använt >= 0", "", False))
    return Form(form.title, (first, *form.sections[1:]), checks, form.introduction)


def test_form_is_built_tried_and_taken_into_use(walk, body):
    see(walk, at("form_list"), at("form_create"))
    draft = make_form(body)
    faulty = make_form(body, odd(COSTS), "costs")
    empty = building.start(body, building.empty("Tomt"), kind="other")
    fixed = make_fixed(body, "interim").form
    building.revise(fixed)
    question = "form_question"
    see(
        walk,
        at("form_list"),
        at("form_detail", draft.pk),
        at("form_detail", faulty.pk),
        at("form_detail", empty.pk),
        at("form_detail", fixed.pk) + "?version=1",
        at("form_head", draft.pk),
        at("form_section_add", draft.pk),
        at("form_section", draft.pk, "medel"),
        at("form_add", draft.pk, "medel") + f"?slag={Kind.COSTS}",
        at(question, draft.pk, "samverkan"),
        at(question, draft.pk, "samverkan_hur"),
        at(question, faulty.pk, "kostnader"),
        at("form_checks", faulty.pk),
        at("form_remove", draft.pk, "avsnitt", "medel"),
        at("form_remove", draft.pk, "fraga", "anvant"),
        at("form_fix", draft.pk),
        at("form_fix", faulty.pk),
        at("form_discard", draft.pk),
        at("form_history", fixed.pk),
    )
    for form in (draft, faulty):
        see(walk, at("form_preview", form.pk))
    assert walk.wrong == {}


def test_form_that_is_tried_says_what_is_wrong(walk, body):
    draft = make_form(body, FINAL)
    walk.open(at("form_preview", draft.pk))
    page = walk.page
    page.fill("[name='anvant.syfte_1']", "många")
    page.fill("[name='aterbetalas']", "-1")
    page.fill("[name='insatser.1.comment']", "Vi hann inte.")
    page.locator("main form button[type=submit]").first.click()
    page.locator(".error-summary a").first.wait_for()
    walk.look()
    for name, amount in [("anvant.syfte_1", "7"), ("anvant.syfte_2", "8")]:
        page.fill(f"[name='{name}']", amount)
    page.fill("[name='aterbetalas']", "9")
    page.locator("main form button[type=submit]").first.click()
    page.get_by_text("24").first.wait_for()
    walk.look()
    walk.open(at("form_head", draft.pk))
    page.fill("[name=title]", " ")
    page.locator("main form button[type=submit]").first.click()
    page.locator(".error-summary a").first.wait_for()
    walk.look()

    assert walk.wrong == {}


def test_round_is_prepared_opened_and_followed(walk, body):
    offered = make_offered(body)
    grant = offered.grant
    see(walk, at("round_list", grant.pk))
    fixed = make_fixed(body)
    Deadline.objects.create(grant=grant, kind="final_report", due_on=date(2099, 1, 15))
    see(walk, at("round_list", grant.pk), at("round_create", grant.pk))
    prepared = make_round(grant, fixed, kind="other")
    made = (grant.pk, prepared.pk)
    see(
        walk,
        at("round_list", grant.pk),
        at("round_detail", *made),
        at("round_edit", *made),
        at("round_open", *made),
        at("round_delete", *made),
    )
    grant.purposes.all().delete()
    see(walk, at("round_detail", *made), at("round_open", *made))
    grant.purposes.create(heading="Utveckla förutsättningarna på arbetsplatsen")
    make_municipal_member("0127")
    rounds.open_round(prepared, by=make_member(body))
    final = open_round_of(grant)
    make_sent(final, "0127", used=0, to_repay=0)
    make_report(final, "0160")
    see(
        walk,
        at("round_list", grant.pk),
        at("round_detail", grant.pk, final.pk),
        at("round_edit", grant.pk, final.pk),
        at("round_invite", grant.pk, final.pk),
    )

    assert walk.wrong == {}
