"""From proposed last days to reminders, questions and a calendar: a handler, Botkyrka."""

from datetime import timedelta
from email.utils import parseaddr

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar
from playwright.sync_api import expect

from grants.models import Deadline
from grants.working_days import is_day_off
from municipalities.models import Message
from tests import factories
from tests.browser import launch, open_page
from tests.walk import PASSWORD, PATIENCE, Walk, t

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HANDLER = "handlaggare@storsthlm.example"
BOTKYRKA = "ansvarig@botkyrka.example"


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once; it may take its time on a busy machine."""
    expect.set_options(timeout=PATIENCE)
    with launch() as browser:
        yield browser


@pytest.fixture
def grant(places, settings, live_server):
    """A grant that is offered, and that nobody has set more than one last day for."""
    settings.SITE_URL = live_server.url
    body = factories.make_body(questions_email="stimulansmedel@storsthlm.example")
    factories.make_member(
        body,
        role="handler",
        user=factories.make_user(HANDLER, PASSWORD, first_name="Handläggaren"),
    )
    factories.make_municipal_member(
        "0127",
        user=factories.make_user(BOTKYRKA, first_name="Botkyrkas ansvariga"),
        is_contact=True,
    )
    grant = factories.make_offered(body).grant
    year = timezone.localdate().year
    grant.uses_from, grant.uses_until = f"{year}-01-01", f"{year}-12-31"
    grant.repay_to = "Kammarkollegiet"
    grant.save()
    grant.deadlines.all().delete()
    return grant


def weekend(days_ahead):
    """Return a Saturday some days ahead."""
    day = timezone.localdate() + timedelta(days=days_ahead)
    return day + timedelta(days=(5 - day.weekday()) % 7)


def sent_to(address):
    """Return the subjects of what has been sent to somebody."""
    return [message.subject for message in mail.outbox if message.to == [address]]


def test_nobody_has_to_keep_a_calendar_of_their_own(browser, live_server, grant, deliver):
    handler = Walk(open_page(browser), live_server.url)
    handler.sign_in(HANDLER)
    propose_days(handler, grant)
    due = move_the_requisition(handler, grant)

    remind(handler, grant)
    deliver()
    subjects = sent_to(BOTKYRKA)
    assert len(subjects) == 1
    assert str(grant) in subjects[0]
    [reminder] = [message for message in mail.outbox if message.to == [BOTKYRKA]]
    assert parseaddr(reminder.from_email)[0] == "Storsthlm"
    assert reminder.extra_headers["Auto-Submitted"] == "auto-generated"
    turn_off = reminder.extra_headers["List-Unsubscribe"].strip("<>")

    botkyrka = Walk(open_page(browser), live_server.url)
    botkyrka.sign_in_by_code(BOTKYRKA)
    confirm_contacts(botkyrka)
    ask(botkyrka, grant)
    assert subscribe(botkyrka, browser, grant)[due] == 1
    deliver()
    assert sent_to("stimulansmedel@storsthlm.example")

    answer(handler, grant)
    before = len(sent_to(BOTKYRKA))
    deliver()
    assert len(sent_to(BOTKYRKA)) == before + 1

    read_the_log(handler)
    change_words(handler)
    look_at_contacts(handler)

    botkyrka.page.goto(turn_off)
    botkyrka.look()
    botkyrka.press("Turn off the reminders")
    botkyrka.look()

    assert handler.wrong == {}
    assert botkyrka.wrong == {}


def propose_days(walk, grant):
    """Take the usual last days as they are proposed."""
    walk.open(reverse("reporting:deadline_list", args=[grant.pk]))
    walk.look()
    walk.open(reverse("grants:deadline_propose", args=[grant.pk]))
    walk.look()
    walk.press("Save the chosen")
    walk.look()
    kinds = set(grant.deadlines.values_list("kind", "actor"))
    assert {
        ("requisition", "municipalities"),
        ("final_report", "body"),
        ("final_report", "municipalities"),
        ("repayment", "body"),
    } <= kinds
    # The period of use ends when it ends.
    moved = grant.deadlines.exclude(kind="use")
    assert not any(is_day_off(deadline.due_on) for deadline in moved)


def move_the_requisition(walk, grant):
    """Move a last day to a Saturday, and see what becomes of it before it is saved."""
    deadline = Deadline.objects.answers().get(grant=grant)
    saturday = weekend(30)
    walk.open(reverse("reporting:deadline_edit", args=[deadline.pk]))
    walk.look()
    walk.fill({"last day": saturday.isoformat()})
    walk.press("Save")
    walk.look()
    deadline.refresh_from_db()
    assert deadline.due_on != saturday
    tell = walk.page.get_by_label(t("E-mail those who have something left to do"))
    if tell.count():
        tell.uncheck()
    walk.press("Save")
    walk.look()
    deadline.refresh_from_db()
    assert not is_day_off(deadline.due_on)
    assert deadline.due_on < saturday
    return deadline.due_on


def remind(walk, grant):
    """Look at the plan, pause it, resume it, and send now."""
    deadline = Deadline.objects.answers().get(grant=grant)
    walk.open(reverse("reporting:reminder_plans"))
    walk.look()
    walk.open(reverse("reporting:reminder_plan", args=[grant.pk]))
    walk.look()
    walk.page.get_by_role("button", name=t("Pause")).first.click()
    walk.look()
    walk.page.get_by_role("button", name=t("Resume")).first.click()
    walk.open(reverse("reporting:reminder_send", args=[deadline.pk]))
    walk.look()
    walk.press("Remind now")
    walk.look()


def confirm_contacts(walk):
    """See the notice, and confirm with one click."""
    walk.look()
    walk.page.get_by_role("button", name=t("The contacts are right")).click()
    walk.is_told("Thank you. The contacts are confirmed for a year.")
    walk.look()


def ask(walk, grant):
    """Ask about the grant."""
    walk.open(reverse("reporting:offer_comments", args=[grant.pk]))
    walk.look()
    walk.fill({"your comment": "Får medlen användas till handledare?"})
    walk.page.locator(".comment-form button[type=submit]").click()
    walk.look()
    expect(walk.page.get_by_text("Får medlen användas till handledare?")).to_be_visible()


def subscribe(walk, browser, grant):
    """Make an address for a calendar program; return how many entries there are by day."""
    walk.open(reverse("reporting:calendar"))
    walk.look()
    walk.open(reverse("reporting:calendar") + "?visa=lista")
    walk.look()
    walk.open(reverse("reporting:calendar_subscribe"))
    walk.look()
    walk.press("Make an address")
    walk.look()
    url = walk.page.locator(".feed-address").inner_text().strip()
    feed = Calendar.from_ical(open_page(browser).request.get(url).body())
    days = [event.decoded("DTSTART") for event in feed.walk("VEVENT")]
    return {day: days.count(day) for day in days}


def answer(walk, grant):
    """Find the question on the start page, and answer it."""
    walk.open("/")
    walk.look()
    walk.page.get_by_role("link", name=t("Read and answer")).first.click()
    walk.look()
    walk.open(reverse("reporting:comment_thread", args=[grant.pk, "0127"]))
    walk.look()
    walk.fill({"your comment": "Ja, det får de."})
    choice = walk.page.get_by_label(t("Only we, as an internal note"))
    expect(choice).to_be_visible()
    walk.page.locator(".comment-form input[type=radio]").first.check()
    walk.page.locator(".comment-form button[type=submit]").click()
    walk.look()


def read_the_log(walk):
    """Read what has been sent, and one of the messages."""
    walk.section("Messages", "section")
    message = Message.objects.filter(to_email=BOTKYRKA, status="sent").first()
    walk.open(message.get_absolute_url())
    walk.look()


def change_words(walk):
    """Change the words of the reminders, and look at what becomes of them."""
    walk.open(reverse("municipalities:messagetemplate_list"))
    walk.look()
    walk.open(reverse("municipalities:messagetemplate_update", args=["reminder"]))
    walk.look()
    text = walk.field("text")
    text.fill(f"{text.input_value()}\n\nFrågor: [[frågor]]")
    walk.press("Save")
    walk.is_told("The words are saved.")
    walk.look()


def look_at_contacts(walk):
    """Look at what there is to see over."""
    walk.open(reverse("municipalities:contacts_watch"))
    walk.look()
