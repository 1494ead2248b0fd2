"""What a municipality changed when it sent its answer in again."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Field
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from grants.models import Purpose
from invoices.models import PlannedUse, Requisition
from municipalities.history import NOTHING, FieldChange
from municipalities.numbers import kronor

COMPARED = (
    "amount",
    "decline_reason",
    "wants_more",
    "account_kind",
    "account_number",
    "clearing",
    "bic",
    "payment_instructions",
    "invoice_number",
    "invoice_on",
    "use_text",
    "contact_name",
    "contact_email",
    "contact_phone",
    "signatory_name",
    "signatory_title",
)


def changes_of(requisition: Requisition) -> list[FieldChange]:
    """Return what differs from the submission before, in at most four queries."""
    if requisition.submissions < 2:
        return []
    events = Requisition.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_obj_id=requisition.pk
    )
    before = (
        events.filter(submissions=requisition.submissions - 1).order_by("-pgh_id").first()
    )
    after = events.filter(submissions=requisition.submissions).order_by("pgh_id").first()
    if before is None or after is None:
        return []
    found = []
    for name in COMPARED:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            known: Field[Any, Any] = Requisition._meta.get_field(name)  # type: ignore[assignment]
            label = capfirst(str(known.verbose_name))
            found.append(FieldChange(label, shown(known, old), shown(known, new)))
    return [*found, *_changed_uses(requisition, after.pgh_created_at)]


def _changed_uses(requisition: Requisition, moment: Any) -> Iterator[FieldChange]:
    """Yield the planned uses with another amount: a submission writes all of them anew."""
    amounts: dict[int, dict[str, int]] = {}
    events = PlannedUse.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        requisition_id=requisition.pk, pgh_created_at=moment
    )
    for label, purpose, amount in events.order_by("pgh_id").values_list(
        "pgh_label", "purpose_id", "amount"
    ):
        amounts.setdefault(purpose, {})[label] = amount
    changed = {
        purpose: (change.get("delete", 0), change.get("insert", 0))
        for purpose, change in amounts.items()
        if change.get("delete", 0) != change.get("insert", 0)
    }
    if not changed:
        return
    for purpose in Purpose.objects.filter(pk__in=changed):
        old, new = changed[purpose.pk]
        name = _("Planned use: %(purpose)s") % {"purpose": purpose}
        yield FieldChange(name, kronor(old), kronor(new))


def shown(known: "Field[Any, Any]", value: Any) -> str:
    """Return a value in words."""
    if value in (None, ""):
        return NOTHING
    if known.flatchoices:
        return str(dict(known.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return kronor(value) if isinstance(value, int) else str(value)
