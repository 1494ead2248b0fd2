"""The admin's files: csv, and xlsx that is read and written without further packages."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from import_export.formats.base_formats import CSV, Format
from python_calamine import CalamineError, CalamineWorkbook
from tablib import Dataset

from municipalities.export import XLSX, to_xlsx
from municipalities.scb import archive
from municipalities.scb.model import ScbError


class Workbook(Format):  # type: ignore[misc]
    """The first sheet of a workbook, with a heading over each column."""

    def __init__(self, encoding: str | None = None) -> None:
        """Take an encoding, as all formats do; a workbook knows its own."""
        self.encoding = encoding

    def get_title(self) -> str:
        """Return what the format is called."""
        return "xlsx"

    def get_extension(self) -> str:
        """Return how the file's name ends."""
        return "xlsx"

    def get_content_type(self) -> str:
        """Return what the browser is told."""
        return XLSX

    def get_read_mode(self) -> str:
        """Read bytes."""
        return "rb"

    def is_binary(self) -> bool:
        """A workbook is bytes."""
        return True

    def can_import(self) -> bool:
        """Workbooks are read."""
        return True

    def can_export(self) -> bool:
        """Workbooks are written."""
        return True

    def create_dataset(self, in_stream: bytes) -> Dataset:
        """Return the rows of the first sheet; empty rows are passed over."""
        try:
            for name, part in archive.sheet_parts(archive.parts(in_stream)).items():
                archive.check_extent(name, part)
            with CalamineWorkbook.from_filelike(BytesIO(in_stream)) as book:
                header, *rows = book.get_sheet_by_index(0).to_python()
        except (ScbError, CalamineError, IndexError, ValueError):
            raise ValueError(_("The file is not a workbook that can be read.")) from None
        dataset = Dataset(headers=[str(name).strip() for name in header])
        for row in rows:
            cells = [_cell(value) for value in row]
            if any(cell != "" for cell in cells):
                dataset.append(cells)
        return dataset

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        """Return the rows as a workbook."""
        return to_xlsx(dataset.title or _("Rows"), dataset.headers, dataset)


def _cell(value: Any) -> Any:
    """Return a whole number as one: spreadsheets know only fractions."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


FORMATS = [Workbook, CSV]
