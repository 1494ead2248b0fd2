"""Pages of distributions: the versions of a grant, and each of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from grants import distribution as changes_of
from grants.allocation import AllocationError
from grants.distribution import Refused
from grants.forms.distributions import DraftForm, PlanForm
from grants.models import (
    Adjustment,
    Allocation,
    AllocationKey,
    DistributionComponent,
    DistributionFixedAmount,
)
from grants.refusals import sentence
from grants.version_facts import Facts, is_outdated, named_changes, parts_of, unchanged
from grants.views.versions import grant_of, title_of, version_of, why
from grants.views.whatif import workspace
from grants.wording import key_in_words
from municipalities.access import Capability, StaffRequest, can, requires
from municipalities.history import history_page


@require_safe
@requires(Capability.VIEW)
def distribution_list(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a grant's versions: what holds, what is drafted and what was."""
    grant = grant_of(request, pk)
    versions = list(
        grant.distributions.select_related("key", "drafted_by", "decided_by").order_by(
            "-version"
        )
    )
    context = {
        "grant": grant,
        "versions": versions,
        "decided": next((v for v in versions if v.status == "decided"), None),
        "draft": next((v for v in versions if v.is_draft), None),
        "pot": grant.pot(),
        "has_keys": grant.body.keys.exists(),
        "has_statistics": grant.body.statistics.exists(),
        "page_title": _("Distribution"),
    }
    return render(request, "grants/distribution_list.html", context)


@requires(Capability.EDIT)
def distribution_create(request: StaffRequest, pk: int) -> HttpResponse:
    """Start a draft from a key, or from the version that holds now."""
    grant = grant_of(request, pk)
    if grant.distributions.drafts().exists():
        messages.error(request, sentence(Refused("draft_exists")))
        return redirect("grants:distribution_list", grant.pk)
    latest = grant.distributions.order_by("-version").first()
    decided = grant.distributions.decided().first()
    keys = list(
        AllocationKey.objects.filter(body=grant.body).prefetch_related(
            "components__fixed_amounts"
        )
    )
    form = DraftForm(
        request.POST or None,
        keys=[(key, key_in_words(list(key.components.all()))) for key in keys],
        decided=_("The same key and statistics as version %(version)d")
        % {"version": decided.version}
        if decided
        else "",
        needs_reason=latest is not None,
    )
    refusal: Refused | AllocationError | None = None
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data.get("reason", "")
        start = form.cleaned_data["start"]
        try:
            if start == DraftForm.SAME and decided:
                draft = changes_of.revise(decided, by=request.user, reason=reason)
            else:
                key = next(key for key in keys if str(key.pk) == start)
                draft = changes_of.draft(grant, key=key, by=request.user, reason=reason)
        except (Refused, AllocationError) as error:
            refusal = error
            form.add_error(None, why(grant, error))
        else:
            messages.success(request, _("Version %d is drafted.") % draft.version)
            return redirect(draft)
    context = {
        "grant": grant,
        "form": form,
        "refusal": refusal.code if refusal else "",
        "page_title": _("New version") if latest else _("New distribution"),
        "cancel_url": reverse("grants:distribution_list", args=[grant.pk]),
    }
    return render(request, "grants/distribution_form.html", context)


@require_safe
@requires(Capability.VIEW)
def distribution_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a version: a draft to work on, or what was decided."""
    distribution = version_of(request, pk, with_people=True)
    facts = Facts(distribution, request.GET.get("compare"))
    may_change = distribution.is_draft and can(request.membership, Capability.EDIT)
    if may_change and not facts.saved.among:
        form = PlanForm(
            plan=facts.saved,
            statistics=facts.statistics,
            municipalities=facts.municipalities,
        )
        return workspace(request, facts, form)
    table = facts.table(facts.saved, stored=True)
    compared = facts.compared
    context = {
        "distribution": distribution,
        "grant": distribution.grant,
        "table": table,
        "others": [(each, facts.label(each)) for each in facts.others],
        "other": facts.other,
        "changes": named_changes(facts, compared) if compared else [],
        "unchanged": unchanged(facts, compared) if compared else 0,
        "parts": parts_of(facts.saved),
        "adjustments": facts.adjustments,
        "is_redistribution": bool(facts.saved.among),
        "page_title": title_of(distribution),
    }
    if may_change:
        context |= {"may_change": True, "is_outdated": is_outdated(facts)}
    return render(request, "grants/distribution_detail.html", context)


@require_safe
@requires(Capability.VIEW)
def distribution_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who changed what in a version, and when."""
    distribution = version_of(request, pk)
    return history_page(
        request,
        distribution,
        title=title_of(distribution),
        back_url=distribution.get_absolute_url(),
        related=[
            (DistributionComponent, "distribution"),
            (DistributionFixedAmount, "component__distribution"),
            (Allocation, "distribution"),
            (Adjustment, "allocation__distribution"),
        ],
    )
