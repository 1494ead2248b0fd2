"""Questions and comments: threads about a grant, written once and never changed.

A thread is the body's with one municipality, about the grant or about one requisition, or
the staff's own about the grant. In a municipality's thread the staff may write notes that
the municipality never sees: it asks for what is shared, and for nothing else.
"""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from grants.messages import post
from grants.models import Grant
from invoices.models import Requisition
from invoices.offers import offered
from municipalities.access import Capability, members_who
from municipalities.contacts import addresses_of, contacts_of
from municipalities.message_kinds import Example
from municipalities.messages import escaped
from municipalities.models import (
    CoordinatingBody,
    Membership,
    Municipality,
    User,
)
from municipalities.site import absolute
from municipalities.tracking import because
from reporting.models import Comment
from reporting.models.comments import CommentQuerySet

# What is read ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Thread:
    """What has been written about one thing, the oldest first."""

    grant: Grant
    municipality: Municipality | None
    requisition: Requisition | None
    comments: Sequence[Comment] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether the municipality waits for an answer."""
        return any(waits_for_answer(comment) for comment in self.comments)

    @property
    def seen(self) -> int:
        """The newest comment that the reader has seen."""
        return max((comment.pk for comment in self.comments), default=0)

    @property
    def key(self) -> str:
        """What tells the threads of a page apart."""
        return str(self.requisition.pk) if self.requisition else ""


def waits_for_answer(comment: Comment) -> bool:
    """Return whether the staff have neither answered it nor said that it needs nothing."""
    return comment.is_from_municipality and comment.answered_at is None


def threads_of(
    grant: Grant,
    municipality: Municipality,
    comments: CommentQuerySet,
    about: Requisition | None = None,
) -> list[Thread]:
    """Return the threads with a municipality: about the grant, then each requisition's.

    In one query. ``comments`` are those that the reader may see; ``about`` is a requisition
    that is to have a thread though nothing is written about it yet.
    """
    found: dict[int | None, list[Comment]] = {None: []}
    requisitions: dict[int, Requisition] = {}
    if about:
        found[about.pk] = []
        requisitions[about.pk] = about
    for comment in comments.filter(grant=grant, municipality=municipality).select_related(
        "written_by", "requisition"
    ):
        found.setdefault(comment.requisition_id, []).append(comment)
        if comment.requisition:
            requisitions[comment.requisition.pk] = comment.requisition
    return [
        Thread(grant, municipality, requisitions[pk] if pk else None, own)
        for pk, own in sorted(found.items(), key=lambda each: each[0] or 0)
    ]


def notes_of(grant: Grant) -> Thread:
    """Return what the staff have written among themselves about the grant as a whole."""
    notes = grant.comments.filter(municipality=None).select_related("written_by")
    return Thread(grant, None, None, list(notes))


@dataclass(frozen=True, slots=True)
class Talk:
    """How much has been written with a municipality about a grant."""

    municipality: Municipality
    number: int
    unanswered: int
    latest: datetime


def talks_of(grant: Grant) -> list[Talk]:
    """Return the municipalities that something is written about, in two queries.

    Those who wait for an answer come first, then those with the latest.
    """
    rows = list(
        grant.comments.exclude(municipality=None)
        .values("municipality")
        .annotate(
            number=Count("pk"),
            unanswered=Count("pk", filter=Q(is_from_municipality=True, answered_at=None)),
            latest=Max("written_at"),
        )
        .order_by()
    )
    places = Municipality.objects.in_bulk([row["municipality"] for row in rows])
    talks = [
        Talk(
            municipality=places[row["municipality"]],
            number=row["number"],
            unanswered=row["unanswered"],
            latest=row["latest"],
        )
        for row in rows
    ]
    return sorted(talks, key=lambda talk: (talk.unanswered == 0, -talk.latest.timestamp()))


def grants_known_to(municipality: Municipality) -> QuerySet[Grant]:
    """Return the grants that the municipality may read and write about.

    They are those that it is offered or has answered, and those that the body has written
    to it about.
    """
    allocations = offered().filter(
        municipality=municipality, distribution__grant=OuterRef("pk"), amount__gt=0
    )
    requisitions = Requisition.objects.of_municipality(municipality).filter(
        grant=OuterRef("pk")
    )
    written = Comment.objects.shared_with(municipality).filter(grant=OuterRef("pk"))
    return Grant.objects.filter(
        Exists(allocations) | Exists(requisitions) | Exists(written)
    ).select_related("body")


# What is written -------------------------------------------------------------------------


@transaction.atomic
def write(
    grant: Grant,
    *,
    by: User,
    text: str,
    municipality: Municipality | None = None,
    requisition: Requisition | None = None,
    is_shared: bool = False,
    seen: int = 0,
    form_key: uuid.UUID | None = None,
    tell: Iterable[User] = (),
) -> Comment | None:
    """Write for the staff, and return what was written; nothing if it was already.

    A shared comment answers those of the municipality's up to ``seen``: what came while
    it was being written still waits.
    """
    comment = _once(
        grant=grant,
        municipality=municipality,
        requisition=requisition,
        is_shared=is_shared,
        text=text,
        written_by=by,
        form_key=form_key or uuid.uuid4(),
    )
    if comment is None:
        return None
    if is_shared and municipality:
        questions = Comment.objects.filter(grant=grant, municipality=municipality)
        with because(gettext_noop("Answered")):
            questions.unanswered().filter(requisition=requisition, pk__lte=seen).update(
                answered_at=comment.written_at
            )
    # What goes out is Swedish, whatever the language of whoever writes.
    with translation.override(settings.LANGUAGE_CODE):
        if is_shared and municipality:
            _tell_municipality(comment)
        _tell_colleagues(comment, tell)
    return comment


@transaction.atomic
def ask(
    grant: Grant,
    *,
    by: User,
    municipality: Municipality,
    text: str,
    requisition: Requisition | None = None,
    form_key: uuid.UUID | None = None,
) -> Comment | None:
    """Write for a municipality, and return what was written; nothing if it was already."""
    comment = _once(
        grant=grant,
        municipality=municipality,
        requisition=requisition,
        is_shared=True,
        is_from_municipality=True,
        text=text,
        written_by=by,
        form_key=form_key or uuid.uuid4(),
    )
    if comment is not None:
        with translation.override(settings.LANGUAGE_CODE):
            _tell_body(comment)
    return comment


def settle(comment: Comment) -> None:
    """Note that a question needs no answer."""
    with because(gettext_noop("Needs no answer")):
        Comment.objects.unanswered().filter(pk=comment.pk).update(
            answered_at=timezone.now()
        )


def _once(*, written_by: User, form_key: uuid.UUID, **facts: object) -> Comment | None:
    """Return the new comment, or nothing where the form has been sent before."""
    comment, is_new = Comment.objects.get_or_create(
        written_by=written_by, form_key=form_key, defaults=facts
    )
    return comment if is_new else None


# Who is told -----------------------------------------------------------------------------


def quoted(text: str) -> str:
    r"""Return what somebody wrote as a quotation in Markdown, line by line and as it is.

    >>> print(quoted("*Hej*\n\n# Två\n- rader\n"))
    > \*Hej\*
    >
    > \# Två
    > \- rader
    """
    return "\n".join(f"> {_line(line)}".rstrip() for line in text.strip().splitlines())


def _line(line: str) -> str:
    """Return a line that neither begins a list nor underlines what stands above it."""
    return re.sub(r"^(\d*)([-=.)])", r"\1\\\2", escaped(line.strip()))


def _facts(comment: Comment) -> dict[str, str]:
    grant = comment.grant
    return {
        "medel": str(grant),
        "organisation": str(grant.body),
        "kommun": comment.municipality.own_name if comment.municipality else "",
        "vem": str(comment.written_by),
    }


def _tell_municipality(comment: Comment) -> None:
    """Write to the contacts, and to those there who have written about the grant."""
    municipality = comment.municipality
    assert municipality is not None  # shared_comment_has_its_municipality
    post(
        "comment_to_municipality",
        grant=comment.grant,
        municipality=municipality,
        to=concerned_in(comment.grant, municipality),
        why=_("Contact persons, and those who have written about the grant"),
        facts=_facts(comment),
        blocks={"inlägg": quoted(comment.text)},
        links={"svara": (_("Read and answer"), thread_address(comment))},
    )


def concerned_in(grant: Grant, municipality: Municipality) -> list[str]:
    """Return the addresses of those in a municipality who are told of what is written."""
    writers = Membership.objects.valid().filter(
        municipality=municipality,
        user__in=Comment.objects.shared_with(municipality)
        .filter(grant=grant, is_from_municipality=True)
        .values("written_by"),
    )
    contacts = contacts_of([municipality.pk])[municipality.pk]
    return [*contacts.first, *addresses_of(writers)]


def _tell_body(comment: Comment) -> None:
    """Write to the mailbox for questions, else to those who may answer."""
    assert comment.municipality is not None  # shared_comment_has_its_municipality
    body = comment.grant.body
    post(
        "comment_to_body",
        grant=comment.grant,
        municipality=comment.municipality,
        to=[comment.grant.questions_to] if comment.grant.questions_to else staff_of(body),
        reply_to=comment.written_by.email,
        why=_("The mailbox for questions, else those who may answer"),
        facts=_facts(comment),
        blocks={"inlägg": quoted(comment.text)},
        links={"svara": (_("Read and answer"), thread_address(comment, for_staff=True))},
    )


def _tell_colleagues(comment: Comment, colleagues: Iterable[User]) -> None:
    """Write to those whom the writer has chosen."""
    to = [colleague.email for colleague in colleagues]
    if to:
        post(
            "comment_to_colleague",
            grant=comment.grant,
            to=to,
            reply_to=comment.written_by.email,
            why=_("Chosen by the writer"),
            facts=_facts(comment),
            blocks={"inlägg": quoted(comment.text)},
            links={"läs": (_("Read and answer"), thread_address(comment, for_staff=True))},
        )


def colleagues_of(by: User, body: CoordinatingBody) -> list[User]:
    """Return the others of the staff, to choose whom to tell among."""
    members = Membership.objects.valid().filter(body=body).exclude(user=by)
    return list(User.objects.filter(pk__in=members.values("user")))


def staff_of(body: CoordinatingBody) -> list[str]:
    """Return the addresses of the staff who may answer."""
    return addresses_of(members_who(body, Capability.EDIT))


def thread_address(comment: Comment, *, for_staff: bool = False) -> str:
    """Return where the comment is read on the site."""
    if not for_staff:
        path = reverse("reporting:offer_comments", args=[comment.grant_id])
    elif comment.municipality:
        code = comment.municipality.code
        path = reverse("reporting:comment_thread", args=[comment.grant_id, code])
    else:
        path = reverse("reporting:comment_list", args=[comment.grant_id])
    return absolute(f"{path}#inlagg-{comment.pk}")


# What the texts of the messages are tried with -------------------------------------------


def latest_answer(body: CoordinatingBody) -> Example | None:
    """Return the staff's latest comment to a municipality."""
    return _example(
        Comment.objects.of_body(body).filter(is_shared=True, is_from_municipality=False),
        "svara",
    )


def latest_question(body: CoordinatingBody) -> Example | None:
    """Return a municipality's latest comment."""
    return _example(
        Comment.objects.of_body(body).filter(is_from_municipality=True),
        "svara",
        for_staff=True,
    )


def latest_note(body: CoordinatingBody) -> Example | None:
    """Return the staff's latest note."""
    notes = Comment.objects.of_body(body).filter(is_shared=False)
    return _example(notes, "läs", for_staff=True)


def _example(
    comments: CommentQuerySet, link: str, *, for_staff: bool = False
) -> Example | None:
    comment = comments.select_related("grant__body", "municipality", "written_by").last()
    if comment is None:
        return None
    address = thread_address(comment, for_staff=for_staff)
    with translation.override(settings.LANGUAGE_CODE):
        return Example(
            facts=_facts(comment),
            links={link: (_("Read and answer"), address)},
            blocks={"inlägg": quoted(comment.text)},
        )
