"""The messages of invoices: what each is called and what it may tell."""

from django.utils.translation import gettext_lazy as _

from invoices import message_examples
from municipalities.message_kinds import MessageKind, register

COMMON = {
    "organisation": _("the body"),
    "kommun": _("the municipality, as it calls itself"),
    "medel": _("the grant's short name and year"),
    "titel": _("the grant's title"),
    "dnr": _("the grant's record number"),
    "frågemejl": _("where questions go"),
}
"""What every message about an answer may tell."""

DAYS = {
    "sista dag": _("the last day, while it has not passed"),
    "passerad dag": _("the last day, once it has passed"),
}

ANSWER = {
    "belopp": _("what is asked for"),
    "nummer": _("the municipality's own number of the requisition"),
    "konto": _("the last digits of the account"),
    "skäl": _("what the decision says"),
    "se svaret": _("link to the answer"),
}

REPAYMENT = {"belopp": _("what is claimed back")}

SEE = frozenset({"se svaret"})


register(
    MessageKind(
        slug="receipt",
        app="invoices",
        label=_("Receipt for an answer"),
        example=message_examples.receipt,
        facts=COMMON
        | {
            "svar": _("what is answered, in a sentence"),
            "nummer": ANSWER["nummer"],
            "skickat av": _("who sent it in"),
            "skickat": _("when it was sent in"),
            "sent": _("that it came after the last day, in a sentence"),
            "kvitto": _("link to the receipt"),
        },
        needed=frozenset({"svar", "kvitto"}),
        links=frozenset({"kvitto"}),
    ),
    MessageKind(
        slug="hand_over",
        app="invoices",
        label=_("An answer to read and send in"),
        example=message_examples.hand_over,
        facts=COMMON
        | DAYS
        | {
            "vem": _("who filled it in"),
            "läs igenom": _("link to where it is read and sent in"),
        },
        needed=frozenset({"läs igenom"}),
        links=frozenset({"läs igenom"}),
    ),
    MessageKind(
        slug="approved",
        app="invoices",
        label=_("A requisition is approved"),
        example=message_examples.approved,
        facts=COMMON
        | {name: ANSWER[name] for name in ("belopp", "nummer", "konto", "se svaret")},
        needed=frozenset({"belopp"}),
        links=SEE,
    ),
    MessageKind(
        slug="returned",
        app="invoices",
        label=_("A completion is asked for"),
        example=message_examples.returned,
        facts=COMMON
        | DAYS
        | {name: ANSWER[name] for name in ("belopp", "nummer", "skäl")}
        # Where to change the answer.
        | {"komplettera": _("link to where the answer is changed")},
        needed=frozenset({"skäl", "komplettera"}),
        links=frozenset({"komplettera"}),
        blocks=frozenset({"skäl"}),
    ),
    MessageKind(
        slug="rejected",
        app="invoices",
        label=_("A requisition is rejected"),
        example=message_examples.rejected,
        facts=COMMON
        | DAYS
        | {name: ANSWER[name] for name in ("belopp", "nummer", "skäl", "se svaret")},
        needed=frozenset({"skäl"}),
        links=SEE,
        blocks=frozenset({"skäl"}),
    ),
    MessageKind(
        slug="nudge",
        app="invoices",
        label=_("A nudge to those who have not answered"),
        example=message_examples.nudge,
        facts=COMMON
        | DAYS
        | {
            "hälsning": _("the sender's own words"),
            "efter sista dag": _("what happens to an answer that is late"),
            "svara": _("link to where it is answered"),
        },
        needed=frozenset({"svara"}),
        links=frozenset({"svara"}),
        blocks=frozenset({"hälsning"}),
    ),
    MessageKind(
        slug="payment",
        app="invoices",
        label=_("A payment"),
        example=message_examples.payment,
        facts=COMMON
        | {
            "belopp": _("what is paid"),
            "betaldag": _("the day of payment"),
            "konto": ANSWER["konto"],
            "nummer": ANSWER["nummer"],
            "referens": _("what the payment is called in the bank"),
            "används senast": _("the last day to use the money"),
            "se svaret": ANSWER["se svaret"],
        },
        needed=frozenset({"belopp"}),
        links=SEE,
    ),
    MessageKind(
        slug="repayment_claimed",
        app="invoices",
        label=_("A claim for repayment"),
        example=message_examples.repayment_claimed,
        facts=COMMON
        | REPAYMENT
        | {
            "betala till": _("the account to pay to"),
            "referens": _("what to write on the payment"),
            "sista dag": _("the last day to pay back"),
            "fått": _("what the municipality has been paid"),
            "ersätter": _("that it replaces an earlier claim, in a sentence"),
            "brevet": _("link to the letter"),
        },
        needed=frozenset({"belopp", "sista dag", "betala till", "referens"}),
        links=frozenset({"brevet"}),
    ),
    MessageKind(
        slug="repayment_withdrawn",
        app="invoices",
        label=_("A claim for repayment is withdrawn"),
        example=message_examples.repayment_withdrawn,
        facts=COMMON | REPAYMENT | {"krävdes": _("the day when it was claimed")},
        needed=frozenset({"belopp"}),
    ),
    MessageKind(
        slug="check_failed",
        app="invoices",
        label=_("The self-check finds what does not agree"),
        facts={
            "organisation": COMMON["organisation"],
            "dag": _("the night's date"),
            "antal": _("how many rows do not agree"),
            "rader": _("the rows, with by how much"),
            "se": _("link to the self-check"),
        },
        needed=frozenset({"rader"}),
        links=frozenset({"se"}),
        blocks=frozenset({"rader"}),
    ),
)
