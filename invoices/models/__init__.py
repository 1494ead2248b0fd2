"""Claims and payments: what municipalities ask for and what they get."""

from invoices.models.payments import (
    FundsReceived,
    PaidCarryOver,
    Payment,
    PaymentBatch,
    PayoutSettings,
)
from invoices.models.requisitions import (
    STANDING,
    AccountKind,
    AnsweredDistribution,
    Attachment,
    IncomingInvoice,
    PlannedUse,
    Requisition,
    Step,
)

__all__ = [
    "STANDING",
    "AccountKind",
    "AnsweredDistribution",
    "Attachment",
    "FundsReceived",
    "IncomingInvoice",
    "PaidCarryOver",
    "Payment",
    "PaymentBatch",
    "PayoutSettings",
    "PlannedUse",
    "Requisition",
    "Step",
]
