"""Lists: a filter, a table that sorts and pages, and files of exactly what is shown."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView
from django_filters import FilterSet
from django_tables2 import RequestConfig

from municipalities.export import export_response
from municipalities.tables import PER_PAGE, BaseTable

FORMATS = ("csv", "xlsx")


class ListView(TemplateView):
    """A page with one table.

    Name ``page_title`` and ``table_class``, give the rows in ``get_queryset``, and guard
    the class by ``staff_view``. With ``filterset_class`` a filter stands above the table.
    """

    template_name = "municipalities/list.html"
    page_title: Any = ""
    table_class: type[BaseTable]
    filterset_class: type[FilterSet] | None = None
    per_page = PER_PAGE

    def get_queryset(self) -> QuerySet[Any] | list[Any]:
        """Return every row that the person may see."""
        raise NotImplementedError

    def get_page_title(self) -> str:
        """Return the heading, which names the files too."""
        return str(self.page_title)

    def get_table_kwargs(self) -> dict[str, Any]:
        """Return what the table is made with, beside its data."""
        return {}

    def get_filterset(self) -> FilterSet | None:
        """Return the filter, filled with what was asked for."""
        if self.filterset_class is None:
            return None
        return self.filterset_class(
            self.request.GET or None, queryset=self.get_queryset(), request=self.request
        )

    def get_table(self, filterset: FilterSet | None) -> BaseTable:
        """Return the table, filtered and sorted, with every row."""
        data = self.get_queryset() if filterset is None else filterset.qs
        table = self.table_class(data, **self.get_table_kwargs())
        RequestConfig(self.request, paginate=False).configure(table)
        return table

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the page, or the file when the address asks for one."""
        filterset = self.get_filterset()
        table = self.get_table(filterset)
        title = self.get_page_title()
        file_format = request.GET.get("format")
        if file_format in FORMATS:
            return export_response(
                file_format, title, table.header_row(), table.value_rows()
            )
        table.count_and_sum()
        RequestConfig(
            request, paginate={"per_page": self.per_page, "silent": True}
        ).configure(table)
        table.caption = table.caption or title
        context = self.get_context_data(
            page_title=title, table=table, filter=filterset, **kwargs
        )
        return self.render_to_response(context)
