"""What the municipality's answer costs beside an empty page of the same project."""

import pytest
from django.test import override_settings

from benchmarks import bare
from grants.models import Purpose
from tests.factories import make_municipal_member
from tests.invoices.answers import make_open, url

pytestmark = pytest.mark.django_db


@override_settings(ROOT_URLCONF=bare.__name__)
def test_answer_against_an_empty_page(client, storsthlm, side_by_side, tell):
    client.force_login(make_municipal_member())
    distribution = make_open(storsthlm)
    for heading in ("Kompetensförsörjning", "Framtida medarbetare"):
        Purpose.objects.create(grant=distribution.grant, heading=heading)
    address = url("answer", distribution)

    def answer():
        assert b"data-answer" in client.get(address).content

    def empty():
        assert client.get("/tom-hos-kommunen/").status_code == 200

    ours, other = side_by_side(answer, empty)
    tell(
        f"answer: {1000 * ours:.1f} ms, empty page {1000 * other:.1f} ms,"
        f" {ours / other:.2f} times (limit 1.5)"
    )
    assert ours <= 1.5 * other
