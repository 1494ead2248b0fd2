"""Load counties and municipalities; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand

from municipalities.places import load_places


class Command(BaseCommand):
    """Say how much was added or changed."""

    help = "Load Sweden's counties and municipalities. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and tell."""
        counties, municipalities = load_places()
        self.stdout.write(
            f"{counties} counties and {municipalities} municipalities added or changed."
        )
