"""Put the tables of a file together: one sheet, or several to choose between."""

from __future__ import annotations

from collections.abc import Sequence

from municipalities.scb import axes
from municipalities.scb.model import Shape, Skipped
from municipalities.scb.periods import period, split_period
from municipalities.scb.source import Axis, Source, make_source
from municipalities.scb.table import Table, all_axes


def source(
    found: Sequence[Table],
    skipped: Sequence[Skipped] = (),
    *,
    is_workbook: bool = False,
    file_name: str = "",
) -> Source:
    """Return the source of one or more tables, with their sheets as a dimension."""
    place_sheets(found)
    add_period(found, file_name)
    title = next((table.title for table in found if table.title), "")
    about = {k: v for table in reversed(found) for k, v in table.about.items()}
    content = next((words for table in found for words in table.contents), "")
    together = all_axes(found)
    if "content" in together:
        together["content"].label = "content"
    return make_source(
        shape(found, is_workbook=is_workbook),
        together,
        [table.block for table in found],
        title=title,
        source_text=about.get("source", ""),
        updated=about.get("updated", ""),
        skipped=[*skipped, *(one for table in found for one in table.skipped)],
        content=content,
    )


def place_sheets(found: Sequence[Table]) -> None:
    """Let the sheets be what their names say: sexes, years, or just sheets."""
    if len(found) < 2:
        return
    names = [table.block.sheet for table in found]
    kinds = {axes.option_kind(name) for name in names if not axes.is_total(name)}
    key = kinds.pop() if len(kinds) == 1 else "sheet"
    if not key or any(key in table.axes for table in found):
        key = "sheet"
    for table, name in zip(found, names, strict=True):
        option = (period(name) or name) if key == "period" else name
        table.block.at = {**table.block.at, key: option}
        table.axes[key] = Axis(key, {option: option})


def add_period(found: Sequence[Table], file_name: str) -> None:
    """Give tables without a period the one in their title, or in the file's name."""
    if any("period" in table.axes for table in found):
        return
    for table in found:
        known = table.period or split_period(file_name.replace("_", " "))[0]
        if known:
            table.block.at = {**table.block.at, "period": known}
            table.axes["period"] = Axis("period", {known: known})


def shape(found: Sequence[Table], *, is_workbook: bool) -> Shape:
    """Return what the file looks like, for people to recognise."""
    first = found[0]
    if not any(table.block.columns for table in found):
        return Shape.CODE_LIST
    plain = not first.stub_axes and len(first.block.columns) == 1 and len(found) == 1
    if plain and not first.joined and not first.title:
        return Shape.TWO_COLUMNS
    if "period" in first.stub_axes:
        return Shape.LONG_WORKBOOK if is_workbook else Shape.LONG_TEXT
    if not is_workbook:
        return Shape.PXWEB_TEXT
    is_web = len(found) > 1 or first.header_rows > 2 or len(first.contents) > 1
    return Shape.WEB_WORKBOOK if is_web else Shape.PXWEB_XLSX
