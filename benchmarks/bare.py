"""The addresses of the project, and beside them the bare pages that ours are timed with."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import include, path

from municipalities.access import Capability, requires


@requires(Capability.VIEW)
def empty_page(request):
    """Show the project's frame around nothing, to staff."""
    return render(request, "base.html")


@requires(Capability.ANSWER)
def empty_municipal_page(request):
    """Show it to a municipality."""
    return render(request, "base.html")


def bare_view(request):
    """Answer who is signed in: a session and a user, no more."""
    return HttpResponse(f"{request.user.pk}")


urlpatterns = [
    path("tom/", empty_page),
    path("tom-hos-kommunen/", empty_municipal_page),
    path("naken/", bare_view),
    path("", include("config.urls")),
]
