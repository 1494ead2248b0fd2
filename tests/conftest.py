"""What every test may ask for: places in the database, and people signed in."""

import gc

import pytest
from django.conf import settings
from django.db import transaction

from municipalities.models import Municipality
from municipalities.places import load_places
from tests import factories
from tests.municipalities.messages import deliver, make_queue, queue  # noqa: F401

# Thousands of tests and their modules live to the end: to look through them for rubbish
# again and again takes a quarter of the time it takes to collect them.
gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish():
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Every test starts with the country's counties and municipalities."""
    with django_db_blocker.unblock():
        make_queue()
        load_places()
    # Emptying the tables counts as migrating; the triggers are there already.
    settings.PGTRIGGER_INSTALL_ON_MIGRATE = False


@pytest.fixture
def places(db):
    """The country again, after a test that emptied the tables for real."""
    if not Municipality.objects.exists():
        load_places()


@pytest.fixture(scope="module")
def once(django_db_setup, django_db_blocker):
    """A transaction around the tests of a module: what a fixture makes in it is made once.

    Each test still undoes what it does itself. Tests that want an empty database stand
    before the first one that asks for this.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        if not Municipality.objects.exists():
            load_places()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def storsthlm(places):
    """Stockholm county's body."""
    return factories.make_body()


@pytest.fixture
def handler(storsthlm):
    """A handler at Storsthlm."""
    return factories.make_member(storsthlm, role="handler")


@pytest.fixture
def approver(storsthlm):
    """An approver at Storsthlm."""
    return factories.make_member(storsthlm, role="approver")


@pytest.fixture
def as_handler(client, handler):
    """A browser in which the handler is signed in."""
    client.force_login(handler)
    return client


@pytest.fixture
def quick_pdf(monkeypatch):
    """Memos become files at once, for tests that do not read them: text as it stands."""
    monkeypatch.setattr(
        "reporting.memo.render_pdf",
        lambda html, pictures=None: b"%PDF-1.7\n" + html.encode(),
    )
