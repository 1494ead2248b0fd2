"""Downloads of the body's files."""

import pytest

from municipalities.models import StoredFile
from tests.factories import make_body

pytestmark = pytest.mark.django_db


def keep(body):
    return StoredFile.objects.keep(
        b"a;b\n", body=body, name="folkmängd 2018.csv", content_type="text/csv"
    )


def test_download_is_the_files_own_bytes(as_handler, storsthlm):
    file = keep(storsthlm)

    response = as_handler.get(file.get_absolute_url())

    assert response.content == b"a;b\n"
    assert {
        name: response[name]
        for name in ("Content-Disposition", "ETag", "X-Content-Type-Options")
    } == {
        "Content-Disposition": "attachment; filename*=utf-8''folkm%C3%A4ngd%202018.csv",
        "ETag": f'"{file.sha256}"',
        "X-Content-Type-Options": "nosniff",
    }


def test_download_is_not_sent_twice(as_handler, storsthlm):
    file = keep(storsthlm)

    response = as_handler.get(
        file.get_absolute_url(), headers={"if-none-match": f'"{file.sha256}"'}
    )

    assert (response.status_code, response.content) == (304, b"")


def test_another_bodys_file_is_not_found(as_handler, storsthlm):
    file = keep(make_body("Region Dalarna", county="20"))

    assert as_handler.get(file.get_absolute_url()).status_code == 404
