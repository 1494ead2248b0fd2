"""Requisitions as PDFs for the archive."""

import io

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from reporting.printing import printed, to_print
from reporting.requisition_pdf import requisition_pdf
from tests.factories import make_approved, make_offered, make_requisition


@pytest.fixture
def offered(storsthlm):
    """A grant with two requisitions, one decline and nothing from the others."""
    distribution = make_offered(storsthlm)
    make_requisition(distribution, "0160")
    make_approved(distribution, "0127", invoice_number="7/20 B")
    make_requisition(distribution, "0125", amount=0)
    return distribution


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("processes", [1, 2])
def test_requisitions_are_printed_in_order_of_code(offered, processes):
    requisitions = list(to_print(offered.grant.requisitions.all()))

    documents = list(printed(requisitions, processes))

    record = offered.grant.record_number.replace("/", "")
    assert [each.name for each in documents] == [
        "0127-720_B.pdf",
        f"0160-{record}-0160.pdf",
    ]
    assert [each.pdf for each in documents] == [
        requisition_pdf(each) for each in requisitions
    ]


@pytest.mark.django_db
def test_command_writes_the_files_and_says_how_many(offered, tmp_path):
    told = io.StringIO()
    folder = tmp_path / "arkiv" / "2020"

    call_command(
        "requisition_pdfs",
        offered.grant.record_number,
        str(folder),
        "--processes=1",
        stdout=told,
    )

    files = sorted(folder.iterdir())
    assert told.getvalue() == f"2 rekvisitioner finns nu i {folder}.\n"
    assert [len(PdfReader(file).pages) for file in files] == [1, 1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["S/99/9999", "x"], "Det finns 0 medel"),
        (["{grant}", "x", "--processes=0"], "Ange minst en process."),
        (["{grant}", "/dev/null/x"], "Mappen /dev/null/x går inte att göra"),
    ],
)
def test_command_says_what_is_wrong(offered, arguments, message):
    given = [each.format(grant=offered.grant.record_number) for each in arguments]

    with pytest.raises(CommandError, match=message):
        call_command("requisition_pdfs", *given)
