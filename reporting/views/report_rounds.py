"""A grant's rounds of reports: start one, ask the municipalities, see who is asked."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from grants.models import Grant
from grants.views.grants import head
from municipalities.access import Capability, StaffRequest, requires
from municipalities.editing import Seen, events_of
from reporting import rounds
from reporting.models import ReportFormVersion, ReportKind, ReportRound
from reporting.received import AllReceived, received_in, shown_by
from reporting.report_fields import draw
from reporting.report_judging import settles
from reporting.report_words import problem_in_words
from reporting.round_forms import RoundForm
from reporting.round_messages import AllInvited, invite, invited_to
from reporting.rounds import Refused
from reporting.views.memo import grant_of


def find(request: StaffRequest, pk: int, number: int) -> ReportRound:
    """Return the round of the body's own grant, or 404."""
    grant = grant_of(request, pk)
    found: ReportRound = get_object_or_404(
        ReportRound.objects.select_related(
            "version__form", "deadline", "authority_deadline", "opened_by"
        ),
        grant=grant,
        pk=number,
    )
    found.grant = grant
    return found


def events(found: ReportRound) -> list[QuerySet[Any]]:
    """Return all that was done with a round."""
    return [events_of(ReportRound, pgh_obj_id=found.pk)]


@requires(Capability.VIEW)
@require_safe
def report_round_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the grant's rounds."""
    grant = grant_of(request, pk)
    found = ReportRound.objects.filter(grant=grant).select_related(
        "version__form", "deadline", "authority_deadline"
    )
    context = head(grant, "reports") | {
        "rounds": list(found),
        "has_forms": ReportFormVersion.objects.of_body(grant.body).fixed().exists(),
    }
    return TemplateResponse(request, "reporting/report_round_list.html", context)


@requires(Capability.VIEW)
@require_safe
def report_round_detail(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Show a round: its days, who has reported or is to, and what they are asked."""
    found = find(request, pk, number)
    form, today = found.read, timezone.localdate()
    if found.is_open:
        who = received_context(received_in(found, today), request.GET.get("visa", ""))
        who["settles"] = settles(found)
    else:
        who = {"invited": invited_to(found, today)}
    context = head(found.grant, "reports") | {
        **who,
        "round": found,
        "form": form,
        "sections": draw(form, {}),
        "obstacles": told(found) if not found.is_open else [],
        "is_out_of_order": is_out_of_order(found),
    }
    return TemplateResponse(request, "reporting/report_round_detail.html", context)


def received_context(received: AllReceived, narrowed: str) -> dict[str, Any]:
    """Return who has reported, narrowed to what somebody wants to see."""
    show = shown_by(narrowed)
    rows = received.shown(show)
    return {
        "received": received,
        "rows": rows,
        "show": show,
        "chips": received.chips(),
        "choosable": [row for row in rows if row.may_be_chosen],
        "uninvited": [row for row in received.rows if row.may_be_invited],
    }


def told(found: ReportRound) -> list[str]:
    """Return why a round cannot be opened yet, in words."""
    form = rounds.asked(found.grant, found.version)
    return [problem_in_words(each, form) for each in rounds.obstacles(form)]


def is_out_of_order(found: ReportRound) -> bool:
    """Return whether a day has been moved, so that the two no longer hang together."""
    theirs = found.authority_deadline
    return theirs is not None and found.deadline.due_on >= theirs.due_on


@requires(Capability.EDIT)
def report_round_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Start a round; days and recipient are proposed from the grant's own."""
    grant = grant_of(request, pk)
    asked = request.GET.get("slag", "")
    taken = set(grant.report_rounds.values_list("kind", flat=True))
    left = [kind for kind in ReportKind.values if kind not in taken]
    kind = asked if asked in ReportKind.values else (left or ReportKind.values)[0]
    proposal = rounds.propose(grant, kind, timezone.localdate())
    initial = {
        "kind": kind,
        "version": ReportFormVersion.objects.of_body(grant.body)
        .fixed()
        .filter(form__kind=kind)
        .order_by("-fixed_at")
        .first(),
        "opens_on": proposal.opens_on,
        "deadline": proposal.deadline,
        "authority_deadline": proposal.authority_deadline,
        "recipient": proposal.recipient,
    }
    form = RoundForm(request.POST or None, grant=grant, initial=initial)
    if form.is_valid():
        try:
            made = rounds.start(grant, **form.facts())
        except Refused as refused:
            form.add_error(None, str(refused.reason))
        else:
            messages.success(
                request, _("The round is prepared. Nobody has been asked yet.")
            )
            return redirect(made)
    context = {
        "grant": grant,
        "form": form,
        "kinds": [(value, ReportKind(value).label) for value in left],
        "kind": kind,
        "page_title": _("New round of reports"),
        "cancel_url": reverse("reporting:report_round_list", args=[grant.pk]),
    }
    return TemplateResponse(request, "reporting/report_round_form.html", context)


@requires(Capability.EDIT)
def report_round_edit(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Change a round."""
    found = find(request, pk, number)
    url = found.get_absolute_url()
    if request.method == "POST":
        form = RoundForm(request.POST, grant=found.grant, instance=found)
        with transaction.atomic():
            Grant.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
            is_valid = form.is_valid()
            if not form.object_if_changed(Seen(*events(found))) and is_valid:
                try:
                    rounds.change(find(request, pk, number), **form.facts())
                except Refused as refused:
                    form.add_error(None, str(refused.reason))
                else:
                    messages.success(request, _("Saved."))
                    return redirect(url)
    else:
        seen = {"seen": Seen(*events(found)).version}
        form = RoundForm(grant=found.grant, instance=found, initial=seen)
    context = {
        "grant": found.grant,
        "form": form,
        "page_title": _("Change the round"),
        "cancel_url": url,
    }
    return TemplateResponse(request, "reporting/report_round_form.html", context)


@requires(Capability.EDIT)
def report_round_open(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Ask the municipalities: show to whom it goes, then open and send."""
    found = find(request, pk, number)
    if found.is_open:
        return redirect("reporting:report_round_invite", pk, number)
    if request.method == "POST":
        try:
            invited = open_and_invite(request, found)
        except Refused as refused:
            words = [problem_in_words(each, found.read) for each in refused.problems]
            messages.error(request, " ".join([str(refused.reason), *words]))
        else:
            messages.success(request, told_of(invited))
        return redirect(found)
    context = {
        "grant": found.grant,
        "round": found,
        "invited": invited_to(found, timezone.localdate()),
        "obstacles": told(found),
        "seen": Seen(*events(found)).version,
        "page_title": _("Open the round?"),
        "cancel_url": found.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/report_round_open.html", context)


@transaction.atomic
def open_and_invite(request: StaffRequest, found: ReportRound) -> AllInvited:
    """Open the round and write to everybody that is to report."""
    seen = Seen(*events(found))
    if seen.objection(request.POST.get("seen", "")):
        raise Refused(gettext_lazy("Somebody has changed the round. Look once more."))
    rounds.open_round(found, by=request.user)
    invited = invited_to(found, timezone.localdate())
    if request.POST.get("send"):
        invite(found, invited.reached)
        return invited
    return AllInvited(())


def told_of(invited: AllInvited) -> str:
    """Return what has happened, in words."""
    number = len(invited.reached)
    if not number:
        return _("The round is open. Nobody has been written to.")
    text = ngettext(
        "The round is open. %(number)s municipality is invited by e-mail.",
        "The round is open. %(number)s municipalities are invited by e-mail.",
        number,
    )
    return text % {"number": number}


@requires(Capability.EDIT)
def report_round_invite(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Write to those that have not had an invitation, or again to those chosen."""
    found = find(request, pk, number)
    if not found.is_open:
        return redirect("reporting:report_round_open", pk, number)
    if request.method == "POST":
        sent = send_to_chosen(request, found)
        if sent is None:
            messages.error(
                request,
                _("Somebody has sent invitations meanwhile. Look once more."),
            )
        elif not sent:
            messages.error(request, _("Choose at least one municipality."))
        else:
            text = ngettext(
                "%(number)s municipality is invited by e-mail.",
                "%(number)s municipalities are invited by e-mail.",
                sent,
            )
            messages.success(request, text % {"number": sent})
            return redirect(found)
        return redirect("reporting:report_round_invite", pk, number)
    invited = invited_to(found, timezone.localdate())
    context = {
        "grant": found.grant,
        "round": found,
        "invited": invited,
        "chosen": {row.municipality.code for row in invited.lacking},
        "page_title": _("Invite the municipalities"),
        "cancel_url": found.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/report_round_invite.html", context)


@transaction.atomic
def send_to_chosen(request: StaffRequest, found: ReportRound) -> int | None:
    """Write to those that are ticked; return how many, or none where others have sent."""
    Grant.objects.select_for_update(of=("self",), no_key=True).get(pk=found.grant_id)
    invited = invited_to(found, timezone.localdate())
    if request.POST.get("seen") != invited.stamp:
        return None
    codes = set(request.POST.getlist("chosen"))
    chosen = [row for row in invited.reached if row.municipality.code in codes]
    if chosen:
        invite(found, chosen)
    return len(chosen)


@requires(Capability.EDIT)
def report_round_delete(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Take away a round that nobody has been asked in, when somebody has said yes."""
    found = find(request, pk, number)
    back = reverse("reporting:report_round_list", args=[pk])
    if found.is_open:
        messages.error(request, _("The round has been opened and cannot be taken away."))
        return redirect(found)
    if request.method == "POST":
        try:
            rounds.discard(found)
        except Refused as refused:
            messages.error(request, str(refused.reason))
        else:
            messages.success(request, _("The round is taken away."))
        return redirect(back)
    context = {
        "grant": found.grant,
        "round": found,
        "page_title": _("Take the round away?"),
        "message": _("Nobody has been asked. The form stays."),
        "submit": _("Take the round away"),
        "cancel_url": found.get_absolute_url(),
    }
    return TemplateResponse(request, "reporting/report_round_delete.html", context)
