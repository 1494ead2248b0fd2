"""Addresses of grants."""

from django.urls import path

from grants.views import (
    adjustments,
    agreements,
    deadlines,
    decisions,
    distributions,
    keys,
    messages,
    outcomes,
    whatif,
)
from grants.views import grants as grant_views

app_name = "grants"
urlpatterns = [
    # Agreements
    path(
        "overenskommelser/",
        agreements.AgreementList.as_view(),
        name="agreement_list",
    ),
    path("overenskommelser/ny/", agreements.agreement_create, name="agreement_create"),
    path(
        "overenskommelser/<int:pk>/", agreements.agreement_detail, name="agreement_detail"
    ),
    path(
        "overenskommelser/<int:pk>/andra/",
        agreements.agreement_edit,
        name="agreement_edit",
    ),
    path(
        "overenskommelser/<int:pk>/ta-bort/",
        agreements.agreement_delete,
        name="agreement_delete",
    ),
    path(
        "overenskommelser/<int:pk>/historik/",
        agreements.agreement_history,
        name="agreement_history",
    ),
    # Keys
    path("nycklar/", keys.KeyList.as_view(), name="key_list"),
    path("nycklar/ny/", keys.key_create, name="key_create"),
    path("nycklar/<int:pk>/", keys.key_detail, name="key_detail"),
    path("nycklar/<int:pk>/andra/", keys.key_edit, name="key_edit"),
    path("nycklar/<int:pk>/ta-bort/", keys.key_delete, name="key_delete"),
    path("nycklar/<int:pk>/historik/", keys.key_history, name="key_history"),
    # Grants
    path("", grant_views.GrantList.as_view(), name="grant_list"),
    path("nya/", grant_views.grant_create, name="grant_create"),
    path("kopiera/", grant_views.grant_copy, name="grant_copy"),
    path("<int:pk>/", grant_views.grant_detail, name="grant_detail"),
    path("<int:pk>/andra/", grant_views.grant_edit, name="grant_edit"),
    path("<int:pk>/ta-bort/", grant_views.grant_delete, name="grant_delete"),
    path("<int:pk>/syften/", grant_views.grant_purposes, name="grant_purposes"),
    path(
        "<int:pk>/syften/andra/",
        grant_views.grant_purposes_edit,
        name="grant_purposes_edit",
    ),
    path("<int:pk>/budget/", grant_views.grant_budget, name="grant_budget"),
    path("<int:pk>/budget/andra/", grant_views.grant_budget_edit, name="grant_budget_edit"),
    path(
        "<int:pk>/delomraden/andra/", grant_views.grant_parts_edit, name="grant_parts_edit"
    ),
    path(
        "<int:pk>/sista-dagar/forslag/",
        deadlines.deadline_propose,
        name="deadline_propose",
    ),
    path(
        "<int:pk>/meddelanden/",
        messages.GrantMessageList.as_view(),
        name="grant_messages",
    ),
    path("<int:pk>/beslut/", grant_views.grant_decisions, name="grant_decisions"),
    path(
        "<int:pk>/beslut/andra/",
        grant_views.grant_decisions_edit,
        name="grant_decisions_edit",
    ),
    path("<int:pk>/historik/", grant_views.grant_history, name="grant_history"),
    # Distributions
    path("<int:pk>/fordelning/", distributions.distribution_list, name="distribution_list"),
    path(
        "<int:pk>/fordelning/ny/",
        distributions.distribution_create,
        name="distribution_create",
    ),
    path(
        "fordelning/<int:pk>/",
        distributions.distribution_detail,
        name="distribution_detail",
    ),
    path(
        "fordelning/<int:pk>/berakna/",
        whatif.distribution_whatif,
        name="distribution_whatif",
    ),
    path(
        "fordelning/<int:pk>/spara/",
        whatif.distribution_save,
        name="distribution_save",
    ),
    path(
        "fordelning/<int:pk>/justeringar/",
        adjustments.distribution_adjust,
        name="distribution_adjust",
    ),
    path(
        "fordelning/justeringar/<int:pk>/angra/",
        adjustments.adjustment_undo,
        name="adjustment_undo",
    ),
    path(
        "fordelning/<int:pk>/beslut/",
        decisions.distribution_decide,
        name="distribution_decide",
    ),
    path(
        "fordelning/<int:pk>/kasta/",
        decisions.distribution_discard,
        name="distribution_discard",
    ),
    path(
        "fordelning/<int:pk>/kommun/<code:code>/",
        outcomes.allocation_detail,
        name="allocation_detail",
    ),
    path(
        "fordelning/<int:pk>/xlsx/",
        outcomes.distribution_xlsx,
        name="distribution_xlsx",
    ),
    path(
        "fordelning/<int:pk>/csv/",
        outcomes.distribution_csv,
        name="distribution_csv",
    ),
    path(
        "fordelning/<int:pk>/historik/",
        distributions.distribution_history,
        name="distribution_history",
    ),
]
