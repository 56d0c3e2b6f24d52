"""The load: it counts what callers do, and any error of the sandbox is an error of the load."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import pytest

from abwire_sandbox import serve
from bench import load

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

CALLS = {
    "create a goal",
    "delete a goal",
    "get a goal",
    "get a hypothesis",
    "list a page of goals",
    "list hypotheses",
    "poll results",
    "request results",
    "update a goal",
    "update a hypothesis",
}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_the_sandbox_holds_some_callers_without_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert load.main(["--callers", "8", "--seconds", "2"]) == 0

    head, _, *rows = filter(None, capsys.readouterr().out.splitlines())
    counts = {
        found[1]: int(found[2].replace(",", "")) for row in rows if (found := re.match(r"(.{20}) *([\d,]+) ", row))
    }
    counts = {name.strip(): count for name, count in counts.items()}
    total = counts.pop("all")
    assert re.fullmatch(
        rf"8 callers, \d+\.\d s, \d+ cores for both sides: {total:,} calls, \d+ a second, no errors", head
    )
    assert counts.keys() == CALLS
    assert sum(counts.values()) == total
    assert counts["create a goal"] == counts["delete a goal"]


def test_an_error_of_the_sandbox_is_told_and_ends_its_caller() -> None:
    with serve(rate_limits=()) as sandbox:
        sandbox.faults.add("status", method="PATCH", path="/goals/*", status=500, message="out of order")
        outcome = asyncio.run(load.run(sandbox.environment, 3, 60))

    error = "ServerError: PATCH /kameleoon/goals/*: status 500 (out of order)"
    assert outcome.errors == {error: 3}
    assert len(outcome.latencies["create a goal"]) == 3
    assert "update a goal" not in outcome.latencies
    assert "3 errors\n" in load.report(outcome, 3)
    assert f"  3 x {error}\n" in load.report(outcome, 3)


def test_a_wrong_answer_is_an_error() -> None:
    with serve(rate_limits=(), page_size=7) as sandbox:
        outcome = asyncio.run(load.run(sandbox.environment, 1, 60))

    assert outcome.errors == {"AssertionError: a page of goals has 7": 1}


def test_a_sandbox_that_is_gone_ends_the_load_at_once() -> None:
    with serve() as sandbox:
        environment = sandbox.environment
    outcome = asyncio.run(load.run(environment, 4, 60))

    assert outcome.errors.total() == 4
    assert outcome.seconds < 30
    assert "4 errors\n" in load.report(outcome, 4)


def test_the_report_has_figures_of_every_kind_of_call() -> None:
    latencies = {"a": [number / 1000 for number in range(1, 101)], "b": [0.5]}

    lines = load.report(load.Outcome(10.0, latencies, Counter(["oh"])), 7).splitlines()

    assert lines[0].startswith("7 callers, 10.0 s, ")
    assert lines[0].endswith(": 101 calls, 10 a second, 1 error")
    assert lines[2].split() == ["calls", "median", "95", "%", "99", "%", "longest"]
    assert [line.split() for line in lines[3:5]] == [
        ["a", "100", "50", "ms", "96", "ms", "100", "ms", "100", "ms"],
        ["b", "1", *["500", "ms"] * 4],
    ]
    assert lines[-1] == "  1 x oh"


@pytest.mark.parametrize("options", [["--callers", "0"], ["--seconds", "-1"], ["--callers", "many"]])
def test_numbers_that_make_no_sense_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load.main(options)
    assert f"argument {options[0]}: " in capsys.readouterr().err
