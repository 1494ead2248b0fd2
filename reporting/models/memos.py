"""Memos (skrivelser): what a body tells the municipalities about a grant.

A draft stores only what somebody has written themselves; all else is made from the grant's
facts each time it is shown. A published memo is a file, and nothing of it can change.
"""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.models import Distribution, Grant
from municipalities.models import CoordinatingBody
from municipalities.tracking import tracked

DRAFTED_FIRST = """
IF NEW.status <> 'draft' THEN
    RAISE EXCEPTION 'A memo starts as a draft.' USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

PUBLISHED_WHOLE = """
IF NEW.sha256 <> encode(sha256(NEW.pdf), 'hex') OR NEW.pdf_size <> length(NEW.pdf) THEN
    RAISE EXCEPTION 'The file is not the one that the fingerprint is of.'
        USING ERRCODE = 'restrict_violation';
END IF;
IF NOT EXISTS (
    SELECT 1 FROM grants_distribution
    WHERE id = NEW.distribution_id AND grant_id = NEW.grant_id AND status = 'decided'
) THEN
    RAISE EXCEPTION 'A memo rests on the decided distribution of its grant.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# The memo's row is locked for sharing first, so that a publication that is being made at
# the same moment either sees the change or stops it.
PART_OF_PUBLISHED = """
PERFORM 1 FROM reporting_memo WHERE id IN ({ids}) FOR SHARE;
IF EXISTS (
    SELECT 1 FROM reporting_memo WHERE status = 'published' AND id IN ({ids})
) THEN
    RAISE EXCEPTION 'The memo is published and cannot change.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NULL;
"""


def section_trigger(
    name: str, operation: pgtrigger.Operation, **referencing: str
) -> pgtrigger.Trigger:
    """Return a trigger that refuses ``operation`` on a published memo's sections."""
    tables = referencing.values()
    ids = " UNION ".join(f"SELECT memo_id FROM {table}" for table in tables)  # noqa: S608
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**referencing),  # type: ignore[no-untyped-call]
        func=PART_OF_PUBLISHED.format(ids=ids),
    )


class SectionKind(models.TextChoices):
    """The parts of a memo, in the order that they stand."""

    INTRODUCTION = "introduction", pgettext_lazy("memo", "Introduction")
    BACKGROUND = "background", pgettext_lazy("memo", "Background")
    DISTRIBUTION = "distribution", pgettext_lazy("memo", "Distribution in the county")
    USE = "use", pgettext_lazy("memo", "How the funds may be used")
    NOTICE = "notice", pgettext_lazy("memo", "Notice")
    INVOICE = "invoice", pgettext_lazy("memo", "Invoice")
    MESSAGES = "messages", pgettext_lazy("memo", "Messages and questions")
    REPORTING = "reporting", pgettext_lazy("memo", "Reporting back")
    SIGNATURE = "signature", pgettext_lazy("memo", "Signature and annexes")
    NOTE = "note", pgettext_lazy("memo", "Note below the table of annex 1")


class MemoQuerySet(models.QuerySet["Memo"]):
    """What is asked of memos. The files stay out of queries that do not ask for them."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep the body's own."""
        return self.filter(grant__body=body)

    def drafts(self) -> Self:
        """Keep those that may still change."""
        return self.filter(status=Memo.Status.DRAFT)

    def published(self) -> Self:
        """Keep those that have gone out."""
        return self.filter(status=Memo.Status.PUBLISHED)


class MemoManager(models.Manager["Memo"]):
    """Memos without their files, which are read on demand."""

    def get_queryset(self) -> MemoQuerySet:
        """Return memos; ``pdf`` is fetched when it is first read."""
        return MemoQuerySet(self.model, using=self._db).defer("pdf")

    def of_body(self, body: CoordinatingBody) -> MemoQuerySet:
        """Return the body's own."""
        return self.get_queryset().of_body(body)

    def drafts(self) -> MemoQuerySet:
        """Return those that may still change."""
        return self.get_queryset().drafts()

    def published(self) -> MemoQuerySet:
        """Return those that have gone out."""
        return self.get_queryset().published()


@tracked(exclude=["pdf"])
class Memo(models.Model):
    """A version of a grant's memo (skrivelse)."""

    class Status(models.TextChoices):
        """Whether it has gone out."""

        DRAFT = "draft", pgettext_lazy("memo", "draft")
        PUBLISHED = "published", pgettext_lazy("memo", "published")

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="memos", verbose_name=_("grant")
    )
    version = models.PositiveSmallIntegerField(_("version"))
    status = models.CharField(
        _("status"), max_length=20, choices=Status, default=Status.DRAFT
    )
    distribution = models.ForeignKey(
        Distribution,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="memos",
        verbose_name=_("distribution"),
        help_text=_("A draft follows the one that holds; publishing fixes it."),
    )
    dated_on = models.DateField(_("date of the memo"))
    title = models.CharField(
        _("heading"),
        max_length=250,
        blank=True,
        help_text=_("Where it is not the title of the grant."),
    )
    correction = models.TextField(
        _("what is corrected"),
        blank=True,
        help_text=_("Stands at the top of the new version."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("started by"),
    )
    created_at = models.DateTimeField(_("started at"), auto_now_add=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    pdf = models.BinaryField(_("file"), null=True, blank=True)
    pdf_size = models.PositiveIntegerField(_("size"), null=True, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)

    objects = MemoManager()

    class Meta:
        ordering = ["grant", "-version"]
        verbose_name = _("memo")
        verbose_name_plural = _("memos")
        constraints = [
            models.UniqueConstraint(name="one_memo_a_version", fields=["grant", "version"]),
            models.UniqueConstraint(
                name="one_draft_memo_a_grant",
                fields=["grant"],
                condition=Q(status="draft"),
                violation_error_message=_("The grant already has a draft of a memo."),
            ),
            models.CheckConstraint(
                name="published_memo_is_a_file",
                condition=Q(
                    status="draft",
                    published_by=None,
                    published_at=None,
                    pdf=None,
                    pdf_size=None,
                    sha256="",
                )
                | (
                    Q(status="published")
                    & Q(published_by__isnull=False, published_at__isnull=False)
                    & Q(distribution__isnull=False, pdf__isnull=False)
                    & Q(pdf_size__gt=0, sha256__regex=r"^[0-9a-f]{64}$")
                ),
            ),
            models.CheckConstraint(
                name="new_version_of_memo_says_what_is_corrected",
                condition=Q(version=1) | ~Q(correction=""),
                violation_error_message=_("Write what is corrected."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="memo_is_drafted_first",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=DRAFTED_FIRST,
            ),
            pgtrigger.Protect(
                name="published_memo_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="published"),
            ),
            pgtrigger.Trigger(
                name="memo_is_published_whole",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="draft", new__status="published"),
                func=PUBLISHED_WHOLE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant}, version {self.version}"

    def get_absolute_url(self) -> str:
        """Return the address of the grant's memo."""
        return reverse("reporting:memo_detail", args=[self.grant_id])

    @property
    def is_draft(self) -> bool:
        """Whether it may still change."""
        return self.status == self.Status.DRAFT

    @property
    def heading(self) -> str:
        """What stands at the top."""
        return self.title or self.grant.title


@tracked()
class MemoSection(models.Model):
    """A part that somebody has written, in Markdown with placeholders for the facts.

    A part without a row is made from the grant's facts.
    """

    memo = models.ForeignKey(
        Memo, models.CASCADE, related_name="sections", verbose_name=_("memo")
    )
    kind = models.CharField(_("part"), max_length=20, choices=SectionKind)
    body = models.TextField(_("text"))
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("edited by"),
    )
    edited_at = models.DateTimeField(_("edited at"), auto_now=True)

    class Meta:
        ordering = ["memo", "pk"]
        verbose_name = _("part of a memo")
        verbose_name_plural = _("parts of a memo")
        constraints = [
            models.UniqueConstraint(name="one_text_a_part", fields=["memo", "kind"]),
        ]
        triggers = [
            section_trigger("published_section_added", pgtrigger.Insert, new="new_rows"),
            section_trigger(
                "published_section_changed",
                pgtrigger.Update,
                old="old_rows",
                new="new_rows",
            ),
            section_trigger("published_section_removed", pgtrigger.Delete, old="old_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.memo}: {self.get_kind_display()}"
