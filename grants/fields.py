"""Money: whole kronor in the database, typed as ``1 234 567 kr`` by people."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from municipalities.numbers import grouped, kronor

SPACES = re.compile(r"\s+")


class MoneyFormField(forms.IntegerField):
    """Whole kronor as people write them: 1 234 567, 1234567 kr."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": _("Write a whole number of kronor, for example 1 234 567, without öre.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("inputmode", "numeric")
        self.widget.attrs.setdefault("data-kind", "money")
        self.widget.attrs.setdefault("autocomplete", "off")

    def to_python(self, value: Any) -> int | None:
        """Return kronor, or refuse öre and letters."""
        if isinstance(value, str):
            value = SPACES.sub("", value).removesuffix("kr").removesuffix(":-")
            value = value.replace("\N{MINUS SIGN}", "-")
            if value and not re.fullmatch(r"-?[0-9]{1,15}", value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """Return what stands in the input: grouped, as people read it."""
        return grouped(value) if isinstance(value, int) else value


class MoneyField(models.BigIntegerField):  # type: ignore[type-arg]
    """Whole kronor."""

    def formfield(self, **kwargs: Any) -> Any:
        """Return the input that reads kronor as people write them."""
        kwargs.pop("min_value", None)
        kwargs.pop("max_value", None)
        return models.Field.formfield(self, **{"form_class": MoneyFormField, **kwargs})

    def in_words(self, value: int) -> str:
        """Return an amount as the history shows it."""
        return kronor(value)


class WebAddressField(models.URLField):  # type: ignore[type-arg]
    """A web address; typed without a scheme it is https, as Django 6 has it."""

    def formfield(self, **kwargs: Any) -> Any:
        """Return the input."""
        return super().formfield(**{"assume_scheme": "https", **kwargs})

    def deconstruct(self) -> Any:
        """Return it as the plain field that the column is."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs
