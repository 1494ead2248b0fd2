"""Pages of agreements."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import RequestConfig

from grants.filters import AgreementFilter
from grants.forms.agreements import AgreementForm
from grants.models import Agreement
from grants.tables.agreements import AgreementTable
from grants.tables.grants import GrantTable, listed
from grants.views.saving import save_unless_changed
from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.editing import Seen, events_of
from municipalities.history import history_page
from municipalities.listing import ListView
from municipalities.upload_limit import limit_files


def find(request: StaffRequest, pk: int) -> Agreement:
    """Return the body's agreement, or answer 404."""
    own = Agreement.objects.select_related("file").filter(body=request.organisation)
    return get_object_or_404(own, pk=pk)


@staff_view(Capability.VIEW)
class AgreementList(ListView):
    """Every agreement of the body."""

    page_title = gettext_lazy("Agreements")
    table_class = AgreementTable
    filterset_class = AgreementFilter
    template_name = "grants/agreement_list.html"

    def get_queryset(self) -> QuerySet[Any]:
        """Return agreements with how many grants and kronor each gave."""
        return Agreement.objects.filter(
            body=self.request.organisation  # type: ignore[attr-defined]
        ).annotate(grant_count=Count("grants"), granted=Sum("grants__amount"))


@requires(Capability.VIEW)
def agreement_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show an agreement and the grants under it."""
    agreement = find(request, pk)
    table = GrantTable(
        listed(request.organisation).filter(agreement=agreement),
        exclude=["agreement"],
        empty_text=_("There are no grants under the agreement yet."),
    )
    RequestConfig(request, paginate=False).configure(table)
    context = {"agreement": agreement, "table": table, "page_title": agreement.title}
    return render(request, "grants/agreement_detail.html", context)


@requires(Capability.EDIT)
def agreement_create(request: StaffRequest) -> HttpResponse:
    """Register an agreement."""
    form = AgreementForm(
        request.POST or None, request.FILES or None, body=request.organisation
    )
    limit_files(request, form, "upload")
    if request.method == "POST" and form.is_valid():
        agreement = form.save()
        messages.success(request, _("The agreement is registered."))
        return redirect(agreement)
    context = {
        "form": form,
        "page_title": _("New agreement"),
        "cancel_url": reverse("grants:agreement_list"),
    }
    return render(request, "grants/agreement_form.html", context)


@requires(Capability.EDIT)
def agreement_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change an agreement."""
    agreement = find(request, pk)
    events = [events_of(Agreement, pgh_obj_id=pk)]
    if request.method == "POST":
        form = AgreementForm(
            request.POST, request.FILES, instance=agreement, body=request.organisation
        )
        limit_files(request, form, "upload")
        if save_unless_changed(agreement, events, form, form.save):
            messages.success(request, _("The agreement is saved."))
            return redirect("grants:agreement_detail", pk)
    else:
        form = AgreementForm(
            instance=agreement,
            body=request.organisation,
            initial={"seen": Seen(*events).version},
        )
    context = {
        "agreement": agreement,
        "form": form,
        "page_title": _("Edit the agreement"),
        "cancel_url": reverse("grants:agreement_detail", args=[pk]),
    }
    return render(request, "grants/agreement_form.html", context)


@requires(Capability.EDIT)
def agreement_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Remove an agreement that no grant is under."""
    agreement = find(request, pk)
    back = redirect("grants:agreement_detail", pk)
    if agreement.grants.exists():
        messages.error(
            request, _("The agreement has grants under it and cannot be deleted.")
        )
        return back
    if request.method == "POST":
        agreement.delete()
        messages.success(request, _("The agreement is deleted."))
        return redirect("grants:agreement_list")
    context = {
        "agreement": agreement,
        "page_title": _("Delete the agreement?"),
        "message": _("“%(title)s” is deleted. The history keeps what it was.")
        % {"title": agreement.title},
        "cancel_url": back.url,
    }
    return render(request, "grants/agreement_delete.html", context)


@requires(Capability.VIEW)
def agreement_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what happened to an agreement."""
    agreement = find(request, pk)
    return history_page(
        request,
        agreement,
        title=agreement.title,
        back_url=reverse("grants:agreement_detail", args=[pk]),
    )
