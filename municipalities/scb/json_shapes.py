"""Read the two JSON shapes of SCB's interfaces: PxWeb API v1 and json-stat.

Sources: SCB, "API for the Statistical Database"; https://json-stat.org/full/ (2.0).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from municipalities.scb import axes
from municipalities.scb.cube import Side, lay_out, strides
from municipalities.scb.model import Problem, ProblemCode, ScbError, Shape
from municipalities.scb.periods import period
from municipalities.scb.regions import is_county, is_likely, region
from municipalities.scb.source import (
    MOST_CELLS,
    Axes,
    Axis,
    Block,
    Column,
    Line,
    Source,
    make_source,
)

KINDS: Final = {"time": "period", "metric": "content"}


def read(text: str) -> Source:
    """Return the table of a JSON text, whichever of the shapes it has."""
    try:
        data = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        at = {"position": error.colno}
        problem = Problem(ProblemCode.BROKEN_FILE, row=error.lineno, detail=at)
        raise ScbError(problem) from None
    except (ValueError, RecursionError):
        raise ScbError(Problem(ProblemCode.BROKEN_FILE)) from None
    try:
        return source(data)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        if isinstance(error, ScbError):
            raise
        detail = {"missing": str(error)[:80]}
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail=detail)) from None


def source(data: Any) -> Source:
    """Return the table of the data, by the keys it has."""
    if isinstance(data, dict):
        if "columns" in data and "data" in data:
            return pxweb(data)
        if data.get("class", "dataset") == "dataset" and "dimension" in data:
            return json_stat(data)
        for inner in data.values():  # json-stat 1: the table lies one level down
            if isinstance(inner, dict) and "dimension" in inner and "value" in inner:
                return json_stat(inner)
    raise ScbError(Problem(ProblemCode.NOT_A_TABLE, detail={"kind": "json"}))


def json_stat(data: Mapping[str, Any]) -> Source:
    """Return the table of json-stat, version 1 or 2."""
    dimension = data["dimension"]
    ids = data.get("id") or dimension["id"]
    sizes = [int(size) for size in data.get("size") or dimension["size"]]
    role = data.get("role") or dimension.get("role") or {}
    kinds = {name: KINDS[key] for key in KINDS for name in role.get(key, ())}
    sides = [
        Side(name, dimension[name].get("label", name), categories(dimension[name]), kind)
        for name in ids
        for kind in [kinds.get(name, "")]
    ]
    if [len(side.options) for side in sides] != sizes:
        raise ScbError(Problem(ProblemCode.BROKEN_FILE, detail={"missing": "size"}))
    found, block = lay_out(sides, cells(data, sizes))
    content = found["content"].options if "content" in found else {}
    return make_source(
        Shape.JSON_STAT,
        found,
        [block],
        title=str(data.get("label", "")),
        source_text=str(data.get("source", "")),
        updated=str(data.get("updated", "")),
        content=next(iter(content.values()), ""),
        decimal_point=True,
    )


def categories(side: Mapping[str, Any]) -> dict[str, str]:
    """Return the options in order. The index is a list, a mapping, or left out."""
    category = side["category"]
    labels = category.get("label", {})
    index = category.get("index", list(labels))
    codes = sorted(index, key=lambda c: int(index[c])) if isinstance(index, dict) else index
    return {str(code): str(labels.get(code, code)) for code in codes}


def cells(data: Mapping[str, Any], sizes: Sequence[int]) -> list[object]:
    """Return every value in order. A sparse table names only those it has."""
    values, status = data["value"], data.get("status") or {}
    whole = strides(sizes)[0] * sizes[0]
    if whole > MOST_CELLS:
        detail = {"cells": whole, "limit": MOST_CELLS}
        raise ScbError(Problem(ProblemCode.TOO_LARGE, detail=detail))
    if isinstance(values, list):
        flat: list[object] = list(values)
    else:
        flat = [None] * whole
        for place, value in values.items():
            flat[int(place)] = value
    if isinstance(status, dict):
        for place, mark in status.items():
            if flat[int(place)] is None:
                flat[int(place)] = mark
    return flat


def pxweb(data: Mapping[str, Any]) -> Source:
    """Return the table of PxWeb API v1: a row of keys, then a row of values."""
    columns = data["columns"]
    keyed = [c for c in columns if c.get("type") != "c"]
    contents = {
        c["code"]: c.get("text", c["code"]) for c in columns if c.get("type") == "c"
    }
    rows = data["data"]
    if not rows or not contents:
        raise ScbError(Problem(ProblemCode.NO_VALUES))
    place = region_place(keyed, rows)
    found: Axes = {}
    keys = []
    for n, column in enumerate(keyed):
        kind = "period" if column.get("type") == "t" else axes.kind(column["text"])
        keys.append(kind or axes.kind(column["code"]) or column["code"])
        if n != place:
            found[keys[n]] = Axis(column["text"])
    if len(contents) > 1:
        found["content"] = Axis("content", contents)
    lines = [line(row, place, keys, found) for row in rows]
    block = Block(
        [
            Column(n, "", {"content": code} if len(contents) > 1 else {})
            for n, code in enumerate(contents)
        ],
        [one for one in lines if one],
    )
    about = (data.get("metadata") or [{}])[0]
    return make_source(
        Shape.PXWEB_JSON,
        found,
        [block],
        title=str(about.get("label", "")),
        source_text=str(about.get("source", "")),
        updated=str(about.get("updated", "")),
        content=next(iter(contents.values())),
        decimal_point=True,
    )


def region_place(keyed: Sequence[Mapping[str, Any]], rows: Sequence[Any]) -> int:
    """Return which of the keys is the municipality."""
    hits = [0] * len(keyed)
    counties = 0
    for row in rows:
        for n, key in enumerate(row["key"]):
            if keyed[n].get("type") != "t" and not axes.kind(keyed[n]["text"]):
                hits[n] += is_likely(region(key))
                counties += is_county(region(key))
    if not any(hits):
        detail = {"level": "county" if counties else "none", "count": counties}
        raise ScbError(Problem(ProblemCode.NO_REGIONS, detail=detail))
    return hits.index(max(hits))


def line(row: Any, place: int, keys: Sequence[str], found: Axes) -> Line | None:
    """Return the line of a row, and note the options that it mentions."""
    where = region(row["key"][place])
    if where is None:
        return None
    at = {}
    for n, key in enumerate(row["key"]):
        if n != place:
            code = (period(key) or key) if keys[n] == "period" else key
            found[keys[n]].options.setdefault(code, code)
            at[keys[n]] = code
    return Line(where, None, at, row["values"])
