"""The sections of the site, and which of them a page belongs to."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.access import Capability, can


@dataclass(frozen=True)
class Place:
    """A section as it is written here: its name, first page, and what belongs to it."""

    label: Promise
    url_name: str
    prefixes: tuple[str, ...]
    capability: Capability = Capability.VIEW
    is_basis: bool = False
    """Whether it holds what grants rest on: those share a menu."""


@dataclass(frozen=True)
class Section:
    """A section as a page shows it."""

    label: Promise
    url: str
    is_current: bool
    is_basis: bool = False


PLACES = [
    Place(pgettext_lazy("section", "Home"), "reporting:start", ("reporting:start",)),
    Place(
        pgettext_lazy("section", "Calendar"), "reporting:calendar", ("reporting:calendar",)
    ),
    Place(
        pgettext_lazy("section", "Grants"),
        "grants:grant_list",
        (
            "grants:grant_",
            "grants:budgetline_",
            "grants:budget_line_",
            "grants:purpose_",
            "grants:deadline_",
            "grants:decision_",
            "grants:carryover_",
            "grants:carry_over_",
            "grants:distribution_",
            "grants:allocation_",
            "grants:adjustment_",
            "invoices:requisition_list",
            "invoices:requisition_nudge",
            "invoices:requisition_register",
            "invoices:funds_",
            "invoices:ledger_",
            "invoices:redistribution_",
            "invoices:check_",
            "reporting:comment_",
            "reporting:compilation",
            "reporting:deadline_",
            "reporting:memo_",
            "reporting:national_report_",
            "reporting:reminder_",
            "reporting:received_report_",
            "reporting:report_round_",
        ),
    ),
    Place(
        pgettext_lazy("section", "Requisitions"),
        "invoices:requisition_waiting",
        ("invoices:requisition_", "invoices:incoming_"),
    ),
    Place(
        pgettext_lazy("section", "Payments out"),
        "invoices:batch_list",
        ("invoices:batch_", "invoices:payment_", "invoices:payoutsettings_"),
    ),
    Place(
        pgettext_lazy("section", "Overview of the year"),
        "reporting:overview_latest",
        ("reporting:overview_",),
        is_basis=True,
    ),
    Place(
        pgettext_lazy("section", "Agreements"),
        "grants:agreement_list",
        ("grants:agreement_",),
        is_basis=True,
    ),
    Place(
        pgettext_lazy("section", "Keys"),
        "grants:key_list",
        ("grants:key_",),
        is_basis=True,
    ),
    Place(
        pgettext_lazy("section", "Statistics"),
        "municipalities:statistic_list",
        ("municipalities:statistic_", "municipalities:import_"),
        is_basis=True,
    ),
    Place(
        pgettext_lazy("section", "Report forms"),
        "reporting:report_form_list",
        ("reporting:report_form_",),
        is_basis=True,
    ),
    Place(
        pgettext_lazy("section", "Municipalities"),
        "municipalities:municipality_list",
        (
            "municipalities:municipality_",
            "municipalities:county_",
            "municipalities:contacts_watch",
        ),
    ),
    Place(
        pgettext_lazy("section", "Messages"),
        "municipalities:message_list",
        ("municipalities:message",),
    ),
    Place(
        _("Colleagues"),
        "municipalities:membership_list",
        ("municipalities:membership_",),
        Capability.ADMINISTER,
    ),
    # The municipalities' own.
    Place(
        pgettext_lazy("section", "My grants"),
        "reporting:portal",
        ("reporting:portal", "reporting:offer_", "reporting:report_", "invoices:answer"),
        Capability.ANSWER,
    ),
    Place(
        pgettext_lazy("section", "Calendar"),
        "reporting:calendar",
        ("reporting:calendar",),
        Capability.ANSWER,
    ),
    Place(
        pgettext_lazy("section", "People"),
        "municipalities:person_list",
        ("municipalities:person_", "municipalities:contacts_"),
        Capability.ANSWER,
    ),
]


def sections(request: HttpRequest) -> list[Section]:
    """Return the sections that the person may enter, the page's own one marked."""
    membership = getattr(request, "membership", None)
    match = request.resolver_match
    view_name = match.view_name if match else ""
    found: list[Section] = []
    for place in PLACES:
        if not can(membership, place.capability):
            continue
        is_current = view_name.startswith(place.prefixes) and not any(
            section.is_current for section in found
        )
        url = reverse(place.url_name)
        found.append(Section(place.label, url, is_current, place.is_basis))
    return found
