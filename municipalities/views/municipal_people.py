"""People of a municipality: invited, changed and removed.

Its signatories do it at their own pages, the coordinating body's staff at those of each
municipality in the county. The views are the same; a ``Desk`` knows whose they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import django_tables2 as tables
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.access import (
    Capability,
    MunicipalRequest,
    StaffRequest,
    can,
    municipal_view,
    requires,
    staff_view,
)
from municipalities.contacts import Contacts, contacts_of, is_confirmed, last_confirmation
from municipalities.history import history_page
from municipalities.invitations import invite, welcome
from municipalities.listing import ListView
from municipalities.models import (
    BouncedAddress,
    ContactConfirmation,
    Membership,
    Municipality,
)
from municipalities.models.people import MembershipQuerySet
from municipalities.people import end, leaves_no_signatory, lock, still_holds
from municipalities.person_forms import (
    NO_SIGNATORY,
    NewPersonOfMunicipalityForm,
    PersonOfMunicipalityForm,
)
from municipalities.tables import MomentColumn
from municipalities.templatetags.ui import state
from municipalities.views.people import PeopleTable, has_ended

Request = StaffRequest | MunicipalRequest

LONG_ADDRESS = 34
"""Characters of an e-mail address that the table has room for on one line."""


@dataclass(frozen=True)
class Desk:
    """Whose people are looked after, and where those pages are."""

    municipality: Municipality
    prefix: str
    codes: tuple[str, ...]
    may_change: bool
    may_confirm: bool

    def url(self, action: str, *args: Any) -> str:
        """Return the address of a page of the desk."""
        name = f"municipalities:{self.prefix}_{action}"
        return reverse(name, args=[*self.codes, *args])

    @property
    def list_url(self) -> str:
        """The address of the list."""
        return self.url("list")

    @property
    def create_url(self) -> str:
        """The address where somebody is invited."""
        return self.url("create")

    @property
    def people(self) -> MembershipQuerySet:
        """The municipality's memberships, former ones too."""
        return Membership.objects.within(self.municipality).select_related(
            "user", "municipality"
        )

    @property
    def lacks_signatory(self) -> bool:
        """Whether nobody may answer for the municipality."""
        return not self.people.valid().signatories().exists()

    # Contacts, whose pages are in ``views/contacts.py``.

    def contacts_url(self, action: str) -> str:
        """Return the address of something that is done with the contacts."""
        prefix = self.prefix.removesuffix("person")
        return reverse(f"municipalities:{prefix}contacts_{action}", args=[*self.codes])

    @property
    def mailbox_url(self) -> str:
        """The address where the official mailbox is changed."""
        return self.contacts_url("mailbox")

    @property
    def confirm_url(self) -> str:
        """The address where the contacts are said to be right."""
        return self.contacts_url("confirm")

    @property
    def bounced_url(self) -> str:
        """The address where staff note that e-mail to an address does not arrive."""
        return self.contacts_url("bounced")

    @property
    def works_url(self) -> str:
        """The address where staff note that an address works again."""
        return self.contacts_url("works")

    @cached_property
    def contacts(self) -> Contacts:
        """The addresses that work."""
        pk = self.municipality.pk
        return contacts_of([pk])[pk]

    @cached_property
    def bounced(self) -> dict[str, BouncedAddress]:
        """The addresses that do not."""
        emails = self.people.valid().values("user__email")
        mailbox = self.municipality.email.lower()
        rows = BouncedAddress.objects.filter(Q(email__in=emails) | Q(email=mailbox))
        return {each.email: each for each in rows}

    @cached_property
    def confirmation(self) -> ContactConfirmation | None:
        """When the contacts were last said to be right."""
        return last_confirmation(self.municipality)

    @property
    def is_confirmed(self) -> bool:
        """Whether they were within a year."""
        return is_confirmed(self.confirmation.confirmed_at if self.confirmation else None)

    @cached_property
    def confirmed_by(self) -> str:
        """Who said so. To a municipality, staff are named by their organisation."""
        if self.confirmation is None:
            return ""
        by = self.confirmation.confirmed_by
        is_own = not self.codes
        if is_own and not self.people.filter(user=by).exists():
            staff = by.memberships.staff().select_related("body").first()
            return staff.organisation_name if staff else ""
        return str(by)


def own_desk(request: MunicipalRequest) -> Desk:
    """Return the desk of the person's own municipality."""
    may_change = can(request.membership, Capability.SIGN)
    may_confirm = can(request.membership, Capability.ANSWER)
    return Desk(request.organisation, "person", (), may_change, may_confirm)


def desk_in_county(request: StaffRequest, code: str) -> Desk:
    """Return the desk of a municipality in the body's county; others are not found."""
    own = Municipality.objects.filter(county=request.organisation.county_id)
    municipality = get_object_or_404(own.select_related("county"), code=code)
    may_change = can(request.membership, Capability.EDIT)
    return Desk(municipality, "municipality_person", (code,), may_change, may_change)


class PersonTable(PeopleTable):
    """A municipality's people."""

    email = tables.Column(accessor="user__email")
    phone = tables.Column(
        accessor="user__phone",
        verbose_name=gettext_lazy("Phone"),
        attrs={"td": {"class": "nowrap"}},
    )
    # The table is wide: a day and its time may stand on two lines, an address may not.
    last_login = MomentColumn(
        accessor="user__last_login",
        verbose_name=gettext_lazy("Last here"),
        attrs={"td": {"class": ""}},
    )
    is_contact = tables.BooleanColumn(verbose_name=gettext_lazy("Contact person"))
    change = tables.Column(
        empty_values=(),
        orderable=False,
        exclude_from_export=True,
        verbose_name="",
        attrs={"td": {"class": "row-actions"}, "th": {"class": "row-actions"}},
    )

    class Meta(PeopleTable.Meta):
        fields: ClassVar[list[str]] = [
            "user",
            "email",
            "phone",
            "role",
            "is_contact",
            "valid_until",
            "last_login",
            "is_valid",
            "change",
        ]
        empty_text = gettext_lazy("Nobody is let in yet.")

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        """Leave out the links for those who only look."""
        hidden = () if desk.may_change else ("change",)
        super().__init__(*args, exclude=hidden, **kwargs)
        self.desk = desk

    @staticmethod
    def is_invited(record: Membership) -> bool:
        """Return whether the person has not been here yet; a code needs no password."""
        return record.user.last_login is None

    def render_role(self, record: Membership) -> str:
        """Return the role, and whether the person stands in for another."""
        role = super().render_role(record)
        return _("%(role)s, deputy") % {"role": role} if record.is_deputy else role

    value_role = render_role

    def render_email(self, value: str) -> SafeString:
        """Return the address as a link; one that is longer than most may break."""
        if len(value) > LONG_ADDRESS:
            return format_html('<a href="mailto:{}" class="breaks">{}</a>', value, value)
        return format_html('<a href="mailto:{}">{}</a>', value, value)

    def value_email(self, value: str) -> str:
        """Return the address."""
        return value

    def render_is_valid(self, record: Membership) -> str:
        """Return whether the membership holds, and whether e-mail arrives."""
        if not has_ended(record) and record.user.email in self.desk.bounced:
            return state("danger", _("e-mail does not arrive"))
        return super().render_is_valid(record)

    def value_is_valid(self, record: Membership) -> str:
        """Return the same in words."""
        if not has_ended(record) and record.user.email in self.desk.bounced:
            return _("e-mail does not arrive")
        return super().value_is_valid(record)

    def render_is_contact(self, value: bool, record: Membership) -> str:
        """Return whether the person is the one to ask, in words."""
        if value and not record.is_reminded:
            return _("Yes, but has turned reminders off")
        return _("Yes") if value else ""

    value_is_contact = render_is_contact

    def render_change(self, record: Membership) -> SafeString:
        """Return the links of a row, each with the person's name for screen readers."""
        actions = [("update", _("Change")), ("history", _("History"))]
        return format_html_join(
            " ",
            '<a href="{}">{}<span class="ds-sr-only"> {}</span></a>',
            (
                (self.desk.url(action, record.pk), word, record.user)
                for action, word in actions
            ),
        )


class PeopleListView(ListView):
    """A municipality's people, former ones too."""

    table_class = PersonTable
    template_name = "municipalities/person_list.html"

    def get_desk(self) -> Desk:
        """Return whose people these are."""
        raise NotImplementedError

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Begin without a desk: who asks is not known to be let in yet."""
        super().setup(request, *args, **kwargs)
        self._desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """Whose people these are, looked up once."""
        if self._desk is None:
            self._desk = self.get_desk()
        return self._desk

    def get_page_title(self) -> str:
        """Return the heading, which names the files too."""
        return _("People of %(municipality)s") % {
            "municipality": self.desk.municipality.own_name
        }

    def get_queryset(self) -> QuerySet[Membership]:
        """Return the municipality's own."""
        return self.desk.people

    def get_table_kwargs(self) -> dict[str, Any]:
        """Let the rows know where their links lead."""
        return {"desk": self.desk}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whose people these are."""
        return super().get_context_data(desk=self.desk, **kwargs)


@municipal_view(Capability.ANSWER)
class PersonListView(PeopleListView):
    """The own municipality's people."""

    def get_desk(self) -> Desk:
        """Return the own desk."""
        return own_desk(self.request)  # type: ignore[arg-type]


@staff_view(Capability.VIEW)
class MunicipalityPersonListView(PeopleListView):
    """The people of a municipality in the county."""

    def get_desk(self) -> Desk:
        """Return the desk of the municipality in the address."""
        return desk_in_county(self.request, self.kwargs["code"])  # type: ignore[arg-type]


# One action each, for both desks -------------------------------------------------------

Action = Callable[..., HttpResponse]


def at_own_desk(capability: Capability, action: Action) -> Any:
    """Return the action as a view of the person's own municipality."""

    @requires(capability)
    def view(request: MunicipalRequest, /, **kwargs: Any) -> HttpResponse:
        return action(request, own_desk(request), **kwargs)

    return view


def at_desk_in_county(capability: Capability, action: Action) -> Any:
    """Return the action as a view of staff, for a municipality in the county."""

    @requires(capability)
    def view(request: StaffRequest, /, code: str, **kwargs: Any) -> HttpResponse:
        return action(request, desk_in_county(request, code), **kwargs)

    return view


def begin_change(request: Request, desk: Desk) -> None:
    """Wait for others who change the same people; they may have removed who asks."""
    if request.method != "POST":
        return
    lock(desk.municipality)
    if not still_holds(request.membership):
        raise PermissionDenied


def after(request: Request, desk: Desk, membership: Membership) -> str:
    """Return where to go on: not to the list, for those who shut themselves out."""
    is_self = membership.user_id == request.user.pk
    return "/" if is_self and not still_holds(request.membership) else desk.list_url


@transaction.atomic
def invite_person(request: Request, desk: Desk) -> HttpResponse:
    """Let somebody in. The answer is the same whether they have an account or not."""
    begin_change(request, desk)
    form = NewPersonOfMunicipalityForm(request.POST or None, organisation=desk.municipality)
    if form.is_valid():
        membership = form.save()
        welcome(request, membership)
        return redirect(desk.list_url)
    context = {
        "form": form,
        "desk": desk,
        "page_title": _("Invite a person"),
        "cancel_url": desk.list_url,
    }
    return render(request, "municipalities/person_form.html", context)


@transaction.atomic
def change_person(request: Request, desk: Desk, pk: int) -> HttpResponse:
    """Change a person's facts, role, or until when it holds."""
    begin_change(request, desk)
    membership = get_object_or_404(desk.people, pk=pk)
    before = membership.user.email
    form = PersonOfMunicipalityForm(request.POST or None, membership=membership)
    if form.is_valid() and (changed := form.save()):
        if changed.user.email != before:
            invite(changed, by=request.user)
        if changed.user_id == request.user.pk:
            update_session_auth_hash(request, changed.user)
        messages.success(request, _("The change is saved."))
        return redirect(after(request, desk, membership))
    context = {
        "form": form,
        "desk": desk,
        "person": membership.user,
        "bounced": None if has_ended(membership) else desk.bounced.get(before),
        "is_addressed": not has_ended(membership),
        "page_title": str(membership.user),
        "cancel_url": desk.list_url,
        "remove_url": desk.url("remove", pk),
    }
    return render(request, "municipalities/person_form.html", context)


@transaction.atomic
def remove_person(request: Request, desk: Desk, pk: int) -> HttpResponse:
    """End a person's membership. It stays on record."""
    begin_change(request, desk)
    membership = get_object_or_404(desk.people, pk=pk)
    if leaves_no_signatory(membership):
        messages.error(request, str(NO_SIGNATORY))
        return redirect(desk.list_url)
    if request.method == "POST":
        end(membership)
        message = _("%(name)s is no longer let in.")
        messages.success(request, message % {"name": membership.user})
        return redirect(after(request, desk, membership))
    context = {
        "page_title": _("Remove %(name)s?") % {"name": membership.user},
        "message": _(
            "They can no longer act for the municipality, from now on. "
            "What they have done stays on record."
        ),
        "submit": _("Remove"),
        "cancel_url": desk.list_url,
    }
    return render(request, "municipalities/confirm_page.html", context)


def show_history(request: Request, desk: Desk, pk: int) -> HttpResponse:
    """Return what happened to a membership."""
    membership = get_object_or_404(desk.people, pk=pk)
    return history_page(
        request, membership, title=str(membership.user), back_url=desk.list_url
    )


person_create = at_own_desk(Capability.SIGN, invite_person)
person_update = at_own_desk(Capability.SIGN, change_person)
person_remove = at_own_desk(Capability.SIGN, remove_person)
person_history = at_own_desk(Capability.SIGN, show_history)

municipality_person_create = at_desk_in_county(Capability.EDIT, invite_person)
municipality_person_update = at_desk_in_county(Capability.EDIT, change_person)
municipality_person_remove = at_desk_in_county(Capability.EDIT, remove_person)
municipality_person_history = at_desk_in_county(Capability.VIEW, show_history)
