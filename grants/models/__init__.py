"""What is granted, how it is split and what was decided."""

from grants.models.agreements import Agreement
from grants.models.deadlines import Deadline, DeadlineDone, GrantMessage
from grants.models.distributions import (
    Adjustment,
    Allocation,
    Distribution,
    DistributionComponent,
    DistributionFixedAmount,
)
from grants.models.grants import (
    BudgetLine,
    CarryOver,
    Decision,
    Grant,
    GrantPart,
    Purpose,
)
from grants.models.keys import (
    AllocationKey,
    ComponentKind,
    KeyComponent,
    KeyFixedAmount,
)

__all__ = [
    "Adjustment",
    "Agreement",
    "Allocation",
    "AllocationKey",
    "BudgetLine",
    "CarryOver",
    "ComponentKind",
    "Deadline",
    "DeadlineDone",
    "Decision",
    "Distribution",
    "DistributionComponent",
    "DistributionFixedAmount",
    "Grant",
    "GrantMessage",
    "GrantPart",
    "KeyComponent",
    "KeyFixedAmount",
    "Purpose",
]
