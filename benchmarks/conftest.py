"""Benchmarks use the tests' people and places. Times are compared within one run."""

from statistics import median
from time import perf_counter

import pytest

from tests.conftest import *  # noqa: F403


@pytest.fixture
def side_by_side():
    """Time two functions in turns and return what each takes in the middle, in seconds.

    The machines are shared, and their speed changes by half from one second to the next:
    in turns both meet the same, and the median forgets the moments that only one met.
    """

    def measure(ours, other, rounds=100):
        taken = {ours: [], other: []}
        for _ in range(rounds):
            for function, times in taken.items():
                start = perf_counter()
                function()
                times.append(perf_counter() - start)
        return median(taken[ours]), median(taken[other])

    return measure


@pytest.fixture
def tell(capsys):
    """Print a figure past pytest's capture, for docs/performance.md."""

    def say(text):
        with capsys.disabled():
            print(f"\n    {text}")

    return say


@pytest.fixture(autouse=True)
def templates_as_in_production(monkeypatch):
    """Take away what Django's test runner adds: it copies the context of every template."""
    from django.template.base import Template
    from django.test.utils import _TestState

    monkeypatch.setattr(Template, "_render", _TestState.saved_data.template_render)
