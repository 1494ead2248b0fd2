"""An overview's groups and rows as they were typed, taken apart to be moved.

So that rows move, and new ones come, without a script: what is typed is read from what the
browser sent, obeys a button, and is written as the browser would send it again.
"""

import re
from dataclasses import dataclass, field

from django.http import QueryDict

from municipalities.numbers import row_id

GROUPS = "groups"
MOST_GROUPS = 20
MOST_ROWS = 200

COUNTS = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
FIELD = re.compile(r"(?P<index>\d{1,4})-(?P<name>[a-zA-Z_]+)\Z")

Typed = dict[str, str]


@dataclass
class TypedGroup:
    """A group as it was typed, and its rows."""

    fields: Typed = field(default_factory=dict)
    rows: list[Typed] = field(default_factory=list)


@dataclass
class Typing:
    """What was typed on the page, taken apart."""

    groups: list[TypedGroup]

    @classmethod
    def read(cls, data: QueryDict) -> "Typing":
        """Take apart what a browser sent."""
        groups = [
            TypedGroup(fields, rows_at(data, f"{GROUPS}-{index}-rows", MOST_ROWS))
            for index, fields in enumerate(rows_at(data, GROUPS, MOST_GROUPS))
        ]
        return cls(groups)

    def add_group(self) -> None:
        """Add an empty group last."""
        if len(self.groups) < MOST_GROUPS:
            self.groups.append(TypedGroup())

    def add_row(self, group: int) -> None:
        """Add an empty row last in a group."""
        if group < len(self.groups) and len(self.groups[group].rows) < MOST_ROWS:
            self.groups[group].rows.append({})

    def move_group(self, group: int, step: int) -> None:
        """Let a group change places with the one above or below."""
        other = group + step
        if 0 <= group < len(self.groups) and 0 <= other < len(self.groups):
            groups = self.groups
            groups[group], groups[other] = groups[other], groups[group]

    def move_row(self, group: int, row: int, step: int) -> None:
        """Let a row change places with its neighbour, or go over to the next group."""
        if not (0 <= group < len(self.groups) and 0 <= row < len(self.groups[group].rows)):
            return
        rows = self.groups[group].rows
        other = row + step
        if 0 <= other < len(rows):
            rows[row], rows[other] = rows[other], rows[row]
        elif 0 <= group + step < len(self.groups):
            moved = rows.pop(row)
            beside = self.groups[group + step].rows
            beside.insert(len(beside) if step < 0 else 0, moved)

    def obey(self, order: str) -> None:
        """Do what a button says: ``row 0 3 -1``, ``group 1 1`` or ``add 0``."""
        words = order.split()
        numbers = [-1 if word == "-1" else row_id(word) for word in words[1:]]
        match words[:1], numbers:
            case ["row"], [group, row, (1 | -1) as step]:
                self.move_row(group, row, step)
            case ["group"], [group, (1 | -1) as step]:
                self.move_group(group, step)
            case ["add"], [group]:
                self.add_row(group)
            case ["add"], []:
                self.add_group()

    def write(self) -> QueryDict:
        """Put it together again."""
        data = QueryDict(mutable=True)
        write_rows(data, GROUPS, [group.fields for group in self.groups])
        for index, group in enumerate(self.groups):
            write_rows(data, f"{GROUPS}-{index}-rows", group.rows)
        return data


def rows_at(data: QueryDict, prefix: str, most: int) -> list[Typed]:
    """Return the fields of each row of a formset."""
    count = min(row_id(data.get(f"{prefix}-TOTAL_FORMS")), most)
    rows: list[Typed] = [{} for _number in range(count)]
    for key, value in data.items():
        match = FIELD.match(key.removeprefix(f"{prefix}-"))
        if key.startswith(f"{prefix}-") and match and int(match["index"]) < count:
            rows[int(match["index"])][match["name"]] = str(value)
    return rows


def write_rows(data: QueryDict, prefix: str, rows: list[Typed]) -> None:
    """Write a formset's rows under their places."""
    for name, count in zip(COUNTS, (len(rows), 0, 0, MOST_ROWS), strict=True):
        data[f"{prefix}-{name}"] = str(count)
    for index, fields in enumerate(rows):
        for name, value in fields.items():
            data[f"{prefix}-{index}-{name}"] = value
