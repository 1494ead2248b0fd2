"""How a form shows its fields: label, help, error and input, told to screen readers."""

from typing import Any

from django.forms.renderers import TemplatesSetting

from municipalities.field_markup import field_group
from municipalities.widget_markup import WRITERS


class FieldGroupRenderer(TemplatesSetting):
    """Render each field by our own template, and plain inputs without one."""

    form_template_name = "municipalities/form.html"
    formset_template_name = "municipalities/formset.html"
    field_template_name = "municipalities/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: Any = None
    ) -> str:
        """Return what the template would give."""
        if template_name == self.field_template_name and context.keys() == {"field"}:
            return field_group(context["field"])
        write = WRITERS.get(template_name)
        if write is None:
            return super().render(template_name, context, request)
        return write(context["widget"])
