"""Start, write, look at and publish a grant's memo. Each verb is one transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from grants.distribution import Refused
from grants.models import Allocation, Distribution, Grant
from municipalities.markdown import Words, placeholders, render
from municipalities.models import User
from municipalities.numbers import NBSP, grouped
from reporting import memo_text
from reporting.facts import BLOCKS, Facts, facts_of
from reporting.key_note import rounding_note
from reporting.models import Memo, MemoSection, SectionKind
from reporting.pdf import logo_of, render_pdf, unprintable
from reporting.swedish import alphabetical


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the memo, as it reads today."""

    kind: str
    heading: str
    source: str
    """Markdown with placeholders."""
    html: SafeString
    edited: MemoSection | None
    """Who wrote it, where it is not made from the facts."""


@dataclass(frozen=True, slots=True)
class Row:
    """A municipality in annex 1. ``mark`` leads to a note below the table."""

    name: str
    amount: str
    mark: str


@dataclass(frozen=True, slots=True)
class Change:
    """A municipality whose amount is another than in the memo before."""

    name: str
    before: str
    after: str
    by: str


@dataclass(frozen=True, slots=True)
class Annex:
    """Annex 1: what each municipality is allocated."""

    to_split: int
    rows: Sequence[Row]
    total: int
    notes: Sequence[tuple[str, str]]
    """The mark and the text of each adjustment."""
    rounding: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Missing:
    """What the memo cannot go out without, and where it is told."""

    code: str
    name: str = ""
    set_in: str = ""


class Document:
    """A memo as it reads today, with all its facts in place."""

    def __init__(self, memo: Memo) -> None:
        """Read the facts; the texts are made when they are asked for."""
        self.memo = memo
        self.grant = memo.grant
        self.facts: Facts = facts_of(memo.grant, dated_on=memo.dated_on)
        self.edited = {section.kind: section for section in memo.sections.all()}

    @cached_property
    def words(self) -> Words:
        """What the placeholders of this memo stand for."""
        contexts: dict[str, tuple[str, dict[str, Any]]] = {
            "budgettabell": ("budget", {"table": self.facts.table}),
            "syften": ("purposes", {"purposes": self.facts.purposes}),
            "beslut": ("decisions", {"decisions": self.grant.decisions.all()}),
        }
        blocks = {
            name: partial(render_to_string, f"reporting/memo_{template}.html", context)
            for name, (template, context) in contexts.items()
        }
        facts = self.facts.by_name.values()
        return Words(
            facts={fact.name: fact.value for fact in facts},
            addresses=frozenset(fact.name for fact in facts if fact.is_address),
            blocks=blocks,
        )

    @cached_property
    def sections(self) -> list[Section]:
        """Every part in its order. The note belongs to annex 1."""
        return [self.section(kind) for kind in SectionKind]

    @property
    def letter(self) -> list[Section]:
        """The parts before the annex."""
        return [part for part in self.sections if part.kind != SectionKind.NOTE]

    @property
    def note(self) -> Section:
        """What stands below the table of annex 1."""
        return next(part for part in self.sections if part.kind == SectionKind.NOTE)

    def section(self, kind: str, source: str | None = None) -> Section:
        """Return a part as it is stored or made, or with the text ``source`` tried out."""
        edited = self.edited.get(kind)
        if source is None:
            source = edited.body if edited else memo_text.body(kind, self.facts)
        return Section(
            kind=kind,
            heading=self._heading(kind),
            source=source,
            html=render(source, self.words),
            edited=edited,
        )

    def _heading(self, kind: str) -> str:
        heading = memo_text.heading(kind, self.facts)
        for name in placeholders(heading):
            value = self.words.facts[name] or f"[{name} saknas]"
            heading = heading.replace(f"[[{name}]]", value)
        return heading

    @property
    def addressees(self) -> list[str]:
        """Whom the memo is to: as the grant says, or the county's municipalities."""
        lines = [line.strip() for line in self.grant.addressees.splitlines()]
        return list(filter(None, lines)) or [
            f"Kommunerna i {self.grant.body.county.name}",
        ]

    @property
    def enclosures(self) -> list[str]:
        """What goes with the memo, in order."""
        agreement = self.grant.agreement
        enclosures = ["Fördelning till kommunerna"]
        if agreement and agreement.file_id:
            enclosures.append(f"Överenskommelsen {agreement.title}")
        return enclosures

    @cached_property
    def before(self) -> Memo | None:
        """The version that this one corrects."""
        return (
            Memo.objects.published()
            .filter(grant=self.grant, version__lt=self.memo.version)
            .select_related("distribution")
            .order_by("-version")
            .first()
        )

    @property
    def new_distribution(self) -> Distribution | None:
        """The distribution, where it is another than in the memo before."""
        after = self.facts.distribution
        is_new = after and self.before and self.before.distribution_id != after.pk
        return after if is_new else None

    @cached_property
    def annex(self) -> Annex | None:
        """Annex 1, or nothing where there is no distribution."""
        distribution = self.facts.distribution
        if distribution is None:
            return None
        allocations = sorted(
            distribution.allocations.select_related("municipality").prefetch_related(
                "adjustments"
            ),
            key=lambda allocation: alphabetical(allocation.municipality.name),
        )
        rows: list[Row] = []
        notes: list[tuple[str, str]] = []
        adjusted = 0
        for allocation in allocations:
            mark = ""
            for adjustment in allocation.adjustments.all():
                mark = chr(ord("a") + len(notes)) if len(notes) < 26 else f"a{len(notes)}"
                adjusted += adjustment.amount
                changed = signed(adjustment.amount)
                reason = adjustment.reason.strip()
                notes.append(
                    (mark, f"{allocation.municipality.name}: {changed}{NBSP}kr. {reason}")
                )
            rows.append(Row(allocation.municipality.name, grouped(allocation.amount), mark))
        return Annex(
            to_split=distribution.to_municipalities,
            rows=rows,
            total=sum(allocation.amount for allocation in allocations),
            notes=notes,
            rounding=rounding_note(distribution, adjusted),
            changes=self._changes(allocations),
        )

    def _changes(self, allocations: Sequence[Allocation]) -> list[Change]:
        if not self.new_distribution or not self.before or not self.before.distribution:
            return []
        earlier = {
            allocation.municipality.name: allocation.amount
            for allocation in self.before.distribution.allocations.select_related(
                "municipality"
            )
        }
        now = {
            allocation.municipality.name: allocation.amount for allocation in allocations
        }
        return [
            Change(
                name=name,
                before=grouped(earlier[name]) if name in earlier else "–",
                after=grouped(now[name]) if name in now else "–",
                by=signed(now.get(name, 0) - earlier.get(name, 0)),
            )
            for name in sorted(now.keys() | earlier.keys(), key=alphabetical)
            if now.get(name) != earlier.get(name)
        ]

    @cached_property
    def missing(self) -> list[Missing]:
        """What stops the memo from going out, each thing once."""
        distribution, facts = self.facts.distribution, self.facts
        missing = []
        if distribution is None or distribution.is_draft:
            missing.append(Missing("distribution", set_in="distribution"))
        if not self.section(SectionKind.USE).source and SectionKind.USE not in self.edited:
            missing.append(Missing("use", set_in="purposes"))
        lacking: dict[str, Missing] = {}
        for section in self.sections:
            text = f"{memo_text.heading(section.kind, facts)}\n{section.source}"
            for name in placeholders(text):
                if name in BLOCKS:
                    continue
                fact = facts.by_name.get(name)
                if fact is None:
                    lacking[name] = Missing("unknown", name, section.kind)
                elif not fact.value and fact.set_in != "distribution":
                    lacking[name] = Missing("fact", name, fact.set_in)
        missing += lacking.values()
        if odd := unprintable(strip_tags(self.html)):
            missing.append(Missing("letters", odd))
        return missing

    @cached_property
    def html(self) -> str:
        """The whole document, as it is printed."""
        return self._html(is_draft=False)

    def _html(self, *, is_draft: bool) -> str:
        context = {"document": self, "is_draft": is_draft}
        with translation.override("sv"):
            return render_to_string("reporting/memo_document.html", context)

    @property
    def fingerprint(self) -> str:
        """What tells whether the memo still reads as somebody saw it."""
        return hashlib.sha256(self.html.encode()).hexdigest()

    @property
    def has_logo(self) -> bool:
        """Whether the body has a picture that stands in the head."""
        return self.grant.body.logo is not None

    def pdf(self) -> bytes:
        """Return the document as the file that goes out."""
        return render_pdf(self.html, logo_of(self.grant.body))

    def draft_pdf(self) -> bytes:
        """Return the document as a file that says on every page that it is a draft."""
        return render_pdf(self._html(is_draft=True), logo_of(self.grant.body))


def signed(amount: int) -> str:
    """Return a change with its sign.

    >>> signed(500), signed(-2)
    ('+500', '\u22122')
    """
    return f"+{grouped(amount)}" if amount > 0 else grouped(amount)


@transaction.atomic
def start(
    grant: Grant, *, by: User, dated_on: date, title: str = "", correction: str = ""
) -> Memo:
    """Return a new draft. After the first version it says what it corrects.

    A new version starts with the texts that were written for the one before.
    """
    Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if grant.memos.filter(status=Memo.Status.DRAFT).exists():
        raise Refused("draft_exists")
    latest = grant.memos.order_by("-version").first()
    if latest and not correction.strip():
        raise Refused("correction_lacking")
    memo = Memo.objects.create(
        grant=grant,
        version=latest.version + 1 if latest else 1,
        dated_on=dated_on,
        title=title or (latest.title if latest else ""),
        correction=correction.strip() if latest else "",
        created_by=by,
    )
    if latest:
        MemoSection.objects.bulk_create(
            MemoSection(
                memo=memo, kind=section.kind, body=section.body, edited_by=section.edited_by
            )
            for section in latest.sections.all()
        )
    return memo


@transaction.atomic
def change(memo: Memo, **facts: object) -> Memo:
    """Change what stands at the top of a draft: its date, its heading, its correction."""
    locked = _locked_draft(memo.pk)
    for name, value in facts.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(facts))
    return locked


@transaction.atomic
def write(
    memo: Memo, *, kind: str, body: str, by: User, seen: str | None = None
) -> MemoSection:
    """Keep a part's text as somebody wrote it. It no longer follows the generated one.

    ``seen`` is when the text had last changed, as its editor saw it, and empty for one that
    nobody had written: if somebody else has saved since then, nothing is overwritten.
    """
    locked = _locked_draft(memo.pk)
    stored = locked.sections.filter(kind=kind).first()
    if seen is not None and seen != (stored.edited_at.isoformat() if stored else ""):
        raise Refused("changed_by_another")
    section, _ = MemoSection.objects.update_or_create(
        memo=locked, kind=kind, defaults={"body": body, "edited_by": by}
    )
    return section


@transaction.atomic
def reset(memo: Memo, *, kind: str) -> None:
    """Let a part be made from the facts again. The history keeps what was written."""
    _locked_draft(memo.pk).sections.filter(kind=kind).delete()


@transaction.atomic
def discard(memo: Memo) -> None:
    """Throw a draft away. The history keeps what it was."""
    _locked_draft(memo.pk).delete()


@transaction.atomic
def publish(memo: Memo, *, by: User, seen: str = "") -> Memo:
    """Fix the memo as a file, with its fingerprint.

    Refused without a decided distribution, and while a fact is lacking. ``seen`` is the
    ``Document.fingerprint`` that somebody agreed to; a memo that has changed since then
    is refused.
    """
    locked = _locked_draft(memo.pk)
    # No new distribution is decided in between.
    Grant.objects.select_for_update(of=("self",)).get(pk=locked.grant_id)
    document = Document(locked)
    if document.missing:
        raise Refused("facts_lacking", missing=document.missing)
    if seen and seen != document.fingerprint:
        raise Refused("changed")
    pdf = document.pdf()
    locked.status = Memo.Status.PUBLISHED
    locked.distribution = document.facts.distribution
    locked.published_by = by
    locked.published_at = timezone.now()
    locked.pdf = pdf
    locked.pdf_size = len(pdf)
    locked.sha256 = hashlib.sha256(pdf).hexdigest()
    locked.save()
    return locked


def _locked_draft(pk: int) -> Memo:
    """Return the draft, locked; refuse one that is published or thrown away."""
    memo = (
        Memo.objects.select_for_update(of=("self",))
        .select_related("grant__body__county", "grant__body__logo", "grant__agreement")
        .filter(pk=pk)
        .first()
    )
    if memo is None or not memo.is_draft:
        raise Refused("published")
    return memo
