"""A form's field as HTML: label, help, error and input, told to screen readers.

Made in Python, since a form is ten or twenty of them: it is what
``municipalities/field.html`` writes, which templates include where they want it otherwise.
"""

from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _


def control(field: BoundField) -> SafeString:
    """Return the field's input, dressed; a date gets the browser's own picker."""
    widget = field.field.widget
    widget.attrs.pop("placeholder", None)  # the label says it, and stays
    if isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    classes = {"ds-input", *str(widget.attrs.get("class", "")).split()}
    return field.as_widget(attrs={"class": " ".join(sorted(classes))})


def choices(field: BoundField) -> list[BoundWidget]:
    """Return the field's buttons or boxes, dressed."""
    options = list(field.subwidgets)
    for option in options:
        option.data["attrs"]["class"] = "ds-input"
    return options


def control_kind(field: BoundField) -> str:
    """Return how the field is laid out: check, choices, file, long or line."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "long" if isinstance(widget, forms.Textarea) else "line"


def field_group(field: BoundField) -> SafeString:
    """Return the whole field."""
    kind = control_kind(field)
    if kind == "choices":
        return _choices_group(field)
    for_input = field.id_for_label
    label = format_html(
        "<label{}>{}{}</label>",
        format_html(' for="{}"', for_input) if for_input else "",
        capfirst(str(field.label)),
        "" if kind == "check" else optional(field),
    )
    parts: list[Any] = [label, help_text(field), errors(field)]
    parts.insert(0 if kind == "check" else 3, control(field))
    return format_html('<div class="field" data-kind="{}">{}</div>', kind, joined(parts))


def _choices_group(field: BoundField) -> SafeString:
    described = field.aria_describedby
    options = format_html_join(
        "",
        '<div class="choice">{}<label for="{}">{}</label></div>',
        (
            (option.tag(), option.id_for_label, option.choice_label)
            for option in choices(field)
        ),
    )
    return format_html(
        '<fieldset class="field" data-kind="choices" id="{}"{}>'
        "<legend>{}{}</legend>{}{}{}</fieldset>",
        field.auto_id,
        format_html(' aria-describedby="{}"', described) if described else "",
        capfirst(str(field.label)),
        optional(field),
        help_text(field),
        errors(field),
        options,
    )


def optional(field: BoundField) -> SafeString:
    """Return the note on a field that may be left empty."""
    if field.field.required:
        return SafeString("")
    return format_html(' <span class="field__optional">{}</span>', _("(optional)"))


def help_text(field: BoundField) -> SafeString:
    """Return the help between label and input. Ours; it may hold markup."""
    if not field.help_text:
        return SafeString("")
    return format_html(
        '<div class="field__help" id="{}_helptext">{}</div>',
        field.auto_id,
        mark_safe(field.help_text),
    )


def errors(field: BoundField) -> SafeString:
    """Return what is wrong, named so that the input refers to it."""
    found = field.errors
    if not found:
        return SafeString("")
    return format_html(
        '<div class="field__error" id="{}_error">{}</div>',
        field.auto_id,
        format_html_join("", "<p>{}</p>", ((text,) for text in found)),
    )


def joined(parts: list[Any]) -> SafeString:
    """Return the parts after each other."""
    return SafeString("".join(conditional_escape(part) for part in parts))
