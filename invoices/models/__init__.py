"""Claims and payments: what municipalities ask for and what they get."""

from invoices.models.incoming import IncomingInvoice
from invoices.models.payments import (
    FundsReceived,
    PaidCarryOver,
    Payment,
    PaymentBatch,
    PayoutSettings,
)
from invoices.models.repayments import Repayment, RepaymentReceived, ReturnToState
from invoices.models.requisitions import (
    LIVE,
    STANDING,
    AccountKind,
    AnsweredDistribution,
    Attachment,
    PlannedUse,
    Requisition,
)
from invoices.models.settlements import Settlement
from invoices.models.steps import Step

__all__ = [
    "LIVE",
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
    "Repayment",
    "RepaymentReceived",
    "Requisition",
    "ReturnToState",
    "Settlement",
    "Step",
]
