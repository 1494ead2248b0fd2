"""Rows in and out of the admin: places and statistics."""

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import CharWidget, DateWidget, ForeignKeyWidget

from municipalities.models import County, Municipality, Statistic, StatisticValue
from municipalities.scoping import BodyScopedResource, PlainDiff


class CodeWidget(CharWidget):  # type: ignore[misc]
    """Digits that keep their zeros: a spreadsheet makes 114 of 0114."""

    def __init__(self, length: int) -> None:
        """Remember how many digits a code has."""
        super().__init__()
        self.length = length

    def clean(self, value: object, row: object = None, **kwargs: object) -> str:
        """Return the code with its zeros."""
        text = str(value or "").strip()
        return text.zfill(self.length) if text else ""


class CountyByCode(ForeignKeyWidget):  # type: ignore[misc]
    """A county, found by its code."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> object:
        """Return the county with the code."""
        return super().clean(str(value or "").zfill(2), row=row, **kwargs)


class PlaceResource(ModelResource):  # type: ignore[misc]
    """What counties and municipalities have in common."""

    class Meta:
        import_id_fields = ("code",)
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True

    def get_diff_class(self) -> type[PlainDiff]:
        """Return how the preview shows a changed row."""
        return PlainDiff


class CountyResource(PlaceResource):
    """Counties by code."""

    code = Field("code", "länskod", CodeWidget(2))
    name = Field("name", "län")

    class Meta(PlaceResource.Meta):
        model = County
        fields = ("code", "name")


class MunicipalityResource(PlaceResource):
    """Municipalities by code, with the headings of the public code lists."""

    code = Field("code", "kommunkod", CodeWidget(4))
    name = Field("name", "kommun")
    formal_name = Field("formal_name", "formellt namn")
    own_name = Field("own_name", "egen benämning")
    organisation_number = Field(
        "organisation_number", "organisationsnummer", CodeWidget(10)
    )
    county = Field("county", "länskod", CountyByCode(County, "code"))

    class Meta(PlaceResource.Meta):
        model = Municipality
        fields = (
            "code",
            "name",
            "formal_name",
            "own_name",
            "organisation_number",
            "county",
        )


class StatisticFactsResource(BodyScopedResource):
    """Statistics, one a row, without their values. Out only."""

    kind = Field("get_kind_display", "slag")
    name = Field("name", "namn")
    period = Field("period", "period")
    reference_on = Field("reference_on", "referensdatum", DateWidget())
    source = Field("source", "källa")
    file = Field("file__name", "fil")
    sha256 = Field("file__sha256", "SHA-256")

    class Meta:
        model = Statistic
        fields = ("kind", "name", "period", "reference_on", "source", "file", "sha256")


class StatisticValuesResource(BodyScopedResource):
    """Values, one a row, each with what it is of. Out only."""

    body_path = "statistic__body"
    kind = Field("statistic__get_kind_display", "slag")
    name = Field("statistic__name", "namn")
    period = Field("statistic__period", "period")
    code = Field("municipality__code", "kommunkod")
    municipality = Field("municipality__name", "kommun")
    value = Field("value", "värde")

    class Meta:
        model = StatisticValue
        fields = ("kind", "name", "period", "code", "municipality", "value")
