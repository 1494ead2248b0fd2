"""Pages being built."""
from django.http import HttpResponse
from django.views import View
from municipalities.access import Capability, requires, staff_view

@staff_view(Capability.VIEW)
class GrantList(View):
    def get(self, request):
        return HttpResponse("")

@requires(Capability.VIEW)
def grant_create(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_copy(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_detail(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_edit(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_delete(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_purposes(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_purposes_edit(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_budget(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_budget_edit(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_deadlines(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_deadlines_edit(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_decisions(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_decisions_edit(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def grant_history(request, **kwargs):
    return HttpResponse("")
