"""Tell whether somebody sends the messages, for those who watch the installation."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateWorker

from municipalities.outbox import is_standing_still

SEEN_WITHIN = timedelta(minutes=1)
"""A worker says that it is alive every ten seconds."""


class Command(BaseCommand):
    """Ends with 1 when nobody does, so that what runs it can tell."""

    help = "Tell whether a worker runs and messages go out; exit with 1 when not."

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at the workers' signs of life, and at what waits."""
        now = timezone.now()
        if not ProcrastinateWorker.objects.filter(
            last_heartbeat__gte=now - SEEN_WITHIN
        ).exists():
            raise CommandError(_("No worker runs."), returncode=1)
        if is_standing_still(now):
            raise CommandError(_("Messages stand still."), returncode=1)
        self.stdout.write(_("A worker runs, and no message stands still."))
