"""Read the files that SCB publishes, in every shape, and say what was left out.

The package is pure: it knows codes, names, periods and figures, but no database. It
yields facts and codes for problems; sentences are made by whoever shows them.

>>> source = read(b"kod;2019\\n0114;46786\\n0127;94606\\n")
>>> [(v.code, v.period, v.value) for v in source.select().values]
[('0114', '2019', 46786), ('0127', '2019', 94606)]
"""

from municipalities.scb.checks import (
    Finding,
    FindingCode,
    MunicipalityNames,
    check,
)
from municipalities.scb.detect import MAX_BYTES, read
from municipalities.scb.model import (
    SUM,
    Dimension,
    Option,
    Problem,
    ProblemCode,
    ScbError,
    Selection,
    Shape,
    Skipped,
    SkipReason,
    Subject,
    Value,
)
from municipalities.scb.periods import period, period_date
from municipalities.scb.source import Source

__all__ = [
    "MAX_BYTES",
    "SUM",
    "Dimension",
    "Finding",
    "FindingCode",
    "MunicipalityNames",
    "Option",
    "Problem",
    "ProblemCode",
    "ScbError",
    "Selection",
    "Shape",
    "SkipReason",
    "Skipped",
    "Source",
    "Subject",
    "Value",
    "check",
    "period",
    "period_date",
    "read",
]
