"""Messages about a grant."""

from typing import Any

from grants.models import Grant, GrantMessage
from municipalities import messages
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
