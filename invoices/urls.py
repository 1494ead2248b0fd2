"""Addresses of claims and payments."""

from django.urls import URLPattern, path

from invoices.views import answers as municipal
from invoices.views import (
    batches,
    documents,
    funds,
    matrix,
    payment_files,
    read_back,
    redistribution,
    registering,
    repayments,
    settlements,
)
from invoices.views import incoming as invoices
from invoices.views import ledger as accounts
from invoices.views import requisitions as staff

app_name = "invoices"

# What a municipality does with its answer.
answers: list[URLPattern] = [
    path("mina-medel/<int:grant>/svar/", municipal.answer, name="answer"),
    path("mina-medel/<int:grant>/svar/spara/", municipal.answer_save, name="answer_save"),
    path(
        "mina-medel/<int:grant>/svar/las-igenom/",
        municipal.answer_review,
        name="answer_review",
    ),
    path(
        "mina-medel/<int:grant>/svar/lamna-over/",
        municipal.answer_hand_over,
        name="answer_hand_over",
    ),
    path(
        "mina-medel/<int:grant>/svar/aterta/",
        municipal.answer_withdraw,
        name="answer_withdraw",
    ),
    path("mina-medel/<int:grant>/kvitto/", municipal.answer_receipt, name="answer_receipt"),
    path("bilagor/<int:pk>/", municipal.attachment_download, name="attachment_download"),
    path("rekvisition/<int:pk>.xml", documents.requisition_xml, name="requisition_xml"),
]

# What staff do with the answers.
requisitions: list[URLPattern] = [
    path("medel/<int:pk>/svar/", matrix.requisition_list, name="requisition_list"),
    path("medel/<int:pk>/svar/paminn/", matrix.requisition_nudge, name="requisition_nudge"),
    path(
        "medel/<int:pk>/svar/registrera/<code:code>/",
        registering.requisition_register,
        name="requisition_register",
    ),
    path("rekvisitioner/", staff.WaitingList.as_view(), name="requisition_waiting"),
    path(
        "rekvisitioner/godkann/",
        staff.requisition_approve_many,
        name="requisition_approve_many",
    ),
    path("rekvisitioner/<int:pk>/", staff.requisition_detail, name="requisition_detail"),
    path(
        "rekvisitioner/<int:pk>/godkann/",
        staff.requisition_approve,
        name="requisition_approve",
    ),
    path(
        "rekvisitioner/<int:pk>/komplettera/",
        staff.requisition_return,
        name="requisition_return",
    ),
    path(
        "rekvisitioner/<int:pk>/avsla/", staff.requisition_reject, name="requisition_reject"
    ),
    path(
        "rekvisitioner/<int:pk>/angra/",
        staff.requisition_unapprove,
        name="requisition_unapprove",
    ),
]

# Invoices that come in as files.
incoming: list[URLPattern] = [
    path("fakturor/", invoices.IncomingList.as_view(), name="incoming_list"),
    path("fakturor/<int:pk>/", invoices.incoming_detail, name="incoming_detail"),
    path("fakturor/<int:pk>/bekrafta/", invoices.incoming_confirm, name="incoming_confirm"),
    path(
        "fakturor/<int:pk>/lagg-at-sidan/",
        invoices.incoming_dismiss,
        name="incoming_dismiss",
    ),
    path(
        "fakturor/<int:pk>/lagg-tillbaka/",
        invoices.incoming_reopen,
        name="incoming_reopen",
    ),
]

# Money in and out.
payments: list[URLPattern] = [
    path("medel/<int:pk>/inbetalningar/", funds.funds_list, name="funds_list"),
    path("medel/<int:pk>/inbetalningar/ny/", funds.funds_create, name="funds_create"),
    path(
        "medel/<int:pk>/inbetalningar/<int:funds_pk>/andra/",
        funds.funds_update,
        name="funds_update",
    ),
    path(
        "medel/<int:pk>/inbetalningar/<int:funds_pk>/ta-bort/",
        funds.funds_delete,
        name="funds_delete",
    ),
    path("medel/<int:pk>/inbetalningar/sie/", payment_files.funds_sie, name="funds_sie"),
    path("utbetalningar/", batches.BatchList.as_view(), name="batch_list"),
    path("utbetalningar/ny/", batches.batch_create, name="batch_create"),
    path(
        "utbetalningar/installningar/",
        payment_files.payoutsettings_update,
        name="payoutsettings_update",
    ),
    path(
        "utbetalningar/misslyckade/",
        read_back.FailedList.as_view(),
        name="payment_failed_list",
    ),
    path(
        "utbetalningar/misslyckade/<int:pk>/ratta-kontot/",
        read_back.payment_send_back,
        name="payment_send_back",
    ),
    path("utbetalningar/<int:pk>/", batches.batch_detail, name="batch_detail"),
    path("utbetalningar/<int:pk>/dag/", batches.batch_move, name="batch_move"),
    path(
        "utbetalningar/<int:pk>/ta-ut/<int:payment_pk>/",
        batches.batch_take_out,
        name="batch_take_out",
    ),
    path("utbetalningar/<int:pk>/kasta/", batches.batch_discard, name="batch_discard"),
    path("utbetalningar/<int:pk>/slapp/", batches.batch_release, name="batch_release"),
    path(
        "utbetalningar/<int:pk>/pain001.xml",
        payment_files.batch_pain001,
        name="batch_pain001",
    ),
    path("utbetalningar/<int:pk>/lista.csv", payment_files.batch_csv, name="batch_csv"),
    path("utbetalningar/<int:pk>/lista.xlsx", payment_files.batch_xlsx, name="batch_xlsx"),
    path("utbetalningar/<int:pk>/sie/", payment_files.batch_sie, name="batch_sie"),
    path(
        "utbetalningar/<int:pk>/las-in/", read_back.batch_read_back, name="batch_read_back"
    ),
    path(
        "utbetalningar/<int:pk>/las-in/spara/",
        read_back.batch_read_back_confirm,
        name="batch_read_back_confirm",
    ),
    path("utbetalningar/<int:pk>/utfall/", read_back.batch_outcome, name="batch_outcome"),
]

# What has become of every krona.
ledger: list[URLPattern] = [
    path(
        "medel/<int:pk>/omfordela/",
        redistribution.redistribution_create,
        name="redistribution_create",
    ),
    path("medel/<int:pk>/avstamning/", accounts.ledger_detail, name="ledger_detail"),
    path(
        "medel/<int:pk>/avstamning/<code:code>/",
        accounts.ledger_municipality,
        name="ledger_municipality",
    ),
    path("avstamning/", accounts.check_list, name="check_list"),
]

# What became of what was paid, and what comes back.
after: list[URLPattern] = [
    path(
        "medel/<int:pk>/slutavrakning/",
        settlements.settlement_list,
        name="settlement_list",
    ),
    path(
        "medel/<int:pk>/slutavrakning/fyll-i/",
        settlements.settlement_edit,
        name="settlement_edit",
    ),
    path(
        "medel/<int:pk>/aterbetalningar/", repayments.repayment_list, name="repayment_list"
    ),
    path(
        "medel/<int:pk>/aterbetalningar/till-staten/",
        repayments.return_create,
        name="return_create",
    ),
    path(
        "medel/<int:pk>/aterbetalningar/till-staten/<int:return_pk>/ta-bort/",
        repayments.return_delete,
        name="return_delete",
    ),
    path("aterbetalningar/<int:pk>/", repayments.repayment_detail, name="repayment_detail"),
    path(
        "aterbetalningar/<int:pk>/brev.pdf",
        repayments.repayment_letter,
        name="repayment_letter",
    ),
    path(
        "aterbetalningar/<int:pk>/inbetalt/",
        repayments.repayment_receive,
        name="repayment_receive",
    ),
    path(
        "aterbetalningar/<int:pk>/inbetalt/<int:receipt_pk>/ta-bort/",
        repayments.repayment_receipt_delete,
        name="repayment_receipt_delete",
    ),
    path(
        "aterbetalningar/<int:pk>/skriv-av/",
        repayments.repayment_write_off,
        name="repayment_write_off",
    ),
    path(
        "aterbetalningar/<int:pk>/ta-tillbaka/",
        repayments.repayment_withdraw,
        name="repayment_withdraw",
    ),
]

urlpatterns = [*answers, *requisitions, *incoming, *payments, *ledger, *after]
