"""A grant's memo: read, write, look at the PDF and publish."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from grants.distribution import Refused
from grants.models import Grant
from grants.views.grants import head
from municipalities.access import Capability, StaffRequest, requires
from municipalities.history import history_page
from reporting import memo as memos
from reporting.facts import BLOCKS
from reporting.forms import MemoForm, SectionForm
from reporting.memo import Document, Missing
from reporting.memo_messages import Receivers, receivers_of, send
from reporting.models import Memo, MemoSection, SectionKind

SLUGS = {
    "inledning": SectionKind.INTRODUCTION,
    "bakgrund": SectionKind.BACKGROUND,
    "fordelning": SectionKind.DISTRIBUTION,
    "anvandning": SectionKind.USE,
    "observera": SectionKind.NOTICE,
    "faktura": SectionKind.INVOICE,
    "meddelanden": SectionKind.MESSAGES,
    "aterrapportering": SectionKind.REPORTING,
    "underskrift": SectionKind.SIGNATURE,
    "fotnot": SectionKind.NOTE,
}
"""The parts as they are called in addresses."""

SLUG_OF = {kind: slug for slug, kind in SLUGS.items()}


def grant_of(request: StaffRequest, pk: int) -> Grant:
    """Return the body's own grant, or 404."""
    grants = Grant.objects.of_body(request.organisation)
    return get_object_or_404(
        grants.select_related("body__county", "body__logo", "agreement"), pk=pk
    )


def draft_of(grant: Grant) -> Memo:
    """Return the grant's draft, or 404."""
    memo = get_object_or_404(Memo.objects.drafts(), grant=grant)
    memo.grant = grant
    return memo


def kind_of(part: str) -> SectionKind:
    """Return the part that an address names, or 404."""
    if part not in SLUGS:
        raise Http404
    return SLUGS[part]


@requires(Capability.VIEW)
@require_safe
def memo_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the draft as it reads today, and the versions that have gone out."""
    grant = grant_of(request, pk)
    memos_of_grant = list(
        Memo.objects.filter(grant=grant)
        .select_related("published_by", "created_by", "distribution")
        .prefetch_related("sections__edited_by")
        .order_by("-version")
    )
    published = [memo for memo in memos_of_grant if not memo.is_draft]
    draft = next((memo for memo in memos_of_grant if memo.is_draft), None)
    document = None
    if draft:
        draft.grant = grant
        document = Document(draft)
    context = head(grant, "memo") | {
        "document": document,
        "parts": parts_of(document) if document else [],
        "missing": told(document.missing, grant) if document else [],
        "published": published,
    }
    return TemplateResponse(request, "reporting/memo_detail.html", context)


def parts_of(document: Document) -> list[dict[str, Any]]:
    """Return the letter's parts, each with its address."""
    return [
        {
            "section": section,
            "slug": SLUG_OF[SectionKind(section.kind)],
            "label": SectionKind(section.kind).label,
            "url": section_url("memo_section", document.grant, section.kind),
        }
        for section in document.sections
    ]


def section_url(name: str, grant: Grant, kind: str) -> str:
    """Return the address of something that is done with a part."""
    return reverse(f"reporting:{name}", args=[grant.pk, SLUG_OF[SectionKind(kind)]])


@requires(Capability.EDIT)
def memo_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Start the first memo, or a new version that corrects the last."""
    grant = grant_of(request, pk)
    latest = grant.memos.order_by("-version").first()
    if latest and latest.is_draft:
        return redirect("reporting:memo_detail", grant.pk)
    version = latest.version + 1 if latest else 1
    initial = {
        "dated_on": timezone.localdate(),
        "title": (latest.title if latest else "") or grant.title,
    }
    form = MemoForm(request.POST or None, initial=initial, version=version)
    if form.is_valid():
        facts = dict(form.cleaned_data)
        facts["title"] = own_title(facts["title"], grant)
        try:
            memos.start(grant, by=request.membership.user, **facts)
        except Refused as refusal:
            messages.error(request, refused(refusal))
        else:
            messages.success(request, _("The draft is started. Read it and publish it."))
        return redirect("reporting:memo_detail", grant.pk)
    title = (
        _("New memo")
        if version == 1
        else _("Correct the memo: version %(version)s") % {"version": version}
    )
    return form_page(request, grant, form, title)


@requires(Capability.EDIT)
def memo_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change what stands at the top of the draft."""
    grant = grant_of(request, pk)
    memo = draft_of(grant)
    form = MemoForm(
        request.POST or None,
        instance=memo,
        initial={"title": memo.heading},
        version=memo.version,
    )
    if form.is_valid():
        form.instance.title = own_title(form.cleaned_data["title"], grant)
        try:
            memos.change(memo, **{name: getattr(memo, name) for name in form.fields})
        except Refused as refusal:
            messages.error(request, refused(refusal))
        else:
            messages.success(request, _("Saved."))
        return redirect("reporting:memo_detail", grant.pk)
    return form_page(request, grant, form, _("Date and heading"))


def own_title(title: str, grant: Grant) -> str:
    """Return a heading where it differs from the grant's, which may still change."""
    return "" if title.strip() == grant.title else title.strip()


def form_page(
    request: StaffRequest, grant: Grant, form: MemoForm, title: str
) -> HttpResponse:
    """Show a form under the memo."""
    context = {
        "grant": grant,
        "form": form,
        "page_title": title,
        "cancel_url": reverse("reporting:memo_detail", args=[grant.pk]),
    }
    return TemplateResponse(request, "reporting/memo_form.html", context)


@requires(Capability.EDIT)
def memo_section(request: StaffRequest, pk: int, part: str) -> HttpResponse:
    """Write a part's text, with a look at it beside."""
    grant, kind = grant_of(request, pk), kind_of(part)
    document = Document(draft_of(grant))
    section = document.section(kind)
    initial = {"body": section.source, "seen": stamp(section.edited)}
    form = SectionForm(request.POST or None, initial=initial, facts=document.facts)
    preview = section
    if request.method == "POST":
        is_valid = form.is_valid()
        preview = document.section(kind, request.POST.get("body", ""))
        if is_valid and "preview" not in request.POST:
            try:
                memos.write(
                    document.memo,
                    kind=kind,
                    body=form.cleaned_data["body"],
                    by=request.membership.user,
                    seen=form.cleaned_data["seen"],
                )
            except Refused as refusal:
                form.add_error(None, ValidationError(refused(refusal), refusal.code))
            else:
                messages.success(request, _("Saved."))
                url = reverse("reporting:memo_detail", args=[grant.pk])
                return redirect(f"{url}#{part}")
    context = {
        "grant": grant,
        "form": form,
        "section": section,
        "preview": preview,
        "facts": document.facts.by_name.values(),
        "blocks": BLOCKS,
        "page_title": SectionKind(kind).label,
        "preview_url": section_url("memo_section_preview", grant, kind),
        "reset_url": section_url("memo_section_reset", grant, kind),
        "cancel_url": reverse("reporting:memo_detail", args=[grant.pk]),
    }
    return TemplateResponse(request, "reporting/memo_section.html", context)


def stamp(section: MemoSection | None) -> str:
    """Return what tells whether a text is the one that its writer saw."""
    return section.edited_at.isoformat() if section else ""


@requires(Capability.EDIT)
@require_POST
def memo_section_preview(request: StaffRequest, pk: int, part: str) -> HttpResponse:
    """Show how a text reads, while it is being written. Nothing is saved."""
    grant, kind = grant_of(request, pk), kind_of(part)
    document = Document(draft_of(grant))
    preview = document.section(kind, request.POST.get("body", "")[:20_000])
    return render(request, "reporting/_memo_preview.html", {"preview": preview})


@requires(Capability.EDIT)
@require_POST
def memo_section_reset(request: StaffRequest, pk: int, part: str) -> HttpResponse:
    """Let a part be made from the facts again."""
    grant, kind = grant_of(request, pk), kind_of(part)
    try:
        memos.reset(draft_of(grant), kind=kind)
    except Refused as refusal:
        messages.error(request, refused(refusal))
    else:
        messages.success(request, _("The part is made from the facts again."))
    url = reverse("reporting:memo_detail", args=[grant.pk])
    return redirect(f"{url}#{part}")


@requires(Capability.EDIT)
def memo_publish(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask whether the memo shall go out; fix it when somebody says yes."""
    grant = grant_of(request, pk)
    memo = Memo.objects.drafts().filter(grant=grant).first()
    if memo is None:
        # Pressed twice: the first press did it.
        return redirect("reporting:memo_detail", grant.pk)
    memo.grant = grant
    if request.method == "POST":
        # Nobody publishes what they have not read: an unread memo has no such fingerprint.
        seen = request.POST.get("seen") or "unread"
        receivers = None
        try:
            with transaction.atomic():
                memo = memos.publish(memo, by=request.membership.user, seen=seen)
                if "send" in request.POST:
                    receivers = send_to_all(memo)
        except Refused as refusal:
            if refusal.code != "published":
                messages.error(request, refused(refusal))
            if refusal.code == "changed":
                return redirect("reporting:memo_publish", grant.pk)
        else:
            text = _("Version %(version)s of the memo is published.")
            messages.success(request, text % {"version": memo.version})
            if receivers:
                messages.success(request, told_of(receivers))
        return redirect("reporting:memo_detail", grant.pk)
    document = Document(memo)
    distribution = document.facts.distribution
    context = {
        "grant": grant,
        "document": document,
        "missing": told(document.missing, grant),
        "receivers": receivers_of(grant, distribution) if distribution else None,
        "page_title": _("Publish the memo?"),
        "cancel_url": reverse("reporting:memo_detail", args=[grant.pk]),
    }
    return TemplateResponse(request, "reporting/memo_publish.html", context)


def send_to_all(memo: Memo) -> Receivers:
    """E-mail a memo that is published to every municipality that it is for."""
    assert memo.distribution is not None  # published_memo_is_a_file
    receivers = receivers_of(memo.grant, memo.distribution)
    send(memo, receivers.rows, name=pdf_name(memo))
    return receivers


def told_of(receivers: Receivers) -> str:
    """Return how many it is being sent to, in words."""
    text = ngettext(
        "The memo is sent by e-mail to %(number)d municipality.",
        "The memo is sent by e-mail to %(number)d municipalities.",
        len(receivers.reached),
    )
    return text % {"number": len(receivers.reached)}


def pdf_name(memo: Memo) -> str:
    """Return what the attached file is called."""
    return f"{file_name(memo.grant, f'version-{memo.version}')}.pdf"


@requires(Capability.EDIT)
def memo_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw the draft away, when somebody has said yes."""
    grant = grant_of(request, pk)
    memo = draft_of(grant)
    if request.method == "POST":
        try:
            memos.discard(memo)
        except Refused as refusal:
            messages.error(request, refused(refusal))
        else:
            messages.success(request, _("The draft is thrown away."))
        return redirect("reporting:memo_detail", grant.pk)
    context = {
        "grant": grant,
        "page_title": _("Throw the draft away?"),
        "message": _("The texts that you have written go with it. The history keeps them."),
        "submit": _("Throw away"),
        "cancel_url": reverse("reporting:memo_detail", args=[grant.pk]),
    }
    return TemplateResponse(request, "municipalities/confirm_page.html", context)


@requires(Capability.VIEW)
@require_safe
def memo_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Return the draft as a PDF that says on every page that it is one."""
    grant = grant_of(request, pk)
    document = Document(draft_of(grant))
    name = file_name(grant, "utkast")
    return pdf_response(document.draft_pdf(), name, is_attachment=False)


@requires(Capability.VIEW)
@require_safe
def memo_pdf(request: StaffRequest, pk: int, version: int) -> HttpResponse:
    """Return a published version: the very bytes that were fixed."""
    grant = grant_of(request, pk)
    memo = get_object_or_404(Memo.objects.published(), grant=grant, version=version)
    etag = f'"{memo.sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    name = file_name(grant, f"version-{memo.version}")
    response = pdf_response(bytes(memo.pdf or b""), name, is_attachment=True)
    response["ETag"] = etag
    return response


@requires(Capability.VIEW)
@require_safe
def memo_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what was done with the memo and with the facts that it rests on."""
    grant = grant_of(request, pk)
    return history_page(
        request,
        grant,
        title=f"{_('Memo')}, {grant}",
        back_url=reverse("reporting:memo_detail", args=[grant.pk]),
        related=[(Memo, "grant"), (MemoSection, "memo__grant")],
    )


def pdf_response(pdf: bytes, name: str, *, is_attachment: bool) -> HttpResponse:
    """Return a PDF under a name that says what it is."""
    response = HttpResponse(pdf, content_type="application/pdf")
    kind = "attachment" if is_attachment else "inline"
    response["Content-Disposition"] = f'{kind}; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-cache"
    return response


def file_name(grant: Grant, which: str) -> str:
    """Return a file's name: skrivelse-s-20-0026-god-och-nara-vard-2020-version-1."""
    number = slugify(grant.record_number.replace("/", "-"))
    return "-".join(filter(None, ["skrivelse", number, slugify(str(grant)), which]))


def refused(refusal: Refused) -> str:
    """Return why something was not done."""
    sentences = {
        "draft_exists": _("The grant already has a draft of a memo."),
        "correction_lacking": _("Write what is corrected."),
        "facts_lacking": _("The memo cannot be published: something is missing."),
        "changed": _("A fact has changed since you looked. Read the memo once more."),
        "changed_by_another": _(
            "Somebody else has changed the text since you opened it. Your text is below; "
            "copy what you want to keep and open the page again."
        ),
        "published": _("The memo is already published."),
    }
    return sentences[refusal.code]


def told(missing: Sequence[Missing], grant: Grant) -> list[dict[str, str]]:
    """Return what is missing in words, each with the page where it is told."""
    return [{"text": sentence(lack), "url": where(lack, grant)} for lack in missing]


def sentence(lack: Missing) -> str:
    """Return one thing that is missing, in words."""
    sentences = {
        "distribution": _("a decided distribution"),
        "use": _("how the funds may be used"),
        "fact": lack.name,
        "unknown": _("[[%(name)s]], which is no fact that the memo knows"),
        "letters": _("characters that can be printed, instead of %(name)s"),
    }
    return sentences[lack.code] % {"name": lack.name} if lack.code != "fact" else lack.name


def where(lack: Missing, grant: Grant) -> str:
    """Return the address of the page where a fact is told, or nothing."""
    if lack.code == "unknown":
        return section_url("memo_section", grant, lack.set_in)
    names: dict[str, tuple[str, list[int]]] = {
        "grant": ("grants:grant_edit", [grant.pk]),
        "purposes": ("grants:grant_purposes_edit", [grant.pk]),
        "budget": ("grants:grant_budget_edit", [grant.pk]),
        "deadlines": ("reporting:deadline_rows", [grant.pk]),
        "distribution": ("grants:distribution_list", [grant.pk]),
        "memo": ("reporting:memo_edit", [grant.pk]),
        "body": ("municipalities:body_detail", []),
    }
    if lack.set_in == "agreement" and grant.agreement_id:
        names["agreement"] = ("grants:agreement_edit", [grant.agreement_id])
    if lack.set_in not in names:
        return ""
    name, args = names[lack.set_in]
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
