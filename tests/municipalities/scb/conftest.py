from pathlib import Path

import pytest

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture
def shared():
    """Return the bytes of a published file, or skip where they are not at hand."""

    def content(name: str) -> bytes:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"{name} is not beside the checkout")
        return path.read_bytes()

    return content


@pytest.fixture
def population(shared):
    """Return the population register's own figures: (code, year) to inhabitants."""
    lines = shared("population_31dec_1950-2025_290.csv").decode("utf-8-sig").splitlines()
    years = lines[0].split(",")[3:]
    figures = {}
    for line in lines[1:]:
        code, _, _, *cells = line.split(",")
        figures |= {(code, year): int(n) for year, n in zip(years, cells, strict=True)}
    return figures
