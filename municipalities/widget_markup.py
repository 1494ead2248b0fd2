"""The plain inputs of forms as HTML, made in Python: what Django's own templates write.

A select of 290 municipalities is 580 templates otherwise. Each function takes a widget's
``get_context()["widget"]``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString


def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """Return the attributes; one that is true stands without a value.

    >>> attributes({"id": "a", "required": True, "disabled": False, "max": 3})
    ' id="a" required max="3"'
    """
    written = (
        format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)
        for name, value in attrs.items()
        if value is not False
    )
    return SafeString("".join(written))


def input_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return an input on one line."""
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        SafeString("") if value is None else format_html(' value="{}"', value),
        attributes(widget["attrs"]),
    )


def select_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return a select with its options, in their groups."""
    written = []
    for name, options, _place in widget["optgroups"]:
        inside = "".join(_option(option) for option in options)
        if name:
            label = conditional_escape(name)
            inside = f'<optgroup label="{label}">{inside}</optgroup>'
        written.append(inside)
    return format_html(
        '<select name="{}"{}>{}</select>',
        widget["name"],
        attributes(widget["attrs"]),
        SafeString("".join(written)),
    )


def _option(option: Mapping[str, Any]) -> str:
    value = conditional_escape(str(option["value"]))
    label = conditional_escape(localize(option["label"]))
    return f'<option value="{value}"{attributes(option["attrs"])}>{label}</option>'


def textarea_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return an input for several lines. Browsers pass over the first line break."""
    return format_html(
        '<textarea name="{}"{}>\n{}</textarea>',
        widget["name"],
        attributes(widget["attrs"]),
        widget["value"] or "",
    )


def option_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return one button or box of several, within its label where the page wants it."""
    tag = input_tag(widget)
    if not widget.get("wrap_label"):
        return tag
    target = widget["attrs"].get("id")
    where = format_html(' for="{}"', target) if target else ""
    return format_html("<label{}>{} {}</label>", where, tag, widget["label"])


WRITERS: dict[str, Callable[[Mapping[str, Any]], SafeString]] = {
    f"django/forms/widgets/{kind}.html": input_tag
    for kind in ("checkbox", "date", "email", "hidden", "input", "number", "text")
} | {
    "django/forms/widgets/checkbox_option.html": option_tag,
    "django/forms/widgets/radio_option.html": option_tag,
    "django/forms/widgets/select.html": select_tag,
    "django/forms/widgets/textarea.html": textarea_tag,
}
"""What writes each of Django's templates."""
