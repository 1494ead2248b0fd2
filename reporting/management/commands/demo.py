"""Fill an empty database with the demo data, and tell the accounts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reporting import demo
from reporting.demo import bodies

MUNICIPALITIES = [
    ("botkyrka", "Botkyrka: en redovisning väntar på underskrift"),
    ("huddinge", "Huddinge: ett erbjudande att svara på"),
    ("nykvarn", "Nykvarn: har pengar att betala tillbaka"),
    ("sigtuna", "Sigtuna: ska komplettera sin redovisning"),
    ("solna", "Solna: har börjat redovisa"),
    ("varmdo", "Värmdö: har börjat svara"),
]
"""Those that have something to do."""


class Command(BaseCommand):
    """Leaves a database in which somebody has worked as it is."""

    help = "Fill an empty database with real grants of 2019 and 2020, and demo accounts."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, and list the accounts."""
        if not settings.DEMO_MODE:
            raise CommandError(
                "Demokontonas lösenord är känt. Sätt DEMO_MODE=1 på en egen dator först."
            )
        if demo.is_empty():
            demo.fill()
            self.stdout.write("Demodata har lagts in.")
        else:
            self.stdout.write("Databasen har redan innehåll. Inget ändrades.")
        self.stdout.write(f"Demokonton, alla med lösenordet {bodies.PASSWORD}:")
        for key, facts in bodies.BODIES.items():
            for mailbox, title, _role in bodies.ACCOUNTS:
                self.stdout.write(
                    f"  {mailbox}@{key}.example".ljust(34) + f"{title}, {facts['name']}"
                )
        self.stdout.write("Kommunernas konton, som loggar in med en kod i ett mejl:")
        for name, title in MUNICIPALITIES:
            self.stdout.write(f"  ansvarig@{name}.example".ljust(34) + f"Ansvarig, {title}")
        self.stdout.write(
            "  medarbetare@botkyrka.example".ljust(34) + "Medarbetare, Botkyrka"
        )
