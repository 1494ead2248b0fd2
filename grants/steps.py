"""What remains to be done with a grant, from its facts to the published memo."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.budget import Budget
from grants.models import Distribution, Grant
from municipalities.numbers import kronor


class State(StrEnum):
    """How far a step has come."""

    DONE = "done"
    NEXT = "next"
    LATER = "later"


@dataclass(frozen=True)
class Step:
    """One step: its name, what is known about it, and the page where it is taken."""

    name: str
    note: str
    url: str
    is_done: bool
    state: State = State.LATER


@dataclass(frozen=True)
class Versions:
    """The grant's distribution that holds, and the draft of the next."""

    decided: Distribution | None
    draft: Distribution | None


def link(name: str, pk: int) -> str:
    """Return a page's address, or nothing where the installation has no such page."""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def steps_of(grant: Grant, budget: Budget, versions: Versions) -> list[Step]:
    """Return the steps in order; the first that is not done is the next one."""
    found = list(_steps(grant, budget, versions))
    undone = [step for step in found if not step.is_done]
    return [
        Step(
            name=step.name,
            note=step.note,
            url=step.url,
            is_done=step.is_done,
            state=State.DONE
            if step.is_done
            else State.NEXT
            if step is undone[0]
            else State.LATER,
        )
        for step in found
    ]


def _steps(grant: Grant, budget: Budget, versions: Versions) -> Iterator[Step]:
    yield _facts(grant)
    purposes = grant.purposes.count()
    yield Step(
        _("Purposes"),
        ngettext("%(count)d purpose", "%(count)d purposes", purposes) % {"count": purposes}
        if purposes
        else _("What the municipalities may use the money for"),
        link("grants:grant_purposes", grant.pk),
        bool(purposes),
    )
    yield Step(
        _("Budget"),
        _("%(pot)s to distribute") % {"pot": kronor(budget.pot)}
        if budget.pot
        else _("No line is split by the key yet"),
        link("grants:grant_budget", grant.pk),
        bool(budget.pot),
    )
    has_requisition = grant.deadlines.answers().exists()
    yield Step(
        _("Last days"),
        _("The last day for requisitions is set")
        if has_requisition
        else _("The last day for requisitions is lacking"),
        link("reporting:deadline_list", grant.pk),
        has_requisition,
    )
    yield from _distribution(grant, budget, versions)
    yield _memo(grant, versions)


def _facts(grant: Grant) -> Step:
    lacking = [
        word
        for word, value in [
            (_("record number"), grant.record_number),
            (_("whole amount"), grant.amount),
            (_("invoice reference"), grant.invoice_reference),
            (_("invoice text"), grant.invoice_text),
        ]
        if not value
    ]
    note = _("Lacking: %(names)s") % {"names": ", ".join(lacking)} if lacking else ""
    return Step(
        _("Facts"),
        note or _("All that the memo needs is written"),
        link("grants:grant_edit", grant.pk),
        not lacking,
    )


def _distribution(grant: Grant, budget: Budget, versions: Versions) -> Iterator[Step]:
    current = versions.draft or versions.decided
    url = (
        link("grants:distribution_detail", current.pk)
        if current
        else link("grants:distribution_create", grant.pk)
    )
    yield Step(
        _("Key and draft"),
        _("Version %(version)d") % {"version": current.version}
        if current
        else _("Choose a key and look at the amounts"),
        url,
        current is not None,
    )
    decided = versions.decided
    if versions.draft:
        note = _("Version %(version)d waits for a second person's decision") % {
            "version": versions.draft.version
        }
    elif decided and budget.differs_from_decided:
        note = _("The pot has changed since the decision: make a new version")
    elif decided:
        note = _("Version %(version)d is decided") % {"version": decided.version}
    else:
        note = _("A second person decides")
    is_done = bool(decided and not versions.draft and not budget.differs_from_decided)
    yield Step(_("Decision on the distribution"), note, url, is_done)


def _memo(grant: Grant, versions: Versions) -> Step:
    # The memos are made by a layer above; from here only the reverse relation is known.
    memos = grant.memos.order_by("-version").values_list(
        "version", "status", "distribution_id"
    )
    latest = next(iter(memos), None)
    published = next((memo for memo in memos if memo[1] == "published"), None)
    holds = bool(published and versions.decided and published[2] == versions.decided.pk)
    if holds and published:
        note = _("Version %(version)d is published") % {"version": published[0]}
    elif published:
        note = _("The published memo rests on an earlier distribution")
    elif latest:
        note = _("There is a draft")
    else:
        note = _("Made from the grant's facts")
    return Step(_("Memo"), note, link("reporting:memo_detail", grant.pk), holds)
