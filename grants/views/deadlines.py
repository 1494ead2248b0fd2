"""The page that proposes a grant's usual last days. The others show who is missing, and
are in ``reporting``, which knows the answers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.forms.deadlines import ProposalForm, settle
from grants.proposals import accept, propose
from grants.views.grants import find
from municipalities.access import Capability, StaffRequest, requires


@requires(Capability.EDIT)
def deadline_propose(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose the last days that the grant lacks; save those that a person confirms."""
    grant = find(request, pk)
    present = list(grant.deadlines.all())
    proposals = propose(grant, present, timezone.localdate())
    url = reverse("reporting:deadline_list", args=[pk])
    data = request.POST if request.method == "POST" else None
    forms = [ProposalForm(data, proposal=proposal) for proposal in proposals]
    is_new = data is not None and settle(forms)
    has_errors = any(form.is_wanted and form.errors for form in forms)
    wanted = [form for form in forms if form.is_wanted]
    if has_errors:
        pass
    elif is_new:
        messages.info(
            request,
            _("Some days have moved by the rules. Look at them, and save once more."),
        )
        forms = [again(form) for form in forms]
    elif wanted:
        made = accept(grant, [form.proposal for form in wanted])
        text = ngettext(
            "%(number)d last day is saved.", "%(number)d last days are saved.", len(made)
        )
        messages.success(request, text % {"number": len(made)})
        return redirect(url)
    elif data is not None and forms:
        messages.error(request, _("Choose the last days that are to be saved."))
    context = {
        "grant": grant,
        "forms": forms,
        "invalid": [form for form in wanted if has_errors and form.errors],
        "present": present,
        "page_title": _("Proposed last days"),
        "cancel_url": url,
    }
    return render(request, "grants/deadline_propose.html", context)


def again(form: ProposalForm) -> ProposalForm:
    """Return the form with what its proposal has become, chosen as it was."""
    shown = ProposalForm(proposal=form.proposal)
    shown.initial["is_chosen"] = form.is_wanted or not form.is_bound
    shown.initial["insist"] = bool(form.is_bound and form["insist"].data)
    return shown
