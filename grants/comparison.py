"""Compare two outcomes, municipality by municipality.

>>> before, after = {"0127": 100, "0162": 50, "0180": 7}, {"0127": 90, "0162": 50}
>>> [(change.code, change.difference) for change in changes(before, after)]
[('0127', -10), ('0180', -7)]
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Change:
    """One municipality's amounts in kronor. None where it does not take part."""

    code: str
    before: int | None
    after: int | None

    @property
    def difference(self) -> int:
        """Return by how many kronor the amount changes."""
        return (self.after or 0) - (self.before or 0)

    @property
    def share(self) -> Fraction | None:
        """Return the change as a part of what it was. None where it was nothing."""
        return Fraction(self.difference, self.before) if self.before else None


def changes(before: Mapping[str, int], after: Mapping[str, int]) -> list[Change]:
    """Return each municipality whose amount changes, in order of code."""
    return [
        Change(code, before.get(code), after.get(code))
        for code in sorted(before.keys() | after.keys())
        if before.get(code) != after.get(code)
    ]
