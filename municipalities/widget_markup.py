"""The plain inputs of forms as HTML, made in Python: what Django's own templates write.

A select of 290 municipalities is 580 templates otherwise. Each function takes a widget's
``get_context()["widget"]``.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.safestring import SafeString


def safe(value: Any) -> Any:
    """Return a text as HTML: escaped, unless it is HTML already.

    As ``conditional_escape``, which looks each text through for lazy ones once more.

    >>> safe("a < b"), safe(SafeString("<br>")), safe(3)
    ('a &lt; b', '<br>', '3')
    """
    if isinstance(value, Promise):
        value = str(value)
    return value.__html__() if hasattr(value, "__html__") else escape(str(value))


def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """Return the attributes; one that is true stands without a value.

    >>> attributes({"id": "a", "required": True, "disabled": False, "max": 3})
    ' id="a" required max="3"'
    """
    written = (
        f" {safe(name)}" if value is True else f' {safe(name)}="{safe(value)}"'
        for name, value in attrs.items()
        if value is not False
    )
    return SafeString("".join(written))


def input_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return an input on one line."""
    value = widget["value"]
    has = "" if value is None else f' value="{safe(value)}"'
    return SafeString(
        f'<input type="{safe(widget["type"])}" name="{safe(widget["name"])}"{has}'
        f"{attributes(widget['attrs'])}>"
    )


def select_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return a select with its options, in their groups."""
    written = []
    for name, options, _place in widget["optgroups"]:
        inside = "".join(_option(option) for option in options)
        if name:
            inside = f'<optgroup label="{safe(name)}">{inside}</optgroup>'
        written.append(inside)
    return SafeString(
        f'<select name="{safe(widget["name"])}"{attributes(widget["attrs"])}>'
        f"{''.join(written)}</select>"
    )


def _option(option: Mapping[str, Any]) -> str:
    value = safe(str(option["value"]))
    label = safe(localize(option["label"]))
    return f'<option value="{value}"{attributes(option["attrs"])}>{label}</option>'


def textarea_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return an input for several lines. Browsers pass over the first line break."""
    return SafeString(
        f'<textarea name="{safe(widget["name"])}"{attributes(widget["attrs"])}>\n'
        f"{safe(widget['value'] or '')}</textarea>"
    )


def option_tag(widget: Mapping[str, Any]) -> SafeString:
    """Return one button or box of several, within its label where the page wants it."""
    tag = input_tag(widget)
    if not widget.get("wrap_label"):
        return tag
    target = widget["attrs"].get("id")
    where = f' for="{safe(target)}"' if target else ""
    return SafeString(f"<label{where}>{tag} {safe(widget['label'])}</label>")


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
