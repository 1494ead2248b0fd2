"""What every test may ask for: places in the database, and people signed in."""

import gc
from copy import deepcopy

import hypothesis
import pytest
from _pytest.doctest import DoctestModule
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models.signals import post_migrate

from municipalities.models import Municipality
from municipalities.places import load_places
from tests import factories
from tests.municipalities.messages import deliver, make_queue, queue  # noqa: F401

# Thousands of tests and their modules live to the end: to look through them for rubbish
# again and again takes a quarter of the time it takes to collect them.
gc.set_threshold(100_000, 50, 100)


# A machine with other things to do takes long over an example: that tells nothing of it.
# Each run tries other examples, so a few less each time find as much in the end.
hypothesis.settings.register_profile(
    "patient",
    max_examples=50,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    """The tests' own modules hold no doctests: to look for any takes time."""
    return [each for each in (yield) if not isinstance(each, DoctestModule)]


def pytest_addoption(parser):
    parser.addoption(
        "--database",
        action="store_true",
        help="only what asks the database; of the pages, each once",
    )


def pytest_collection_modifyitems(config, items):
    """Begin with the longest ways through the product: at the end, one would run alone."""
    items.sort(key=lambda item: "walkthrough" not in item.path.name)
    if config.getoption("--database", default=False):
        leave_out_pages(config, items)


def leave_out_pages(config, items):
    """Leave out what another PostgreSQL could not change the answer of.

    What asks the database alone what it refuses or holds stays: constraints, triggers and
    locks on real connections. So do the migrations, the demo, which uses every verb, and
    `test_access`, which opens every address, here as one who may: no query is in words that
    an older server does not know.
    """
    kept, left_out = [], []
    for item in items:
        (kept if asks_the_database(item) else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


WHOLE = {"test_access.py", "test_demo.py", "test_migrations.py", "test_prepared.py"}
REFUSALS = {"DatabaseError", "IntegrityError", "OperationalError", "is_refused_by_trigger"}


def asks_the_database(item):
    """Return whether another PostgreSQL might answer the test in another way."""
    if item.path.name in WHOLE:
        return True
    marker = item.get_closest_marker("django_db")
    if marker is None:
        return False
    return marker.kwargs.get("transaction", False) or mentions_refusals(item.function)


def mentions_refusals(function):
    """Return whether a test, or a function of its module that it calls, names a refusal."""
    names = set(names_in(function.__code__))
    helpers = [function.__globals__.get(name) for name in names]
    for helper in helpers:
        if getattr(helper, "__globals__", None) is function.__globals__:
            names.update(names_in(getattr(helper, "__code__", None)))
    return bool(names & REFUSALS)


def names_in(code):
    """Yield the names that a function mentions, also in functions within it."""
    if code is not None:
        yield from code.co_names
        for constant in code.co_consts:
            if hasattr(constant, "co_names"):
                yield from names_in(constant)


def pytest_collection_finish():
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Every test starts with the country's counties and municipalities."""
    with django_db_blocker.unblock():
        make_queue()
        load_places()
    # Emptying the tables after a test on real connections counts as migrating. The triggers
    # are there already, and Django's permissions are asked for by nobody; the country is
    # not there, and the next test wants it.
    settings.PGTRIGGER_INSTALL_ON_MIGRATE = False
    post_migrate.disconnect(
        dispatch_uid="django.contrib.auth.management.create_permissions"
    )
    sender = apps.get_app_config("municipalities")
    post_migrate.connect(load_country, sender=sender)
    connection.ops.sql_flush = empty_tables
    yield
    post_migrate.disconnect(load_country, sender=sender)
    # A page that a browser left half read may still hold the database, which goes now.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def load_country(**_kwargs):
    load_places()


def empty_tables(_style, tables, **_options):
    """Return what empties the tables after a test on real connections.

    To truncate makes a new file for each table and index, most of them empty already: that
    takes thirty times as long. Neither triggers nor references are asked on the way.
    """
    quote = connection.ops.quote_name
    emptied = ";".join(f"DELETE FROM {quote(table)}" for table in tables)
    return ["SET LOCAL session_replication_role = replica", emptied]


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


@pytest.fixture(scope="module")
def offered_once(once):
    """A distribution that municipalities may answer, made once for a module's tests."""
    return factories.make_offered(factories.make_body())


@pytest.fixture
def offered(offered_once):
    """A copy of it: what a test changes of the instance is not there for the next."""
    return deepcopy(offered_once)


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


RENDERING = (
    *("memo", "overview", "printing", "repayment_letter", "report_pdf"),
    *("requisition_pdf", "national_report_pdf"),
)
"""The modules of reporting that typeset a document."""


@pytest.fixture
def quick_pdf(monkeypatch):
    """Documents become files at once, for tests that do not read them: text as it is."""
    for name in RENDERING:
        monkeypatch.setattr(f"reporting.{name}.render_pdf", as_it_is)


def as_it_is(html, pictures=None, enclosed=()):
    return b"%PDF-1.7\n" + html.encode()
