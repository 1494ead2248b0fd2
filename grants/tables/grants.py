"""The list of grants."""

from datetime import date
from functools import lru_cache
from typing import Any

import django_tables2 as tables
from django.db.models import F
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from grants.models import Grant
from municipalities.models import CoordinatingBody
from municipalities.tables import BaseTable, DateColumn, KronorColumn
from municipalities.templatetags.ui import state


def distribution_state(grant: Any) -> tuple[str, str]:
    """Return the colour and the word of how far the grant's distribution has come."""
    if grant.decided_version:
        if grant.draft_version:
            return "success", str(_("decided, new draft"))
        return "success", pgettext("distribution", "decided")
    if grant.draft_version:
        return "warning", pgettext("distribution", "draft")
    if grant.status != Grant.Status.GRANTED:
        return "neutral", str(grant.get_status_display())
    return "neutral", str(_("not started"))


def listed(body: CoordinatingBody) -> Any:
    """Return the body's grants with all that the table shows, in one query."""
    return question(timezone.localdate()).filter(body=body)


@lru_cache(maxsize=1)
def question(today: date) -> Any:
    """Return the query for the day, of every body and never run: ``listed`` narrows it.

    To put it together takes Django as long as the database needs to answer it.
    """
    rows = Grant.objects.with_pot().with_distribution().with_next_deadline(today)
    # The long texts stay in the database.
    return rows.annotate(agreement_title=F("agreement__title")).only(
        "short_title", "year", "record_number", "amount", "status"
    )


class GrantTable(BaseTable):
    """Grants with money, state and what comes next."""

    short_title = tables.Column(linkify=True, verbose_name=_("Grant"))
    agreement = tables.Column(accessor="agreement_title", verbose_name=_("Agreement"))
    record_number = tables.Column(verbose_name=_("Dnr"))
    amount = KronorColumn(verbose_name=_("Amount, kr"), total=True)
    pot_amount = KronorColumn(verbose_name=_("To distribute, kr"))
    distribution = tables.Column(
        accessor="status",
        verbose_name=_("Distribution"),
        order_by=("decided_version", "draft_version"),
    )
    next_due_on = DateColumn(verbose_name=_("Next last day"))

    class Meta(BaseTable.Meta):
        model = Grant
        fields = [
            "short_title",
            "year",
            "agreement",
            "record_number",
            "amount",
            "pot_amount",
            "distribution",
            "next_due_on",
        ]
        empty_text = _("There are no grants yet.")

    def render_distribution(self, record: Any) -> SafeString:
        """Return the state as colour, sign and word."""
        return state(*distribution_state(record))

    def value_distribution(self, record: Any) -> str:
        """Return the word."""
        return capfirst(distribution_state(record)[1])
