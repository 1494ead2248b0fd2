"""Parts of the pages about requisitions."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from invoices.matrix import Matrix
from invoices.matrix_markup import Rows

register = template.Library()


@register.simple_tag
def matrix_rows(matrix: Matrix, grant: Any, may_edit: bool, are_chosen: bool) -> SafeString:
    """Return a row for each municipality."""
    return Rows(grant, may_edit=bool(may_edit), are_chosen=are_chosen).html(matrix)
