"""Colleagues: who is let in, as what, and until when. For administrators."""

from typing import ClassVar

import django_tables2 as tables
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.access import Capability, StaffRequest, requires, staff_view
from municipalities.filters import MembershipFilter
from municipalities.forms import MembershipForm, NewMemberForm
from municipalities.history import history_page
from municipalities.invitations import welcome
from municipalities.listing import ListView
from municipalities.models import Membership, Role
from municipalities.people import end, is_last_administrator
from municipalities.tables import ActionColumn, BaseTable, DateColumn, MomentColumn
from municipalities.templatetags.ui import state


class PeopleTable(BaseTable):
    """An organisation's people, former ones too."""

    user = tables.Column(
        order_by=("user__last_name", "user__first_name", "user__email"),
        verbose_name=gettext_lazy("Name"),
    )
    email = tables.EmailColumn(accessor="user__email")
    role = tables.Column()
    valid_until = DateColumn()
    last_login = MomentColumn(
        accessor="user__last_login", verbose_name=gettext_lazy("Last here")
    )
    is_valid = tables.Column(
        empty_values=(), orderable=False, verbose_name=gettext_lazy("State")
    )

    class Meta(BaseTable.Meta):
        model = Membership
        fields: ClassVar[list[str]] = []
        empty_text = gettext_lazy("Nobody matches.")

    @staticmethod
    def is_invited(record: Membership) -> bool:
        """Return whether the person has not been here yet."""
        return not record.user.has_usable_password()

    def render_role(self, record: Membership) -> str:
        """Return the role as a word of its own."""
        return record.get_role_display().capitalize()

    value_role = render_role

    def render_is_valid(self, record: Membership) -> str:
        """Return whether the membership holds, in colour and words."""
        if has_ended(record):
            return state("neutral", _("ended"))
        if self.is_invited(record):
            return state("warning", _("invited"))
        return state("success", _("active"))

    def value_is_valid(self, record: Membership) -> str:
        """Return whether the membership holds, in words."""
        if has_ended(record):
            return _("ended")
        return _("invited") if self.is_invited(record) else _("active")


class MembershipTable(PeopleTable):
    """The body's people."""

    change = ActionColumn("municipalities/membership_actions.html")

    class Meta(PeopleTable.Meta):
        fields: ClassVar[list[str]] = [
            "user",
            "email",
            "role",
            "valid_until",
            "last_login",
            "is_valid",
            "change",
        ]


def has_ended(membership: Membership) -> bool:
    """Return whether the last day has passed, or the account is closed."""
    until = membership.valid_until
    return (until is not None and until < timezone.localdate()) or (
        not membership.user.is_active
    )


@staff_view(Capability.ADMINISTER)
class MembershipListView(ListView):
    """The body's people, former ones too."""

    page_title = gettext_lazy("Colleagues")
    table_class = MembershipTable
    filterset_class = MembershipFilter
    template_name = "municipalities/membership_list.html"

    def get_queryset(self) -> QuerySet[Membership]:
        """Return the body's own."""
        body = self.request.organisation  # type: ignore[attr-defined]
        return Membership.objects.filter(body=body).select_related("user")


def membership_of(request: StaffRequest, pk: int) -> Membership:
    """Return a membership of the body; another body's is not found."""
    own = Membership.objects.filter(body=request.organisation)
    return get_object_or_404(own.select_related("user", "body"), pk=pk)


@requires(Capability.ADMINISTER)
def membership_create(request: StaffRequest) -> HttpResponse:
    """Let somebody in. The answer is the same whether they have an account or not."""
    form = NewMemberForm(request.POST or None, organisation=request.organisation)
    if form.is_valid():
        with transaction.atomic():
            membership = form.save()
            welcome(request, membership)
        return redirect("municipalities:membership_list")
    context = {
        "form": form,
        "page_title": _("Add a colleague"),
        "cancel_url": reverse("municipalities:membership_list"),
    }
    return render(request, "municipalities/membership_form.html", context)


@requires(Capability.ADMINISTER)
@transaction.atomic
def membership_update(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a role, or until when it holds."""
    membership = membership_of(request, pk)
    form = MembershipForm(request.POST or None, instance=membership)
    if form.is_valid():
        form.save()
        messages.success(request, _("The change is saved."))
        gave_up = membership.role != Role.ADMINISTRATOR or has_ended(membership)
        is_self = membership.user_id == request.user.pk
        return redirect("/" if is_self and gave_up else "municipalities:membership_list")
    context = {
        "form": form,
        "page_title": membership.user,
        "cancel_url": reverse("municipalities:membership_list"),
        "membership_shown": membership,
    }
    return render(request, "municipalities/membership_form.html", context)


@requires(Capability.ADMINISTER)
@transaction.atomic
def membership_end(request: StaffRequest, pk: int) -> HttpResponse:
    """End a membership. It stays on record: what the person did is theirs."""
    membership = membership_of(request, pk)
    if is_last_administrator(membership):
        messages.error(request, _("Somebody else must be an administrator first."))
        return redirect("municipalities:membership_list")
    if request.method == "POST":
        end(membership)
        message = _("%(name)s is no longer let in.")
        messages.success(request, message % {"name": membership.user})
        is_self = membership.user_id == request.user.pk
        return redirect("/" if is_self else "municipalities:membership_list")
    context = {
        "page_title": _("End the access of %(name)s?") % {"name": membership.user},
        "message": _("They can no longer sign in to the organisation, from now on."),
        "submit": _("End the access"),
        "cancel_url": reverse("municipalities:membership_list"),
    }
    return render(request, "municipalities/confirm_page.html", context)


@requires(Capability.ADMINISTER)
def membership_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Return what happened to a membership."""
    membership = membership_of(request, pk)
    return history_page(
        request,
        membership,
        title=str(membership.user),
        back_url=reverse("municipalities:membership_list"),
    )
