"""Two people on the same page, as ``municipalities.editing`` has it."""

from municipalities.editing import Seen, events_of

__all__ = ["Seen", "events_of"]
