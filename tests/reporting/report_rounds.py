"""Report forms and rounds for the tests."""

from datetime import date

from grants.models import Deadline
from reporting.form_building import fix, latest_of, start
from reporting.ready_made_forms import FINAL, READY_MADE
from reporting.rounds import start as start_round
from tests.factories import make_member


def make_form(body, form=FINAL, kind="final"):
    """Return a form with a draft."""
    return start(body, form, kind=kind)


def make_fixed(body, kind="final", form=None):
    """Return a version that is in use."""
    made = make_form(body, form or READY_MADE[kind], kind)
    return fix(made, by=make_member(body))


def make_deadline(grant, kind="final_report", due_on=date(2099, 1, 15), **facts):
    return Deadline.objects.create(grant=grant, kind=kind, due_on=due_on, **facts)


def make_round(grant, version=None, **facts):
    """Return a round that nobody has been asked in."""
    version = version or make_fixed(grant.body)
    facts = {
        "kind": "final",
        "opens_on": date(2026, 1, 1),
        "recipient": "Socialstyrelsen",
    } | facts
    if "deadline" not in facts:
        facts["deadline"] = make_deadline(grant)
    return start_round(grant, version=version, **facts)


def read(form):
    """Return the form as its latest version has it."""
    return latest_of(form).read
