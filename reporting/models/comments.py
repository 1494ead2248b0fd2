"""Questions and comments about a grant, among the staff or with one municipality."""

import uuid
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from grants.models import Grant
from invoices.models import Requisition
from municipalities.models import CoordinatingBody, Municipality, User
from municipalities.tracking import tracked

# A comment about a requisition is about its grant and its municipality.
ABOUT_ITS_OWN = """
IF NEW.requisition_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM invoices_requisition
    WHERE id = NEW.requisition_id AND grant_id = NEW.grant_id
    AND municipality_id = NEW.municipality_id
) THEN
    RAISE EXCEPTION 'The requisition is another grant''s or another municipality''s.'
        USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""

# What is said is said: only that it is answered may be noted later.
STAYS_AS_WRITTEN = """
IF to_jsonb(OLD) - 'answered_at' <> to_jsonb(NEW) - 'answered_at' THEN
    RAISE EXCEPTION 'A comment cannot be changed.' USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""


class CommentQuerySet(models.QuerySet["Comment"]):
    """What is asked of comments."""

    def of_body(self, body: CoordinatingBody) -> Self:
        """Keep those about the body's grants."""
        return self.filter(grant__body=body)

    def shared_with(self, municipality: Municipality) -> Self:
        """Keep those that the municipality may read."""
        return self.filter(municipality=municipality, is_shared=True)

    def unanswered(self) -> Self:
        """Keep the municipalities' questions that wait for the staff."""
        return self.filter(is_from_municipality=True, answered_at=None)


@tracked()
class Comment(models.Model):
    """What somebody wrote."""

    grant = models.ForeignKey(
        Grant, models.PROTECT, related_name="comments", verbose_name=_("grant")
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("municipality"),
        help_text=_("Empty: about the grant as a whole, among the staff."),
    )
    requisition = models.ForeignKey(
        Requisition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="comments",
        verbose_name=_("requisition"),
    )
    is_shared = models.BooleanField(_("shared with the municipality"), default=False)
    text = models.TextField(_("text"), max_length=5_000)
    written_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    written_at = models.DateTimeField(_("written at"), default=timezone.now)
    is_from_municipality = models.BooleanField(_("from the municipality"), default=False)
    answered_at = models.DateTimeField(
        _("answered at"),
        null=True,
        blank=True,
        help_text=_("When the staff answered, or said that no answer is needed."),
    )
    form_key = models.UUIDField(
        default=uuid.uuid4,
        editable=False,
        help_text=_("From the form: one that is sent twice is written once."),
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "pk"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [
            models.CheckConstraint(
                name="shared_comment_has_its_municipality",
                condition=Q(is_shared=False) | Q(municipality__isnull=False),
            ),
            models.CheckConstraint(
                name="municipalitys_comment_is_shared",
                condition=Q(is_from_municipality=False) | Q(is_shared=True),
            ),
            models.CheckConstraint(name="comment_says_something", condition=~Q(text="")),
            models.UniqueConstraint(
                name="one_comment_a_form", fields=["written_by", "form_key"]
            ),
        ]
        indexes = [
            models.Index(
                fields=["grant", "municipality", "written_at"], name="comment_in_its_thread"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="comment_is_about_its_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=ABOUT_ITS_OWN,
            ),
            pgtrigger.Trigger(
                name="comment_stays_as_written",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=STAYS_AS_WRITTEN,
            ),
            pgtrigger.Protect(name="comment_is_not_removed", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.written_by}, {self.written_at:%Y-%m-%d}"
