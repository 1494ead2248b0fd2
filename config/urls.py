"""Every address. The paths are Swedish, since people read them; the names are not."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("reporting.urls")),
    path("", include("municipalities.urls")),
    path("medel/", include("grants.urls")),
    path("konto/", include("allauth.urls")),
    path("sprak/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
