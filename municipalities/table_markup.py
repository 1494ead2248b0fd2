"""The rows of a table as HTML, made in Python: a page may hold thousands of cells.

What a column does with every value alike (its label, its class, which arguments its
``render`` takes) is found once for the table, not once for each cell.
"""

import html
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html, strip_tags
from django.utils.safestring import SafeData, SafeString
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]
from django.utils.translation import gettext as _
from django_tables2 import Column
from django_tables2.utils import Accessor, signature

NO_ATTRIBUTES = SafeString("")


def head(table: Any, query: Mapping[str, Any]) -> SafeString:
    """Return the cells of the head: each name, linked to the order that it gives."""
    return SafeString("".join(_head_cell(table, column, query) for column in table.columns))


def body(table: Any) -> SafeString:
    """Return the page's rows. The first cell names its row."""
    return SafeString("".join(_rows(table, _columns(table))))


def foot(table: Any) -> SafeString:
    """Return the sums."""
    _first, *others = _columns(table)
    cells = [format_html('<th scope="row">{}</th>', _("Sum"))]
    cells += [each.sum_cell() for each in others]
    return SafeString("".join(cells))


class PageLink(NamedTuple):
    """A way to a page of a table. A gap between numbers has no address."""

    number: object
    url: str
    label: str
    is_current: bool


class PageLinks(NamedTuple):
    """The ways from a page to the others."""

    numbers: list[PageLink]
    previous: str
    next: str


def page_links(table: Any, query: Mapping[str, Any]) -> PageLinks | None:
    """Return the ways to a table's other pages; none where it has only one."""
    page = getattr(table, "page", None)
    if not page or table.paginator.num_pages == 1:
        return None
    field = table.prefixed_page_field
    asked = {name: value for name, value in query.items() if name != field}
    others = urlencode(asked, doseq=True)
    address = f"?{others}&{field}=" if others else f"?{field}="
    label = _("Page %(number)s")
    return PageLinks(
        [
            PageLink(
                number,
                f"{address}{number}" if isinstance(number, int) else "",
                label % {"number": number},
                is_current=number == page.number,
            )
            for number in table.paginator.get_elided_page_range(page.number)
        ],
        previous=f"{address}{page.previous_page_number()}" if page.has_previous() else "",
        next=f"{address}{page.next_page_number()}" if page.has_next() else "",
    )


def _columns(table: Any) -> list["ColumnMarkup"]:
    kept: list[ColumnMarkup] | None = table.__dict__.get("column_markup")
    if kept is None:
        kept = [ColumnMarkup(table, column) for column in table.columns]
        table.column_markup = kept
    return kept


@cache
def _arguments(render: Callable[..., Any], is_bound: bool) -> tuple[tuple[str, ...], bool]:
    """Return what a function asks for, and whether it takes whatever there is."""
    names, takes_all = signature(render)
    return names[is_bound:], bool(takes_all)


def _head_cell(table: Any, column: Any, query: Mapping[str, Any]) -> SafeString:
    css = _class(column.attrs["th"])
    header = column.header
    if not header:
        return format_html("<td{}></td>", css)
    order = column.order_by_alias
    sort = NO_ATTRIBUTES
    if column.is_ordered:
        way = "descending" if order.is_descending else "ascending"
        sort = format_html(' aria-sort="{}"', way)
    if column.orderable:
        asked = {**query, table.prefixed_order_by_field: order.next}
        asked.pop(table.prefixed_page_field, None)
        address = urlencode(asked, doseq=True)
        header = format_html('<a href="?{}">{}</a>', address, header)
    return format_html('<th scope="col"{}{}>{}</th>', css, sort, header)


def _rows(table: Any, columns: list["ColumnMarkup"]) -> Iterator[str]:
    for row in table.paginated_rows:
        attributes = f" {row.attrs.as_html()}" if table.row_attrs else ""
        yield f"<tr{attributes}>"
        tag = "th"
        for column in columns:
            # Both parts are safe: the opening tag is made below, the cell is escaped.
            yield f"{column.opening[tag]}{column.cell(row)}</{tag}>"
            tag = "td"
        yield "</tr>"


def _class(attrs: Mapping[str, Any]) -> SafeString:
    css = attrs.get("class")
    return format_html(' class="{}"', css) if css else NO_ATTRIBUTES


def shown(value: Any) -> SafeString:
    """Return a value as a template shows it: in local form, and escaped."""
    if isinstance(value, str) and not isinstance(value, SafeData):
        return SafeString(html.escape(value))
    return conditional_escape(localize(template_localtime(value)))


class ColumnMarkup:
    """One column of one table, ready to write its cells."""

    def __init__(self, table: Any, column: Any) -> None:
        self.table = table
        self.bound = column
        self.accessor = Accessor(column.accessor)
        self.default = shown(column.default)
        # The function, not the method: what is kept must not keep the table alive.
        render = getattr(column.render, "__func__", column.render)
        self.names, self.takes_all = _arguments(render, render is not column.render)
        self.is_plain = render is Column.render and not column.link
        path, _dot, self.name = self.accessor.rpartition(self.accessor.SEPARATOR)
        self.path = Accessor(path)
        # A choice's label is translated, and its method looked for, once for the table.
        self.labels: dict[Any, Any] = {}
        self.label_methods: dict[type[Model], str | None] = {}

    @cached_property
    def label(self) -> SafeString:
        """The name that a narrow screen shows beside the value."""
        header = self.bound.header
        if not header:
            return NO_ATTRIBUTES
        text = strip_tags(str(header))
        if isinstance(header, SafeData):
            text = SafeString(text)
        return format_html(' data-label="{}"', text)

    @cached_property
    def opening(self) -> dict[str, SafeString]:
        """The tags that open a cell: one that names its row, and another."""
        css = self.css["td"]
        return {
            "th": format_html('<th scope="row"{}>', css),
            "td": format_html("<td{}{}>", self.label, css),
        }

    @cached_property
    def css(self) -> dict[str, SafeString]:
        """The classes of a cell, and of a sum."""
        attrs = self.bound.attrs
        return {part: _class(attrs[part]) for part in ("td", "tf")}

    def sum_cell(self) -> SafeString:
        """Return the column's cell among the sums."""
        footer = shown(self.bound.footer) if self.bound.has_footer() else ""
        return format_html("<td{}{}>{}</td>", self.label, self.css["tf"], footer)

    def cell(self, row: Any) -> SafeString:
        """Return what the column shows of a row."""
        value = self.value(row.record)
        if value in self.bound.column.empty_values:
            return self.default
        if self.is_plain:
            return shown(value)
        known = {
            "value": value,
            "record": row.record,
            "column": self.bound.column,
            "bound_column": self.bound,
            "bound_row": row,
            "table": self.table,
        }
        if self.takes_all:
            content = self.bound.render(**known)
        else:
            content = self.bound.render(**{name: known[name] for name in self.names})
        link = self.bound.link
        if link and not link.attrs:
            content = SafeString(
                f'<a href="{shown(link.compose_url(**known))}">{shown(content)}</a>'
            )
        elif link:
            content = link(content, **known)
        return shown(content)

    def value(self, record: Any) -> Any:
        """Return the record's value: of a choice its label, and none if it has none."""
        try:
            holder = self.path.resolve(record) if self.path else record
            if not isinstance(holder, Model):
                return self.accessor.resolve(record)
            value = getattr(holder, self.name)
            method = self.label_method(type(holder))
            if method is None:
                return self.accessor.resolve(record) if callable(value) else value
            if value not in self.labels:
                self.labels[value] = getattr(holder, method)()
            return self.labels[value]
        except Exception:  # whatever a row lacks, as django-tables2 has it
            return None

    def label_method(self, model: type[Model]) -> str | None:
        """Return the name of the method that gives a choice's label, if there is one."""
        if model not in self.label_methods:
            name = f"get_{self.name}_display"
            try:
                choices = getattr(model._meta.get_field(self.name), "choices", None)
            except FieldDoesNotExist:
                choices = None
            self.label_methods[model] = name if choices and hasattr(model, name) else None
        return self.label_methods[model]
