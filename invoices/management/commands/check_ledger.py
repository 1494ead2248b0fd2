"""Check the books, and tell which row does not agree. Made to be run each night."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invoices.check import check
from municipalities.models import CoordinatingBody
from municipalities.numbers import kronor


class Command(BaseCommand):
    """Ends with 1 when something does not agree, so that what runs it can tell."""

    help = "Check that every sum of every grant agrees; exit with 1 when one does not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one body's name; all of them without it."""
        parser.add_argument("--body", help="Only the coordinating body with this name.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and list what does not agree."""
        bodies = CoordinatingBody.objects.order_by("name")
        if options["body"]:
            bodies = bodies.filter(name=options["body"])
            if not bodies:
                raise CommandError(_("There is no body called %s.") % options["body"])
        found = 0
        for body in bodies:
            for result in check(body):
                if result.agrees:
                    agrees = _("agrees")
                    self.stdout.write(f"{body}, {result.grant}: {agrees}")
                for fault in result.faults:
                    found += 1
                    amount = fault.difference
                    by = "" if amount is None else f" ({kronor(amount)})"
                    self.stdout.write(
                        f"{body}, {result.grant}: {fault.row}: {fault.why}{by}"
                        f" [{fault.check}]"
                    )
        if found:
            message = ngettext("%d row does not agree.", "%d rows do not agree.", found)
            raise CommandError(message % found, returncode=1)
