"""Reminders: what comes, what has gone, paused, sent now, and turned off by a person."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grants.models import Deadline
from grants.views.grants import find, head
from municipalities.access import Capability, StaffRequest, requires
from municipalities.models import Membership, Municipality
from municipalities.site import next_page
from reporting import reminder_off as off
from reporting.reminder_log import how_far, sent_rounds
from reporting.reminder_rounds import (
    Plan,
    Round,
    is_closed,
    plan_of,
    receivers,
    waited_for,
)
from reporting.reminder_words import in_a_sentence
from reporting.reminders import Sent, send_now
from reporting.todo import Todo

SOON = timedelta(days=45)
"""How far ahead the page about all grants looks."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A step that will be sent, as the page shows it."""

    round: Round
    to: list[tuple[Municipality, tuple[str, ...]]]
    staff: tuple[str, ...]

    @property
    def unreached(self) -> int:
        """In how many municipalities nobody can be reached."""
        return sum(not addresses for _municipality, addresses in self.to)

    @property
    def how_far(self) -> str:
        """How far from the last day it is."""
        return how_far(self.round.step.offset)


@dataclass(frozen=True, slots=True)
class Row:
    """A last day with its plan."""

    todo: Todo
    waiting: int
    next_on: date | None
    may_be_sent: bool

    @property
    def is_over(self) -> bool:
        """Whether nobody will be reminded any more."""
        return self.todo.is_done or (self.next_on is None and not self.waiting)


def shown(plan: Plan, grant: int | None = None) -> dict[str, Any]:
    """Return what comes, the first one first, and the plan of each last day."""
    rounds = [
        each for each in plan.rounds if grant is None or each.deadline.grant_id == grant
    ]
    if grant is None:
        rounds = [each for each in rounds if each.day <= plan.today + SOON]
    coming = [
        Coming(
            each,
            [(one, plan.receivers(each, one)) for one in each.municipalities],
            tuple(plan.staff) if not each.municipalities else (),
        )
        for each in rounds
    ]
    return {
        "coming": coming,
        "rows": [
            row_of(todo, plan)
            for todo in plan.todos.values()
            if grant is None or todo.deadline.grant_id == grant
        ],
        "today": plan.today,
        "asked": plan.asked if grant is None else (),
        "until": plan.today + SOON,
    }


def row_of(todo: Todo, plan: Plan) -> Row:
    """Return a last day as the table shows it."""
    waiting = waited_for(todo, plan.today)
    deadline = todo.deadline
    steps = [step for step in plan.steps[deadline.pk] if step.day > plan.today]
    is_late = deadline.due_on < plan.today
    return Row(
        todo=todo,
        waiting=len(waiting),
        next_on=steps[0].day if steps and waiting else None,
        may_be_sent=deadline.actor == Deadline.Actor.MUNICIPALITIES
        and bool(waiting)
        and not (is_late and is_closed(deadline)),
    )


@requires(Capability.VIEW)
@require_safe
def reminder_plans(request: StaffRequest) -> HttpResponse:
    """Show what comes and what has gone, for all grants."""
    plan = plan_of(request.organisation, timezone.localdate())
    context = shown(plan) | {
        "page_title": _("Reminders"),
        "sent": sent_rounds(request.organisation),
    }
    # What is over is of no use here; it stands on the grant's own page.
    context["rows"] = [row for row in context["rows"] if not row.is_over]
    return render(request, "reporting/reminder_plans.html", context)


@requires(Capability.VIEW)
@require_safe
def reminder_plan(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what comes and what has gone, for a grant."""
    grant = find(request, pk)
    plan = plan_of(request.organisation, timezone.localdate())
    context = head(grant, "deadlines") | shown(plan, grant.pk)
    context["sent"] = sent_rounds(request.organisation, grant)
    return render(request, "reporting/reminder_plan.html", context)


def deadline_of(request: StaffRequest, pk: int) -> Deadline:
    """Return one of the body's last days, or 404."""
    return get_object_or_404(
        Deadline.objects.of_body(request.organisation).select_related("grant__body"), pk=pk
    )


def back_to(request: HttpRequest, deadline: Deadline) -> str:
    """Return the page that the person came from: the grant's, or all grants'."""
    own = reverse("reporting:reminder_plan", args=[deadline.grant_id])
    return next_page(request, own)


@requires(Capability.EDIT)
@require_POST
def reminder_pause(request: StaffRequest, pk: int) -> HttpResponse:
    """Pause the reminders of a last day, or let them go on."""
    deadline = deadline_of(request, pk)
    is_paused = "resume" not in request.POST
    if deadline.is_paused != is_paused:
        deadline.is_paused = is_paused
        deadline.save(update_fields=["is_paused"])
    text = _("The reminders about %(what)s go on.")
    if is_paused:
        text = _("The reminders about %(what)s are paused.")
    messages.success(
        request, text % {"what": f"{in_a_sentence(deadline)}, {deadline.grant}"}
    )
    return redirect(back_to(request, deadline))


@requires(Capability.EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def reminder_send(request: StaffRequest, pk: int) -> HttpResponse:
    """Show whom a reminder goes to now; send it to those that are chosen."""
    deadline = deadline_of(request, pk)
    today = timezone.localdate()
    plan = plan_of(request.organisation, today)
    todo = plan.todos.get(deadline.pk)
    waiting = [pk for pk in waited_for(todo, today) if pk] if todo else []
    if is_closed(deadline) and deadline.due_on < today:
        waiting = []
    municipalities = sorted(
        (plan.municipalities[pk] for pk in waiting), key=lambda each: each.code
    )
    chosen = set(request.POST.getlist("chosen"))
    if request.method == "POST" and chosen:
        sent = send_now(
            deadline,
            [each for each in municipalities if each.code in chosen],
            by=request.user,
        )
        tell(request, sent)
        return redirect("reporting:reminder_plan", deadline.grant_id)
    offset = (today - deadline.due_on).days
    to = [
        (each, receivers(plan.contacts[each.pk], deadline, offset))
        for each in municipalities
    ]
    context = {
        "deadline": deadline,
        "grant": deadline.grant,
        "reached": [(each, addresses) for each, addresses in to if addresses],
        "unreached": [each for each, addresses in to if not addresses],
        "lacks_choice": request.method == "POST",
        "page_title": _("Remind now about %(what)s?") % {"what": in_a_sentence(deadline)},
        "back_url": reverse("reporting:reminder_plan", args=[deadline.grant_id]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "reporting/reminder_send.html", context, status=status)


def tell(request: StaffRequest, sent: Sent) -> None:
    """Say what came of a reminder that was asked for."""
    if sent.reminders:
        words = ngettext(
            "%(number)d municipality is reminded by e-mail.",
            "%(number)d municipalities are reminded by e-mail.",
            sent.reminders,
        )
        messages.success(request, words % {"number": sent.reminders})
    if sent.already:
        words = _("Already reminded today: %(names)s.")
        messages.info(request, words % {"names": ", ".join(sent.already)})
    if sent.unreachable:
        words = _("There is nobody to remind in %(names)s.")
        messages.warning(request, words % {"names": ", ".join(sent.unreachable)})
    if not (sent.reminders or sent.already or sent.unreachable):
        messages.info(request, _("They have done it already. Nobody was reminded."))


@login_not_required
@csrf_exempt  # The address is the secret, and mail programs post to it (RFC 8058).
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reminder_off(request: HttpRequest, signed: str) -> HttpResponse:
    """Let a person turn reminders off, and on again, with the link in a message."""
    numbers = off.memberships_in(signed)
    if request.method == "POST" and numbers:
        off.turn(numbers, on="on" in request.POST)
        if request.POST.get("List-Unsubscribe") != "One-Click":
            return redirect("reporting:reminder_off", signed)
    # Those that are gone count as off: the page does not tell who is there.
    is_on = Membership.objects.filter(pk__in=numbers, is_reminded=True).exists()
    context = {
        "is_ours": bool(numbers),
        "is_on": is_on,
        "page_title": _("Reminders by e-mail"),
    }
    response = render(
        request, "reporting/reminder_off.html", context, status=200 if numbers else 404
    )
    # The address is a secret of its own: no other site is told it.
    response["Referrer-Policy"] = "no-referrer"
    return response
