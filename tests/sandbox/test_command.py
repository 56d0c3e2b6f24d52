"""The command line."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from abwire.convert_v1 import Convert
from abwire.kameleoon import Kameleoon

from abwire_sandbox.__main__ import main

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The sandbox in a process of its own, and the environment that it says to export."""
    command = [sys.executable, "-W", "error", "-m", "abwire_sandbox", *arguments]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(9)]
            exported = [shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export ")]
            yield process, {line[0]: line[1] for line in exported}
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_both_apis_until_a_signal(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, no_proxies: None
) -> None:
    with running() as (process, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with Kameleoon.from_env() as kameleoon:
            assert kameleoon.goals.get(30001).id == 30001
            with Convert.from_env() as convert:
                assert convert.projects.get("10010").id == "10010"
                process.send_signal(number)
                assert process.wait(10) == 0
        _, errors = process.communicate()

    assert errors == ""


def test_it_says_what_to_export() -> None:
    with running("--seed", "7") as (process, environment):
        process.terminate()

    assert environment.keys() == {
        "KAMELEOON_BASE_URL",
        "KAMELEOON_CLIENT_ID",
        "KAMELEOON_CLIENT_SECRET",
        "CONVERT_BASE_URL",
        "CONVERT_APPLICATION_ID",
        "CONVERT_SECRET_KEY",
    }
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/kameleoon", environment["KAMELEOON_BASE_URL"])


def test_its_state_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_proxies: None) -> None:
    options = ["--state", str(tmp_path / "a state.sqlite"), "--no-rate-limits"]
    for attempt in range(2):
        with running(*options) as (process, environment):
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
            with Kameleoon.from_env() as kameleoon:
                numbers = [goal.id for goal in kameleoon.goals.list()]
                assert (30001 in numbers) is (attempt == 0)
                if attempt == 0:
                    kameleoon.goals.delete(30001)
            process.terminate()
            assert process.wait(10) == 0


def test_what_keeps_it_from_starting_is_said_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--port", str(taken.getsockname()[1])]) == 1
    assert main(["--state", str(tmp_path)]) == 1

    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("the sandbox cannot start: ")
    assert "in use" in first
    assert second.startswith("the sandbox cannot start: ")


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "abwire_sandbox.server", None)

    assert main([]) == 1
    assert "pip install 'abwire[sandbox]'" in capsys.readouterr().err


def test_it_explains_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert {"--host", "--port", "--state", "--seed"} <= set(re.findall("--[a-z]+", capsys.readouterr().out))
