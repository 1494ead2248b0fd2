"""What is wrong with a workbook that is read back, in words people can act on."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from municipalities.scb_messages import place
from reporting.report_sheet import UploadError

SENTENCES: Final[Mapping[str, Promise]] = {
    # The file
    "empty_file": _("The file is empty."),
    "too_large": _(
        "The file is larger than %(found)s MB. Take away pictures and the like."
    ),
    "is_pdf": _("The file is a PDF. Choose the Excel file that you filled in."),
    "is_picture": _("The file is a picture. Choose the Excel file that you filled in."),
    "is_document": _(
        "The file is a document of Word or PowerPoint. Choose the Excel file that you "
        "filled in."
    ),
    "is_web_page": _(
        "The file is a web page, whatever its name says. Open it in Excel and save it as "
        "xlsx."
    ),
    "is_archive": _(
        "The file is packed (zip). Unpack it, and choose the Excel file in it."
    ),
    "not_a_workbook": _("The file is not a workbook. Save it as xlsx in Excel."),
    "broken_file": _(
        "The file is damaged or not complete. Open it in Excel, save it anew and choose it "
        "again."
    ),
    "zip_bomb": _(
        "The file swells so much when it is unpacked that it has not been opened. "
        "Download the form anew, and copy your answers into it."
    ),
    "encrypted": _("The file is locked by a password. Save it without the password."),
    "macros": _("The file holds macros. Save it as xlsx, without macros."),
    "doctype": _(
        "The file holds a document type, which a workbook has no use for. Save it anew in "
        "Excel."
    ),
    "too_many_sheets": _("The file has more than %(found)s sheets. Take away your own."),
    "too_many_rows": _("The sheet has more than %(found)s rows. Take away your own."),
    "too_many_columns": _("The sheet has more than %(found)s columns. Take away your own."),
    "too_many_cells": _("The file has far too many cells. Take away your own sheets."),
    "encoding": _(
        "The file holds characters that cannot be read. Save it as xlsx, or as csv in "
        "UTF-8."
    ),
    "csv_separator": _(
        "The columns cannot be told apart. Save the file with semicolons, or as xlsx."
    ),
    "csv_quote": _(
        "A quotation mark is never closed, or stands in the middle of an answer. Save the "
        "file as xlsx instead."
    ),
    # Whose it is
    "not_ours": _(
        "This is not the form that you downloaded here. Download it, fill it in and choose "
        "it."
    ),
    "only_instructions": _(
        "The file holds the instructions alone. The sheets to fill in are gone. Download "
        "the form anew."
    ),
    "other_municipality": _(
        "The file is another municipality's, with the code %(found)s. You act for another."
    ),
    "other_round": _("The file belongs to another report. Choose the file of this one."),
    "other_form": _(
        "The file was made from an earlier version of the form. Download it anew, and copy "
        "your answers into it."
    ),
    "section_unknown": _("The file has a section that the form lacks: %(found)s."),
    "section_twice": _(
        "The section is in the file twice, as when a sheet is copied. Take away one of "
        "the sheets."
    ),
    # What the sheet has lost
    "first_row_lacking": _(
        "The hidden first row is gone, which says what the sheet is. Download the form "
        "anew, and copy your answers into it."
    ),
    "keys_lacking": _(
        "The hidden first column is gone, which says what each row answers. Download the "
        "form anew, and copy your answers into it."
    ),
    "columns_lacking": _(
        "The marks of the columns to answer in are gone from the hidden first row. "
        "Download the form anew, and copy your answers into it."
    ),
    "column_lacking": _(
        "A column to answer in is gone. Download the form anew, and copy your answers into "
        "it."
    ),
    "key_lacking": _(
        "“%(found)s” stands in a row where nothing is asked, so it would be lost. Move it "
        "to a yellow cell, or take it away."
    ),
    "key_unknown": _(
        "The hidden key of the row has been changed to “%(found)s”. Download the form "
        "anew, and copy your answers into it."
    ),
    "key_twice": _(
        "The row is a copy: its question stands in the sheet twice. Take away one of the "
        "rows."
    ),
    # An amount
    "not_whole": _("“%(found)s” is not a whole amount. Write digits alone."),
    "decimals": _("“%(found)s” is not whole. Round it to whole kronor."),
    "unclear": _(
        "“%(found)s” can be read as thousands and as decimals. Write digits alone."
    ),
    "percent": _("“%(found)s” is per cent. Write the amount in kronor."),
    "negative": _("%(found)s is below zero, which an amount cannot be."),
    "amount_too_large": _("%(found)s is larger than can be right."),
    "date": _("“%(found)s” is a date. Write the amount in digits."),
    "boolean": _("“%(found)s” is no amount. Write it in digits."),
    # A cell
    "formula_error": _(
        "The formula cannot be counted: %(found)s. Write the answer itself."
    ),
    "formula_uncounted": _(
        "The formula %(found)s has no answer in the file. Open it in Excel, save it and "
        "choose it again."
    ),
    "not_an_option": _("“%(found)s” is none of the answers. Choose one in the list."),
    "state_unknown": _(
        "“%(found)s” does not say how the activity stands. Choose in the list."
    ),
    "purpose_unknown": _("“%(found)s” is none of the purposes. Choose one in the list."),
    "activity_lacks_text": _("Write what the activity is, or empty the whole row."),
    "too_long": _("The text is longer than 20 000 characters. Shorten it."),
    "merged": _(
        "The cell is merged with another that is to be answered. Unmerge them, and answer "
        "each."
    ),
    # On the way
    "upload_long": _("The file changes more text than can be read at once. Read in less."),
    "upload_old": _(
        "It is too long since the file was read, or it was about another report. Read it "
        "in again."
    ),
}
NOTHING: Final = pgettext_lazy("cell", "nothing")


def sentence(error: UploadError) -> str:
    """Return what is wrong, and where.

    >>> from django.utils import translation
    >>> with translation.override("en"):
    ...     sentence(UploadError("decimals", "Medel", 7, "C", "12,5"))
    'Sheet Medel, cell C7: “12,5” is not whole. Round it to whole kronor.'
    """
    text = str(SENTENCES[error.code]) % {"found": error.found or NOTHING}
    where = place(error.sheet, error.row, error.column)
    return f"{where}: {text}" if where else text
