"""What the tests of reporting may ask for."""

from tests.reporting.reminding import clock, server  # noqa: F401 (fixtures)
