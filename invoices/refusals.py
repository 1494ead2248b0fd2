"""Say why an answer, an approval or a payment was refused, in words people can act on.

The codes come from ``Refused`` in ``invoices/requisition.py`` and ``invoices/payments.py``.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from grants.distribution import Refused
from grants.refusals import SENTENCES as GRANT_SENTENCES
from grants.refusals import listed
from grants.refusals import sentence as grant_sentence
from municipalities.numbers import kronor

SENTENCES: Mapping[str, Promise] = {
    # invoices/requisition.py
    "superseded": _(
        "The distribution has been replaced by a new version since you opened the page. "
        "Open the page again to see your amount."
    ),
    "closed": _("The last day was %(due_on)s, and late answers are not taken."),
    "already_submitted": _(
        "The answer was already sent in, by %(by)s. Open the page again to see it."
    ),
    "approved": _("The requisition is approved and cannot change."),
    "nothing_left": _("There is nothing left to answer."),
    "exceeds_left": _("You ask for %(amount)s, but only %(left)s is left."),
    "uses_exceed": _(
        "The planned uses sum to %(planned)s, which is more than the %(amount)s asked for."
    ),
    "number_used": _("You have already used the number %(number)s. Choose another."),
    "not_submitted": _("%(municipality)s has no answer that waits for a decision."),
    "not_approved": _("The requisition from %(municipality)s is not approved."),
    "newer_answer": _(
        "You have answered a newer version since. Withdraw that answer first."
    ),
    "changed_since": _(
        "%(municipality)s has changed the answer since you opened the page. "
        "Look at it again."
    ),
    "declined": _("%(municipality)s declines: there is nothing to approve."),
    "same_person": _(
        "You registered the answer from %(municipality)s. Ask a colleague to approve it."
    ),
    "in_batch": _(
        "The requisition from %(municipality)s is in a payment batch. "
        "Take it out of the batch first."
    ),
    # invoices/incoming.py
    "invoice_handled": _("The invoice is already dealt with, by %(by)s."),
    "credit_note": _(
        "It is a credit note: nothing is paid out from it. Put it aside instead."
    ),
    # invoices/payments.py
    "funds_used": _(
        "The money has been paid out: only %(available)s of what came in is left."
    ),
    "nothing_chosen": _("Choose at least one requisition."),
    "not_payable": _(
        "Not approved, or already in another batch: %(names)s. Nothing was saved."
    ),
    "batch_released": _("The batch is already released and cannot change."),
    "batch_empty": _("There is nothing left in the batch. Discard it and make a new one."),
    "day_passed": _("The payment day, %(day)s, has passed. Choose a new day."),
    "not_banking_day": _("Banks are closed on %(day)s. Choose another day."),
    "batch_changed": _(
        "The batch has changed since you opened the page: it is now %(total)s. "
        "Look at it again."
    ),
    "made_it": _("You made the batch. Ask a colleague to release it."),
    "approved_it": _(
        "You approved %(names)s. Whoever approves does not pay out: ask a colleague "
        "to release the batch."
    ),
    "not_covered": _(
        "%(grant)s: the batch pays %(amount)s, but only %(available)s has come in and is "
        "not paid out. Register the money from the state first, or take payments out."
    ),
    "read_again": _(
        "Too long has passed since the list was read. Nothing was saved: read it again."
    ),
    "batch_not_released": _("The batch is not released: nothing has gone to the bank."),
    "unknown_payments": _(
        "These payments are not in the batch: %(names)s. Nothing was saved."
    ),
    "other_amounts": _(
        "The amount in the list is another than the one sent: %(names)s. Nothing was saved."
    ),
    "contradicted": _(
        "The list says the opposite of what is already written for %(names)s. "
        "Nothing was saved."
    ),
    # invoices/settlement.py
    "settled_since": _(
        "%(share)s has been settled by somebody else since you opened the page. "
        "Look at it again."
    ),
    "settlement_sum": _(
        "%(share)s: used, to repay and carried over come to %(total)s, but must sum to "
        "%(available)s."
    ),
    "correction_reason_lacking": _("%(share)s: write why it is corrected."),
    "repayment_received": _(
        "%(share)s: the repayment is received or written off, and what it rests on cannot "
        "change."
    ),
    "below_claimed_back": _(
        "%(share)s: %(claimed)s is claimed back and partly received. To repay cannot be "
        "less."
    ),
    # invoices/repayment.py
    "nothing_to_claim": _("Choose at least one municipality to claim from."),
    "claim_day_passed": _("Choose a day after today to pay back by, not %(day)s."),
    "claims_changed": _(
        "What is to be repaid has changed since you opened the page: %(names)s. Nothing "
        "was saved. Look at it again."
    ),
    "claim_closed": _("The claim is withdrawn or written off and cannot change."),
    "claim_paid": _("Everything is paid back: there is nothing to write off."),
    "claim_changed": _(
        "What is left has changed since you opened the page: it is now %(left)s. "
        "Look at it again."
    ),
    "claim_received": _(
        "Money has been received: the claim cannot be withdrawn. Write off what is left, "
        "or remove the receipt if it is a mistake."
    ),
    "exceeds_claim": _("You write %(amount)s, but only %(left)s of the claim is left."),
    "claimed_it": _("You made the claim. Ask a colleague to write it off."),
    "receipt_used": _(
        "The money has been paid on: only %(available)s is left with us. Remove the return "
        "first."
    ),
    "exceeds_held": _("You write %(amount)s, but only %(held)s is left with us."),
    # invoices/redistribution.py
    "nothing_decided": _("There is no decided distribution to start from."),
    "memo_lacking": _(
        "The memo of the version that holds is not published: publish it first, so that "
        "everyone can answer."
    ),
    "pot_changed": _(
        "The budget has changed from %(pot)s to %(today)s since the version that holds. "
        "Make a new version by the key first."
    ),
    "last_day_lacking": _(
        "The grant has no last day for the municipalities' requisitions. Set it first: "
        "money that nobody has asked for is taken back after that day."
    ),
    "last_day_to_come": _(
        "The last day is %(due_on)s. Money that nobody has asked for can be taken back "
        "after that day."
    ),
    "statistic_of_key_lacking": _(
        "The version that holds has no statistic to split by. Make a new version by a key "
        "with statistics instead."
    ),
    "nothing_to_redistribute": _("There is nothing to hand out again."),
    "nobody_wants_more": _(
        "No municipality that has asked for its whole amount has answered that it wants "
        "more."
    ),
}


def sentence(error: Refused) -> str:
    """Return why it was refused."""
    if error.code not in SENTENCES and error.code in GRANT_SENTENCES:
        return grant_sentence(error)
    return str(SENTENCES[error.code]) % {
        name: _shown(name, value) for name, value in error.params.items()
    }


def _shown(name: str, value: Any) -> str:
    if name == "names":
        return listed([str(each) for each in value])
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, int):
        return kronor(value)
    return str(value)
