"""Messages in tests: sent at once, to be read in a list."""

import pytest
from django.core import mail

from municipalities import outbox


@pytest.fixture
def deliver(db):
    """Send what is written and due, and return all the e-mails that have gone."""

    def deliver(**how):
        outbox.deliver(**how)
        return mail.outbox

    return deliver
