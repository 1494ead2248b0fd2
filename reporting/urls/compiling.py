"""Addresses of the compilation of a round."""

from django.urls import path

from reporting.views import compilation

ROUND = "medel/<int:pk>/redovisning/<int:number>"

urlpatterns = [
    path(f"{ROUND}/sammanstallning/", compilation.compilation, name="compilation"),
    path(
        f"{ROUND}/sammanstallning/fraga/<slug:key>/",
        compilation.compilation_question,
        name="compilation_question",
    ),
]
