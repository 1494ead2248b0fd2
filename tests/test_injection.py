"""What somebody types or sends to do harm: it is text, and takes no time to read."""

from time import process_time

import pytest
from django.core.exceptions import ValidationError
from django.forms import Form, IntegerField
from django.urls import reverse
from django.utils import timezone

from grants.fields import MoneyFormField
from grants.forms.distributions import FIXED_LINE
from grants.models import Deadline
from municipalities.export import csv_cell
from municipalities.field_markup import field_group
from municipalities.markdown import Words, placeholders, plain, render
from municipalities.typed_values import LINE, PastedLines
from tests.factories import make_grant

LONG = 20_000


def seconds(work, *args):
    started = process_time()
    work(*args)
    return process_time() - started


# Time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * LONG + ";b",
        " " * LONG + "b",
        "a -" * LONG + "x",
        "a" + ": " * LONG + "\t\tz",
        "0127" + " " * LONG + "x",
    ],
)
def test_pasted_line_of_hardly_anything_is_read_in_a_moment(text):
    assert seconds(LINE.fullmatch, text) < 1
    assert seconds(FIXED_LINE.match, text) < 1
    assert seconds(PastedLines, text, {}) < 1


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("0127 Botkyrka 94 606", ("0127", "Botkyrka", "94 606")),
        ("0127;;94606", ("0127", None, "94606")),
        ("Upplands Väsby:\t-  5", (None, "Upplands Väsby", "-  5")),
        ("Malung-Sälen −3", (None, "Malung-Sälen", "−3")),
        ("Solna", (None, "Solna", None)),
    ],
)
def test_pasted_line_is_code_name_and_value(line, parts):
    assert LINE.fullmatch(line).group("code", "name", "value") == parts


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("0127 Botkyrka 94 606 kr", ("0127", "Botkyrka", "94 606")),
        ("Upplands Väsby: 5", (None, "Upplands Väsby", "5")),
        ("Malung-Sälen -3", (None, "Malung-Sälen", "-3")),
    ],
)
def test_fixed_line_is_code_name_and_amount(line, parts):
    assert FIXED_LINE.match(line).group("code", "name", "amount") == parts


@pytest.mark.parametrize("text", ["[[" + " " * LONG, "[[a " * 5_000, "[" * LONG])
def test_text_of_brackets_is_read_in_a_moment(text):
    assert seconds(placeholders, text) < 1
    assert seconds(render, text, Words()) < 5
    assert seconds(plain, text, Words()) < 5


def test_placeholder_may_have_spaces_around_its_name():
    words = Words(facts={"sista dag": "1 maj"})

    assert placeholders("[[ sista  dag\t]] [[  ]]") == ["sista dag", ""]
    assert plain("Senast [[ Sista dag ]].", words) == "Senast 1 maj."


# Markup ----------------------------------------------------------------------------------


class Helped(Form):
    """A field whose help names what somebody has typed."""

    days = IntegerField(help_text="3 dagar före <img src=x>")


def test_help_is_text():
    assert "&lt;img src=x&gt;" in field_group(Helped()["days"])


@pytest.mark.django_db
def test_day_that_follows_another_shows_its_title_as_text(as_handler, storsthlm):
    grant = make_grant(storsthlm)
    leader = Deadline.objects.create(
        grant=grant, kind="other", title="<img src=x>", due_on=timezone.localdate()
    )
    Deadline.objects.create(
        grant=grant,
        kind="other",
        title="Följer",
        due_on=leader.due_on,
        follows=leader,
        days_before=3,
    )

    page = as_handler.get(reverse("reporting:deadline_rows", args=[grant.pk]))

    assert "före &lt;img src=x&gt;" in page.content.decode()
    assert "<img src=x>" not in page.content.decode()


# Files and numbers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
)
def test_text_in_a_file_is_no_formula(start):
    assert csv_cell(f"{start}1+1") == f"'{start}1+1"
    assert csv_cell(f"a{start}1") == f"a{start}1"


@pytest.mark.parametrize("text", ["٣", "１２３", "1e3", "9" * 16, "1_000", "0x1", "--1"])
def test_amount_is_written_in_plain_digits(text):
    field = MoneyFormField()

    with pytest.raises(ValidationError):
        field.clean(text)
    assert field.clean("1 234 kr") == 1_234
