"""Files that a body keeps, in the database: they are backed up and secured with it."""

import hashlib

from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from municipalities.models.bodies import CoordinatingBody
from municipalities.tracking import tracked

MAX_BYTES = 20 * 1024 * 1024


class StoredFileManager(models.Manager["StoredFile"]):
    """Keeps the bytes out of every query that does not ask for them."""

    def get_queryset(self) -> models.QuerySet["StoredFile"]:
        """Return files without their content."""
        return super().get_queryset().defer("content")

    def keep(
        self, content: bytes, *, body: CoordinatingBody, name: str, content_type: str
    ) -> "StoredFile":
        """Store ``content`` and return it; the same bytes twice are two files."""
        return self.create(
            body=body,
            name=name[-200:],
            content_type=content_type,
            content=content,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )


@tracked(exclude=["content"])
class StoredFile(models.Model):
    """A file with its fingerprint. The content never changes: a new file is a new row."""

    body = models.ForeignKey(
        CoordinatingBody, models.PROTECT, related_name="files", verbose_name=_("body")
    )
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(_("content type"), max_length=100)
    content = models.BinaryField(_("content"))
    size = models.PositiveIntegerField(_("size"), validators=[MaxValueValidator(MAX_BYTES)])
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    created_at = models.DateTimeField(_("stored at"), auto_now_add=True)

    objects = StoredFileManager()

    class Meta:
        ordering = ["-created_at", "name"]
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of its page."""
        return reverse("municipalities:file_download", args=[self.pk])
