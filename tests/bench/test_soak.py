"""The soak: what a few calls show, and what counts as growth."""

from __future__ import annotations

import sys

import pytest

from bench import soak
from bench.soak import Usage

MIB = 1024 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_many_calls_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    usages, outcomes = soak.soak(1000)

    assert sum(outcomes.values()) == 1000
    assert outcomes.keys() == {"goal", "NotFoundError", "ResponseTooLargeError"}
    assert not soak.has_grown(usages), usages


@pytest.mark.parametrize(
    ("last", "grown"),
    [
        (Usage(40 * MIB, 10, 9), False),
        (Usage(60 * MIB, 10, 9), True),
        (Usage(40 * MIB, 20, 9), True),
        (Usage(40 * MIB, 10, 10), True),
    ],
    ids=["nothing", "memory", "descriptors", "threads"],
)
def test_growth_is_noticed(last: Usage, grown: bool) -> None:
    assert soak.has_grown([Usage(40 * MIB, 10, 9)] * 9 + [last]) is grown
