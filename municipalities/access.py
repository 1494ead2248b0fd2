"""Who may do what: one role in one organisation at a time.

A person acts through one membership. Views read ``request.membership`` and filter on
``request.organisation`` in the query: another body's id in an address finds nothing.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject

from municipalities.models import (
    CoordinatingBody,
    Membership,
    Municipality,
    Role,
    User,
)

SESSION_KEY = "membership"
DEMO_DOMAIN = ".example"

P = ParamSpec("P")


class Capability(StrEnum):
    """What a view asks for: the first four of a body's staff, the last two not."""

    VIEW = "view"
    EDIT = "edit"
    DECIDE = "decide"
    ADMINISTER = "administer"
    ANSWER = "answer"
    SIGN = "sign"


CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.HANDLER: frozenset({Capability.VIEW, Capability.EDIT}),
    Role.APPROVER: frozenset({Capability.VIEW, Capability.EDIT, Capability.DECIDE}),
    Role.AUDITOR: frozenset({Capability.VIEW}),
    Role.ADMINISTRATOR: frozenset(
        {Capability.VIEW, Capability.EDIT, Capability.ADMINISTER}
    ),
    Role.CONTRIBUTOR: frozenset({Capability.ANSWER}),
    Role.SIGNATORY: frozenset({Capability.ANSWER, Capability.SIGN}),
}


class StaffRequest(HttpRequest):
    """A request from a member of a coordinating body, as ``requires`` lets it in."""

    user: User
    membership: Membership
    organisation: CoordinatingBody
    htmx: Any


class MunicipalRequest(HttpRequest):
    """A request from a member of a municipality, as ``requires`` lets it in."""

    user: User
    membership: Membership
    organisation: Municipality
    htmx: Any


def memberships_of(user: Any) -> list[Membership]:
    """Return the person's valid memberships, in a fixed order."""
    if not user.is_authenticated or not user.is_active:
        return []
    memberships = list(
        Membership.objects.not_ended()
        .filter(user=user)
        .select_related("body__county", "municipality")
        .order_by("pk")
    )
    for membership in memberships:
        membership.user = user
    return memberships


def own_memberships(request: HttpRequest) -> list[Membership]:
    """Return the valid memberships of the person who asks; they are fetched once."""
    # Who asks may change while a request is answered: when somebody signs in.
    person = request.user.pk
    kept: tuple[Any, list[Membership]] | None = getattr(request, "_memberships", None)
    if kept is None or kept[0] != person:
        kept = person, memberships_of(request.user)
        request._memberships = kept  # type: ignore[attr-defined]
    return kept[1]


def current_membership(request: HttpRequest) -> Membership | None:
    """Return the membership that the person acts through, or none."""
    memberships = own_memberships(request)
    chosen = request.session.get(SESSION_KEY)
    for membership in memberships:
        if membership.pk == chosen:
            return membership
    return memberships[0] if memberships else None


def can(membership: Membership | None, capability: Capability) -> bool:
    """Return whether the membership's role has the capability."""
    # A lazy one that turns out to be none is false, but it is not None.
    if not membership:
        return False
    return capability in CAPABILITIES.get(membership.role, frozenset())


def members_who(
    organisation: CoordinatingBody | Municipality, capability: Capability
) -> QuerySet[Membership]:
    """Return the valid memberships in the organisation whose role has the capability."""
    roles = [role for role, may in CAPABILITIES.items() if capability in may]
    return Membership.objects.valid().within(organisation).filter(role__in=roles)


class MembershipMiddleware:
    """Put the membership on the request; it is fetched when it is first read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response to a request that knows its membership."""
        request.membership = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: current_membership(request)
        )
        return self.get_response(request)


def requires(
    capability: Capability,
) -> Callable[
    [Callable[Concatenate[Any, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let in members whose role has the capability; others get 403.

    No role has capabilities of both kinds: with one of staff's the organisation is a
    body, with one of a municipality's it is a municipality.
    """

    def decorate(
        view: Callable[Concatenate[Any, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def wrapper(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not can(request.membership, capability):
                raise PermissionDenied
            request.organisation = request.membership.organisation
            return view(request, *args, **kwargs)

        wrapper.capability = capability  # type: ignore[attr-defined]
        return wrapper  # type: ignore[return-value]

    return decorate


def staff_view(capability: Capability) -> Callable[[type], type]:
    """Guard a class-based view, as ``requires`` guards a function."""
    return method_decorator(requires(capability), name="dispatch")


municipal_view = staff_view
"""Guards a class-based view for members of a municipality."""


def membership(request: HttpRequest) -> dict[str, Any]:
    """Return what every template knows of the person (a context processor)."""
    current = getattr(request, "membership", None)
    return {
        "membership": current,
        "may_edit": SimpleLazyObject(lambda: can(current, Capability.EDIT)),
        "may_decide": SimpleLazyObject(lambda: can(current, Capability.DECIDE)),
        "may_administer": SimpleLazyObject(lambda: can(current, Capability.ADMINISTER)),
        "may_answer": SimpleLazyObject(lambda: can(current, Capability.ANSWER)),
        "may_sign": SimpleLazyObject(lambda: can(current, Capability.SIGN)),
    }
