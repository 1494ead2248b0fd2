"""Addresses of reporting."""

from django.urls import path

from reporting.urls import compiling, delivering, exchange, municipal, received
from reporting.views import (
    calendar,
    comments,
    deadlines,
    memo,
    memo_send,
    overview,
    portal,
    reminders,
    repayment,
    report_form_editing,
    report_forms,
    report_rounds,
    requisition,
    start,
)

app_name = "reporting"
urlpatterns = [
    path("", start.start, name="start"),
    path("mina-medel/", portal.portal, name="portal"),
    path("mina-medel/<int:grant>/", portal.offer_detail, name="offer_detail"),
    path("mina-medel/<int:grant>/fragor/", comments.offer_comments, name="offer_comments"),
    path("mina-medel/<int:grant>/besked.pdf", portal.offer_memo, name="offer_memo"),
    path(
        "mina-medel/<int:grant>/sa-har-beloppet-raknats-fram/",
        portal.offer_explanation,
        name="offer_explanation",
    ),
    path("kalender/", calendar.calendar, name="calendar"),
    path("kalender/prenumerera/", calendar.calendar_subscribe, name="calendar_subscribe"),
    path("kalender/prenumerera/fornya/", calendar.calendar_renew, name="calendar_renew"),
    path(
        "kalender/<int:membership>-<slug:token>.ics",
        calendar.calendar_feed,
        name="calendar_feed",
    ),
    path("medel/<int:pk>/fragor/", comments.comment_list, name="comment_list"),
    path("medel/<int:pk>/fragor/skriv/", comments.comment_create, name="comment_create"),
    path(
        "medel/<int:pk>/fragor/<int:comment>/besvarad/",
        comments.comment_settle,
        name="comment_settle",
    ),
    path(
        "medel/<int:pk>/fragor/kommun/<slug:code>/",
        comments.comment_thread,
        name="comment_thread",
    ),
    path("oversikt/", overview.overview_latest, name="overview_latest"),
    path("oversikt/ny/", overview.overview_create, name="overview_create"),
    path("oversikt/<int:year>/", overview.overview_detail, name="overview_detail"),
    path("oversikt/<int:year>/andra/", overview.overview_edit, name="overview_edit"),
    path("oversikt/<int:year>/ta-bort/", overview.overview_delete, name="overview_delete"),
    path(
        "oversikt/<int:year>/historik/",
        overview.overview_history,
        name="overview_history",
    ),
    path("oversikt/<int:year>/oversikt.pdf", overview.overview_pdf, name="overview_pdf"),
    path("oversikt/<int:year>/oversikt.xlsx", overview.overview_xlsx, name="overview_xlsx"),
    path("paminnelser/", reminders.reminder_plans, name="reminder_plans"),
    path("medel/<int:pk>/paminnelser/", reminders.reminder_plan, name="reminder_plan"),
    path("paminnelser/<int:pk>/paus/", reminders.reminder_pause, name="reminder_pause"),
    path("paminnelser/<int:pk>/skicka/", reminders.reminder_send, name="reminder_send"),
    path("paminnelser/av/<str:signed>/", reminders.reminder_off, name="reminder_off"),
    path("rekvisition/<int:pk>.pdf", requisition.requisition_pdf, name="requisition_pdf"),
    path("rapportformular/", report_forms.report_form_list, name="report_form_list"),
    path(
        "rapportformular/nytt/", report_forms.report_form_create, name="report_form_create"
    ),
    path(
        "rapportformular/<int:pk>/",
        report_forms.report_form_detail,
        name="report_form_detail",
    ),
    path(
        "rapportformular/<int:pk>/rubrik/",
        report_form_editing.report_form_head,
        name="report_form_head",
    ),
    path(
        "rapportformular/<int:pk>/avsnitt/",
        report_form_editing.report_form_section,
        name="report_form_section_add",
    ),
    path(
        "rapportformular/<int:pk>/avsnitt/<slug:key>/",
        report_form_editing.report_form_section,
        name="report_form_section",
    ),
    path(
        "rapportformular/<int:pk>/avsnitt/<slug:key>/ny-fraga/",
        report_form_editing.report_form_add,
        name="report_form_add",
    ),
    path(
        "rapportformular/<int:pk>/fraga/<slug:key>/",
        report_form_editing.report_form_question,
        name="report_form_question",
    ),
    path(
        "rapportformular/<int:pk>/flytta/",
        report_form_editing.report_form_move,
        name="report_form_move",
    ),
    path(
        "rapportformular/<int:pk>/ta-bort/<slug:what>/<slug:key>/",
        report_form_editing.report_form_remove,
        name="report_form_remove",
    ),
    path(
        "rapportformular/<int:pk>/kontroller/",
        report_form_editing.report_form_checks,
        name="report_form_checks",
    ),
    path(
        "rapportformular/<int:pk>/prova/",
        report_forms.report_form_preview,
        name="report_form_preview",
    ),
    path(
        "rapportformular/<int:pk>/ta-i-bruk/",
        report_forms.report_form_fix,
        name="report_form_fix",
    ),
    path(
        "rapportformular/<int:pk>/ny-version/",
        report_forms.report_form_revise,
        name="report_form_revise",
    ),
    path(
        "rapportformular/<int:pk>/slang/",
        report_forms.report_form_discard,
        name="report_form_discard",
    ),
    path(
        "rapportformular/<int:pk>/historik/",
        report_forms.report_form_history,
        name="report_form_history",
    ),
    path(
        "medel/<int:pk>/redovisning/",
        report_rounds.report_round_list,
        name="report_round_list",
    ),
    path(
        "medel/<int:pk>/redovisning/ny/",
        report_rounds.report_round_create,
        name="report_round_create",
    ),
    path(
        "medel/<int:pk>/redovisning/<int:number>/",
        report_rounds.report_round_detail,
        name="report_round_detail",
    ),
    path(
        "medel/<int:pk>/redovisning/<int:number>/andra/",
        report_rounds.report_round_edit,
        name="report_round_edit",
    ),
    path(
        "medel/<int:pk>/redovisning/<int:number>/oppna/",
        report_rounds.report_round_open,
        name="report_round_open",
    ),
    path(
        "medel/<int:pk>/redovisning/<int:number>/bjud-in/",
        report_rounds.report_round_invite,
        name="report_round_invite",
    ),
    path(
        "medel/<int:pk>/redovisning/<int:number>/ta-bort/",
        report_rounds.report_round_delete,
        name="report_round_delete",
    ),
    path("medel/<int:pk>/sista-dagar/", deadlines.deadline_list, name="deadline_list"),
    path(
        "medel/<int:pk>/sista-dagar/andra/",
        deadlines.deadline_rows,
        name="deadline_rows",
    ),
    path(
        "medel/<int:pk>/sista-dagar/ny/",
        deadlines.deadline_create,
        name="deadline_create",
    ),
    path(
        "medel/sista-dagar/<int:pk>/andra/",
        deadlines.deadline_edit,
        name="deadline_edit",
    ),
    path(
        "medel/sista-dagar/<int:pk>/klart/",
        deadlines.deadline_done,
        name="deadline_done",
    ),
    path(
        "medel/sista-dagar/klart/<int:pk>/ta-tillbaka/",
        deadlines.deadline_undo,
        name="deadline_undo",
    ),
    path(
        "medel/<int:pk>/aterbetalningar/krav/",
        repayment.repayment_claim,
        name="repayment_claim",
    ),
    path("medel/<int:pk>/skrivelse/", memo.memo_detail, name="memo_detail"),
    path("medel/<int:pk>/skrivelse/ny/", memo.memo_create, name="memo_create"),
    path("medel/<int:pk>/skrivelse/mejla/", memo_send.memo_send, name="memo_send"),
    path("medel/<int:pk>/skrivelse/andra/", memo.memo_edit, name="memo_edit"),
    path(
        "medel/<int:pk>/skrivelse/avsnitt/<slug:part>/",
        memo.memo_section,
        name="memo_section",
    ),
    path(
        "medel/<int:pk>/skrivelse/avsnitt/<slug:part>/forhandsgranska/",
        memo.memo_section_preview,
        name="memo_section_preview",
    ),
    path(
        "medel/<int:pk>/skrivelse/avsnitt/<slug:part>/aterstall/",
        memo.memo_section_reset,
        name="memo_section_reset",
    ),
    path("medel/<int:pk>/skrivelse/publicera/", memo.memo_publish, name="memo_publish"),
    path("medel/<int:pk>/skrivelse/ta-bort/", memo.memo_discard, name="memo_discard"),
    path("medel/<int:pk>/skrivelse/historik/", memo.memo_history, name="memo_history"),
    path("medel/<int:pk>/skrivelse/utkast.pdf", memo.memo_preview, name="memo_preview"),
    path(
        "medel/<int:pk>/skrivelse/version-<int:version>.pdf",
        memo.memo_pdf,
        name="memo_pdf",
    ),
    *municipal.urlpatterns,
    *exchange.urlpatterns,
    *received.urlpatterns,
    *compiling.urlpatterns,
    *delivering.urlpatterns,
]
