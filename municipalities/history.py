"""What happened to an object: when, by whom, why, and each field's old and new value.

Read from the events that the database writes (see ``tracking``). One entry is one
transaction. The number of queries follows the number of models, never that of the events.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, overload
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.db import models
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from municipalities.models import User
from municipalities.numbers import grouped

PAGE_SIZE = 20
NOTHING = "\N{EN DASH}"

Related = tuple[type[models.Model], str]
"""A model whose rows belong to the object, and the path from the row to the object."""


@dataclass(frozen=True)
class FieldChange:
    """One field's old and new value, in words. An added row has no old ones."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """One row that was added, changed or removed (``label``: insert, update, delete)."""

    label: str
    model: str
    models: str
    subject: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Entry:
    """One transaction."""

    at: datetime
    who: User | None
    why: str
    url: str
    changes: tuple[Change, ...] = field(default=())

    @property
    def has_fields(self) -> bool:
        """Whether there is more to tell than the summary does."""
        return any(change.fields for change in self.changes)

    @property
    def summary(self) -> list[str]:
        """What was done, a line for each kind of row."""
        lines = []
        by_kind: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for change in self.changes:
            by_kind[change.label, change.model].append(change)
        for (label, model), changes in by_kind.items():
            count = len(changes)
            if count == 1 and changes[0].subject:
                what = f"{model} {changes[0].subject}"
            elif count == 1:
                what = model
            else:
                what = f"{count} {changes[0].models}"
            lines.append(_line(label, what))
        return lines


def _line(label: str, what: str) -> str:
    if label == "insert":
        return _("Added: %(what)s") % {"what": what}
    if label == "delete":
        return _("Removed: %(what)s") % {"what": what}
    return _("Changed: %(what)s") % {"what": what}


class History(Sequence[Entry]):
    """The entries of an object and of the rows that belong to it, the newest first.

    A slice costs a fixed number of queries, so that a paginator can take a page of it.
    """

    def __init__(self, obj: models.Model, *related: Related) -> None:
        """Look up which events belong to the object; nothing is fetched yet."""
        self._sources = [
            _Source(type(obj), "", obj.pk),
            *(_Source(model, path, obj.pk) for model, path in related),
        ]

    def _moments(self) -> Any:
        first, *others = (
            source.events.order_by().values_list("pgh_created_at", "pgh_context")
            for source in self._sources
        )
        moments = first.union(*others) if others else first.distinct()
        return moments.order_by("-pgh_created_at", "-pgh_context")

    def __len__(self) -> int:
        """Return how many transactions there are."""
        count: int = self._moments().count()
        return count

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        """Return an entry, or the entries of a page."""
        if isinstance(index, int):
            return _entries(self._sources, [self._moments()[index]])[0]
        return _entries(self._sources, list(self._moments()[index]))


def history_page(
    request: HttpRequest,
    obj: models.Model,
    *,
    title: str,
    back_url: str,
    related: Iterable[Related] = (),
) -> HttpResponse:
    """Return the page with an object's history. The caller has checked who may see it."""
    paginator = Paginator(History(obj, *related), PAGE_SIZE)
    context = {
        "object": obj,
        "title": title,
        "back_url": back_url,
        "page": paginator.get_page(request.GET.get("page")),
    }
    return TemplateResponse(request, "municipalities/history.html", context)


class _Source:
    """The events of one model that belong to the object."""

    def __init__(self, model: type[models.Model], path: str, pk: Any) -> None:
        self.model = model
        self.own_field = path.partition("__")[0]
        self.events = _events_of(model, path, pk).select_related("pgh_context")

    def fields(self) -> list["models.Field[Any, Any]"]:
        """Return the fields that say something: not the key, not the way to the object."""
        recorded = {field.name for field in _event_model(self.model)._meta.fields}
        return [
            field
            for field in self.model._meta.fields
            if field.name in recorded
            and not field.primary_key
            and field.name != self.own_field
        ]


def _event_model(model: type[models.Model]) -> Any:
    return model.pgh_event_model  # type: ignore[attr-defined]


def _events_of(model: type[models.Model], path: str, pk: Any) -> models.QuerySet[Any]:
    events: models.QuerySet[Any] = _event_model(model)._default_manager.all()
    if not path:
        return events.filter(pgh_obj_id=pk)
    step, __, rest = path.partition("__")
    if not rest:
        return events.filter(**{f"{step}_id": pk})
    # A row between may be gone: its events still know the way.
    between = model._meta.get_field(step).related_model
    assert isinstance(between, type)
    ids = _events_of(between, rest, pk).values("pgh_obj_id")
    return events.filter(**{f"{step}_id__in": ids})


def _entries(
    sources: Sequence[_Source], moments: Sequence[tuple[datetime, UUID | None]]
) -> list[Entry]:
    if not moments:
        return []
    found = [(source, _with_previous(source, moments)) for source in sources]
    names = _Names(found)
    changes: dict[tuple[datetime, UUID | None], list[Change]] = defaultdict(list)
    contexts: dict[UUID | None, dict[str, Any]] = {None: {}}
    for source, events in found:
        for event, previous in events:
            key = (event.pgh_created_at, event.pgh_context_id)
            changes[key].append(_change(source, event, previous, names))
            if event.pgh_context is not None:
                contexts[event.pgh_context_id] = event.pgh_context.metadata
    people = User.objects.in_bulk(
        {context["user"] for context in contexts.values() if context.get("user")}
    )
    return [
        Entry(
            at=at,
            who=people.get(contexts.get(context, {}).get("user", 0)),
            why=_why(contexts.get(context, {})),
            url=contexts.get(context, {}).get("url", ""),
            changes=tuple(changes[at, context]),
        )
        for at, context in moments
    ]


def _with_previous(
    source: _Source, moments: Sequence[tuple[datetime, UUID | None]]
) -> list[tuple[Any, Any]]:
    """Return the events of the moments, each with the one before it of the same row."""
    earlier = (
        _event_model(source.model)
        ._default_manager.filter(
            pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")
        )
        .order_by("-pgh_id")
        .values("pgh_id")[:1]
    )
    wanted = set(moments)
    events = [
        event
        for event in source.events.filter(pgh_created_at__in={at for at, __ in moments})
        .annotate(pgh_previous=Subquery(earlier))
        .order_by("pgh_id")
        if (event.pgh_created_at, event.pgh_context_id) in wanted
    ]
    before = _event_model(source.model)._default_manager.in_bulk(
        [event.pgh_previous for event in events if event.pgh_label == "update"]
    )
    return [(event, before.get(event.pgh_previous)) for event in events]


def _why(metadata: dict[str, Any]) -> str:
    """Return the reason that was given, or where the change was made."""
    if reason := metadata.get("reason"):
        return _(str(reason))
    if not metadata:
        return _("Outside the application: a program or the database")
    try:
        match = resolve(metadata.get("url", ""))
    except Resolver404:
        return ""
    if match.app_name == "admin":
        return _("In the administration")
    if "import" in (match.url_name or ""):
        return _("Import of a file")
    return ""


def _change(source: _Source, event: Any, previous: Any, names: "_Names") -> Change:
    fields = []
    for known in source.fields():
        value = getattr(event, known.attname)
        new = names.shown(known, value)
        if event.pgh_label == "update":
            before = getattr(previous, known.attname) if previous else None
            if previous is None or before == value:
                continue
            fields.append((known, names.shown(known, before), new))
        elif value not in (None, "", False, []):
            is_removed = event.pgh_label == "delete"
            fields.append((known, new if is_removed else "", "" if is_removed else new))
    return Change(
        label=event.pgh_label,
        model=str(source.model._meta.verbose_name),
        models=str(source.model._meta.verbose_name_plural),
        subject=names.subject(source.model, event),
        fields=tuple(
            FieldChange(capfirst(str(known.verbose_name)), old, new)
            for known, old, new in fields
        ),
    )


class _Names:
    """What rows are called: everything that the events point at, fetched at once."""

    def __init__(self, found: Iterable[tuple[_Source, list[tuple[Any, Any]]]]) -> None:
        wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
        for source, events in found:
            relations = [f for f in _recorded(source.model) if f.is_relation]
            for relation, (event, previous) in (
                (relation, pair) for relation in relations for pair in events
            ):
                related: Any = relation.related_model
                for row in (event, previous):
                    if row is not None:
                        wanted[related].add(getattr(row, relation.attname))
        self._rows = {
            model: _rows(model).in_bulk(pks - {None}) for model, pks in wanted.items()
        }

    def row(self, model: Any, pk: Any) -> models.Model | None:
        """Return a row that an event points at, where it still is."""
        return self._rows.get(model, {}).get(pk)

    def subject(self, model: type[models.Model], event: Any) -> str:
        """Return what the row was called, as the event has it; the row may be gone."""
        values, rows = {}, {}
        for known in _recorded(model):
            value = getattr(event, known.attname)
            values[known.attname] = value
            if known.is_relation and (row := self.row(known.related_model, value)):
                rows[known.name] = row
        instance = model(**values)
        for name, row in rows.items():
            setattr(instance, name, row)
        try:
            return str(instance)
        except ObjectDoesNotExist:
            return f"#{instance.pk}"

    def shown(self, known: "models.Field[Any, Any]", value: Any) -> str:
        """Return a value in words: a choice's label, a row's name, kronor, a date."""
        if value is None or value in ("", [], {}):
            return NOTHING
        if isinstance(value, dict):  # a whole form, or hundreds of figures
            return _("not shown here")
        if known.is_relation:
            row = self.row(known.related_model, value)
            return f"#{value}" if row is None else str(row)
        if known.flatchoices:
            return str(dict(known.flatchoices).get(value, value))
        in_words = getattr(known, "in_words", None)
        return str(in_words(value)) if in_words else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j F Y H:i")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, Decimal):
        return grouped(value)
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)


def _recorded(model: type[models.Model]) -> list["models.Field[Any, Any]"]:
    recorded = {known.name for known in _event_model(model)._meta.fields}
    return [known for known in model._meta.fields if known.name in recorded]


def _rows(model: type[models.Model]) -> models.QuerySet[Any]:
    """Return the model's rows with the rows that their names are made of."""
    joined = [
        known.name
        for known in model._meta.fields
        if known.is_relation
        and isinstance(known.related_model, type)
        and not any(
            isinstance(part, models.BinaryField)
            for part in known.related_model._meta.fields
        )
    ]
    rows: models.QuerySet[Any] = model._default_manager.all()
    return rows.select_related(*joined) if joined else rows
