"""How a form shows its fields: label, help, error and input, told to screen readers."""

from django.forms.renderers import TemplatesSetting


class FieldGroupRenderer(TemplatesSetting):
    """Render each field by our own template."""

    form_template_name = "municipalities/form.html"
    formset_template_name = "municipalities/formset.html"
    field_template_name = "municipalities/field.html"
