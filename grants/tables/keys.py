"""The list of keys."""

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from grants.models import AllocationKey
from grants.wording import key_in_words
from municipalities.tables import BaseTable, NumberColumn


class KeyTable(BaseTable):
    """Keys, with what they do in words."""

    name = tables.Column(linkify=True)
    parts = tables.Column(empty_values=(), orderable=False, verbose_name=_("Parts"))
    rounding = tables.Column()
    use_count = NumberColumn(verbose_name=_("Distributions"))

    class Meta(BaseTable.Meta):
        model = AllocationKey
        fields = ["name", "parts", "rounding", "use_count"]
        empty_text = _("There are no keys yet.")

    def render_parts(self, record: Any) -> str:
        """Return each part in words. The parts are fetched beforehand."""
        return "; ".join(key_in_words(list(record.components.all())))

    def value_parts(self, record: Any) -> str:
        """Return the same words."""
        return self.render_parts(record)

    def value_rounding(self, record: Any) -> str:
        """Return the rule in words."""
        return str(record.get_rounding_display())
