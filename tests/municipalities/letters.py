"""Messages for tests."""

from django.utils import timezone

from municipalities.models import Message, Municipality


def make_message(body, **facts):
    """Return a message of the body's log."""
    code = facts.pop("municipality", "0127")
    status = facts.get("status", "queued")
    defaults = {
        "municipality": Municipality.objects.get(code=code) if code else None,
        "kind": "receipt",
        "why": "Kvitto på svaret från Botkyrka kommun",
        "to_email": "kim@botkyrka.example",
        "subject": "Kvitto: Botkyrka kommun",
        "text": "Hej!",
        "html": "<p>Hej!</p>",
        "sent_at": timezone.now() if status == "sent" else None,
    }
    return Message.objects.create(body=body, **defaults | facts)
