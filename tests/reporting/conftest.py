"""What the tests of reporting may ask for."""

from tests.reporting.reminding import (  # noqa: F401 (fixtures)
    blekinge,
    clock,
    county,
    server,
)
