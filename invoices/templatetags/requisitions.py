"""Parts of the pages about requisitions."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.safestring import SafeString

from invoices.matrix import Row
from invoices.matrix_markup import Rows

register = template.Library()


@register.simple_tag
def matrix_rows(
    rows: Iterable[Row], grant: Any, may_edit: bool, are_chosen: bool
) -> SafeString:
    """Return a row for each municipality."""
    return Rows(grant, may_edit=bool(may_edit), are_chosen=are_chosen).html(rows)
