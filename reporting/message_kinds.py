"""The messages of reporting: what each is called and what it may tell."""

from django.utils.translation import gettext_lazy as _

from municipalities.message_kinds import MessageKind, register
from reporting import (
    comments,
    decision_letters,
    memo_messages,
    reminder_examples,
    reminder_messages,
    report_messages,
    round_messages,
)

MEMO = {
    "organisation": _("the body"),
    "kommun": _("the municipality, as it calls itself"),
    "medel": _("the grant's short name and year"),
    "titel": _("the grant's title"),
    "dnr": _("the grant's record number"),
    "frågemejl": _("where questions go"),
    "sista dag": _("the last day, while it has not passed"),
    "passerad dag": _("the last day, once it has passed"),
    "belopp": _("what the municipality is allocated"),
    "ny version": _("the version, from the second on"),
    "rättelse": _("what is corrected"),
    "svara": _("link to where it is answered"),
}
"""What the message with a memo may tell."""

COMMENT = {
    "organisation": _("the body"),
    "kommun": _("the municipality, as it calls itself"),
    "medel": _("the grant's short name and year"),
    "vem": _("who wrote it"),
    "inlägg": _("what was written"),
}
"""What every message about a comment may tell."""

TO_DO = {
    "avsändare": _("the body"),
    "kommun": _("the municipality, as it calls itself"),
    "det viktigaste": _("what is to be done and by when, in a few words"),
    "att göra": _("what is left to do, with last days"),
    "kontrollera kommun": _("the municipality whose contacts are asked about"),
    "bekräfta kontakterna": _("link to the municipality's people"),
    "frågor": _("the mailbox for questions"),
}
"""What every reminder may tell."""


register(
    MessageKind(
        slug=memo_messages.KIND,
        app="reporting",
        label=_("A memo is published"),
        facts=MEMO,
        needed=frozenset({"svara"}),
        links=frozenset({"svara"}),
        blocks=frozenset({"rättelse"}),
        example=memo_messages.example,
    ),
    MessageKind(
        slug="comment_to_municipality",
        app="reporting",
        label=_("Question or answer to a municipality"),
        facts=COMMENT | {"svara": _("link to where it is answered")},
        needed=frozenset({"inlägg", "svara"}),
        links=frozenset({"svara"}),
        blocks=frozenset({"inlägg"}),
        example=comments.latest_answer,
    ),
    MessageKind(
        slug="comment_to_body",
        app="reporting",
        label=_("Question from a municipality"),
        facts=COMMENT | {"svara": _("link to where it is answered")},
        needed=frozenset({"inlägg", "svara"}),
        links=frozenset({"svara"}),
        blocks=frozenset({"inlägg"}),
        example=comments.latest_question,
    ),
    MessageKind(
        slug="comment_to_colleague",
        app="reporting",
        label=_("A colleague wants somebody to read a comment"),
        facts=COMMENT | {"läs": _("link to where it is read")},
        needed=frozenset({"inlägg", "läs"}),
        links=frozenset({"läs"}),
        blocks=frozenset({"inlägg"}),
        example=comments.latest_note,
    ),
)


register(
    MessageKind(
        slug="reminder",
        app="reporting",
        label=_("Reminder"),
        facts=TO_DO,
        needed=frozenset({"att göra", "bekräfta kontakterna"}),
        links=frozenset({"bekräfta kontakterna"}),
        blocks=frozenset({"att göra"}),
        example=reminder_examples.reminder,
        refresh=reminder_messages.refresh,
    ),
    MessageKind(
        slug="digest",
        app="reporting",
        label=_("Summary for staff"),
        facts=TO_DO
        | {
            "egna sista dagar": _("the body's own last days"),
            "försenade kommuner": _("municipalities that are late, by last day"),
            "kommuner utan mottagare": _("municipalities without an address that works"),
            "adresser som inte fungerar": _("addresses that do not work"),
            "påminnelserna": _("link to the plan of reminders"),
        },
        needed=frozenset(
            {
                "egna sista dagar",
                "försenade kommuner",
                "kommuner utan mottagare",
                "adresser som inte fungerar",
                "att göra",
            }
        ),
        links=frozenset({"bekräfta kontakterna", "påminnelserna"}),
        blocks=frozenset(
            {
                "egna sista dagar",
                "försenade kommuner",
                "kommuner utan mottagare",
                "adresser som inte fungerar",
                "att göra",
            }
        ),
        example=reminder_examples.digest,
        refresh=reminder_messages.refresh,
    ),
    MessageKind(
        slug="contact_check",
        app="reporting",
        label=_("Are the contacts right?"),
        facts={
            name: TO_DO[name]
            for name in ("avsändare", "kommun", "bekräfta kontakterna", "frågor")
        },
        needed=frozenset({"bekräfta kontakterna"}),
        links=frozenset({"bekräfta kontakterna"}),
        example=reminder_examples.contact_check,
        refresh=reminder_messages.refresh,
    ),
    MessageKind(
        slug="deadline_moved",
        app="reporting",
        label=_("A last day has moved"),
        facts={
            "avsändare": _("the body"),
            "kommun": _("the municipality, as it calls itself"),
            "medel": _("the grant's short name and year"),
            "det viktigaste": _("which last day has moved, in a few words"),
            "ändringar": _("each last day that has moved, with its old and its new day"),
            "frågor": _("the mailbox for questions"),
        },
        needed=frozenset({"ändringar"}),
        blocks=frozenset({"ändringar"}),
        example=reminder_examples.moved,
    ),
)


register(
    MessageKind(
        slug=round_messages.KIND,
        app="reporting",
        label=_("Invitation to report"),
        facts={
            name: MEMO[name]
            for name in (
                "organisation",
                "kommun",
                "medel",
                "titel",
                "dnr",
                "frågemejl",
                "sista dag",
                "passerad dag",
            )
        }
        | {
            "redovisning": _("what kind of report it is"),
            "formulär": _("the form's heading"),
            "mottagare": _("the authority that it is reported to"),
            "redovisa": _("link to the report"),
        },
        needed=frozenset({"redovisa"}),
        links=frozenset({"redovisa"}),
        example=round_messages.example,
    )
)


REPORT = {
    name: MEMO[name]
    for name in ("organisation", "kommun", "medel", "titel", "dnr", "frågemejl")
} | {"redovisning": _("what kind of report it is")}
"""What every message about a report may tell."""


register(
    MessageKind(
        slug=decision_letters.COMPLETION,
        app="reporting",
        label=_("A report is to be completed"),
        facts=REPORT
        | {
            "skäl": _("what is lacking, as it was written"),
            "avsnitt": _("the sections to complete"),
            "sista dag": MEMO["sista dag"],
            "passerad dag": MEMO["passerad dag"],
            "komplettera": _("link to the report"),
        },
        needed=frozenset({"skäl", "avsnitt", "komplettera"}),
        links=frozenset({"komplettera"}),
        blocks=frozenset({"skäl", "avsnitt"}),
        example=decision_letters.completion_example,
    ),
    MessageKind(
        slug=decision_letters.WITHDRAWN,
        app="reporting",
        label=_("A report need not be completed"),
        facts=REPORT
        | {
            "påbörjad rättelse": _("that what is written since is kept, in a sentence"),
            "se redovisningen": _("link to the report"),
        },
        needed=frozenset(),
        links=frozenset({"se redovisningen"}),
        example=decision_letters.withdrawn_example,
    ),
    MessageKind(
        slug=decision_letters.ACCEPTED,
        app="reporting",
        label=_("A report is accepted"),
        facts=REPORT
        | {
            "använt": _("what is used"),
            "att återbetala": _("what is to be paid back, if anything"),
            "förs över": _("what may be kept for later, if anything"),
            "återbetalning": _("whether anything is to be paid back, in a sentence"),
            "se redovisningen": _("link to the report"),
        },
        needed=frozenset({"återbetalning"}),
        links=frozenset({"se redovisningen"}),
        example=decision_letters.accepted_example,
    ),
)


register(
    MessageKind(
        slug=report_messages.TO_SIGN,
        app="reporting",
        label=_("A report to read and send in"),
        facts=REPORT
        | {
            "vem": _("who filled it in"),
            "sista dag": MEMO["sista dag"],
            "passerad dag": MEMO["passerad dag"],
            "läs igenom": _("link to where it is read and sent in"),
        },
        needed=frozenset({"läs igenom"}),
        links=frozenset({"läs igenom"}),
        example=report_messages.to_sign_example,
    ),
    MessageKind(
        slug=report_messages.SENT,
        app="reporting",
        label=_("Receipt for a report"),
        facts=REPORT
        | {
            "undertecknad av": _("who stands for it"),
            "skickat av": _("who sent it in"),
            "skickat": _("when it was sent in"),
            "ny version": MEMO["ny version"],
            "rättelse": MEMO["rättelse"],
            "sent": _("that it came after the last day, in a sentence"),
            "kvitto": _("link to the report"),
        },
        needed=frozenset({"kvitto"}),
        links=frozenset({"kvitto"}),
        blocks=frozenset({"rättelse"}),
        example=report_messages.sent_example,
    ),
)
