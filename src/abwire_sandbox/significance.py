"""Rates, and how sure it is that one differs from another."""

from __future__ import annotations

import math


def rate(count: int, total: int) -> float | None:
    """A share in percent; None of nothing."""
    return 100 * count / total if total else None


def improvement(value: float | None, reference: float | None) -> float | None:
    """The change of a rate against another, in percent; None if there is nothing to compare."""
    return 100 * (value / reference - 1) if value is not None and reference else None


def reliability(
    count: int, total: int, reference_count: int, reference_total: int, comparisons: int = 1
) -> float | None:
    """Return how sure it is that two shares differ, in percent: 100 minus the p-value of a two-proportion z-test.

    The test is two-sided, with the pooled share as the variance. With several comparisons the p-value is corrected by
    Bonferroni's method.

    Args:
        count: conversions.
        total: visits, or visitors.
        reference_count: conversions of the reference.
        reference_total: visits, or visitors, of the reference.
        comparisons: how many comparisons are made at once.

    Returns:
        None, if the test cannot be made: nobody was there, nobody or everybody converted.
    """
    if not total or not reference_total:
        return None
    pooled = (count + reference_count) / (total + reference_total)
    if not 0 < pooled < 1:
        return None
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / reference_total))
    z = (count / total - reference_count / reference_total) / deviation
    return 100 * (1 - min(1.0, comparisons * math.erfc(abs(z) / math.sqrt(2))))
