"""The body's own facts."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from municipalities.access import Capability, StaffRequest, requires
from municipalities.forms import BodyForm
from municipalities.history import history_page
from municipalities.models import CoordinatingBody
from municipalities.upload_limit import limit_files


@requires(Capability.VIEW)
def body_detail(request: StaffRequest) -> HttpResponse:
    """Return what the body's documents carry."""
    body = CoordinatingBody.objects.select_related("county", "logo").get(
        pk=request.organisation.pk
    )
    return render(request, "municipalities/body_detail.html", {"body": body})


@requires(Capability.ADMINISTER)
def body_update(request: StaffRequest) -> HttpResponse:
    """Change the body's facts."""
    body = CoordinatingBody.objects.get(pk=request.organisation.pk)
    form = BodyForm(request.POST or None, request.FILES or None, instance=body)
    limit_files(request, form, "new_logo")
    if form.is_valid():
        form.save()
        messages.success(request, _("The organisation's facts are saved."))
        return redirect("municipalities:body_detail")
    context = {
        "form": form,
        "page_title": _("Change the organisation's facts"),
        "cancel_url": reverse("municipalities:body_detail"),
        "body": body,
    }
    return render(request, "municipalities/body_form.html", context)


@requires(Capability.VIEW)
def body_history(request: StaffRequest) -> HttpResponse:
    """Return what happened to the body's facts."""
    return history_page(
        request,
        request.organisation,
        title=request.organisation.name,
        back_url=reverse("municipalities:body_detail"),
    )
