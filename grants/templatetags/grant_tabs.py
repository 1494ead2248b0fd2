"""The tabs of a grant, which stand on each of its pages."""

from functools import cache
from html import escape

from django import template
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from grants.models import Grant

register = template.Library()

TABS = (
    ("detail", "grants:grant_detail", _("Overview")),
    ("purposes", "grants:grant_purposes", _("Purposes")),
    ("budget", "grants:grant_budget", _("Budget")),
    ("deadlines", "reporting:deadline_list", _("Last days")),
    ("decisions", "grants:grant_decisions", _("Decisions")),
    ("distribution", "grants:distribution_list", _("Distribution")),
    ("memo", "reporting:memo_detail", _("Memo")),
    ("answers", "invoices:requisition_list", _("Answers")),
    ("funds", "invoices:funds_list", _("Money in")),
    ("ledger", "invoices:ledger_detail", _("Ledger")),
    ("reports", "reporting:report_round_list", pgettext_lazy("tab", "Reports")),
    ("comments", "reporting:comment_list", pgettext_lazy("tab", "Questions")),
    ("messages", "grants:grant_messages", pgettext_lazy("section", "Messages")),
    ("history", "grants:grant_history", _("History")),
)
"""Name, page and label, in order. Some pages belong to the layers above this one."""


@register.simple_tag
def grant_tabs(grant: Grant, current: str = "") -> SafeString:
    """Return the grant's tabs; ``current`` is the name of the one that is shown."""
    tabs = []
    for name, address, label in _written(get_language(), get_script_prefix()):
        own = address.replace("/0/", f"/{grant.pk}/")
        mark = ' aria-current="page"' if name == current else ""
        tabs.append(f'<li><a href="{own}"{mark}>{label}</a></li>')
    return SafeString("".join(tabs))


@cache
def _written(_language: str | None, _prefix: str) -> list[tuple[str, str, str]]:
    """Return the tabs of grant 0, written once: what a page adds is the grant's number."""
    found = []
    for name, page, label in TABS:
        try:
            address = reverse(page, args=[0])
        except NoReverseMatch:  # the layer that has the page is not there
            continue
        found.append((name, address, escape(str(label))))
    return found
