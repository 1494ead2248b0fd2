"""Every address and every role: who gets in, who is refused, who finds nothing.

A new address without a row here fails the suite.
"""

from datetime import date

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from grants import distribution as distributions
from grants.models import Deadline, DeadlineDone, Grant
from invoices import repayment
from invoices.einvoice import einvoice
from invoices.incoming import receive
from invoices.models import Attachment, IncomingInvoice, PayoutSettings
from invoices.payment_list import Outcome
from invoices.payments import make_batch, read_back
from invoices.settlement import shares_of
from municipalities.models import (
    Membership,
    Message,
    MessageTemplate,
    Municipality,
    StatisticImport,
    StoredFile,
)
from reporting import memo as memos
from reporting import national_report, rounds
from reporting.models import Comment
from reporting.report import add_file
from tests.factories import (
    make_agreement,
    make_approved,
    make_body,
    make_decided,
    make_draft,
    make_funds,
    make_grant,
    make_key,
    make_member,
    make_municipal_member,
    make_offered,
    make_released,
    make_requisition,
    make_statistic,
    make_user,
)
from tests.invoices.settling import claimed, settled
from tests.reporting.overviews import make_overview
from tests.reporting.report_rounds import make_form, make_round
from tests.reporting.reports import (
    final_answers,
    make_open_round,
    make_report,
    send,
    write,
)

pytestmark = pytest.mark.django_db

STAFF = ("auditor", "handler", "approver", "administrator")
MUNICIPAL = ("contributor", "signatory")


def answers(allowed, ok=200, outsider=404):
    """Return the status for each kind of person. Outsiders have the role elsewhere."""
    return {
        "anonymous": 302,
        "without role": 403,
        **{role: ok if role in allowed else 403 for role in (*STAFF, *MUNICIPAL)},
        "outsider": outsider,
    }


def municipal(allowed, ok=200, neighbour=404, stranger=404):
    """Return the same of a municipality's page.

    A neighbour signs for another one in the county, a stranger for one elsewhere.
    """
    others = {"neighbour": neighbour, "stranger": stranger}
    return answers(allowed, ok, outsider=403) | others


EDITORS = ("handler", "approver", "administrator")
READ = answers(STAFF)
READ_ON = answers(STAFF, ok=302)
READ_OWN = answers(STAFF, outsider=200)
CHANGE = answers(EDITORS)
CHANGE_OWN = answers(EDITORS, outsider=200)
POST = answers(EDITORS, ok=302)
DECIDE = answers(["approver"])
ADMINISTER = answers(["administrator"])
ADMINISTER_OWN = answers(["administrator"], outsider=200)
ANSWER_OWN = municipal(MUNICIPAL, neighbour=200, stranger=200)
SIGN = municipal(["signatory"])
SIGN_OWN = municipal(["signatory"], neighbour=200, stranger=200)
# Somebody else's upload is not there, even for a colleague.
OWN_IMPORT = CHANGE | {"approver": 404, "administrator": 404}
OWN_IMPORT_POST = OWN_IMPORT | {"handler": 302}
# The neighbour is offered the same grant, and sees its own answer.
ANSWER = municipal(MUNICIPAL, neighbour=200)
ANSWER_POST = municipal(MUNICIPAL, ok=302, neighbour=302)
# What the body and the municipality both read.
READ_BY_BOTH = READ | municipal(MUNICIPAL) | dict.fromkeys(STAFF, 200) | {"outsider": 404}
# Each member has a calendar of their own.
MEMBERS = ANSWER_OWN | dict.fromkeys((*STAFF, "outsider"), 200)
MEMBERS_POST = {who: 302 if status == 200 else status for who, status in MEMBERS.items()}
CONFIRM = municipal(MUNICIPAL, ok=302, neighbour=302, stranger=302)
DECIDE_POST = answers(["approver"], ok=302)
# Asked without the facts that the form has.
INVALID = answers(EDITORS, ok=422)

# name: (what it is about, method, status for each)
TABLE = {
    "reporting:start": ("", "get", READ_OWN | dict.fromkeys(MUNICIPAL, 302)),
    "reporting:portal": ("", "get", ANSWER_OWN),
    "reporting:offer_detail": ("offer", "get", ANSWER),
    "reporting:offer_memo": ("offer", "get", ANSWER),
    "reporting:offer_explanation": ("offer", "get", ANSWER),
    "reporting:requisition_pdf": ("requisition", "get", READ_BY_BOTH),
    "invoices:answer": ("offer", "get", ANSWER),
    "invoices:answer_save": ("offer", "post", ANSWER),
    "invoices:answer_review": ("offer", "get", ANSWER_POST),
    "invoices:answer_hand_over": ("offer", "post", ANSWER_POST),
    "invoices:answer_withdraw": (
        "answered offer",
        "get",
        municipal(["signatory"], neighbour=302),
    ),
    "invoices:answer_receipt": ("answered offer", "get", municipal(MUNICIPAL)),
    "invoices:attachment_download": ("attachment", "get", municipal(MUNICIPAL)),
    "invoices:requisition_xml": ("requisition", "get", READ_BY_BOTH),
    "invoices:requisition_list": ("offer", "get", READ),
    "invoices:requisition_nudge": ("offer", "post", POST),
    "invoices:requisition_register": ("offer of one", "get", CHANGE),
    "invoices:requisition_waiting": ("", "get", READ_OWN),
    "invoices:requisition_approve_many": (
        "",
        "post",
        DECIDE_POST | {"outsider": 302},
    ),
    "invoices:requisition_detail": ("requisition", "get", READ),
    "invoices:requisition_approve": ("requisition", "post", DECIDE_POST),
    "invoices:requisition_return": ("requisition", "get", CHANGE),
    "invoices:requisition_reject": ("requisition", "get", DECIDE),
    "invoices:requisition_unapprove": ("approved requisition", "get", DECIDE),
    "invoices:incoming_list": ("", "get", READ_OWN),
    "invoices:incoming_detail": ("incoming", "get", READ),
    "invoices:incoming_confirm": ("incoming", "post", POST),
    "invoices:incoming_dismiss": ("incoming", "post", INVALID),
    "invoices:incoming_reopen": ("incoming", "post", POST),
    "invoices:funds_list": ("offer", "get", READ),
    "invoices:funds_create": ("offer", "get", CHANGE),
    "invoices:funds_update": ("funds", "get", CHANGE),
    "invoices:funds_delete": ("funds", "get", CHANGE),
    "invoices:funds_sie": ("offer", "get", READ),
    "invoices:batch_list": ("", "get", READ_OWN),
    "invoices:batch_create": ("", "get", CHANGE_OWN),
    "invoices:payoutsettings_update": ("", "get", ADMINISTER_OWN),
    "invoices:payment_failed_list": ("", "get", READ_OWN),
    "invoices:payment_send_back": ("failed payment", "get", CHANGE),
    "invoices:batch_detail": ("batch", "get", READ),
    "invoices:batch_move": ("batch", "post", INVALID),
    "invoices:batch_take_out": ("batch payment", "post", POST),
    "invoices:batch_discard": ("batch", "get", CHANGE),
    "invoices:batch_release": ("batch", "get", CHANGE),
    "invoices:batch_pain001": ("released batch", "get", READ),
    "invoices:batch_csv": ("released batch", "get", READ),
    "invoices:batch_xlsx": ("released batch", "get", READ),
    "invoices:batch_sie": ("released batch", "get", READ),
    "invoices:batch_read_back": ("released batch", "get", CHANGE),
    "invoices:batch_read_back_confirm": ("released batch", "post", POST),
    "invoices:batch_outcome": ("released batch", "post", INVALID),
    "invoices:redistribution_create": ("offer", "get", CHANGE),
    "invoices:ledger_detail": ("offer", "get", READ),
    "invoices:ledger_municipality": ("offer of one", "get", READ),
    "invoices:check_list": ("", "get", READ_OWN),
    "reporting:overview_latest": ("", "get", answers(STAFF, ok=302, outsider=200)),
    "reporting:overview_create": ("", "get", CHANGE_OWN),
    # The year of another body's is not there, and one's own may be made.
    "reporting:overview_detail": ("overview", "get", READ_OWN),
    "reporting:overview_edit": ("overview", "get", CHANGE),
    "reporting:overview_delete": ("overview", "get", CHANGE),
    "reporting:overview_history": ("overview", "get", READ),
    "reporting:overview_pdf": ("overview", "get", READ),
    "reporting:overview_xlsx": ("overview", "get", READ),
    "reporting:report_form_list": ("", "get", READ_OWN),
    "reporting:report_form_create": ("", "get", CHANGE_OWN),
    "reporting:report_form_detail": ("report form", "get", READ),
    "reporting:report_form_head": ("report form", "get", CHANGE),
    "reporting:report_form_section_add": ("report form", "get", CHANGE),
    "reporting:report_form_section": ("report section", "get", CHANGE),
    "reporting:report_form_add": ("report section", "get", CHANGE),
    "reporting:report_form_question": ("report question", "get", CHANGE),
    "reporting:report_form_move": ("report form", "post", POST),
    "reporting:report_form_remove": ("report part", "get", CHANGE),
    "reporting:report_form_checks": ("report form", "get", CHANGE),
    "reporting:report_form_preview": ("report form", "get", READ),
    "reporting:report_form_fix": ("report form", "get", CHANGE),
    "reporting:report_form_revise": ("report form", "post", POST),
    "reporting:report_form_discard": ("report form", "get", CHANGE),
    "reporting:report_form_history": ("report form", "get", READ),
    "reporting:report_round_list": ("round grant", "get", READ),
    "reporting:report_round_create": ("round grant", "get", CHANGE),
    "reporting:report_round_detail": ("round", "get", READ),
    "reporting:report_round_edit": ("round", "get", CHANGE),
    "reporting:report_round_open": ("round", "get", CHANGE),
    "reporting:report_round_invite": ("open round", "get", CHANGE),
    "reporting:report_round_delete": ("round", "get", CHANGE),
    "reporting:report_detail": ("municipal round", "get", ANSWER),
    "reporting:report_section": (
        "municipal section",
        "get",
        municipal(MUNICIPAL, neighbour=302),
    ),
    "reporting:report_section_save": (
        "municipal section",
        "post",
        municipal(MUNICIPAL, ok=409),
    ),
    "reporting:report_file": ("municipal file", "get", municipal(MUNICIPAL)),
    "reporting:report_excel": ("municipal round", "get", municipal(MUNICIPAL)),
    "reporting:report_upload": ("municipal round", "get", municipal(MUNICIPAL)),
    "reporting:report_review": (
        "municipal round",
        "get",
        municipal(MUNICIPAL, neighbour=302),
    ),
    "reporting:report_hand_over": (
        "municipal round",
        "post",
        municipal(MUNICIPAL, ok=302),
    ),
    "reporting:report_pdf": ("municipal round", "get", municipal(MUNICIPAL)),
    "reporting:report_correct": ("municipal sent", "get", municipal(MUNICIPAL)),
    "reporting:report_version": ("municipal version", "get", municipal(MUNICIPAL)),
    "reporting:report_version_pdf": ("municipal version", "get", municipal(MUNICIPAL)),
    "reporting:received_report_detail": ("received report", "get", READ),
    "reporting:received_report_version": ("received version", "get", READ),
    "reporting:received_report_pdf": ("received version", "get", READ),
    "reporting:received_report_file": ("received file", "get", READ),
    "reporting:received_report_complete": ("received report", "get", CHANGE),
    "reporting:received_report_withdraw": ("received report", "post", POST),
    "reporting:received_report_accept": ("received report", "post", INVALID),
    "reporting:received_report_accept_many": ("received", "post", POST),
    "reporting:compilation": ("open round", "get", READ),
    "reporting:compilation_question": ("round question", "get", READ),
    "reporting:national_report_list": ("open round", "get", READ),
    "reporting:national_report_start": ("open round", "post", POST),
    "reporting:national_report_detail": ("national", "get", READ),
    "reporting:national_report_history": ("open round", "get", READ),
    "reporting:national_report_title": ("national", "get", CHANGE),
    "reporting:national_report_refresh": ("national", "post", POST),
    "reporting:national_report_section": ("national section", "get", CHANGE),
    "reporting:national_report_preview": ("national section", "post", CHANGE),
    "reporting:national_report_document": ("national document", "get", READ_ON),
    "reporting:national_report_make": ("national document", "post", POST),
    "reporting:national_report_deliver": ("national", "get", CHANGE),
    "reporting:national_report_discard": ("national", "get", CHANGE),
    "invoices:settlement_list": ("paid grant", "get", READ),
    "invoices:settlement_edit": ("paid grant", "get", CHANGE),
    "invoices:repayment_list": ("paid grant", "get", READ),
    "invoices:repayment_detail": ("claim", "get", READ),
    "invoices:repayment_letter": ("claim", "get", READ_BY_BOTH),
    "invoices:repayment_receive": ("claim", "get", CHANGE),
    "invoices:repayment_receipt_delete": ("receipt", "post", POST),
    "invoices:repayment_write_off": ("claim", "get", DECIDE),
    "invoices:repayment_withdraw": ("claim", "post", POST),
    "invoices:return_create": ("paid grant", "get", CHANGE),
    "invoices:return_delete": ("return", "post", POST),
    "reporting:repayment_claim": ("paid grant", "get", CHANGE),
    "reporting:memo_detail": ("memo grant", "get", READ),
    "reporting:memo_create": ("decided grant", "get", CHANGE),
    "reporting:memo_edit": ("memo grant", "get", CHANGE),
    "reporting:memo_section": ("memo part", "get", CHANGE),
    "reporting:memo_section_preview": ("memo part", "post", CHANGE),
    "reporting:memo_section_reset": ("memo part", "post", POST),
    "reporting:memo_publish": ("memo grant", "get", CHANGE),
    "reporting:memo_discard": ("memo grant", "get", CHANGE),
    "reporting:memo_history": ("memo grant", "get", READ),
    "reporting:memo_preview": ("memo grant", "get", READ),
    "reporting:memo_pdf": ("memo version", "get", READ),
    "municipalities:municipality_list": ("", "get", READ_OWN),
    "municipalities:municipality_detail": ("municipality", "get", READ_OWN),
    "municipalities:statistic_list": ("", "get", READ_OWN),
    "municipalities:statistic_create": ("", "get", CHANGE_OWN),
    "municipalities:statistic_detail": ("statistic", "get", READ),
    "municipalities:statistic_update": ("open statistic", "get", CHANGE),
    "municipalities:statistic_delete": ("open statistic", "get", CHANGE),
    "municipalities:statistic_history": ("statistic", "get", READ),
    "municipalities:statistic_import": ("", "get", CHANGE_OWN),
    "municipalities:statistic_import_preview": ("import", "get", OWN_IMPORT),
    "municipalities:statistic_import_discard": ("import", "post", OWN_IMPORT_POST),
    "municipalities:file_download": ("file", "get", READ),
    "municipalities:membership_list": ("", "get", ADMINISTER_OWN),
    "municipalities:membership_create": ("", "get", ADMINISTER_OWN),
    "municipalities:membership_update": ("membership", "get", ADMINISTER),
    "municipalities:membership_end": ("membership", "get", ADMINISTER),
    "municipalities:membership_history": ("membership", "get", ADMINISTER),
    "municipalities:person_list": ("", "get", ANSWER_OWN),
    "municipalities:person_create": ("", "get", SIGN_OWN),
    "municipalities:person_update": ("person", "get", SIGN),
    "municipalities:person_remove": ("person", "get", SIGN),
    "municipalities:person_history": ("person", "get", SIGN),
    "municipalities:municipality_person_list": ("municipality", "get", READ),
    "municipalities:municipality_person_create": ("municipality", "get", CHANGE),
    "municipalities:municipality_person_update": ("municipal person", "get", CHANGE),
    "municipalities:municipality_person_remove": ("municipal person", "get", CHANGE),
    "municipalities:municipality_person_history": ("municipal person", "get", READ),
    "municipalities:body_detail": ("", "get", READ_OWN),
    "municipalities:body_update": ("", "get", ADMINISTER_OWN),
    "municipalities:body_history": ("", "get", READ_OWN),
    "grants:agreement_history": ("agreement", "get", READ),
    "grants:key_history": ("key", "get", READ),
    "grants:agreement_list": ("", "get", READ_OWN),
    "grants:agreement_create": ("", "get", CHANGE_OWN),
    "grants:agreement_detail": ("agreement", "get", READ),
    "grants:agreement_edit": ("agreement", "get", CHANGE),
    "grants:agreement_delete": ("unused agreement", "get", CHANGE),
    "grants:key_list": ("", "get", READ_OWN),
    "grants:key_create": ("", "get", CHANGE_OWN),
    "grants:key_detail": ("key", "get", READ),
    "grants:key_edit": ("key", "get", CHANGE),
    "grants:key_delete": ("key", "get", CHANGE),
    "grants:grant_list": ("", "get", READ_OWN),
    "grants:grant_create": ("", "get", CHANGE_OWN),
    "grants:grant_copy": ("", "get", CHANGE_OWN),
    "grants:grant_detail": ("grant", "get", READ),
    "grants:grant_edit": ("grant", "get", CHANGE),
    "grants:grant_delete": ("grant", "get", CHANGE),
    "grants:grant_purposes": ("grant", "get", READ),
    "grants:grant_purposes_edit": ("grant", "get", CHANGE),
    "grants:grant_budget": ("grant", "get", READ),
    "grants:grant_budget_edit": ("grant", "get", CHANGE),
    "grants:grant_parts_edit": ("grant", "get", CHANGE),
    "grants:grant_decisions": ("grant", "get", READ),
    "grants:grant_decisions_edit": ("grant", "get", CHANGE),
    "grants:grant_history": ("grant", "get", READ),
    "grants:distribution_list": ("grant", "get", READ),
    "grants:distribution_create": ("open grant", "get", CHANGE),
    "grants:distribution_detail": ("draft", "get", READ),
    "grants:distribution_whatif": ("draft", "post", CHANGE),
    "grants:distribution_save": ("draft", "post", CHANGE),
    "grants:distribution_adjust": ("draft", "get", CHANGE),
    "grants:adjustment_undo": ("adjustment", "post", POST),
    "grants:distribution_decide": ("draft", "get", DECIDE),
    "grants:distribution_discard": ("draft", "get", CHANGE),
    "grants:allocation_detail": ("allocation", "get", READ),
    "grants:distribution_xlsx": ("decided", "get", READ),
    "grants:distribution_csv": ("decided", "get", READ),
    "grants:distribution_history": ("decided", "get", READ),
    # Last days, reminders, messages, contacts, questions and the calendar.
    "grants:deadline_propose": ("grant", "get", CHANGE),
    "reporting:deadline_list": ("grant", "get", READ),
    "reporting:deadline_rows": ("grant", "get", CHANGE),
    "reporting:deadline_create": ("grant", "get", CHANGE),
    "reporting:deadline_edit": ("deadline", "get", CHANGE),
    "reporting:deadline_done": ("deadline", "get", CHANGE),
    "reporting:deadline_undo": ("deadline done", "post", POST),
    "reporting:reminder_plans": ("", "get", READ_OWN),
    "reporting:reminder_plan": ("offer", "get", READ),
    "reporting:reminder_pause": ("deadline", "post", POST),
    "reporting:reminder_send": ("deadline", "get", CHANGE),
    "reporting:memo_send": ("decided grant", "get", CHANGE),
    "reporting:calendar": ("", "get", MEMBERS),
    "reporting:calendar_subscribe": ("", "get", MEMBERS),
    "reporting:calendar_renew": ("", "post", MEMBERS_POST),
    "reporting:offer_comments": ("offer", "get", ANSWER),
    "reporting:comment_list": ("offer", "get", READ),
    "reporting:comment_thread": ("offer of one", "get", READ),
    "reporting:comment_create": ("offer", "post", INVALID),
    "reporting:comment_settle": ("question", "post", POST),
    "grants:grant_messages": ("grant", "get", READ),
    "municipalities:message_list": ("", "get", READ_OWN),
    "municipalities:message_detail": ("message", "get", READ),
    "municipalities:message_history": ("message", "get", READ),
    "municipalities:message_send_again": ("message", "post", POST),
    "municipalities:message_arrived": ("message", "post", POST),
    "municipalities:message_dismiss": ("message", "post", POST),
    "municipalities:messagetemplate_list": ("", "get", READ_OWN),
    "municipalities:messagetemplate_update": ("message kind", "get", CHANGE_OWN),
    "municipalities:messagetemplate_preview": ("message kind", "post", CHANGE_OWN),
    "municipalities:messagetemplate_restore": (
        "message kind",
        "post",
        POST | {"outsider": 302},
    ),
    "municipalities:messagetemplate_history": ("message kind", "get", READ),
    "municipalities:contacts_watch": ("", "get", READ_OWN),
    "municipalities:contacts_confirm": ("", "post", CONFIRM),
    "municipalities:contacts_mailbox": ("", "get", SIGN_OWN),
    "municipalities:municipality_contacts_confirm": ("municipality", "post", POST),
    "municipalities:municipality_contacts_mailbox": ("municipality", "get", CHANGE),
    "municipalities:municipality_contacts_bounced": ("municipality", "post", POST),
    "municipalities:municipality_contacts_works": ("municipality", "post", POST),
}

POSTED = {
    "invoices:incoming_confirm": ("requisition", "requisition"),
    "municipalities:municipality_contacts_bounced": ("email", "address"),
    "municipalities:municipality_contacts_works": ("email", "address"),
}
"""What a form must hold to find its way: its field, and what that is about."""

OPEN = {
    "health": 200,
    "set_language": 302,
    "account_login": 200,
    "account_logout": 302,
    "account_inactive": 200,
    "account_signup": 200,
    "account_reset_password": 200,
    "account_reset_password_done": 200,
    "account_reset_password_from_key_done": 200,
    "account_confirm_login_code": 302,
    "account_email_verification_sent": 200,
    "mfa_authenticate": 302,
    "municipalities:demo_login": 405,
    "municipalities:kept_mail": 404,
}
"""What answers without login, and how."""

PERSONAL = {
    "account_change_password": 200,
    "account_set_password": 302,
    "account_email": 404,
    "account_reauthenticate": 200,
    "mfa_index": 200,
    "mfa_reauthenticate": 302,
    "mfa_activate_totp": 302,
    "mfa_deactivate_totp": 404,
    "mfa_view_recovery_codes": 404,
    "mfa_generate_recovery_codes": 302,
    "mfa_download_recovery_codes": 404,
    "municipalities:membership_switch": 405,
}
"""What everybody who is logged in does with their own account."""

WITH_SECRET = {
    "account_confirm_email",
    "account_reset_password_from_key",
    "municipalities:kept_mail_file",
    "reporting:calendar_feed",
    "reporting:reminder_off",
}
"""What is reached with a secret in the address; tests of their own cover them."""


def names(resolver=None, prefix=""):
    """Return the name of every address but the admin's, which has its own tests."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            found.append(prefix + (pattern.name or str(pattern.pattern)))
        elif pattern.namespace != "admin":
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found += names(pattern, inner)
    return found


def test_every_address_has_its_row():
    rows = {*TABLE, *OPEN, *PERSONAL, *WITH_SECRET}

    assert sorted(set(names()) - rows) == []
    assert sorted(rows - set(names())) == []


@pytest.mark.parametrize("name", OPEN)
def test_open_address_answers_without_login(name, client):
    assert client.get(reverse(name)).status_code == OPEN[name]


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_address_asks_for_login(name, client):
    response = client.get(reverse(name))

    assert (response.status_code, response["Location"].split("?")[0]) == (
        302,
        reverse("account_login"),
    )


@pytest.mark.parametrize("name", PERSONAL)
def test_personal_address_answers_the_one_who_is_logged_in(name, client, storsthlm):
    person = make_user(password="ett gott lösenord")
    client.force_login(make_member(storsthlm, user=person))

    assert client.get(reverse(name)).status_code == PERSONAL[name]


def test_demo_login_is_not_there_outside_demo_mode(client, storsthlm):
    person = make_member(storsthlm)

    response = client.post(reverse("municipalities:demo_login"), {"user": person.pk})

    assert response.status_code == 404


@pytest.fixture(scope="module")
def world(once):
    """One of everything at Storsthlm, and a person of each kind."""
    storsthlm = make_body(organisation_number="2220000000")
    drafter = make_member(storsthlm)
    draft = make_draft(storsthlm, by=drafter)
    allocation = draft.allocations.get(municipality__code="0127")
    adjustment = distributions.adjust(allocation, amount=5, reason="Prov", by=drafter)
    decided = make_decided(storsthlm)
    published = make_decided(storsthlm)
    file = StoredFile.objects.keep(
        b"kod;2019\n0114;46786\n", body=storsthlm, name="a.csv", content_type="text/csv"
    )
    statistic = draft.components.get().statistic
    dalarna = make_body("Region Dalarna", county="20")
    people = {role: make_member(storsthlm, role=role) for role in STAFF}
    people |= {role: make_municipal_member(role=role) for role in MUNICIPAL}
    people["neighbour"] = make_municipal_member("0126")
    people["stranger"] = make_municipal_member("2080")
    claims = make_claims(storsthlm, people)
    reports = make_reports(storsthlm, drafter, people)
    # Made last: nothing rests on it.
    open_statistic = make_statistic(storsthlm, on=date(2019, 12, 31))
    contributor = Membership.objects.get(user=people["contributor"])
    pending = StatisticImport.objects.create(
        body=storsthlm, user=people["handler"], file=file
    )
    memos.start(decided.grant, by=drafter, dated_on=date(2020, 4, 1))
    memos.publish(
        memos.start(published.grant, by=drafter, dated_on=date(2020, 4, 1)), by=drafter
    )
    people["without role"] = make_user()
    outsiders = {
        role: make_member(dalarna, role=role) for role in ("approver", "administrator")
    }
    return {
        "sessions": {who: session_of(person) for who, person in people.items()},
        "outsiders": {who: session_of(person) for who, person in outsiders.items()},
        "": [],
        "agreement": [draft.grant.agreement.pk],
        "unused agreement": [make_agreement(storsthlm).pk],
        "key": [make_key(storsthlm).pk],
        "grant": [draft.grant.pk],
        "overview": [make_overview(storsthlm, 2020).year],
        "open grant": [make_grant(storsthlm).pk],
        "draft": [draft.pk],
        "adjustment": [adjustment.pk],
        "decided": [decided.pk],
        "allocation": [draft.pk, "0127"],
        "municipality": ["0127"],
        "person": [contributor.pk],
        "municipal person": ["0127", contributor.pk],
        "statistic": [statistic.pk],
        "file": [file.pk],
        "import": [pending.pk],
        "membership": [Membership.objects.get(user=people["auditor"]).pk],
        "open statistic": [open_statistic.pk],
        "memo grant": [decided.grant.pk],
        "memo part": [decided.grant.pk, "bakgrund"],
        "memo version": [published.grant.pk, 1],
        "decided grant": [published.grant.pk],
        **claims,
        **reports,
        **make_days(claims["offer"][0], people),
    }


def make_reports(storsthlm, drafter, people):
    """Return ids of forms, of rounds before and after opening, and of reports in them."""
    form = make_form(storsthlm)
    grant = make_grant(storsthlm)
    found = make_round(grant)
    opened = make_round(grant, found.version, kind="interim", deadline=found.deadline)
    rounds.open_round(opened, by=drafter)
    national_report.start(opened, by=drafter)
    return {
        "report form": [form.pk],
        "report section": [form.pk, "medel"],
        "report question": [form.pk, "anvant"],
        "report part": [form.pk, "fraga", "anvant"],
        "round grant": [grant.pk],
        "round": [grant.pk, found.pk],
        "open round": [grant.pk, opened.pk],
        "round question": [grant.pk, opened.pk, "anvant"],
        "national": [grant.pk, opened.pk, 1],
        "national section": [grant.pk, opened.pk, 1, "egen-sammanfattning"],
        "national document": [grant.pk, opened.pk, 1, "docx"],
        **make_written(storsthlm, people["signatory"]),
        **make_received(storsthlm, people["signatory"]),
    }


def make_written(body, by):
    """Return ids of a municipality's report that is written, with a file."""
    found = make_open_round(body, codes=("0127",))
    report = write(make_report(found, by=by), final_answers(found), by)
    kept = add_file(report, "underlag", a_pdf(), by=by)
    return {
        "municipal round": [found.pk],
        "municipal section": [found.pk, "medel"],
        "municipal file": [found.pk, kept.pk],
    }


def make_received(body, by):
    """Return ids of a report that the municipality has sent in, as each side reaches it."""
    found = make_open_round(body, codes=("0127",))
    report = make_report(found, by=by)
    kept = add_file(report, "underlag", a_pdf(), by=by)
    send(write(report, final_answers(found), by), by)
    return {
        "municipal sent": [found.pk],
        "municipal version": [found.pk, 1],
        "received": [found.grant_id, found.pk],
        "received report": [found.grant_id, found.pk, "0127"],
        "received version": [found.grant_id, found.pk, "0127", 1],
        "received file": [found.grant_id, found.pk, "0127", kept.pk],
    }


def a_pdf():
    return SimpleUploadedFile("u.pdf", b"%PDF-1.7\n%%EOF")


def session_of(person):
    """Return what tells that a browser is somebody's: they log in once for all rows."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def browser_of(session):
    """Return a browser in which somebody is signed in, or nobody."""
    client = Client()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    return client


def make_days(offer, people):
    """Return ids of a last day, a message and a question."""
    grant = Grant.objects.get(pk=offer)
    deadline = Deadline.objects.create(
        grant=grant, kind="final_report", due_on=date(2021, 1, 29)
    )
    done = DeadlineDone.objects.create(
        deadline=deadline, municipality=Municipality.objects.get(code="0160")
    )
    message = Message.objects.create(
        body=grant.body,
        kind="reminder",
        why="Prov",
        to_email="kim@kommun.example",
        subject="Prov",
        text="Prov",
        html="<p>Prov</p>",
        status="failed",
    )
    MessageTemplate.objects.create(
        body=grant.body, kind="reminder", subject="Prov", text="Prov"
    )
    question = Comment.objects.create(
        grant=grant,
        municipality=Municipality.objects.get(code="0127"),
        is_shared=True,
        is_from_municipality=True,
        text="Prov?",
        written_by=people["contributor"],
    )
    return {
        "deadline": [deadline.pk],
        "deadline done": [done.pk],
        "message": [message.pk],
        "message kind": ["reminder"],
        "question": [grant.pk, question.pk],
        "address": [people["contributor"].email],
    }


def make_claims(storsthlm, people):
    """Return ids of one of everything that follows a published memo."""
    PayoutSettings.objects.create(
        body=storsthlm, iban="SE4550000000058398257466", bic="ESSESESS"
    )
    offer = make_offered(storsthlm)
    answered = make_offered(storsthlm)
    requisition = make_requisition(answered, by=people["signatory"])
    file = StoredFile.objects.keep(
        b"%PDF-1.7", body=storsthlm, name="a.pdf", content_type="application/pdf"
    )
    attachment = Attachment.objects.create(
        requisition=requisition, file=file, added_by=people["signatory"]
    )
    approved = make_approved(answered, "0160")
    batch = make_batch(
        storsthlm,
        [make_approved(answered, "0180")],
        by=make_member(storsthlm),
        execute_on=date(2020, 9, 15),
    )
    released = make_released(make_offered(storsthlm), ["0127", "0160"])
    paid, failed = released.payments.all()
    read_back(
        released,
        [
            Outcome(paid.end_to_end_id, is_paid=True),
            Outcome(failed.end_to_end_id, is_paid=False, reason="Kontot är avslutat"),
        ],
        by=people["handler"],
        today=date(2020, 9, 16),
    )
    paid_back = make_paid_back(released)
    xml, _complaint = einvoice(requisition)
    receive(storsthlm, [SimpleUploadedFile("a.xml", xml)], by=people["handler"])
    incoming = IncomingInvoice.objects.get()
    funds = make_funds(offer.grant)
    return {
        "offer": [offer.grant.pk],
        "offer of one": [offer.grant.pk, "0127"],
        "answered offer": [answered.grant.pk],
        "requisition": [requisition.pk],
        "attachment": [attachment.pk],
        "approved requisition": [approved.pk],
        "incoming": [incoming.pk],
        "funds": [offer.grant.pk, funds.pk],
        "batch": [batch.pk],
        "batch payment": [batch.pk, batch.payments.get().pk],
        "released batch": [released.pk],
        "failed payment": [failed.pk],
        **paid_back,
    }


def make_paid_back(released):
    """Return ids of what follows a payment: a claim, a receipt and a return."""
    grant = released.payments.first().requisition.grant
    amount = shares_of(grant)[0].available
    settled(grant, "0127", amount - 10, 10)
    (claim,) = claimed(grant)
    by = make_member(grant.body)
    receipt = repayment.receive(claim, amount=1, on=date(2021, 3, 1), by=by)
    back = repayment.return_to_state(
        grant, amount=1, on=date(2021, 3, 1), recipient="Kammarkollegiet", by=by
    )
    return {
        "paid grant": [grant.pk],
        "claim": [claim.pk],
        "receipt": [claim.pk, receipt.pk],
        "return": [grant.pk, back.pk],
    }


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize("name", TABLE)
def test_each_role_gets_the_answer_of_the_table(name, world, request):
    about, method, expected = TABLE[name]
    if request.config.getoption("--database"):  # what is asked for others is the same
        who = min((*STAFF, *MUNICIPAL), key=lambda role: expected[role] >= 400)
        expected = {who: expected[who]}
    address = reverse(name, args=world[about])
    role = "administrator" if TABLE[name][2]["approver"] == 403 else "approver"
    sessions = world["sessions"] | {"outsider": world["outsiders"][role]}

    posted = {}
    if name in POSTED:
        field, what = POSTED[name]
        posted[field] = world[what][0]
    given = {}
    for who in expected:
        client = browser_of(sessions.get(who))
        # Rolled back, so that what one person does is not there for the next.
        with transaction.atomic():
            given[who] = getattr(client, method)(address, posted).status_code
            transaction.set_rollback(True)

    assert given == expected
