"""How many callers the sandbox holds: all at once, each making its next call when it has the answer to the last.

    python -m bench.load [--callers N] [--seconds N]

The sandbox runs in a process of its own, the callers in this one, and both on this machine. The exit status is 1 if any
call failed, or was answered with something else than it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import itertools
import os
import re
import ssl
import statistics
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from abwire import errors
from abwire.convert_v1 import AsyncConvert
from abwire.convert_v1 import models as convert_models
from abwire.kameleoon import AsyncKameleoon, models

from scripts.tools import sandbox_process

T = TypeVar("T")
_SHOWN = 5
"""How many kinds of errors are told."""
_WEEK = models.DateInterval(
    start=datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC), end=datetime.datetime(2026, 10, 8, tzinfo=datetime.UTC)
)


@dataclass
class Outcome:
    """What the callers found.

    Attributes:
        seconds: how long it took.
        latencies: seconds of each call, by what was called.
        errors: what went wrong, and how often.
    """

    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)

    async def timed(self, name: str, call: Awaitable[T]) -> T:
        """Make a call, and take its time."""
        began = time.perf_counter()
        answer = await call
        self.latencies[name].append(time.perf_counter() - began)
        return answer


class Caller:
    """Calls both APIs over connections of its own, with objects of its own.

    Args:
        number: which caller it is.
        environment: where the sandbox is.
        outcome: where its calls are counted.
        context: for connections, which costs too much to make for each caller.
    """

    def __init__(self, number: int, environment: Mapping[str, str], outcome: Outcome, context: ssl.SSLContext) -> None:
        self._number = number
        self._outcome = outcome
        self._kameleoon = AsyncKameleoon(
            environment["KAMELEOON_CLIENT_ID"],
            environment["KAMELEOON_CLIENT_SECRET"],
            base_url=environment["KAMELEOON_BASE_URL"],
            max_retries=0,
            rate_limiter=None,
            transport=httpx.AsyncHTTPTransport(verify=context),
        )
        self._convert = AsyncConvert(
            environment["CONVERT_APPLICATION_ID"],
            environment["CONVERT_SECRET_KEY"],
            base_url=environment["CONVERT_BASE_URL"],
            max_retries=0,
            transport=httpx.AsyncHTTPTransport(verify=context),
        )

    async def run(self, end: float) -> None:
        """Call until a moment, by the monotonic clock; the first error is the last call."""
        async with self._kameleoon, self._convert:
            try:
                # Callers begin at different places, or all of them would ask for the same at the same time.
                acts = (self._goals, self._results, self._hypotheses)
                for step in itertools.count(self._number):
                    if time.monotonic() >= end:
                        return
                    await acts[step % len(acts)](step)
            except (errors.AbwireError, AssertionError) as error:
                # Whichever object it was: the same error counts as one kind.
                self._outcome.errors[re.sub(r"/\d+", "/*", f"{type(error).__name__}: {error}")] += 1

    async def _goals(self, step: int) -> None:
        """Make a goal, change it, and remove it."""
        timed, goals = self._outcome.timed, self._kameleoon.goals
        name = f"Goal {step} of caller {self._number}"
        body = models.GoalCreate(name=name, site_id=21001, type_=models.GoalType.CUSTOM, has_multiple_conversions=False)
        made = await timed("create a goal", goals.create(body))
        assert made.name == name, f"{made.name} was made, and not {name}"
        assert isinstance(made.id, int), f"{name} has no identifier"
        changed = await timed("update a goal", goals.update(made.id, models.GoalUpdate(description=name)))
        assert (changed.name, changed.description) == (name, name), f"{name} is {changed}"
        read = await timed("get a goal", goals.get(made.id))
        assert read == changed, f"{name} is {read}"
        page = await timed("list a page of goals", anext(goals.list(page=step // 3 % 2 + 1).pages()))
        assert len(page) == 20, f"a page of goals has {len(page)}"
        await timed("delete a goal", goals.delete(made.id))

    async def _results(self, step: int) -> None:
        """Ask for the results of a flag, and poll until they are there."""
        flag = 9001 + (self._number + step) % 36
        request = models.ResultsRequest(date_intervals=[_WEEK], conversion_type=models.ConversionType.CONVERTED_VISITS)
        asked = await self._outcome.timed(
            "request results", self._kameleoon.feature_flags.request_results(flag, request)
        )
        state: Any = models.PollStatus.WAITING
        while state == models.PollStatus.WAITING:
            polled = await self._outcome.timed("poll results", self._kameleoon.results.poll(data_code=asked.data_code))
            state = polled.status
        assert state == models.PollStatus.READY, f"the results of {flag} are {state}"

    async def _hypotheses(self, step: int) -> None:
        """List hypotheses, read one, and change it."""
        timed, hypotheses = self._outcome.timed, self._convert.hypotheses
        project = str(10010 + step // 3 % 3)
        found = await timed("list hypotheses", anext(hypotheses.list(project).pages()))
        assert len(found) == 27, f"project {project} has {len(found)} hypotheses"
        number = str(found[self._number % len(found)].id)
        read = await timed("get a hypothesis", hypotheses.get(project, number))
        body = convert_models.HypothesisWrite(name=read.name, objective=f"Caller {self._number}, step {step}")
        changed = await timed("update a hypothesis", hypotheses.update(project, number, body))
        assert changed.objective == body.objective, f"hypothesis {number} is {changed}"


async def run(environment: Mapping[str, str], callers: int, seconds: float) -> Outcome:
    """Have callers call a sandbox.

    Args:
        environment: where the sandbox is.
        callers: how many.
        seconds: for how long; calls that are under way then are still counted.
    """
    outcome = Outcome()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    began = time.monotonic()
    await asyncio.gather(
        *(Caller(number, environment, outcome, context).run(began + seconds) for number in range(callers))
    )
    outcome.seconds = time.monotonic() - began
    return outcome


def report(outcome: Outcome, callers: int) -> str:
    """The outcome, for people."""
    calls = sum(map(len, outcome.latencies.values()))
    head = f"{'':<20}{'calls':>9}{'median':>10}{'95 %':>10}{'99 %':>10}{'longest':>10}\n"
    every = list(itertools.chain.from_iterable(outcome.latencies.values()))
    rows = [_row(name, found) for name, found in sorted(outcome.latencies.items())] + [_row("all", every)]
    failed = sum(outcome.errors.values())
    told = [f"  {count} x {error}\n" for error, count in outcome.errors.most_common(_SHOWN)]
    return (
        f"{callers} callers, {outcome.seconds:.1f} s, {os.cpu_count()} cores for both sides: "
        f"{calls:,} calls, {calls / outcome.seconds:.0f} a second, {failed or 'no'} error{'s'[: failed != 1]}\n\n"
        + "".join([head, *rows, *told])
    )


def _row(name: str, seconds: list[float]) -> str:
    if not seconds:
        return f"{name:<20}{0:>9}\n"
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
    figures = (statistics.median(seconds), cuts[94], cuts[98], max(seconds))
    return f"{name:<20}{len(seconds):>9,}" + "".join(f"{figure * 1000:>7.0f} ms" for figure in figures) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Have many callers call the sandbox.")
    parser.add_argument("--callers", type=_from_1, default=200, help="how many, all at once (default: %(default)s)")
    parser.add_argument("--seconds", type=_from_1, default=60, help="for how long (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        with sandbox_process.running("--no-rate-limits", "--waiting-polls", "1") as sandbox, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that version 1 of Convert is superseded
            outcome = asyncio.run(run(sandbox.environment, options.callers, options.seconds))
    except RuntimeError as error:
        print(f"{error}: see the message above.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report(outcome, options.callers), end="")
    return 1 if outcome.errors else 0


def _from_1(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
