"""Queries that are written and planned once: after that only their values are new.

To write a query often takes Django longer than PostgreSQL needs to answer it, and to plan
its joins takes PostgreSQL longer than to follow the plan. Where a page asks the same each
time, with other numbers, Django's SQL and PostgreSQL's plan are kept; no answer is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import date
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from psycopg import Cursor

Row = TypeVar("Row")
Value = int | date

PLANNED_AFTER = 2
"""So many times a connection asks a question before PostgreSQL is told to remember it."""


@contextmanager
def planned_cursor(using: str = DEFAULT_DB_ALIAS) -> Iterator[Any]:
    """Give a cursor whose queries PostgreSQL remembers for as long as it is connected.

    Django's own put the values into the SQL, so that it is planned anew each time.
    """
    connection = connections[using]
    with connection.cursor() as cursor:  # Django's, which counts queries and names errors
        connection.connection.prepare_threshold = PLANNED_AFTER
        cursor.cursor = Cursor(connection.connection)
        yield cursor


class Prepared(Generic[Row]):
    """A query as a function of its values: it returns the rows, or the instances.

    ``ask`` makes the queryset. It is called once for each number of values, with stand-ins
    for them, so it may do nothing with a value but filter by it:

        allocations = Prepared(lambda pk: Allocation.objects.filter(distribution=pk))
        allocations(7)  # as list(Allocation.objects.filter(distribution=7))
    """

    def __init__(self, ask: Callable[..., QuerySet[Any, Row]]) -> None:
        """Keep the question. Nothing is written yet."""
        self.ask = ask
        self.written: dict[int, _Written] = {}

    def __call__(self, *values: Value) -> list[Row]:
        """Ask the database, and return all of its answer."""
        written = self.written.get(len(values))
        if written is None:
            written = self.written[len(values)] = _Written(self.ask, values)
        return written.rows(values)


class _Written:
    """A queryset with its SQL."""

    def __init__(self, ask: Callable[..., Any], values: tuple[Value, ...]) -> None:
        stand_ins = {_stand_in(value, at): at for at, value in enumerate(values)}
        queryset = ask(*stand_ins)
        self.db = queryset.db
        self.iterable = queryset._iterable_class
        self.compiler = queryset.query.get_compiler(self.db)
        self.sql, params = self.compiler.as_sql()
        if self.compiler.has_extra_select:
            raise ValueError("Rows without repeats are ordered by what they hold.")
        select = self.compiler.select[: self.compiler.col_count]
        asked = [expression for expression, _sql, _alias in select]
        self.converters = self.compiler.get_converters(asked)
        self.compiler.connection = None  # else it would stay open when its thread ends
        # Each is a value's position, or what the query always asks for.
        self.params = [(stand_ins.get(param), param) for param in params]
        if {at for at, _param in self.params if at is not None} != set(range(len(values))):
            raise ValueError("A value is not asked for as it is given.")

    def rows(self, values: tuple[Value, ...]) -> list[Any]:
        """Return what Django makes of the answer to these values."""
        params = tuple(param if at is None else values[at] for at, param in self.params)
        fetched = self._fetched(params)
        if not fetched:
            return []
        compiler = copy(self.compiler)
        compiler.connection = connections[self.db]  # each thread has its own
        compiler.execute_sql = lambda *_args, **_options: [fetched]
        compiler.get_converters = lambda _asked: self.converters
        query = SimpleNamespace(get_compiler=lambda using: compiler)  # noqa: ARG005
        asked = SimpleNamespace(db=self.db, query=query, _known_related_objects={})
        return list(self.iterable(asked))

    def _fetched(self, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with planned_cursor(self.db) as cursor:
            cursor.execute(self.sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _stand_in(value: Value, at: int) -> Value:
    """Return a value of the same type that no query asks for."""
    return date.min.replace(day=at + 1) if isinstance(value, date) else -(10**9) - at
