"""What the tests of reporting may ask for."""

from copy import deepcopy

import pytest

from reporting import memo as memos
from tests.factories import make_body
from tests.reporting.memos import make_decided_near_care, make_memo
from tests.reporting.reminding import (  # noqa: F401 (fixtures)
    blekinge,
    clock,
    county,
    server,
)


@pytest.fixture(scope="module")
def decided_once(once):
    """A grant with a decided distribution, made once for a module's tests."""
    return make_decided_near_care(make_body())


@pytest.fixture
def grant(decided_once):
    """A copy of it: what a test changes of the instance is not there for the next."""
    return deepcopy(decided_once)


@pytest.fixture
def memo(grant):
    """A draft that can be published."""
    return make_memo(grant.body, grant=grant)


@pytest.fixture
def published(quick_pdf, memo):
    """A published memo, with a file that is not read."""
    return memos.publish(memo, by=memo.created_by)
