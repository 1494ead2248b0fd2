"""Questions and comments about a grant: the staff's pages, and the municipality's."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from grants.models import Grant
from grants.views.grants import find, head
from invoices.models import Requisition
from municipalities.access import (
    Capability,
    MunicipalRequest,
    StaffRequest,
    requires,
)
from municipalities.contacts import contacts_of
from municipalities.models import Municipality, User
from municipalities.numbers import row_id
from reporting.comment_forms import CommentForm, StaffCommentForm
from reporting.comments import (
    Thread,
    ask,
    colleagues_of,
    concerned_in,
    grants_known_to,
    notes_of,
    settle,
    talks_of,
    threads_of,
    write,
)
from reporting.models import Comment

UNPROCESSABLE = 422


# The staff's -----------------------------------------------------------------------------


def municipality_of(request: StaffRequest, code: str) -> Municipality:
    """Return a municipality in the body's county, or 404."""
    own = Municipality.objects.filter(county=request.organisation.county_id)
    return get_object_or_404(own, code=code if code.isalnum() else "")


def colleagues(request: StaffRequest) -> list[User]:
    """Return whom the person may tell."""
    return colleagues_of(request.membership.user, request.organisation)


def requisition_of(
    grant: Grant, municipality: Municipality, pk: int | None
) -> Requisition | None:
    """Return the municipality's requisition that has been sent in, or 404; none for 0."""
    if not pk:
        return None
    own = Requisition.objects.of_municipality(municipality).filter(submissions__gt=0)
    return get_object_or_404(own, grant=grant, pk=pk)


def staff_form(
    thread: Thread, colleagues: Sequence[User], data: Any = None
) -> StaffCommentForm:
    """Return the form of a thread. Who may read is for the writer to choose: it stays."""
    municipality = thread.municipality
    return StaffCommentForm(
        data,
        colleagues=colleagues,
        municipality=municipality.own_name if municipality else "",
        thread=thread.key,
        initial={
            "municipality": municipality.code if municipality else "",
            "seen": thread.seen,
        },
    )


@requires(Capability.VIEW)
@require_safe
def comment_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the staff's own notes about the grant, and whom something is written with."""
    grant = find(request, pk)
    if code := request.GET.get("kommun", ""):
        municipality = municipality_of(request, code)
        return redirect("reporting:comment_thread", grant.pk, municipality.code)
    return list_page(request, grant)


def list_page(
    request: StaffRequest, grant: Grant, form: StaffCommentForm | None = None
) -> HttpResponse:
    """Return the page, with the form where somebody has made a mistake in it."""
    notes = notes_of(grant)
    context = head(grant, "comments") | {
        "notes": notes,
        "form": form or staff_form(notes, colleagues(request)),
        "talks": talks_of(grant),
        "municipalities": Municipality.objects.filter(
            county=request.organisation.county_id
        ).order_by("name"),
    }
    status = UNPROCESSABLE if form else 200
    return render(request, "reporting/comment_list.html", context, status=status)


@requires(Capability.VIEW)
@require_safe
def comment_thread(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """Show all that is written with a municipality and about it."""
    grant = find(request, pk)
    municipality = municipality_of(request, code)
    asked = row_id(request.GET.get("rekvisition"))
    about = requisition_of(grant, municipality, asked)
    return thread_page(request, grant, municipality, about)


def thread_page(
    request: StaffRequest,
    grant: Grant,
    municipality: Municipality,
    about: Requisition | None,
    form: StaffCommentForm | None = None,
) -> HttpResponse:
    """Return the page, with the form where somebody has made a mistake in it."""
    comments = Comment.objects.of_body(request.organisation)
    threads = threads_of(grant, municipality, comments, about)
    mistaken = str(about.pk) if about else ""
    others = colleagues(request)
    forms = [
        form if form and thread.key == mistaken else staff_form(thread, others)
        for thread in threads
    ]
    context = head(grant, "comments") | {
        "municipality": municipality,
        "threads": list(zip(threads, forms, strict=True)),
        "form": form,
        "contacts": contacts_of([municipality.pk])[municipality.pk],
    }
    status = UNPROCESSABLE if form else 200
    return render(request, "reporting/comment_thread.html", context, status=status)


@requires(Capability.EDIT)
@require_POST
def comment_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Write in a thread: the staff's own, or one with a municipality."""
    grant = find(request, pk)
    municipality = about = None
    if code := request.POST.get("municipality", ""):
        municipality = municipality_of(request, code)
        asked = row_id(request.POST.get("requisition"))
        about = requisition_of(grant, municipality, asked)
    thread = Thread(grant, municipality, about)
    form = staff_form(thread, colleagues(request), request.POST)
    if not form.is_valid():
        if municipality is None:
            return list_page(request, grant, form)
        return thread_page(request, grant, municipality, about, form)
    facts = form.cleaned_data
    comment = write(
        grant,
        by=request.membership.user,
        municipality=municipality,
        requisition=about,
        text=facts["text"],
        is_shared=form.is_shared,
        seen=facts["seen"] or 0,
        form_key=facts["form_key"],
        tell=facts["tell"],
    )
    if comment is not None:
        tell(request, comment)
    return redirect(thread_url(grant, municipality, about))


def tell(request: StaffRequest, comment: Comment) -> None:
    """Tell the writer who gets to know."""
    if not comment.is_shared or comment.municipality is None:
        messages.success(request, _("The note is written."))
        return
    name = {"municipality": comment.municipality.own_name}
    if concerned_in(comment.grant, comment.municipality):
        messages.success(
            request, _("It is written, and is e-mailed to %(municipality)s.") % name
        )
        return
    messages.warning(
        request,
        _(
            "It is written. Nobody in %(municipality)s has an e-mail address that works: "
            "they see it when they sign in."
        )
        % name,
    )


def thread_url(
    grant: Grant, municipality: Municipality | None, about: Requisition | None
) -> str:
    """Return the address of the page with the thread."""
    if municipality is None:
        return reverse("reporting:comment_list", args=[grant.pk])
    address = reverse("reporting:comment_thread", args=[grant.pk, municipality.code])
    return f"{address}?rekvisition={about.pk}" if about else address


@requires(Capability.EDIT)
@require_POST
def comment_settle(request: StaffRequest, pk: int, comment: int) -> HttpResponse:
    """Note that a question needs no answer."""
    grant = find(request, pk)
    question = get_object_or_404(
        Comment.objects.select_related("municipality"),
        grant=grant,
        pk=comment,
        is_from_municipality=True,
    )
    settle(question)
    messages.success(request, _("It is noted that no answer is needed."))
    return redirect(thread_url(grant, question.municipality, question.requisition))


# The municipality's ----------------------------------------------------------------------


def offered_threads(municipality: Municipality, grant: Grant) -> list[Thread]:
    """Return what the municipality may read: what is shared with it, and nothing else."""
    return threads_of(grant, municipality, Comment.objects.shared_with(municipality))


@requires(Capability.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def offer_comments(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Show the questions and answers about a grant, and take another."""
    municipality = request.organisation
    found = get_object_or_404(grants_known_to(municipality), pk=grant)
    threads = {each.key: each for each in offered_threads(municipality, found)}
    forms = {key: CommentForm(thread=key) for key in threads}
    form = None
    if request.method == "POST":
        asked = str(row_id(request.POST.get("requisition")) or "")
        thread = threads.get(asked, threads[""])
        form = forms[thread.key] = CommentForm(request.POST, thread=thread.key)
        if form.is_valid():
            comment = ask(
                found,
                by=request.membership.user,
                municipality=municipality,
                requisition=thread.requisition,
                text=form.cleaned_data["text"],
                form_key=form.cleaned_data["form_key"],
            )
            if comment is not None:
                body = {"body": found.body}
                messages.success(
                    request, _("It is sent. %(body)s is told by e-mail.") % body
                )
            return redirect("reporting:offer_comments", found.pk)
    context = {
        "grant": found,
        "body": found.body,
        "threads": [(thread, forms[key]) for key, thread in threads.items()],
        "form": form,
        "page_title": _("Questions and answers"),
    }
    status = UNPROCESSABLE if form else 200
    return render(request, "reporting/offer_comments.html", context, status=status)


LATEST = 3
"""How many comments the page about a grant shows."""


def offer_panel(municipality: Municipality, grant: Grant) -> dict[str, Any]:
    """Return what the page about a grant shows of its questions and answers."""
    threads = offered_threads(municipality, grant)
    written = sorted(
        (comment for thread in threads for comment in thread.comments),
        key=lambda comment: (comment.written_at, comment.pk),
    )
    return {
        "comments": written[-LATEST:],
        "comments_number": len(written),
        "comment_form": CommentForm(),
    }
