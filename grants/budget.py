"""A grant's budget, summed: by side, against the whole amount, and the pot."""

from collections.abc import Sequence
from dataclasses import dataclass

from grants.models import BudgetLine, CarryOver, Distribution, Grant


@dataclass(frozen=True)
class SideSum:
    """What the lines of one side sum to. Kronor."""

    side: str
    label: str
    amount: int
    undecided: int


@dataclass(frozen=True)
class Budget:
    """The lines, the carry-over and what they come to. Kronor."""

    lines: Sequence[BudgetLine]
    carry_overs: Sequence[CarryOver]
    sides: Sequence[SideSum]
    amount: int | None
    decided: Distribution | None

    @property
    def total(self) -> int:
        """What the lines sum to."""
        return sum(side.amount for side in self.sides)

    @property
    def undecided(self) -> int:
        """How many lines have no amount yet."""
        return sum(side.undecided for side in self.sides)

    @property
    def over(self) -> int:
        """By how much the lines are more than the whole amount."""
        return 0 if self.amount is None else max(0, self.total - self.amount)

    @property
    def left(self) -> int:
        """By how much the lines are less than the whole amount."""
        return 0 if self.amount is None else max(0, self.amount - self.total)

    @property
    def distributed(self) -> Sequence[BudgetLine]:
        """The lines that the key splits."""
        return [line for line in self.lines if line.is_distributed]

    @property
    def from_lines(self) -> int:
        """What the key splits of this grant's own money."""
        return sum(line.amount or 0 for line in self.distributed)

    @property
    def carried(self) -> int:
        """What is carried over from earlier grants."""
        return sum(carried.amount for carried in self.carry_overs)

    @property
    def pot(self) -> int:
        """What the key splits."""
        return self.from_lines + self.carried

    @property
    def differs_from_decided(self) -> bool:
        """Whether the decided distribution rests on another pot."""
        return self.decided is not None and self.decided.pot != self.pot


def budget_of(grant: Grant) -> Budget:
    """Return the grant's budget, in three queries."""
    lines = list(grant.budget_lines.all())
    sides = []
    for side, label in BudgetLine.Side.choices:
        own = [line for line in lines if line.side == side]
        if own:
            amounts = [line.amount for line in own]
            known = [amount for amount in amounts if amount is not None]
            sides.append(
                SideSum(str(side), str(label), sum(known), len(amounts) - len(known))
            )
    return Budget(
        lines=lines,
        carry_overs=list(grant.carry_overs.select_related("from_grant")),
        sides=sides,
        amount=grant.amount,
        decided=grant.distributions.decided().first(),
    )
