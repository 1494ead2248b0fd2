"""Pages of keys."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grants.allocation import exact
from grants.filters import KeyFilter
from grants.forms.keys import KeyComponentFormRows, KeyForm
from grants.models import AllocationKey, ComponentKind, KeyComponent, KeyFixedAmount
from grants.tables.keys import KeyTable
from grants.views.saving import save_unless_changed
from grants.wording import key_in_words
from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.editing import Seen, events_of
from municipalities.formsets import unchecked, wants_row, with_one_more_row
from municipalities.history import history_page
from municipalities.listing import ListView
from municipalities.models import Municipality

PREFIX = "parts"


def find(request: StaffRequest, pk: int) -> AllocationKey:
    """Return the body's key, or answer 404."""
    return get_object_or_404(AllocationKey.objects.filter(body=request.organisation), pk=pk)


def parts_of(key: AllocationKey) -> QuerySet[KeyComponent]:
    """Return the key's parts with their fixed amounts."""
    return key.components.prefetch_related("fixed_amounts__municipality")


@staff_view(Capability.VIEW)
class KeyList(ListView):
    """Every key of the body."""

    page_title = gettext_lazy("Keys")
    table_class = KeyTable
    filterset_class = KeyFilter
    template_name = "grants/key_list.html"

    def get_queryset(self) -> QuerySet[Any]:
        """Return keys with their parts and how many distributions came from each."""
        return (
            AllocationKey.objects.filter(body=self.request.organisation)  # type: ignore[attr-defined]
            .annotate(use_count=Count("distributions"))
            .prefetch_related("components__fixed_amounts")
        )


@requires(Capability.VIEW)
def key_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a key in words and numbers, and where it is used."""
    key = find(request, pk)
    parts = list(parts_of(key))
    weights = sum((exact(part.weight or 0) for part in parts), Fraction(0))
    context = {
        "key": key,
        "page_title": key.name,
        "parts": [
            {
                "part": part,
                "words": words,
                "share": exact(part.weight or 0) / weights * 100
                if part.kind == ComponentKind.STATISTIC and weights
                else None,
                "fixed_sum": sum(fixed.amount for fixed in part.fixed_amounts.all()),
            }
            for part, words in zip(parts, key_in_words(parts), strict=True)
        ],
        "has_statistics": bool(weights),
        "uses": key.distributions.select_related("grant").order_by(
            "-grant__year", "grant__short_title", "-version"
        ),
    }
    return render(request, "grants/key_detail.html", context)


def municipalities_of(request: StaffRequest) -> Mapping[str, Municipality]:
    """Return the county's municipalities by code."""
    return request.organisation.county.municipalities.by_code()


def events_of_key(pk: int) -> list[QuerySet[Any]]:
    """Return the events that the page of a key rests on."""
    components = events_of(KeyComponent, key_id=pk)
    fixed = events_of(KeyFixedAmount, component_id__in=components.values("pgh_obj_id"))
    return [events_of(AllocationKey, pgh_obj_id=pk), components, fixed]


@requires(Capability.EDIT)
def key_create(request: StaffRequest) -> HttpResponse:
    """Put a key together."""
    return _edit(request, AllocationKey(body=request.organisation))


@requires(Capability.EDIT)
def key_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a key. Distributions have copies of their own and stay as they are."""
    return _edit(request, find(request, pk))


def _edit(request: StaffRequest, key: AllocationKey) -> HttpResponse:
    body = request.organisation
    events = events_of_key(key.pk) if key.pk else []
    name = key.name
    kwargs: dict[str, Any] = {
        "rows": parts_of(key) if key.pk else [],
        "form_kwargs": {"body": body, "municipalities": municipalities_of(request)},
    }
    formset: Any
    if wants_row(request, PREFIX):
        form = unchecked(KeyForm(request.POST, instance=key, body=body))
        formset = with_one_more_row(KeyComponentFormRows, request, PREFIX, **kwargs)
    elif request.method == "POST":
        form = KeyForm(request.POST, instance=key, body=body)
        formset = KeyComponentFormRows(request.POST, prefix=PREFIX, **kwargs)

        def save() -> None:
            formset.save(key=form.save())

        if key.pk:
            is_saved = save_unless_changed(key, events, form, save, formset)
        elif is_saved := all([form.is_valid(), formset.is_valid()]):
            with transaction.atomic():
                save()
        if is_saved:
            messages.success(request, _("The key is saved."))
            return redirect("grants:key_detail", form.instance.pk)
    else:
        form = KeyForm(
            instance=key,
            body=body,
            initial={"seen": Seen(*events).version} if key.pk else {},
        )
        if not key.pk:
            kwargs["initial"] = None
        formset = KeyComponentFormRows(prefix=PREFIX, **kwargs)
        if not key.pk:
            formset.extra = 1
    context = {
        "key": key,
        "key_name": name,
        "form": form,
        "formset": formset,
        "page_title": _("Edit the key") if key.pk else _("New key"),
        "cancel_url": reverse("grants:key_detail", args=[key.pk])
        if key.pk
        else reverse("grants:key_list"),
    }
    return render(request, "grants/key_form.html", context)


@requires(Capability.EDIT)
def key_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Remove a key that no decided distribution names."""
    key = find(request, pk)
    back = redirect("grants:key_detail", pk)
    if key.distributions.exclude(status="draft").exists():
        messages.error(
            request,
            _("A decided distribution was made by the key, so the key cannot be deleted."),
        )
        return back
    if request.method == "POST":
        key.delete()
        messages.success(request, _("The key is deleted."))
        return redirect("grants:key_list")
    context = {
        "key": key,
        "page_title": _("Delete the key?"),
        "message": _(
            "“%(name)s” is deleted. Drafts made by it keep their amounts: they have a copy "
            "of its parts."
        )
        % {"name": key.name},
        "cancel_url": back.url,
    }
    return render(request, "grants/key_delete.html", context)


@requires(Capability.VIEW)
def key_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what happened to a key and its parts."""
    key = find(request, pk)
    return history_page(
        request,
        key,
        title=key.name,
        back_url=reverse("grants:key_detail", args=[pk]),
        related=[(KeyComponent, "key"), (KeyFixedAmount, "component__key")],
    )
