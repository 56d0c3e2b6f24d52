"""The demo goes through; and whatever ends it, it says so in a line, and leaves no process behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from abwire_sandbox.server import TOKEN_VARIABLE
from scripts import demo
from scripts.specs.project import ROOT

PATIENCE = 30.0
TOKEN = "agreed-with-the-tests"


@dataclass
class Demo:
    """A demo in a process group of its own, whose sandbox has started."""

    process: subprocess.Popen[str]
    sandbox: int
    """The process of the sandbox."""
    control: httpx.Client
    """Speaks to the control endpoints of the sandbox."""

    def add_fault(self, **options: Any) -> None:
        """Have something go wrong."""
        self.control.post("/faults", json=options).raise_for_status()

    def wait_until(self, test: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until the sandbox has got a request."""
        end = time.monotonic() + PATIENCE
        while not any(map(test, self.control.get("/requests").json())):
            assert time.monotonic() < end, "the request does not come"
            time.sleep(0.02)

    def ended(self) -> tuple[int, str, str]:
        """Wait for the end; returns the exit status and what it printed meanwhile."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        with pytest.raises(ProcessLookupError):  # nobody is left in the group
            os.killpg(self.process.pid, 0)
        return self.process.returncode, output, errors


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Let the demo have SIGINT where a shell has it ignored, which processes inherit (one that runs tests behind)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def running(*options: str) -> Iterator[Demo]:
    """The demo as a user runs it, only without the part that needs no sandbox."""
    command = [sys.executable, "-m", "scripts.demo", "--no-generate", *options]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}
    environment |= {TOKEN_VARIABLE: TOKEN}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            found = next(filter(None, (re.search(r"is at (\S+) \(process (\d+)\)", line) for line in process.stdout)))
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with httpx.Client(base_url=f"{found[1]}/_sandbox", headers=headers, trust_env=False) as control:
                yield Demo(process, int(found[2]), control)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def is_a_poll(request: dict[str, Any]) -> bool:
    return bool(request["path"] == "/results" and request["status"] == 200)


@contextmanager
def awaiting_results() -> Iterator[Demo]:
    """A demo that shows that it waits for results, which will not come soon."""
    with running("--waiting-polls", "100000") as started:
        started.wait_until(is_a_poll)
        yield started


def test_it_goes_through_whatever_proxy_the_machine_has(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "example.org")
    handler = signal.getsignal(signal.SIGTERM)

    assert demo.main(["--no-generate"]) == 0
    assert signal.getsignal(signal.SIGTERM) == handler

    output, errors = capfd.readouterr()
    assert errors == ""
    for part in (*(title for _, title in demo.TOUR), "reliability", "Daily rate", "hypotheses, by score"):
        assert part in output
    assert output.endswith(f"{demo.NEXT}\n")
    assert re.search(r"\n {23}\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d\n", output)  # below the chart


def test_the_clients_are_used_before_they_are_regenerated(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def generated(arguments: list[str]) -> int:
        print("here come the figures")
        return status

    monkeypatch.setattr("scripts.generate.main", generated)
    for status in (0, 4):
        assert demo.main([]) == status
        output = capfd.readouterr().out
        assert output.index("hypotheses, by score") < output.index("here come the figures")
        assert (demo.NEXT in output) is (status == 0)


def test_a_sandbox_that_is_killed_while_results_are_awaited_is_the_reason_that_is_given() -> None:
    with awaiting_results() as started:
        os.kill(started.sandbox, signal.SIGKILL)
        status, output, errors = started.ended()

    assert status == 1
    assert "Traceback" not in output + errors
    assert "ApiConnectionError: GET /kameleoon/results: " in output
    assert errors == (
        "\nThe sandbox has ended in mid-demo (killed by SIGKILL), so examples/show_results.py did not get through. "
        "Start again with: make demo\n"
    )
    assert demo.TOUR[1][1] not in output


def test_a_sandbox_that_is_killed_in_the_part_on_convert_is_the_reason_that_is_given() -> None:
    with running("--waiting-polls", "0") as started:
        started.add_fault(kind="latency", api="convert-v1", path="/hypotheses/*", seconds=60)
        started.wait_until(lambda request: request["path"].startswith("/hypotheses/"))
        os.kill(started.sandbox, signal.SIGKILL)
        status, output, errors = started.ended()

    assert status == 1
    assert "Traceback" not in output + errors
    assert "Daily rate" in output
    assert re.search(r"ApiConnectionError: POST /convert/api/v1/hypotheses/\w+: no connection", output)
    assert "The sandbox has ended in mid-demo (killed by SIGKILL), so examples/show_hypotheses.py did not" in errors


def test_a_sandbox_that_ends_by_itself_is_the_reason_that_is_given() -> None:
    with awaiting_results() as started:
        os.kill(started.sandbox, signal.SIGTERM)
        status, _, errors = started.ended()

    assert status == 1
    assert "The sandbox has ended in mid-demo (with exit status 0)" in errors


def test_ctrl_c_ends_it_all_without_a_traceback() -> None:
    with awaiting_results() as started:
        os.killpg(started.process.pid, signal.SIGINT)  # as a terminal does
        status, output, errors = started.ended()

    assert status == 130
    assert errors == "\nStopped.\n"
    assert "Traceback" not in output


def test_a_signal_to_the_demo_alone_ends_it_all() -> None:
    with awaiting_results() as started:
        started.process.terminate()
        status, output, errors = started.ended()

    assert status == 128 + signal.SIGTERM
    assert errors == ""
    assert "Traceback" not in output


def test_a_sandbox_that_does_not_start_has_said_why(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert demo.main(["--no-generate", "--port", str(taken.getsockname()[1])]) == 1

    first, second = capfd.readouterr().err.strip().split("\n\n")
    assert first.startswith("the sandbox cannot listen at 127.0.0.1, port ")
    assert second == "the sandbox did not start: see the message above."


def test_an_example_that_fails_ends_the_tour(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "TOUR", (("examples/copy_audience.py", "without its arguments"), demo.TOUR[1]))

    assert demo.main(["--no-generate"]) == 2

    output, errors = capfd.readouterr()
    assert demo.TOUR[1][1] not in output
    assert errors.endswith("\n\nexamples/copy_audience.py did not get through: see the message above.\n")
