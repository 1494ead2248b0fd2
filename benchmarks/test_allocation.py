"""Splitting between every municipality by five components."""

from fractions import Fraction

from grants.allocation import (
    GuaranteedBase,
    Rounding,
    TopSlice,
    WeightedStatistic,
    allocate,
)


def test_allocation_over_290_municipalities_and_five_components(benchmark, tell):
    codes = [f"{number:04}" for number in range(100, 390)]
    key = [
        TopSlice(4),
        GuaranteedBase(100_000),
        *(
            WeightedStatistic(
                Fraction(weight),
                {code: 997 * int(code) * weight % 90_001 + 1 for code in codes},
            )
            for weight in (50, 30, 20)
        ),
    ]

    benchmark(allocate, 500_000_000, key, codes, Rounding.EXACT)

    tell(f"allocation, 290 × 5: {1000 * benchmark.stats['min']:.2f} ms (limit 5 ms)")
    assert benchmark.stats["min"] < 0.005
