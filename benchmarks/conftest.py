"""Benchmarks use the tests' people and places. Times are compared within one run."""

import pytest

from tests.conftest import *  # noqa: F403


@pytest.fixture
def side_by_side():
    """Time two functions in turns and return their shortest times, in seconds.

    The machines are shared: turns let both meet the same noise, and the shortest time is
    the one with the least of it.
    """
    from time import perf_counter

    def measure(ours, other, rounds=15):
        best = {ours: float("inf"), other: float("inf")}
        for _ in range(rounds):
            for function in (ours, other):
                start = perf_counter()
                function()
                best[function] = min(best[function], perf_counter() - start)
        return best[ours], best[other]

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
