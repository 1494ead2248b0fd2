"""Write the reminders that are due, or show which would be written."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone, translation

from municipalities.models import CoordinatingBody
from reporting import swedish
from reporting.reminder_rounds import Plan, Round, plan_of
from reporting.reminders import is_open, send_due


def day(text: str) -> date:
    """Return a day that was written as 2026-08-23."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text}: skriv som 2026-08-23.") from None


class Command(BaseCommand):
    """May be run at any time, and any number of times: no step is sent twice."""

    help = (
        "Write the reminders that are due. The worker does the same by itself, each hour. "
        "What is written before seven or on a day off is sent when people are at work."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the plan be looked at instead."""
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would be sent, write nothing"
        )
        parser.add_argument(
            "--date", type=day, help="show what would be sent on a day, write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what is due, and say what it came to."""
        with translation.override(settings.LANGUAGE_CODE):
            if options["dry_run"] or options["date"]:
                self.show(options["date"] or timezone.localdate())
            else:
                self.send()

    def send(self) -> None:
        """Write what is due."""
        now = timezone.now()
        sent = send_due(now)
        self.stdout.write(
            f"{sent.reminders} påminnelser och {sent.questions} frågor om kontakter"
            f" i {sent.messages} mejl, varav {sent.digests} sammanfattningar."
        )
        if sent.taken_over:
            self.stdout.write(f"{sent.taken_over} tidigare steg har tagits över.")
        if sent.unreachable:
            names = swedish.listed(sorted(set(sent.unreachable)))
            self.stdout.write(f"Ingen att påminna i {names}.")
        if sent.messages and not is_open(now):
            self.stdout.write("De skickas nästa arbetsdag från klockan 7.")

    def show(self, today: date) -> None:
        """Show what would be sent on a day, as the facts are now."""
        for body in CoordinatingBody.objects.all():
            plan = plan_of(body, today)
            self.stdout.write(f"{body}, {swedish.day(today)}")
            for each in plan.rounds:
                if each.day == today:
                    self.stdout.write(f"  {each.deadline.label}, {each.deadline.grant}")
                    self.show_receivers(plan, each)
            for municipality in plan.asked:
                to = ", ".join(plan.contacts[municipality.pk].first)
                self.stdout.write(f"  Stämmer kontakterna? {municipality}: {to}")

    def show_receivers(self, plan: Plan, each: Round) -> None:
        """Show whom a step goes to."""
        for municipality in each.municipalities:
            to = ", ".join(plan.receivers(each, municipality)) or "ingen"
            self.stdout.write(f"    {municipality}: {to}")
        if not each.municipalities:
            self.stdout.write(f"    {', '.join(plan.staff) or 'ingen'}")
