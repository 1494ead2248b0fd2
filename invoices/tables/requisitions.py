"""Lists of requisitions."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoices.matrix import MARKS, Mark
from invoices.models import Requisition
from municipalities.models import User
from municipalities.tables import BaseTable, KronorColumn, LabelColumn, MomentColumn


def marks_of(requisition: Requisition) -> list[str]:
    """Return what is worth a second look, in words."""
    found = (
        (Mark.LATE, requisition.is_late),
        (Mark.PART, requisition.is_reduced),
        (Mark.CHANGED, requisition.is_changed),
        (Mark.WANTS_MORE, requisition.wants_more),
        (Mark.DECLINES, requisition.is_declined),
    )
    return [str(MARKS[mark]) for mark, holds in found if holds]


class WaitingTable(BaseTable):
    """What waits for a decision. Whoever decides may choose rows, but not their own."""

    municipality = tables.Column(order_by="municipality__code")
    grant = LabelColumn(order_by=["-grant__year", "grant__short_title"])
    amount = KronorColumn(verbose_name=gettext_lazy("Asked for, SEK"), total=True)
    submitted_at = MomentColumn(verbose_name=gettext_lazy("Sent in"))
    marks = tables.Column(
        verbose_name=gettext_lazy("To look at"), empty_values=(), orderable=False
    )

    class Meta(BaseTable.Meta):
        model = Requisition
        fields = ["municipality", "grant", "amount", "submitted_at", "marks"]
        empty_text = gettext_lazy("Nothing waits for a decision. Well done.")

    def __init__(self, *args: Any, deciding: User | None = None, **kwargs: Any) -> None:
        self.deciding = deciding
        super().__init__(*args, **kwargs)

    def render_municipality(self, value: Any, record: Requisition) -> SafeString:
        """Return the name, which leads to the answer, and a box to tick before it."""
        link = format_html('<a href="{}">{}</a>', record.get_absolute_url(), value)
        if self.deciding is None or record.submitted_by_id == self.deciding.pk:
            return link
        return format_html(
            '<input class="ds-input" type="checkbox" name="requisition" value="{}"'
            ' aria-label="{} {}, {}">{}',
            record.pk,
            _("Choose"),
            value,
            record.grant,
            link,
        )

    def value_municipality(self, value: Any) -> str:
        """Return the name."""
        return str(value)

    def render_marks(self, record: Requisition) -> str:
        """Return the marks, and whose answer somebody else must approve."""
        words = marks_of(record)
        if self.deciding is not None and record.submitted_by_id == self.deciding.pk:
            words.append(_("registered by you"))
        return capfirst(", ".join(words))

    def value_marks(self, record: Requisition) -> str:
        """Return the marks."""
        return capfirst(", ".join(marks_of(record)))
