"""A published memo on its way to the municipalities: who has had it, and who is to."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from grants.models import Grant
from municipalities.access import Capability, StaffRequest, requires
from reporting.memo_messages import Receivers, receivers_of, send
from reporting.models import Memo
from reporting.views.memo import grant_of, pdf_name, told_of


@requires(Capability.EDIT)
def memo_send(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who has had the latest version; send it to those that are chosen."""
    grant = grant_of(request, pk)
    memo = latest_of(grant)
    back = reverse("reporting:memo_detail", args=[grant.pk])
    if request.method == "POST":
        sent = send_to_chosen(request, memo)
        if sent is None:
            messages.error(
                request,
                _("Somebody has sent the memo since you opened the page. Look once more."),
            )
        elif not sent.rows:
            messages.error(request, _("Choose at least one municipality."))
        else:
            messages.success(request, told_of(sent))
            return redirect(back)
        return redirect("reporting:memo_send", grant.pk)
    assert memo.distribution is not None  # published_memo_is_a_file
    receivers = receivers_of(grant, memo.distribution, memo)
    context = {
        "grant": grant,
        "memo": memo,
        "receivers": receivers,
        "chosen": {row.municipality.code for row in receivers.lacking},
        "seen": stamp(receivers),
        "page_title": _("E-mail the memo to the municipalities"),
        "cancel_url": back,
    }
    return render(request, "reporting/memo_send.html", context)


def latest_of(grant: Grant) -> Memo:
    """Return the latest version that has gone out, or 404."""
    memo = (
        Memo.objects.published()
        .filter(grant=grant)
        .select_related("distribution")
        .order_by("-version")
        .first()
    )
    if memo is None:
        raise Http404
    memo.grant = grant
    return memo


@transaction.atomic
def send_to_chosen(request: StaffRequest, memo: Memo) -> Receivers | None:
    """Send the memo to those that are ticked, and return them.

    None where something was sent since the page was made: two presses are one.
    """
    Grant.objects.select_for_update(of=("self",), no_key=True).get(pk=memo.grant_id)
    assert memo.distribution is not None  # published_memo_is_a_file
    receivers = receivers_of(memo.grant, memo.distribution, memo)
    if request.POST.get("seen") != stamp(receivers):
        return None
    codes = set(request.POST.getlist("chosen"))
    chosen = [row for row in receivers.reached if row.municipality.code in codes]
    send(memo, chosen, name=pdf_name(memo))
    return Receivers(chosen)


def stamp(receivers: Receivers) -> str:
    """Return what tells whether more has been sent: how many messages there are."""
    return str(sum(len(row.statuses) for row in receivers.rows))
