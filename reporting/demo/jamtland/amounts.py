"""How the document writes amounts, and whose money it is."""

from grants.models import BudgetLine

REGION, COMMON = BudgetLine.Side.REGION, BudgetLine.Side.COMMON


def million(amount: str) -> int:
    """Return kronor from millions as the document writes them.

    >>> million("71,90"), million("16"), million("0,188")
    (71900000, 16000000, 188000)
    """
    whole, _comma, decimals = amount.partition(",")
    return int(whole) * 1_000_000 + int(decimals.ljust(6, "0"))
