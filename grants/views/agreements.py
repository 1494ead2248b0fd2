"""Pages being built."""
from django.http import HttpResponse
from django.views import View
from municipalities.access import Capability, requires, staff_view

@staff_view(Capability.VIEW)
class AgreementList(View):
    def get(self, request):
        return HttpResponse("")

@requires(Capability.VIEW)
def agreement_create(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def agreement_detail(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def agreement_edit(request, **kwargs):
    return HttpResponse("")

@requires(Capability.VIEW)
def agreement_delete(request, **kwargs):
    return HttpResponse("")
