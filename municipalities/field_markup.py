"""A form's field as HTML: label, help, error and input, told to screen readers.

Made in Python, since a form is ten or twenty of them: it is what
``municipalities/field.html`` writes, which templates include where they want it otherwise.
"""

from django import forms
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from municipalities.widget_markup import safe


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
    target = f' for="{safe(for_input)}"' if for_input else ""
    note = "" if kind == "check" else optional(field)
    label = f"<label{target}>{_name(field)}{note}</label>"
    first, last = ("", control(field)) if kind != "check" else (control(field), "")
    return SafeString(
        f'<div class="field" data-kind="{kind}">{first}{label}{help_text(field)}'
        f"{errors(field)}{last}</div>"
    )


def _name(field: BoundField) -> str:
    return str(safe(capfirst(str(field.label))))


def _choices_group(field: BoundField) -> SafeString:
    described = field.aria_describedby
    target = f' aria-describedby="{safe(described)}"' if described else ""
    options = "".join(
        f'<div class="choice">{option.tag()}<label for="{safe(option.id_for_label)}">'
        f"{safe(option.choice_label)}</label></div>"
        for option in choices(field)
    )
    return SafeString(
        f'<fieldset class="field" data-kind="choices" id="{safe(field.auto_id)}"{target}>'
        f"<legend>{_name(field)}{optional(field)}</legend>{help_text(field)}"
        f"{errors(field)}{options}</fieldset>"
    )


def optional(field: BoundField) -> str:
    """Return the note on a field that may be left empty.

    A form's ``conditional`` names the fields that some answers need: their help says when.
    """
    if field.field.required or field.name in getattr(field.form, "conditional", ()):
        return ""
    return f' <span class="field__optional">{safe(_("(optional)"))}</span>'


def help_text(field: BoundField) -> str:
    """Return the help between label and input. It may name what somebody has typed."""
    if not field.help_text:
        return ""
    target = f"{safe(field.auto_id)}_helptext"
    return f'<div class="field__help" id="{target}">{safe(field.help_text)}</div>'


def errors(field: BoundField) -> str:
    """Return what is wrong, named so that the input refers to it."""
    found = field.errors
    if not found:
        return ""
    texts = "".join(f"<p>{safe(text)}</p>" for text in found)
    return f'<div class="field__error" id="{safe(field.auto_id)}_error">{texts}</div>'
