"""docs/sandbox.md says what is so: its commands and programs run as they are written, its tables are complete."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from abwire_sandbox import __main__ as command_line
from abwire_sandbox import control, serve
from abwire_sandbox.faults import KINDS, Fault
from abwire_sandbox.seeding import seeded
from abwire_sandbox.world import World
from scripts.specs.project import ROOT
from scripts.tools import sandbox_process

PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONSOLE = [text for kind, text in BLOCKS if kind == "console"]
PROGRAMS = [(text, BLOCKS[index + 1][1]) for index, (kind, text) in enumerate(BLOCKS) if kind == "python"]
(TESTS,) = [program for program, _ in PROGRAMS if "import pytest" in program]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]
END = "--- end of "


def commands(block: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what it prints."""
    found = re.findall(r"^\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    assert "".join(f"$ {command}{printed}" for command, printed in found) == block
    return found


def named(column: int) -> set[str]:
    """What stands in code in a column of the tables."""
    return {name for row in ROWS if column < len(row) for name in re.findall(r"`([^`]+)`", row[column])}


# --- commands ---


def test_the_command_prints_what_the_page_shows() -> None:
    ((_, shown),) = commands(CONSOLE[1])

    def plain(text: str) -> str:
        text = re.sub(r"(?<=TOKEN=)[\w-]{32}", "T", re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:N", text))
        return re.sub(r"Process \d+", "Process N", text)

    with sandbox_process.running() as sandbox:
        port = sandbox.url.rpartition(":")[2]
    command = [sys.executable, "-m", "abwire_sandbox", "--port", port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in shown.splitlines()]
        process.terminate()
        assert process.stdout.read() == ""

    assert plain("".join(printed)) == plain(shown)
    assert port in printed[0]


@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="the commands of the page need curl and bash"
)
def test_the_other_commands_do_what_the_page_shows(no_proxies: None) -> None:
    steps = [step for block in CONSOLE[2:] for step in commands(block)]
    assert len(steps) > 12
    script = "".join(f"{command}echo '{END}'$?\n" for command, _ in steps)
    with serve(seed=1) as sandbox:
        environment = {**os.environ, **sandbox.environment}
        done = subprocess.run(
            ["bash", "-c", script],  # noqa: S607 - as a reader would
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    assert done.stderr == ""
    printed = re.findall(rf"(.*?){END}(\d+)\n", done.stdout, re.DOTALL)
    for (command, shown), (output, status) in zip(steps, printed, strict=True):
        assert output.removesuffix("\n") == shown.removesuffix("\n"), command
        assert status == "0", command


# --- programs ---


@pytest.mark.parametrize(("program", "shown"), [pair for pair in PROGRAMS if pair[0] != TESTS])
def test_a_program_prints_what_the_page_shows(
    program: str, shown: str, capsys: pytest.CaptureFixture[str], no_proxies: None
) -> None:
    exec(compile(program, "sandbox.md", "exec"), {"__name__": "page"})  # noqa: S102

    assert capsys.readouterr().out == shown


def test_the_tests_of_the_page_pass(tmp_path: Path, no_proxies: None) -> None:
    (tmp_path / "test_page.py").write_text(TESTS, encoding="utf-8")
    options = ["-q", "-W", "error", "--strict-markers", "-p", "abwire_sandbox.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{TESTS.count('def test_')} passed" in done.stdout, done.stdout


# --- tables ---


def test_every_option_of_the_command_and_of_the_sandbox_is_in_a_table() -> None:
    options = {action.option_strings[0] for action in command_line.parser()._actions} - {"-h"}

    assert named(0) >= options
    assert named(0) >= {field.name for field in dataclasses.fields(World)}


def test_every_fault_and_every_option_of_one_is_in_a_table() -> None:
    assert named(0) >= set(KINDS)
    assert named(0) >= {field.name for field in dataclasses.fields(Fault) if field.init}


def test_every_endpoint_is_in_a_table_with_its_methods() -> None:
    rows = {row[0].strip("`"): row[1:] for row in ROWS if row[0].startswith("`/_sandbox")}
    takes = {
        path: [method for method, text in zip(("GET", "POST", "DELETE"), cells, strict=True) if text]
        for path, cells in rows.items()
    }

    assert takes == {f"/_sandbox{path}": methods for path, methods in control.METHODS.items()}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_table_of_objects_is_right_whatever_the_seed(seed: int) -> None:
    there = seeded(seed).dump()
    counts = [
        (f"{api}.{row[column]}", row[column + 1])
        for row in ROWS
        if len(row) == 5 and re.match(r"\d+, from \d+", row[1])
        for api, column in (("kameleoon", 0), ("convert-v1", 3))
        if row[column]
    ]

    assert len(counts) == 12
    for name, text in counts:
        assert text == f"{len(there[name])}, from {next(iter(there[name]))}", name
    assert list(there["kameleoon.locks"]) == ["experiments:188003"]


def test_the_links_of_the_page_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in re.findall(r"^#+ (.+)$", PAGE, re.M)}
    links = re.findall(r"\]\(([^)]+)\)", PAGE)

    assert {link[1:] for link in links if link.startswith("#")} <= headings
    assert all((ROOT / "docs" / link).exists() for link in links if not link.startswith(("#", "https:")))
