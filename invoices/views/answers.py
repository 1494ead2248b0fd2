"""A municipality's answer: fill in, read through, send in, and what comes of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from grants.distribution import Refused
from invoices import messages as mail
from invoices import requisition as verbs
from invoices.account_messages import UNVERIFIED
from invoices.accounts import Account, Kind
from invoices.answering import Work, saved_words
from invoices.attachments import ACCEPT, attach, detach, judge
from invoices.einvoice import einvoice
from invoices.forms.answers import AnswerForm
from invoices.models import STANDING, AccountKind, Attachment, Requisition
from invoices.offers import Offer, State, offer_to
from invoices.refusals import sentence
from municipalities.access import Capability, MunicipalRequest, can, requires
from municipalities.kept_posts import keep
from municipalities.kept_posts import take as take_up
from municipalities.numbers import row_id
from municipalities.upload_limit import limit_files
from municipalities.views.files import download

PLACES = {
    "exceeds_left": "amount",
    "uses_exceed": "amount",
    "number_used": "invoice_number",
}
"""The fields that a refusal is about."""

SELDOM = ("invoice_number", "invoice_on", "payment_instructions")
"""The fields that are folded away while they are empty."""


def offer_or_none(request: MunicipalRequest, grant: int) -> Offer | None:
    """Return what the municipality is offered of the grant now.

    Where it was offered something before, but a new version has not gone out yet, there
    is none. Otherwise it is 404.
    """
    offer = offer_to(request.organisation, grant, timezone.localdate())
    if offer is None:
        made = Requisition.objects.of_municipality(request.organisation)
        if not made.filter(grant=grant).exists():
            raise Http404
    return offer


def is_about_another(request: MunicipalRequest) -> bool:
    """Return whether what is posted was written for another municipality.

    Somebody who acts for two may have changed between them in another window.
    """
    own = request.organisation.code
    return request.POST.get("municipality", own) != own


def elsewhere(request: MunicipalRequest) -> str:
    """Return why nothing was done of what is about another municipality."""
    text = _(
        "The page was about another municipality than %(municipality)s, which you act for "
        "now. Nothing was saved."
    )
    return text % {"municipality": request.organisation.own_name}


def go_home(request: MunicipalRequest) -> HttpResponse:
    """Say that nothing was done, and show the municipality that the person acts for."""
    messages.error(request, elsewhere(request))
    return redirect("reporting:portal")


def work_of(request: MunicipalRequest, grant: int) -> Work:
    """Return the municipality's work on a grant that it is offered, or 404."""
    offer = offer_or_none(request, grant)
    if offer is None:
        raise Http404
    return Work(offer, request.membership)


# The form -----------------------------------------------------------------------------


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, grant: int) -> HttpResponseBase:
    """Show the form and take what is typed.

    What is posted after the session has ended is kept until the person is logged in.
    """
    if request.user.is_authenticated:
        return answer_form(request, grant)
    if request.method == "POST":
        keep(request)
    return redirect_to_login(request.path)


@requires(Capability.ANSWER)
def answer_form(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Show the form to those who may fill it in."""
    offer = offer_or_none(request, grant)
    if offer is None:
        return redirect("reporting:offer_detail", grant)
    work = Work(offer, request.membership)
    if not offer.may_be_answered:
        if offer.is_closed and not offer.situation.is_answered:
            return page(request, work, "answer_closed", _("The last day has passed"))
        return redirect("reporting:offer_detail", grant)
    if request.method == "POST":
        return go_home(request) if is_about_another(request) else take(request, work)
    if offer.situation.state is State.OFFERED:
        verbs.mark_opened(offer.allocation, by=request.membership.user)
    if response := taken_up_again(request, work):
        return response
    form = work.form()
    if "check" in request.GET and work.draft:
        form = work.form(work.draft.typed)
    return form_page(request, work, form)


def taken_up_again(request: MunicipalRequest, work: Work) -> HttpResponse | None:
    """Save what was posted when the session had ended, and show the form with it."""
    kept = take_up(request, request.organisation.code)
    if kept is None:
        return None
    typed = work.typed(kept.posted)
    text = _("What you wrote when you were logged out is here. Read it through and go on.")
    if kept.had_files:
        text = _(
            "What you wrote when you were logged out is here. Choose your files again, "
            "they could not be kept."
        )
    if work.changed_by(kept.posted.get("stamp", ""), request.membership.user):
        messages.warning(request, text)
        return form_page(request, work, work.form(typed), is_unsaved=True)
    try:
        work.keep(typed, by=request.membership.user, seen=work.seen)
    except Refused as error:
        messages.error(request, sentence(error))
        return None
    messages.success(request, text)
    return redirect("invoices:answer", work.grant.pk)


def take(request: MunicipalRequest, work: Work) -> HttpResponse:
    """Save what is posted, and do what the button says."""
    todo = request.POST.get("do", "review")
    typed = work.typed(request.POST)
    form = work.form(typed)
    if not is_kept(request, work, form, typed):
        return form_page(request, work, form, is_unsaved=True)
    if not change_files(request, work, form):
        return form_page(request, work, form)
    if request.POST.get("version") != str(work.offer.allocation.pk):
        # Nobody sends in an answer to another amount than the one they saw.
        return form_page(request, work, work.form(), is_outdated=True)
    if todo == "review":
        if not form.is_valid():
            return form_page(request, work, form)
        return redirect("invoices:answer_review", work.grant.pk)
    if todo == "save":
        messages.success(request, _("The draft is saved."))
    return redirect(f"{reverse('invoices:answer', args=[work.grant.pk])}#{todo}")


def is_kept(
    request: MunicipalRequest, work: Work, form: AnswerForm, typed: dict[str, str]
) -> bool:
    """Save the draft and return true, or say in the form why not."""
    user = request.membership.user
    if other := work.changed_by(request.POST.get("stamp", ""), user):
        message = _(
            "%(name)s has saved the answer since you opened the page. What you wrote is "
            "below and not saved. Save it if yours is to replace what %(name)s wrote."
        )
        error = ValidationError(message, "changed_by_another", {"name": other})
        form.add_error(None, error)
        return False
    try:
        work.keep(typed, by=user, seen=whole_number(request.POST.get("seen")))
    except Refused as refusal:
        refuse(form, refusal)
        return False
    return True


def change_files(request: MunicipalRequest, work: Work, form: AnswerForm) -> bool:
    """Add the files that were chosen, or remove one. Return whether all went well."""
    requisition = work.requisition
    assert requisition is not None  # it has just been saved
    removed = request.POST.get("remove", "")
    files = request.FILES.getlist("files")
    if not files and not removed:
        return True
    if not work.may_attach:
        message = _("Withdraw the answer first if you want to change its files.")
        form.add_error(None, ValidationError(message, "submitted"))
        return False
    if not limit_files(request, form, None):
        return False
    try:
        if removed:
            detach(requisition, row_id(removed))
        mistakes = judge(files, already=requisition.attachments.count())
        for mistake in mistakes:
            form.add_error(None, mistake)
        if mistakes:
            return False
        attach(requisition, files, by=request.membership.user)
    except Refused as refusal:
        refuse(form, refusal)
        return False
    work.__dict__.pop("attachments", None)
    return True


def whole_number(text: str | None) -> int:
    """Return what a hidden field says, or a number that is never right."""
    return 0 if text == "0" else row_id(text) or -1


def refuse(form: AnswerForm, error: Refused) -> None:
    """Put a refusal where it is to be dealt with."""
    field = PLACES.get(error.code)
    form.add_error(field, ValidationError(sentence(error), error.code))


def form_page(
    request: MunicipalRequest,
    work: Work,
    form: AnswerForm,
    *,
    is_unsaved: bool = False,
    is_outdated: bool = False,
) -> HttpResponse:
    """Show the form."""
    context = {
        "form": form,
        "saved_at": "" if is_unsaved else saved_words(work),
        "is_outdated": is_outdated or work.is_outdated,
        "accept": ACCEPT,
        "has_more": any(form[name].value() or form[name].errors for name in SELDOM),
    }
    title = _("Answer about %(grant)s") % {"grant": work.grant}
    return page(request, work, "answer", title, **context)


def page(
    request: MunicipalRequest, work: Work, template: str, title: str, **context: Any
) -> HttpResponse:
    """Show one of the answer's pages."""
    offer = work.offer
    days_left = (offer.last_day - offer.today).days if offer.last_day else None
    context |= {
        "work": work,
        "offer": offer,
        "grant": work.grant,
        "body": work.grant.body,
        "municipality": request.organisation,
        "situation": offer.situation,
        "requisition": work.requisition,
        "days_left": days_left,
        "page_title": title,
    }
    return TemplateResponse(request, f"invoices/{template}.html", context)


@requires(Capability.ANSWER)
@require_POST
def answer_save(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Save what is being typed, and say when."""
    if is_about_another(request):
        return JsonResponse({"message": elsewhere(request)}, status=409)
    work = work_of(request, grant)
    user = request.membership.user
    other = work.changed_by(request.POST.get("stamp", ""), user)
    if other:
        text = _("%(name)s has saved the answer since you opened the page. Not saved.")
        return JsonResponse({"message": text % {"name": other}}, status=409)
    if not work.offer.may_be_answered:
        text = _("The answer can no longer change. Not saved.")
        return JsonResponse({"message": text}, status=409)
    typed = work.typed(request.POST)
    try:
        work.keep(typed, by=user, seen=whole_number(request.POST.get("seen")))
    except Refused as error:
        return JsonResponse({"message": sentence(error)}, status=409)
    text = _("Saved %(time)s") % {"time": saved_words(work)}
    return JsonResponse({"message": text, "stamp": work.stamp})


# Read through and send in -------------------------------------------------------------


@requires(Capability.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def answer_review(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Show the whole as it will stand; a signatory sends it in."""
    may_sign = can(request.membership, Capability.SIGN)
    if request.method == "POST" and not may_sign:
        raise PermissionDenied
    if is_about_another(request):
        return go_home(request)
    work = work_of(request, grant)
    draft = work.draft
    if draft is None or not work.offer.may_be_answered:
        if request.method == "POST" and work.seen:
            messages.info(request, _("The answer was already sent in."))
            return redirect("invoices:answer_receipt", grant)
        return redirect("invoices:answer", grant)
    form = work.form(draft.typed)
    if work.is_outdated or not form.is_valid():
        return redirect(f"{reverse('invoices:answer', args=[grant])}?check")
    given = form.to_answer()
    error = ""
    if request.method == "POST":
        error = send_in(request, work, given)
        if not error:
            return redirect("invoices:answer_receipt", grant)
    title = _("Read through and send in") if may_sign else _("Read through")
    return page(
        request,
        work,
        "answer_review",
        title,
        form=form,
        answer=given,
        account=form.account,
        kind_of_account=kind_in_words(form.account),
        unverified=UNVERIFIED,
        rest=work.left - given.amount,
        uses=[
            (purpose, given.uses[purpose.pk])
            for purpose in work.purposes
            if purpose.pk in given.uses
        ],
        draft=draft,
        error=error,
    )


def kind_in_words(account: Account | None) -> str:
    """Return what stands before an account's number."""
    if account is None:
        return ""
    if account.kind is Kind.BANK:
        return _("Account")
    label = AccountKind(account.kind.value).label
    return str(label) if account.kind is Kind.IBAN else capfirst(str(label))


def send_in(request: MunicipalRequest, work: Work, given: verbs.Answer) -> str:
    """Send the answer in. Return why it was refused, or nothing."""
    draft = work.draft
    if draft is None or request.POST.get("read") != draft.fingerprint:
        return _("The answer has changed since you read it. Read it through once more.")
    try:
        with transaction.atomic():
            sent = verbs.submit(
                work.offer.allocation,
                given,
                by=request.membership.user,
                today=timezone.localdate(),
                seen=work.seen,
            )
            mail.receipt(sent)
    except Refused as error:
        return sentence(error)
    return ""


@requires(Capability.ANSWER)
@require_POST
def answer_hand_over(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Ask the municipality's signatories to read the draft and send it in."""
    if is_about_another(request):
        return go_home(request)
    work = work_of(request, grant)
    user = request.membership.user
    if work.draft is None or not work.offer.may_be_answered:
        return redirect("invoices:answer", grant)
    if not work.form(work.draft.typed).is_valid():
        return redirect(f"{reverse('invoices:answer', args=[grant])}?check")
    people = mail.people_of(request.organisation)
    try:
        with transaction.atomic():
            work.note_hand_over(by=user)
            mail.hand_over(work.offer, by=user, to=people)
    except Refused as error:
        messages.error(request, sentence(error))
        return redirect("invoices:answer", grant)
    if people:
        text = _("Handed over. A link is sent by e-mail to %(to)s.")
        messages.success(request, text % {"to": ", ".join(people)})
    else:
        messages.warning(request, _("The municipality has nobody who can send it in."))
    return redirect("reporting:offer_detail", grant)


@requires(Capability.SIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def answer_withdraw(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Ask whether the answer is to be taken back, and do it."""
    if is_about_another(request):
        return go_home(request)
    work = work_of(request, grant)
    requisition = work.requisition
    if requisition is None or requisition.status == "draft":
        return redirect("reporting:offer_detail", grant)
    if request.method == "POST":
        seen = whole_number(request.POST.get("seen"))
        try:
            verbs.withdraw(requisition, by=request.membership.user, seen=seen)
        except Refused as error:
            messages.error(request, sentence(error))
        else:
            messages.success(request, _("The answer is withdrawn. You can answer anew."))
        return redirect("reporting:offer_detail", grant)
    return page(request, work, "answer_withdraw", _("Withdraw the answer?"))


# Afterwards ---------------------------------------------------------------------------


@requires(Capability.ANSWER)
@require_safe
def answer_receipt(request: MunicipalRequest, grant: int) -> HttpResponse:
    """Show what was sent in, and what to write on an invoice of one's own."""
    requisition = (
        Requisition.objects.of_municipality(request.organisation)
        .filter(grant=grant, status__in=STANDING)
        .select_related("grant__body", "municipality", "submitted_by", "allocation")
        .order_by("-pk")
        .first()
    )
    if requisition is None:
        raise Http404
    account = requisition.account
    xml, lacks = (b"", "") if requisition.is_declined else einvoice(requisition)
    context = {
        "has_einvoice": bool(xml),
        "einvoice_lacks": lacks,
        "requisition": requisition,
        "grant": requisition.grant,
        "body": requisition.grant.body,
        "municipality": requisition.municipality,
        "account": account,
        "kind_of_account": kind_in_words(account),
        "uses": [
            (use.purpose, use.amount)
            for use in requisition.planned_uses.select_related("purpose")
        ],
        "attachments": requisition.attachments.select_related("file"),
        "is_open": requisition.status in {"submitted", "returned"},
        "receipt_to": mail.receipt_to(requisition),
        "page_title": _("Receipt"),
    }
    return TemplateResponse(request, "invoices/answer_receipt.html", context)


@requires(Capability.ANSWER)
@require_safe
def attachment_download(request: MunicipalRequest, pk: int) -> HttpResponseBase:
    """Return a file that goes with one of the municipality's answers."""
    attachment = get_object_or_404(
        Attachment.objects.select_related("file"),
        pk=pk,
        requisition__municipality=request.organisation,
    )
    return download(request, attachment.file)
