"""What is granted, how it is split and what was decided."""

from grants.models.agreements import Agreement
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
    Deadline,
    Decision,
    Grant,
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
    "Decision",
    "Distribution",
    "DistributionComponent",
    "DistributionFixedAmount",
    "Grant",
    "KeyComponent",
    "KeyFixedAmount",
    "Purpose",
]
