"""Tell a body's staff what the self-check found at night."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from invoices.check import check
from invoices.messages import in_swedish
from municipalities.access import Capability, members_who
from municipalities.messages import escaped, post
from municipalities.models import CoordinatingBody
from municipalities.numbers import kronor
from municipalities.site import absolute

MOST = 20
"""Rows that a message names; the page names all."""


@transaction.atomic
def tell_of_faults(body: CoordinatingBody) -> int:
    """Check the body's books, tell those who mend them, and return how many rows differ."""
    found = [(result.grant, fault) for result in check(body) for fault in result.faults]
    if not found:
        return 0
    staff = members_who(body, Capability.EDIT)
    with in_swedish():
        rows = []
        for grant, fault in found[:MOST]:
            difference = fault.difference
            by = "" if difference is None else f" ({kronor(difference)})"
            rows.append(escaped(f"{grant}: {fault.row}: {fault.why}{by}"))
        post(
            "check_failed",
            to=staff.values_list("user__email", flat=True),
            body=body,
            why=_("The self-check found what does not agree."),
            facts={
                "organisation": str(body),
                "dag": date_format(timezone.localdate(), "j F Y"),
                "antal": str(len(found)),
            },
            links={
                "se": (_("See the self-check"), absolute(reverse("invoices:check_list")))
            },
            blocks={"rader": "\n".join(f"- {row}" for row in rows)},
        )
    return len(found)
