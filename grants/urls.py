"""Addresses of grants."""

from django.urls import path

from grants.views import agreements, keys
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
    # Keys
    path("nycklar/", keys.KeyList.as_view(), name="key_list"),
    path("nycklar/ny/", keys.key_create, name="key_create"),
    path("nycklar/<int:pk>/", keys.key_detail, name="key_detail"),
    path("nycklar/<int:pk>/andra/", keys.key_edit, name="key_edit"),
    path("nycklar/<int:pk>/ta-bort/", keys.key_delete, name="key_delete"),
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
    path(
        "<int:pk>/budget/andra/", grant_views.grant_budget_edit, name="grant_budget_edit"
    ),
    path("<int:pk>/sista-dagar/", grant_views.grant_deadlines, name="grant_deadlines"),
    path(
        "<int:pk>/sista-dagar/andra/",
        grant_views.grant_deadlines_edit,
        name="grant_deadlines_edit",
    ),
    path("<int:pk>/beslut/", grant_views.grant_decisions, name="grant_decisions"),
    path(
        "<int:pk>/beslut/andra/",
        grant_views.grant_decisions_edit,
        name="grant_decisions_edit",
    ),
    path("<int:pk>/historik/", grant_views.grant_history, name="grant_history"),
]
