"""Who a person is just now: which membership, and which account in a demonstration."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from municipalities.access import DEMO_DOMAIN, SESSION_KEY, memberships_of
from municipalities.models import User
from municipalities.site import next_page

DEMO_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_POST
def membership_switch(request: HttpRequest) -> HttpResponse:
    """Act through another of the person's memberships from now on."""
    chosen = request.POST.get("membership", "")
    for membership in memberships_of(request.user):
        if str(membership.pk) == chosen:
            request.session[SESSION_KEY] = membership.pk
            return redirect(next_page(request))
    raise Http404


@login_not_required
@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """Sign in as a demo account. Exists in demo mode alone."""
    if not settings.DEMO_MODE:
        raise Http404
    user = get_object_or_404(
        User,
        email=request.POST.get("email", ""),
        email__endswith=DEMO_DOMAIN,
        is_active=True,
    )
    login(request, user, backend=DEMO_BACKEND)
    return redirect(next_page(request))
