"""Tables: one look, and values with types for the spreadsheet."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import django_tables2 as tables
from django.db.models import Count, Sum
from django.db.models.query import QuerySet
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django_tables2.utils import Accessor

from municipalities import numbers
from municipalities.templatetags.ui import bar, state

PER_PAGE = 25


class BaseTable(tables.Table):  # type: ignore[misc]
    """A table with a caption for screen readers and a friendly word when it is empty.

    A subclass may name ``caption`` and, in its ``Meta``, ``empty_text``.
    """

    caption: object = ""
    sums: dict[str, Any] | None = None
    """The sums over every page by path, once the database has been asked."""

    class Meta:
        template_name = "municipalities/table.html"
        attrs = {"class": "table"}
        empty_text = _("There is nothing here yet.")

    def visible_columns(self) -> list[Any]:
        """Return the columns that a spreadsheet gets: those shown, but not pictures."""
        return [
            column
            for column in self.columns
            if not column.column.exclude_from_export and column.column.visible
        ]

    def count_and_sum(self) -> None:
        """Ask the database, in one query, how many rows there are and for their sums."""
        rows = self.data.data
        if not isinstance(rows, QuerySet):
            return
        self.sums = {
            _path(column.accessor): 0
            for column in self.columns
            if isinstance(column.column, NumberColumn) and column.column.is_summed
        }
        asked = {f"sum_{place}": Sum(path) for place, path in enumerate(self.sums)}
        found = rows.order_by().aggregate(row_count=Count("*"), **asked)
        # The table would ask once more to know its pages.
        self.data._length = found["row_count"]
        for place, path in enumerate(self.sums):
            self.sums[path] = found[f"sum_{place}"] or 0

    def header_row(self) -> list[str]:
        """Return the names of the visible columns."""
        return [str(column.header) for column in self.visible_columns()]

    def value_rows(self) -> list[list[object]]:
        """Return every row, of all pages, as typed values."""
        names = [column.name for column in self.visible_columns()]
        return [[row.get_cell_value(name) for name in names] for row in self.rows]


class LabelColumn(tables.Column):  # type: ignore[misc]
    """Text whose spreadsheet value is plain text."""

    def value(self, value: object) -> str:
        """Return the text as it is kept."""
        return str(value)


class NumberColumn(tables.Column):  # type: ignore[misc]
    """A number to the right, in tabular figures; ``total=True`` sums it below."""

    def __init__(
        self, *args: Any, decimals: int | None = None, total: bool = False, **kwargs: Any
    ) -> None:
        self.decimals, self.is_summed = decimals, total
        attrs = kwargs.pop("attrs", {})
        for part in ("th", "td", "tf"):
            attrs[part] = {"class": "number"} | attrs.get(part, {})
        if total:
            kwargs["footer"] = self.total
        super().__init__(*args, attrs=attrs, **kwargs)

    def shown(self, value: Any) -> str:
        """Return the number as people read it."""
        return numbers.grouped(value, self.decimals)

    def render(self, value: Any) -> str:
        """Return the number as people read it."""
        return self.shown(value)

    def value(self, value: Any) -> Any:
        """Return the number itself."""
        return value

    def total(self, bound_column: Any, table: Any) -> str:
        """Return the sum over every page."""
        return self.shown(total_of(table, bound_column.accessor))


class KronorColumn(NumberColumn):
    """Whole kronor. The header says the unit, so that the cells need not."""

    def shown(self, value: Any) -> str:
        """Return the amount, grouped."""
        return numbers.grouped(value)


def total_of(table: Any, accessor: str) -> int | Decimal | Fraction:
    """Return the sum of a column, asked of the database when only a page is fetched."""
    data, path = table.data.data, _path(accessor)
    if table.sums is not None and path in table.sums:
        return table.sums[path]  # type: ignore[no-any-return]
    if isinstance(data, QuerySet) and getattr(table, "page", None) is not None:
        total: int | Decimal | None = data.order_by().aggregate(total=Sum(path))["total"]
        return total or 0
    values = (Accessor(accessor).resolve(record, quiet=True) for record in table.data)
    summed: int | Decimal | Fraction = sum(value for value in values if value is not None)
    return summed


def _path(accessor: str) -> str:
    return str(accessor).replace(".", "__")


class DateColumn(tables.Column):  # type: ignore[misc]
    """A date as people say it: 30 augusti 2020."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        attrs = kwargs.pop("attrs", {})
        attrs["td"] = {"class": "nowrap"} | attrs.get("td", {})
        super().__init__(*args, attrs=attrs, **kwargs)

    def render(self, value: date) -> str:
        """Return the date in words."""
        return date_format(value, "j F Y")

    def value(self, value: date) -> date:
        """Return the date itself."""
        return value


class MomentColumn(DateColumn):
    """A date with its time of day."""

    def render(self, value: Any) -> str:
        """Return the moment in local time."""
        return date_format(localtime(value), "j F Y H:i")

    def value(self, value: Any) -> Any:
        """Return the moment in local time, as a spreadsheet knows it: without a zone."""
        return localtime(value).replace(tzinfo=None)


class StateColumn(tables.Column):  # type: ignore[misc]
    """A state as colour, sign and word.

    ``kinds`` names the colour of each stored value (neutral when it is not named), or is a
    function from the record to it. The word is the choice's own label.
    """

    def __init__(
        self,
        *args: Any,
        kinds: Mapping[Any, str] | Callable[[Any], str],
        **kwargs: Any,
    ) -> None:
        self.kinds = kinds
        super().__init__(*args, **kwargs)

    def render(self, value: object, record: Any, bound_column: Any) -> SafeString:
        """Return the tag."""
        if callable(self.kinds):
            kind = self.kinds(record)
        else:
            stored = Accessor(bound_column.accessor).resolve(record, quiet=True)
            kind = self.kinds.get(stored, "neutral")
        return state(kind, value)

    def value(self, value: object) -> str:
        """Return the word."""
        return capfirst(str(value))


class BarColumn(tables.Column):  # type: ignore[misc]
    """A bar beside a number: its part of ``maximum``, else of the page's largest.

    ``maximum`` is a number or a function from the table to one. The bar is a picture of a
    figure that stands in a column of its own, so neither screen readers nor exports get it.
    """

    def __init__(self, *args: Any, maximum: Any = None, **kwargs: Any) -> None:
        self.maximum = maximum
        attrs = kwargs.pop("attrs", {})
        for part in ("th", "td", "tf"):
            attrs[part] = {"class": "bar-cell"} | attrs.get(part, {})
        attrs["td"]["aria-hidden"] = attrs["th"]["aria-hidden"] = "true"
        kwargs = {
            "orderable": False,
            "verbose_name": "",
            "exclude_from_export": True,
        } | kwargs
        super().__init__(*args, attrs=attrs, **kwargs)

    def largest(self, table: Any, accessor: str) -> Any:
        """Return what the longest bar stands for."""
        if callable(self.maximum):
            return self.maximum(table)
        if self.maximum is not None:
            return self.maximum
        cache = table.__dict__.setdefault("largest_values", {})
        if accessor not in cache:
            values = [
                Accessor(accessor).resolve(row.record, quiet=True)
                for row in table.paginated_rows
            ]
            cache[accessor] = max((value for value in values if value), default=0)
        return cache[accessor]

    def render(self, value: Any, table: Any, bound_column: Any) -> SafeString:
        """Return the bar."""
        return bar(value, self.largest(table, str(bound_column.accessor)))


class ActionColumn(tables.TemplateColumn):  # type: ignore[misc]
    """Links and buttons of a row, from a template: never part of an export."""

    def __init__(self, template_name: str, **kwargs: Any) -> None:
        attrs = {"td": {"class": "row-actions"}, "th": {"class": "row-actions"}}
        kwargs = {
            "orderable": False,
            "exclude_from_export": True,
            "verbose_name": format_html('<span class="ds-sr-only">{}</span>', _("Actions")),
        } | kwargs
        super().__init__(template_name=template_name, attrs=attrs, **kwargs)
