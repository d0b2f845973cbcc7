"""How forms look."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Fields by `{{ form.seats.as_field_group }}`: label, input, help and errors, tied together for screen readers."""

    field_template_name = "forms/field.html"
