"""What the tests of the municipality's answer have in common."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

from invoices.models import Requisition
from tests.factories import make_offered

MEMO_DAY = date(2020, 5, 1)

FACTS = {
    "answer": "whole",
    "amount": "",
    "decline_reason": "",
    "use_text": "",
    "account_kind": "bankgiro",
    "account_number": "5050-1055",
    "clearing": "",
    "bic": "",
    "payment_instructions": "",
    "invoice_number": "",
    "invoice_on": "",
    "contact_name": "Kim Kontakt",
    "contact_email": "kim@kommun.example",
    "contact_phone": "08-123 45 67",
    "signatory_name": "Sam Ansvarig",
    "signatory_title": "socialchef",
}


def due(grant, days):
    """Let the grant's last day be so many days from today."""
    day = timezone.localdate() + timedelta(days=days)
    grant.deadlines.filter(kind="requisition").update(due_on=day)
    return day


def make_open(body, days=12, **facts):
    """Return a distribution that may be answered in so many days."""
    distribution = make_offered(body, **facts)
    due(distribution.grant, days)
    return distribution


def url(name, distribution):
    return reverse(f"invoices:{name}", args=[distribution.grant.pk])


def posted(client, distribution, **facts):
    """Return the fields of the form as a browser would send them."""
    page = client.get(url("answer", distribution))
    work = page.context["work"]
    hidden = {
        "seen": work.seen,
        "stamp": work.stamp,
        "version": work.offer.allocation.pk,
        "municipality": work.offer.municipality.code,
    }
    return hidden | FACTS | facts


def fill_in(client, distribution, do="review", **facts):
    """Fill in the form and press a button."""
    data = posted(client, distribution, **facts) | {"do": do}
    return client.post(url("answer", distribution), data)


def send_in(client, distribution, **facts):
    """Fill in the form, read through and send in. Return the requisition."""
    fill_in(client, distribution, **facts)
    review = client.get(url("answer_review", distribution))
    read = review.context["draft"].fingerprint
    client.post(url("answer_review", distribution), {"read": read})
    return Requisition.objects.filter(grant=distribution.grant).latest("pk")


def mistakes(response):
    """Return the form's mistakes: the codes by field."""
    return {
        field or "": [error.code for error in errors]
        for field, errors in response.context["form"].errors.as_data().items()
    }
