"""The command line."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from abwire.convert_v1 import Convert
from abwire.kameleoon import Kameleoon

from abwire_core.errors import ServerError
from abwire_sandbox import Sandbox
from abwire_sandbox.__main__ import main
from scripts.tools import sandbox_process
from scripts.tools.sandbox_process import Running
from tests.sandbox.callers import SyncCaller, token

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")


def running(*arguments: str) -> AbstractContextManager[Running]:
    """The sandbox in a process of its own, in which warnings are errors."""
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return sandbox_process.running(*arguments, python=["-W", "error"], stderr=subprocess.PIPE, env=environment)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_both_apis_until_a_signal(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, no_proxies: None
) -> None:
    with running() as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        with Kameleoon.from_env() as kameleoon:
            assert kameleoon.goals.get(30001).id == 30001
            with Convert.from_env() as convert:
                assert convert.projects.get("10010").id == "10010"
                sandbox.process.send_signal(number)
                assert sandbox.process.wait(10) == 0
        _, errors = sandbox.process.communicate()

    assert errors == ""


def test_a_request_that_waits_does_not_keep_it_from_ending(no_proxies: None) -> None:
    with running() as sandbox, httpx.Client(base_url=sandbox.url) as client:
        client.post(
            "/_sandbox/faults", headers=token(sandbox), json={"kind": "latency", "seconds": 60}
        ).raise_for_status()
        broken: list[httpx.RequestError] = []

        def wait() -> None:
            try:
                client.get("/kameleoon/goals", timeout=30)
            except httpx.RequestError as error:
                broken.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not httpx.get(f"{sandbox.url}/_sandbox/requests", headers=token(sandbox)).json():
            pass
        sandbox.process.terminate()
        assert sandbox.process.wait(10) == 0
        waiting.join(10)
        _, errors = sandbox.process.communicate()

    assert errors == ""
    assert len(broken) == 1


def test_it_says_what_to_export() -> None:
    with running("--seed", "7") as sandbox:
        sandbox.process.terminate()
        assert sandbox.process.wait(10) == 0
    environment = sandbox.environment

    assert environment.keys() == {
        "ABWIRE_SANDBOX_TOKEN",
        "ABWIRE_SANDBOX_URL",
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
        with running(*options) as sandbox:
            for name, value in sandbox.environment.items():
                monkeypatch.setenv(name, value)
            with Kameleoon.from_env() as kameleoon:
                numbers = [goal.id for goal in kameleoon.goals.list()]
                assert (30001 in numbers) is (attempt == 0)
                if attempt == 0:
                    kameleoon.goals.delete(30001)
            # What was done is there even if it could not end as it should.
            sandbox.process.send_signal(signal.SIGKILL if attempt == 0 else signal.SIGTERM)
            assert sandbox.process.wait(10) == (-signal.SIGKILL if attempt == 0 else 0)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line in which it says why it does not start."""
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def test_a_port_that_is_taken_is_named_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal(capsys, "--port", str(port))

    assert said.startswith(f"the sandbox cannot listen at 127.0.0.1, port {port}: ")
    assert said.endswith("; without --port it takes a free one")


def test_an_address_that_is_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, "--host", "256.1.1.1").startswith("the sandbox cannot listen at 256.1.1.1, port 0: ")


@pytest.mark.parametrize(("option", "value"), [("page_size", "0"), ("waiting_polls", "-1")])
def test_numbers_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    said = refusal(capsys, f"--{option.replace('_', '-')}", value)

    assert said.startswith(f"the sandbox cannot start: {option} is {value}, and must be ")


def test_a_state_file_that_cannot_be_used_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(path: Path, *more: str) -> str:
        line = refusal(capsys, "--state", str(path), *more)
        assert line.startswith(f"the sandbox cannot start: {path} ")
        return line

    (tmp_path / "notes.txt").write_text("something else")
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE notes (text)")
    before = other.read_bytes()
    state = tmp_path / "state.sqlite"

    assert "cannot be used: unable to open" in said(tmp_path / "nowhere" / "state.sqlite")
    assert "is not a state of the sandbox" in said(tmp_path / "notes.txt")
    assert "it is the database of another program" in said(other)
    assert other.read_bytes() == before
    with running("--state", str(state)):
        assert "is another sandbox using it?" in said(state)
    assert "was made with seed 1, not 2; give that seed, or another file" in said(state, "--seed", "2")


@pytest.mark.parametrize("port", ["-1", "65536", "http", "²"])
def test_what_is_no_port_is_refused(capsys: pytest.CaptureFixture[str], port: str) -> None:
    with pytest.raises(SystemExit) as raised:
        main([f"--port={port}"])

    assert raised.value.code == 2
    assert f"{port} is not a port; they are from 0, for a free one, to 65535" in capsys.readouterr().err


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


# --- a program, and the sandbox only as long as it runs ---

PROGRAM = """
import os, sys
from abwire.kameleoon import Kameleoon

with Kameleoon.from_env() as kameleoon:
    print(kameleoon.goals.get(30001).name, sys.argv[1:], os.environ["NO_PROXY"])
sys.exit(int(sys.argv[1]))
"""


def ran(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    environment |= {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    command = [sys.executable, "-W", "error", "-m", "abwire_sandbox", "run", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60, **options)


def test_a_program_runs_with_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "a program.py").write_text(PROGRAM)
    done = ran("--seed", "1", "--access-log", str(tmp_path / "a program.py"), "3", "--seed", "-x")

    assert done.returncode == 3
    assert done.stdout == "Purchase confirmed ['3', '--seed', '-x'] 127.0.0.1\n"
    first, second = (line.split(" ", 1)[1] for line in done.stderr.splitlines())
    assert re.fullmatch(r"POST /kameleoon/oauth/token 200 \d+ms", first)
    assert re.fullmatch(r"GET /kameleoon/goals/30001 200 \d+ms get-goal", second)


def test_a_command_runs_with_what_it_needs() -> None:
    program = "import os; print(os.environ['KAMELEOON_CLIENT_ID'], os.environ['CONVERT_BASE_URL'])"
    done = ran("python", "-c", program)

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"sandbox-client http://127\.0\.0\.1:\d+/convert/api/v1\n", done.stdout)


@pytest.mark.parametrize(
    ("program", "status", "said"),
    [
        (["nothing-of-this-name"], 127, "nothing-of-this-name cannot be run: No such file or directory\n"),
        (["/"], 126, "/ cannot be run: Permission denied\n"),
        (["python", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], 137, ""),
    ],
)
def test_a_program_that_does_not_run_is_named(program: list[str], status: int, said: str) -> None:
    done = ran(*program)

    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


def test_without_a_program_it_says_what_it_wants() -> None:
    done = ran()

    assert done.returncode == 2
    assert "the following arguments are required: program" in done.stderr


def test_the_access_log_has_a_line_for_each_request_and_no_secret(
    sandbox: Sandbox, call: SyncCaller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "abwire_sandbox.access")
    sandbox.faults.add("status", path="/goals/30002", status=500, count=1)
    call("kameleoon.goals.list", page=2)
    with pytest.raises(ServerError):
        call("kameleoon.goals.get", 30002)
    lines = [record.getMessage() for record in caplog.records if record.name == "abwire_sandbox.access"]

    assert [re.sub(r"\d+ms", "Nms", line) for line in lines][-2:] == [
        "GET /kameleoon/goals 200 Nms get-all-goals",
        "GET /kameleoon/goals/30002 500 Nms status",
    ]
    assert sandbox.client_secret not in caplog.text
