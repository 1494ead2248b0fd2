"""Numbers and amounts in templates."""

from decimal import Decimal
from fractions import Fraction

from django import template

from municipalities import numbers

register = template.Library()


@register.filter
def number(value: int | Decimal | Fraction | None, decimals: int | None = None) -> str:
    """Return a number in Swedish form; nothing is a dash."""
    return "\N{EN DASH}" if value is None else numbers.grouped(value, decimals)


@register.filter
def kr(amount: int | None) -> str:
    """Return kronor, or a dash."""
    return "\N{EN DASH}" if amount is None else numbers.kronor(amount)


@register.filter
def organisation_number(digits: str | None) -> str:
    """Return ten digits with the hyphen."""
    return numbers.organisation_number(digits)
