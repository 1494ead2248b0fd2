"""Why a report to the authority was refused, in words people can act on.

The codes are those of ``national_report`` and ``national_report_files``.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grants.distribution import Refused
from reporting.report_refusals import sentence as report_sentence

SENTENCES: Mapping[str, Promise] = {
    "round_not_open": _("Open the round first. There is nothing to compile yet."),
    "national_draft_exists": _("Somebody has begun a draft already. Here it is."),
    "national_delivered": _(
        "The report is delivered and cannot change. Begin a new version to correct it."
    ),
    "national_gone": _("Somebody has thrown the draft away."),
    "figures_changed_again": _(
        "More figures have changed since you opened the page. Look at them once more."
    ),
    "figures_differ": _(
        "Figures have changed since the draft was made. Look at them and accept them first."
    ),
    "documents_lacking": _("Make at least one document before the report is delivered."),
    "documents_in_the_making": _("A document is still being made. Wait until it is ready."),
    "documents_stale": _(
        "The report has changed since a document was made. Make the document again."
    ),
}


def sentence(refused: Refused) -> str:
    """Return why, as one sentence for a page."""
    known = SENTENCES.get(refused.code)
    return str(known) % refused.params if known else report_sentence(refused)
