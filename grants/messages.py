"""Messages about a grant."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from grants.models import Grant, GrantMessage
from municipalities import messages
from municipalities.messages import Letter
from municipalities.models import Message


def post(kind: str, *, grant: Grant, **message: Any) -> list[Message]:
    """Write a message about the grant, as ``municipalities.messages.post`` does.

    The body is the grant's, and answers go to its mailbox for questions.
    """
    message.setdefault("reply_to", grant.questions_to)
    written = messages.post(kind, body=grant.body, **message)
    GrantMessage.objects.bulk_create(
        GrantMessage(message=each, grant=grant) for each in written
    )
    return written


def post_each(
    kind: str, letters: Iterable[tuple[Grant, Letter]], **shared: Any
) -> list[Message]:
    """Write letters about grants of one body, as ``municipalities.messages`` does.

    The number of queries does not follow how many they are.
    """
    letters = list(letters)
    if not letters:
        return []
    written = messages.post_each(
        kind, [letter for _grant, letter in letters], body=letters[0][0].body, **shared
    )
    GrantMessage.objects.bulk_create(
        GrantMessage(message=message, grant=grant)
        for (grant, _letter), own in zip(letters, written, strict=True)
        for message in own
    )
    return list(chain.from_iterable(written))
