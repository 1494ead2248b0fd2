"""A grant's last days: who is missing, changing and moving them, noting what is done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from grants.deadlines import (
    ComesTooLate,
    Move,
    Wanted,
    day_off,
    move_deadlines,
    moved_in_words,
    named,
    plan_in_words,
)
from grants.forms.deadlines import (
    DayForm,
    DeadlinePageForm,
    DeadlineRows,
    DoneForm,
    follows_in_words,
)
from grants.models import Deadline, DeadlineDone, Grant
from grants.proposals import propose
from grants.timeline import Day, timeline_of
from grants.views.grants import NotSaved, RowsOf, edit_rows, find, head
from grants.views.saving import save_unless_changed
from grants.working_days import is_day_off, working_day_before
from municipalities.access import Capability, StaffRequest, requires
from municipalities.editing import Seen, events_of
from municipalities.models import Municipality
from reporting.reminder_plan import steps_of
from reporting.reminder_rounds import waited_for
from reporting.reminders import tell_moved
from reporting.todo import Todo, todos_of


def find_deadline(request: StaffRequest, pk: int) -> Deadline:
    """Return a last day of one of the body's grants, or answer 404."""
    own = Deadline.objects.of_body(request.organisation)
    return get_object_or_404(own.select_related("grant__body", "follows"), pk=pk)


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """Return the municipalities' names by their ids, in one query and by name."""
    found = Municipality.objects.filter(pk__in=set(ids)).order_by("name")
    return dict(found.values_list("pk", "name"))


# The list ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A last day in the table."""

    day: Day
    todo: Todo
    missing: Sequence[str]
    done_on: date | None
    """When all of it was noted as done."""

    @property
    def deadline(self) -> Deadline:
        """The last day."""
        return self.day.deadline

    @property
    def moved(self) -> str:
        """Why the day is not the one that was asked for."""
        asked = self.deadline.moved_from
        return moved_in_words(asked, self.deadline.due_on) if asked else ""

    @property
    def follows(self) -> str:
        """What it is counted from."""
        return follows_in_words(self.deadline) if self.deadline.follows_id else ""

    @property
    def plan(self) -> str:
        """When reminders are sent."""
        return plan_in_words(self.deadline)

    @property
    def is_noted(self) -> bool:
        """Whether people note what is done: the system does not see it by itself."""
        return is_noted(self.deadline)

    @property
    def done(self) -> int:
        """How many municipalities are done."""
        return len(self.todo.concerned) - len(self.todo.missing)

    @property
    def is_late(self) -> bool:
        """Whether it is not done, and the day is over."""
        is_left = bool(self.todo.missing) or not self.todo.concerned
        return self.day.is_past and not self.todo.is_done and is_left and self.is_begun

    @property
    def is_begun(self) -> bool:
        """Whether somebody has something to do: municipalities only after the offer."""
        is_theirs = self.deadline.actor == Deadline.Actor.MUNICIPALITIES
        return bool(self.todo.concerned) or not is_theirs

    @property
    def informs(self) -> bool:
        """Whether the day only informs: nobody is behind with it."""
        return self.deadline.kind == Deadline.Kind.USE


def is_noted(deadline: Deadline) -> bool:
    """Return whether people note what is done.

    Requisitions are seen in the answers, and the last day of use only informs.
    """
    is_answer = (
        deadline.kind == Deadline.Kind.REQUISITION
        and deadline.actor == Deadline.Actor.MUNICIPALITIES
    )
    return not is_answer and deadline.kind != Deadline.Kind.USE


@requires(Capability.VIEW)
def deadline_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a grant's last days, and how far each has come."""
    grant = find(request, pk)
    today = timezone.localdate()
    deadlines = list(grant.deadlines.select_related("follows"))
    for deadline in deadlines:
        deadline.grant = grant
    todos = todos_of(request.organisation, deadlines, today)
    names = names_of(pk for todo in todos.values() for pk in todo.missing)
    whole = DeadlineDone.objects.filter(deadline__grant=grant, municipality=None)
    done_on = dict(whole.values_list("deadline", "done_on"))
    timeline = timeline_of(grant, deadlines, today)
    rows = [
        Row(
            day=day,
            todo=todos[day.deadline.pk],
            missing=[
                name for key, name in names.items() if key in todos[day.deadline.pk].missing
            ],
            done_on=done_on.get(day.deadline.pk),
        )
        for day in timeline.days
    ]
    context = head(grant, "deadlines") | {
        "timeline": timeline,
        "rows": rows,
        "proposed": len(propose(grant, deadlines, today)),
    }
    return render(request, "reporting/deadline_list.html", context)


# Changing ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Off:
    """A day that somebody asks for, and that the rule moves."""

    deadline: Deadline
    name: str
    words: str
    field: str
    """The name of the box that lets the day stay all the same."""


class Unconfirmed(Exception):  # noqa: N818 (it is raised as a verdict)
    """What somebody asks for moves last days, and nobody has seen that yet."""

    def __init__(self, moves: Sequence[Move], off: Sequence[Off]) -> None:
        self.moves = moves
        self.off = off
        super().__init__(self.version)

    @property
    def version(self) -> str:
        """What the page that asks for a confirmation carries: what it showed."""
        moved = [f"{move.deadline.pk}:{move.after:%Y%m%d}" for move in self.moves]
        return ".".join([*moved, *(off.words for off in self.off)])


def move(request: StaffRequest, grant: Grant, forms: Sequence[DayForm]) -> None:
    """Move what the saved forms want elsewhere, if the person has seen what that moves.

    Otherwise nothing at all is saved.
    """
    wanted: dict[int, Wanted] = {
        form.instance.pk: form.wanted for form in forms if form.stood_on and form.wanted
    }
    try:
        moves = move_deadlines(grant, wanted)
    except ComesTooLate as late:
        refuse(late, forms)
        raise NotSaved from late
    off = [off_of(form) for form in forms if form.is_moved_off]
    unconfirmed = Unconfirmed(moves, off)
    if (moves or off) and request.POST.get("confirmed") != unconfirmed.version:
        raise unconfirmed
    if request.POST.get("tell"):
        told = [(each.deadline, each.before, each.after) for each in moves]
        if tell_moved(told, by=request.user):
            messages.success(request, _("The municipalities are e-mailed the new days."))


def refuse(late: ComesTooLate, forms: Sequence[DayForm]) -> None:
    """Say on the form whose day it is that it has to be earlier."""
    message = _("It follows %(leader)s, and has to be before it.")
    for form in forms:
        if form.instance.pk in {late.deadline.pk, late.leader.pk}:
            form.add_error("due_on", message % {"leader": named(late.leader)})
            return


def off_of(form: DayForm) -> Off:
    """Return what the rule does with the day that the form asks for."""
    assert form.wanted is not None
    asked = form.wanted.day
    return Off(
        deadline=form.instance,
        name=capfirst(named(form.instance)),
        words=moved_in_words(asked, working_day_before(asked)),
        field=form.add_prefix("insist"),
    )


@dataclass(frozen=True, slots=True)
class Affected:
    """A last day that would move, and whom that concerns."""

    move: Move
    name: str
    moved: str
    follows: str
    missing: Sequence[str]
    """The municipalities that it matters to: they have not done what is to be done."""
    reminders: Sequence[date]


def reminders_to_come(deadline: Deadline, today: date) -> list[date]:
    """Return the days on which a last day is reminded of, up to itself."""
    steps = steps_of(
        deadline.due_on,
        days_before=deadline.remind_days_before,
        every=None,
        starts_on=max(today, deadline.reminds_from),
        is_day_off=is_day_off,
    )
    return sorted({step.day for step in steps})


def affected_by(
    request: StaffRequest, unconfirmed: Unconfirmed, today: date
) -> list[Affected]:
    """Return whom the moves concern, in a constant number of queries."""
    moves = unconfirmed.moves
    asked_for = {off.deadline.pk for off in unconfirmed.off}
    todos = todos_of(request.organisation, [move.deadline for move in moves], today)
    waiting = {
        pk: {who for who in waited_for(todo, today) if who} for pk, todo in todos.items()
    }
    names = names_of(who for found in waiting.values() for who in found)
    return [
        Affected(
            move=move,
            name=capfirst(named(move.deadline)),
            # What somebody asked for is told above the table.
            moved=moved_in_words(move.asked, move.after)
            if move.deadline.pk not in asked_for
            else "",
            follows=follows_in_words(move.deadline) if move.deadline.follows_id else "",
            missing=[name for pk, name in names.items() if pk in waiting[move.deadline.pk]],
            reminders=[]
            if todos[move.deadline.pk].is_done
            else reminders_to_come(move.deadline, today),
        )
        for move in moves
    ]


def confirm(request: StaffRequest, grant: Grant, unconfirmed: Unconfirmed) -> HttpResponse:
    """Show what would move and whom that concerns; the form comes along, unseen."""
    affected = affected_by(request, unconfirmed, timezone.localdate())
    own = {"csrfmiddlewaretoken", "confirmed", "tell"}
    left_out = own | {off.field for off in unconfirmed.off}
    context = {
        "grant": grant,
        "affected": affected,
        "off": unconfirmed.off,
        "version": unconfirmed.version,
        "carried": carried(request.POST, left_out),
        "missing": {name for each in affected for name in each.missing},
        "page_title": _("Move the last days?") if affected else _("A day off"),
        "cancel_url": reverse("reporting:deadline_list", args=[grant.pk]),
    }
    return render(request, "reporting/deadline_confirm.html", context)


def carried(data: QueryDict, left_out: set[str]) -> list[tuple[str, Any]]:
    """Return what a form sent, one value each, but for some names."""
    return [
        (name, value)
        for name, values in data.lists()
        if name not in left_out
        for value in values
    ]


DEADLINES = RowsOf(
    Deadline,
    DeadlineRows,
    "deadlines",
    gettext_lazy("Add a last day"),
    gettext_lazy("Last day"),
)


@requires(Capability.EDIT)
def deadline_rows(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a grant's last days together."""
    try:
        return edit_rows(
            request,
            pk,
            DEADLINES,
            title=_("Edit the last days"),
            template="reporting/deadline_rows.html",
            done="reporting:deadline_list",
            then=lambda grant, sets: move(request, grant, list(sets[0].kept())),
        )
    except Unconfirmed as unconfirmed:
        return confirm(request, find(request, pk), unconfirmed)


@requires(Capability.EDIT)
def deadline_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Add a last day to a grant."""
    grant = find(request, pk)
    return edit_one(request, grant, Deadline(grant=grant), title=_("New last day"))


@requires(Capability.EDIT)
def deadline_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a last day: what, who, when, and its reminders."""
    deadline = find_deadline(request, pk)
    title = capfirst(named(deadline))
    return edit_one(request, deadline.grant, deadline, title=title)


def edit_one(
    request: StaffRequest, grant: Grant, deadline: Deadline, *, title: str
) -> HttpResponse:
    """Show and save the form of one last day."""
    moved = ""
    if deadline.moved_from:
        moved = moved_in_words(deadline.moved_from, deadline.due_on)
    others = grant.deadlines.all()
    events = [events_of(Deadline, grant_id=grant.pk)]
    if request.method == "POST":
        form = DeadlinePageForm(request.POST, instance=deadline, others=others)

        def save() -> None:
            form.save()
            move(request, grant, [form])

        try:
            if save_unless_changed(grant, events, form, save):
                messages.success(request, _("The last day is saved."))
                return redirect("reporting:deadline_list", grant.pk)
        except NotSaved:
            pass
        except Unconfirmed as unconfirmed:
            return confirm(request, grant, unconfirmed)
    else:
        form = DeadlinePageForm(
            instance=deadline, others=others, initial={"seen": Seen(*events).version}
        )
    context = {
        "grant": grant,
        "form": form,
        "deadline": deadline,
        "moved": moved,
        "page_title": title,
        "cancel_url": reverse("reporting:deadline_list", args=[grant.pk]),
    }
    return render(request, "reporting/deadline_form.html", context)


# Done --------------------------------------------------------------------------------


@requires(Capability.EDIT)
def deadline_done(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who is done, and note that somebody is."""
    deadline = find_deadline(request, pk)
    today = timezone.localdate()
    todo = todos_of(request.organisation, [deadline], today)[pk]
    missing = Municipality.objects.filter(pk__in=todo.missing).order_by("name")
    for_all = (
        deadline.actor != Deadline.Actor.MUNICIPALITIES
        or request.POST.get("whom") == "all"
        or not todo.missing
    )
    is_open = is_noted(deadline) and not todo.is_done
    form = None
    if is_open:
        data = request.POST if request.method == "POST" else None
        form = DoneForm(data, missing=missing, for_all=for_all)
        if data is not None and form.is_valid():
            note_done(request, deadline, form)
            return redirect("reporting:deadline_list", deadline.grant_id)
    elif request.method == "POST":
        messages.info(request, _("It is already noted as done."))
        return redirect("reporting:deadline_done", pk)
    noted = deadline.done.select_related("municipality", "noted_by")
    context = {
        "grant": deadline.grant,
        "deadline": deadline,
        "todo": todo,
        "form": form,
        "missing": missing,
        "noted": noted.order_by("municipality__name", "pk"),
        "is_noted": is_noted(deadline),
        "day_off": day_off(deadline.due_on),
        "page_title": capfirst(named(deadline)),
        "cancel_url": reverse("reporting:deadline_list", args=[deadline.grant_id]),
    }
    return render(request, "reporting/deadline_done.html", context)


def note_done(request: StaffRequest, deadline: Deadline, form: DoneForm) -> None:
    """Write what the form says; what somebody else has noted meanwhile stays as it is."""
    facts = {key: form.cleaned_data[key] for key in ("done_on", "note")}
    chosen = list(form.cleaned_data.get("municipalities", [None]))
    made = 0
    for municipality in chosen:
        _done, is_new = DeadlineDone.objects.get_or_create(
            deadline=deadline,
            municipality=municipality,
            defaults=facts | {"noted_by": request.user},
        )
        made += is_new
    if chosen == [None]:
        messages.success(request, _("It is noted as done."))
    else:
        text = ngettext(
            "%(number)d municipality is noted as done.",
            "%(number)d municipalities are noted as done.",
            made,
        )
        messages.success(request, text % {"number": made})


@requires(Capability.EDIT)
@require_POST
def deadline_undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back that something is done."""
    own = DeadlineDone.objects.filter(deadline__grant__body=request.organisation)
    done = get_object_or_404(own, pk=pk)
    done.delete()
    messages.success(request, _("The note is taken back. Reminders go on as planned."))
    return redirect("reporting:deadline_done", done.deadline_id)
