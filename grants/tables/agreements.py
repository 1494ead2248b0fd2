"""The list of agreements."""

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from grants.models import Agreement
from municipalities.tables import BaseTable, DateColumn, KronorColumn, NumberColumn


class AgreementTable(BaseTable):
    """Agreements, each with how many grants and kronor it gave."""

    title = tables.Column(linkify=True)
    adopted_on = DateColumn()
    grant_count = NumberColumn(verbose_name=_("Grants"))
    granted = KronorColumn(verbose_name=_("Amount, kr"), total=True)

    class Meta(BaseTable.Meta):
        model = Agreement
        fields = ["title", "year", "parties", "adopted_on", "grant_count", "granted"]
        empty_text = _("There are no agreements yet.")
