"""A field that is written in Python is the field that the template writes."""

import re

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy

from municipalities.field_markup import field_group


class Everything(forms.Form):
    """A field of each kind, with texts that must be escaped."""

    line = forms.CharField(label="<b>a & b", help_text="Se <a href='/'>hjälpen</a>.")
    number = forms.IntegerField(label=gettext_lazy("Amount"), required=False, min_value=3)
    day = forms.DateField(required=False, help_text=gettext_lazy("E-mail"))
    mail = forms.EmailField(widget=forms.EmailInput(attrs={"placeholder": "x"}))
    long = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    tick = forms.BooleanField(label="Ja & nej", required=False, help_text="Kryssa")
    pick = forms.ChoiceField(choices=[("", "–"), ("Län", [("1", "<i>"), ("2", "två")])])
    one = forms.ChoiceField(
        choices=[("<", "Mindre <"), (">", gettext_lazy("Amount"))],
        widget=forms.RadioSelect,
        help_text="Välj",
    )
    many = forms.MultipleChoiceField(
        choices=[("1", "Ett"), ("2", "Två")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    file = forms.FileField(required=False)


WRONG = {"line": "", "number": '"2', "day": "32", "mail": "<", "pick": "3", "one": "?"}
RIGHT = {"line": 'x"<', "long": "</textarea>", "tick": "on", "pick": "1", "one": "<"}


def squeezed(html: str) -> str:
    """Return markup without the spaces that only lay out the template."""
    return re.sub(r"\s*\n\s*", "", html).strip()


@pytest.mark.parametrize("data", [None, WRONG, RIGHT])
@pytest.mark.parametrize("name", Everything.base_fields)
def test_field_is_as_the_template_writes_it(name, data):
    written = field_group(Everything(data)[name])
    template = render_to_string(
        "municipalities/field.html", {"field": Everything(data)[name]}
    )

    assert squeezed(written) == squeezed(template)


@pytest.mark.parametrize("data", [None, WRONG, RIGHT])
@pytest.mark.parametrize("name", Everything.base_fields)
def test_input_is_as_django_writes_it(name, data):
    form, plain = (
        Everything(data),
        Everything(data, renderer=forms.renderers.DjangoTemplates()),
    )

    assert squeezed(str(form[name])) == squeezed(str(plain[name]).replace(" />", ">"))
