"""Why a report was refused, in words people can act on.

The codes are those of ``report`` and ``report_decisions``.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grants.distribution import Refused
from invoices.refusals import sentence as invoice_sentence

SENTENCES: Mapping[str, Promise] = {
    "not_asked": _("You are not asked to report here."),
    "report_closed": _("The report has been sent in. Open the page again to see it."),
    "report_changed": _(
        "The report has changed since you read it. Read it through once more before you "
        "send it in."
    ),
    "report_incomplete": _("Something is lacking. It stands at the top of the report."),
    "report_reason_lacking": _("Write what you have corrected."),
    "no_correction": _("No correction is being written. What you sent in holds."),
    "report_not_sent": _("%(municipality)s has sent in nothing to read right now."),
    "report_sent_again": _(
        "%(municipality)s has sent in a new version since you opened the page. "
        "Read it first."
    ),
    "report_accepted_since": _(
        "A colleague has accepted the report from %(municipality)s since you opened the "
        "page. Ask for completion again if it is still needed."
    ),
    "report_files_many": _("At most %(most)s files can answer a question."),
    "completion_sections_lacking": _("Choose at least one section to complete."),
    "completion_closed": _(
        "%(municipality)s is not asked to complete the report any more. Read what holds."
    ),
    "report_is_corrected": _(
        "%(municipality)s is writing a correction. Wait for it, or accept the report on "
        "its own page."
    ),
    "report_has_remarks": _(
        "%(municipality)s: the checks have found something. Read the report, and accept "
        "it there."
    ),
    "report_outcome_lacking": _(
        "%(municipality)s: the report does not say what became of all the money. Settle "
        "it on the report's own page."
    ),
    "report_paid_since": _(
        "%(municipality)s: what is paid has changed since the report was sent in. Look at "
        "the report."
    ),
    "report_settled_otherwise": _(
        "%(municipality)s: the money is settled in another way. Correct it on the "
        "report's own page."
    ),
}


def sentence(refused: Refused) -> str:
    """Return why, as one sentence for a page."""
    known = SENTENCES.get(refused.code)
    return str(known) % refused.params if known else invoice_sentence(refused)
