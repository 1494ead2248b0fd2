"""What every page is built from: navigation, tabs, states, bars, icons and forms."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm, BaseFormSet, BoundField
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from municipalities import field_markup, table_markup
from municipalities.access import DEMO_DOMAIN, own_memberships
from municipalities.kept_mail import is_kept
from municipalities.models import Membership
from municipalities.navigation import sections

register = template.Library()

# What a state looks like: its sign stands beside the word, for those who see no colour.
SIGNS = {
    "neutral": "",
    "info": "\N{BLACK CIRCLE}",
    "success": "\N{CHECK MARK}",
    "warning": "\N{BLACK CIRCLE}",
    "danger": "\N{BALLOT X}",
}

# Paths on a grid of 24, drawn with a line of the text's colour.
ICONS = {
    "add": "M12 5v14M5 12h14",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "close": "M6 6l12 12M18 6L6 18",
    "down": "M6 9l6 6 6-6",
    "download": "M12 4v11M7 11l5 5 5-5M5 20h14",
    "edit": "M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4",
    "empty": "M4 13h5l1.5 2.5h3L15 13h5M4 13l2.5-8h11L20 13v6H4z",
    "left": "M15 6l-6 6 6 6",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "person": "M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM5 20c.6-4 3.4-6 7-6s6.4 2 7 6",
    "remove": "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
    "right": "M9 6l6 6-6 6",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20",
}


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return a drawn sign that screen readers pass over."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" '
        'stroke="currentColor" stroke-width="2" stroke-linecap="round" '
        'stroke-linejoin="round" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        ICONS[name],
    )


@register.simple_tag
def state(kind: str, word: object) -> SafeString:
    """Return a state as colour, sign and word."""
    return _state(kind, capfirst(str(word)))


@lru_cache(maxsize=500)
def _state(kind: str, word: str) -> SafeString:
    """Return the tag, which is kept: the same few stand in every row."""
    sign = SIGNS[kind]
    mark = (
        format_html('<span class="state__sign" aria-hidden="true">{}</span>', sign)
        if sign
        else ""
    )
    return format_html('<span class="state" data-kind="{}">{}{}</span>', kind, mark, word)


@register.simple_tag
def bar(value: object, maximum: object, kind: str = "accent") -> SafeString:
    """Return a bar that shows a part of a whole; the number itself stands beside it."""
    part = percent(value, maximum)
    return format_html(
        '<svg class="bar" data-kind="{}" width="100%" height="6" aria-hidden="true" '
        'focusable="false"><rect class="bar__whole" width="100%" height="6" rx="3"/>'
        '<rect class="bar__part" width="{}%" height="6" rx="3"/></svg>',
        kind,
        part,
    )


def percent(value: Any, maximum: Any) -> str:
    """Return how much of the whole a value is, from 0 to 100, for an SVG attribute.

    >>> percent(1, 3), percent(5, 4), percent(0, 0), percent(None, 10)
    ('33.3', '100', '0', '0')
    """
    if not value or not maximum or value < 0:
        return "0"
    part = Fraction(value) / Fraction(maximum) * 100
    return f"{min(Decimal(100), round(Decimal(part.numerator) / part.denominator, 1)):f}"


@register.inclusion_tag("municipalities/navigation.html", takes_context=True)
def main_navigation(context: Context) -> dict[str, Any]:
    """Return the sections of the site, for the person who looks."""
    found = sections(context["request"])
    basis = [section for section in found if section.is_basis]
    return {
        "sections": found,
        "line": [section for section in found if not section.is_basis],
        "basis": basis,
        "basis_is_current": any(section.is_current for section in basis),
    }


@register.simple_tag(takes_context=True)
def tab(context: Context, label: str, url: str, *also: str) -> SafeString:
    """Return a tab; it is marked when the page is its own, or one of ``also``."""
    current = context["request"].path in {url, *also}
    return format_html(
        '<li><a href="{}"{}>{}</a></li>',
        url,
        SafeString(' aria-current="page"') if current else "",
        label,
    )


# Tables ----------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def table_head(context: Context, table: Any) -> SafeString:
    """Return the names of the columns, linked to the orders that they give."""
    return table_markup.head(table, dict(context["request"].GET))


@register.simple_tag
def table_body(table: Any) -> SafeString:
    """Return the rows of the page."""
    return table_markup.body(table)


@register.simple_tag
def table_foot(table: Any) -> SafeString:
    """Return the sums over every page."""
    return table_markup.foot(table)


@register.simple_tag(takes_context=True)
def page_links(context: Context, table: Any) -> table_markup.PageLinks | None:
    """Return the ways to the table's other pages; none where it has only one."""
    return table_markup.page_links(table, dict(context["request"].GET))


# Forms -----------------------------------------------------------------------------


register.filter("control", field_markup.control)
register.filter("choices", field_markup.choices)
register.filter("control_kind", field_markup.control_kind)


@dataclass(frozen=True)
class Mistake:
    """What is wrong, and the input to change; some mistakes have no input."""

    text: str
    target: str = ""


def mistakes_of_form(form: BaseForm, row: str = "") -> Iterator[Mistake]:
    """Yield the form's mistakes in the order of its fields."""
    for text in form.non_field_errors():
        yield Mistake(f"{row}{text}")
    for field in form:
        for text in field.errors:
            target = "" if field.is_hidden else target_of(field)
            label = capfirst(str(field.label))
            between = " " if label.endswith("?") else ": "
            yield Mistake(f"{row}{label}{between}{text}", target)


def target_of(field: BoundField) -> str:
    """Return the id of the input that a link to the field moves to."""
    if field_markup.control_kind(field) == "choices":
        return f"{field.auto_id}_0"
    return str(field.id_for_label or field.auto_id)


def mistakes_of_formset(formset: "BaseFormSet[Any]") -> Iterator[Mistake]:
    """Yield the mistakes of the whole, then row by row."""
    for text in formset.non_form_errors():
        yield Mistake(str(text))
    for number, form in enumerate(formset.forms, start=1):
        yield from mistakes_of_form(form, row=_("Row %(number)d: ") % {"number": number})


@register.inclusion_tag("municipalities/error_summary.html")
def error_summary(*parts: Any) -> dict[str, list[Mistake]]:
    """Return every mistake of the forms and formsets, each a link to its input."""
    mistakes: list[Mistake] = []
    for part in parts:
        if isinstance(part, BaseFormSet) and part.is_bound:
            mistakes += mistakes_of_formset(part)
        elif isinstance(part, BaseForm) and part.is_bound:
            mistakes += mistakes_of_form(part)
    return {"mistakes": mistakes}


@register.inclusion_tag("municipalities/formset.html")
def formset_rows(
    formset: "BaseFormSet[Any]", add: str = "", row: str = ""
) -> dict[str, Any]:
    """Return the formset as rows, with a button that adds one."""
    return {"formset": formset, "add": add or _("Add a row"), "row": row or _("Row")}


@register.simple_tag(takes_context=True)
def current_memberships(context: Context) -> list[Membership]:
    """Return the person's memberships, to switch between."""
    return own_memberships(context["request"])


@register.simple_tag
def message_kind(message: Message) -> str:
    """Return the colour of a message."""
    kinds = {"error": "danger", "warning": "warning", "success": "success"}
    return kinds.get(message.level_tag, "info")


@register.simple_tag
def keeps_mail() -> bool:
    """Return whether the codes of a demonstration are read on a page of this machine."""
    return settings.DEMO_MODE and settings.DEBUG and is_kept()


@dataclass(frozen=True)
class DemoGroup:
    """Those of one body, or those of the municipalities."""

    name: str
    memberships: list[Membership]


@register.simple_tag
def demo_accounts() -> list[DemoGroup]:
    """Return the accounts of a demonstration, each with its first role; else none."""
    if not settings.DEMO_MODE:
        return []
    memberships = (
        Membership.objects.valid()
        .filter(user__email__endswith=DEMO_DOMAIN)
        .select_related("user", "body", "municipality")
        .order_by("body__pk", "municipality__name", "pk")
    )
    first: dict[int, Membership] = {}
    for membership in memberships:
        first.setdefault(membership.user_id, membership)
    groups: dict[str, list[Membership]] = {}
    for membership in first.values():
        name = str(membership.body or _("Municipalities"))
        groups.setdefault(name, []).append(membership)
    return [DemoGroup(name, found) for name, found in groups.items()]
