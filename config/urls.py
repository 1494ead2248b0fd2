"""Every address. The paths are Swedish, since people read them; the names are not."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.urls import include, path
from django.views.defaults import page_not_found
from django.views.i18n import set_language

from municipalities.health import health

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("reporting.urls")),
    path("", include("municipalities.urls")),
    path("medel/", include("grants.urls")),
    path("", include("invoices.urls")),
    # An address is the way in: it is changed by those who let people in, never by oneself.
    path("konto/email/", page_not_found, {"exception": Http404()}, "account_email"),
    path("konto/", include("allauth.urls")),
    path("sprak/", login_not_required(set_language), name="set_language"),
    path("halsa/", health, name="health"),
    path("admin/", admin.site.urls),
]
