"""The examples run against the sandbox as they would against the vendors, and fail with a message, not a traceback."""

from __future__ import annotations

import csv
import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from abwire.convert_v1 import Convert
from abwire.kameleoon import Kameleoon

import abwire_sandbox
from scripts.specs.project import ROOT

EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[abwire_sandbox.Sandbox]:
    """A sandbox for all examples; they change nothing that another one reads."""
    with abwire_sandbox.serve(seed=1) as serving:
        yield serving


def run(sandbox: abwire_sandbox.Sandbox, example: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run an example; returns its exit status and what it printed."""
    assert example in EXAMPLES
    quiet = {"PYTHONWARNINGS": "ignore::DeprecationWarning", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / example, *arguments],
        env={**os.environ, **quiet, **sandbox.environment, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_results_are_shown_as_a_table_and_a_chart(sandbox: abwire_sandbox.Sandbox) -> None:
    status, output, errors = run(sandbox, "show_results.py")

    assert (status, errors) == (0, "")
    for part in ("feature flags", "Purchase confirmed", "visits", "reliability", "original", "Daily rate", "█"):
        assert part in output


def test_results_are_shown_on_a_terminal_that_knows_no_blocks(sandbox: abwire_sandbox.Sandbox) -> None:
    status, output, errors = run(sandbox, "show_results.py", PYTHONIOENCODING="latin-1")

    assert (status, errors) == (0, "")
    assert "@" in output
    assert output.isascii()


def test_hypotheses_are_shown_the_best_first(sandbox: abwire_sandbox.Sandbox) -> None:
    status, output, errors = run(sandbox, "show_hypotheses.py")

    assert (status, errors) == (0, "")
    cells = [line.split("│")[1].strip() for line in output.splitlines() if line.startswith("│")]
    scores = [float(cell) for cell in cells]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)


def test_results_are_written_as_csv(sandbox: abwire_sandbox.Sandbox) -> None:
    with Kameleoon(sandbox.client_id, sandbox.client_secret, base_url=sandbox.kameleoon_url) as kameleoon:
        flag = next(iter(kameleoon.feature_flags.list()))

    status, output, errors = run(sandbox, "results_to_csv.py", str(flag.id), "2026-11-01", "2026-11-04")

    assert (status, errors) == (0, "")
    rows = list(csv.DictReader(io.StringIO(output)))
    assert {row["breakdown"][:10] for row in rows} == {"2026-11-01", "2026-11-02", "2026-11-03"}
    assert len({row["variation"] for row in rows}) >= 2
    assert all(int(row["visits"]) >= int(row["visitors"]) > 0 for row in rows)


def test_stale_flags_are_reported_the_oldest_first(sandbox: abwire_sandbox.Sandbox) -> None:
    status, output, errors = run(sandbox, "stale_flags.py")

    assert (status, errors) == (0, "")
    *lines, summary = output.splitlines()
    assert lines
    assert summary == f"{len(lines)} flags want a clean-up."
    days = [line.split()[3] for line in lines]
    assert days == sorted(days)


def test_goals_of_both_vendors_are_compared(sandbox: abwire_sandbox.Sandbox) -> None:
    status, output, errors = run(sandbox, "audit_goals.py")

    assert (status, errors) == (0, "")
    for title in ("Only in Kameleoon: ", "Only in Convert: ", "Unused in Kameleoon: ", "Unused in Convert: "):
        assert title in output


@pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")
def test_an_audience_is_copied_to_another_project(sandbox: abwire_sandbox.Sandbox) -> None:
    with Convert(sandbox.application_id, sandbox.secret_key, base_url=sandbox.convert_url) as convert:
        source, target = (str(project.id) for project in convert.projects.list().to_list()[:2])
        audience = next(iter(convert.audiences.list(source)))
        before = {found.audience_id for found in convert.audiences.list(target)}

        status, output, errors = run(sandbox, "copy_audience.py", source, str(audience.audience_id), target)

        assert (status, errors) == (0, "")
        assert str(audience.audience_name) in output
        (copy,) = (found for found in convert.audiences.list(target) if found.audience_id not in before)
        assert (copy.audience_name, copy.firing_rule) == (audience.audience_name, audience.firing_rule)


@pytest.mark.parametrize(
    ("example", "arguments"),
    [
        ("show_results.py", ()),
        ("show_hypotheses.py", ()),
        ("results_to_csv.py", ("9001", "2026-11-01", "2026-11-02")),
        ("stale_flags.py", ()),
        ("audit_goals.py", ()),
        ("copy_audience.py", ("1", "2", "3")),
    ],
)
def test_without_a_server_there_is_a_message_and_no_traceback(
    sandbox: abwire_sandbox.Sandbox, example: str, arguments: tuple[str, ...]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        status, output, errors = run(sandbox, example, *arguments, KAMELEOON_BASE_URL=nobody, CONVERT_BASE_URL=nobody)

    assert status == 1
    assert "ApiConnectionError" in output + errors
    assert "Traceback" not in output + errors


@pytest.mark.parametrize("example", EXAMPLES)
def test_without_credentials_the_message_names_the_variables(sandbox: abwire_sandbox.Sandbox, example: str) -> None:
    empty = dict.fromkeys(sandbox.environment, "")
    arguments = {"results_to_csv.py": ("1", "2026-11-01", "2026-11-02"), "copy_audience.py": ("1", "2", "3")}

    status, output, errors = run(sandbox, example, *arguments.get(example, ()), **empty, KAMELEOON_TOKEN="")

    assert status == 1
    assert "ConfigurationError" in output + errors
    assert "_SECRET" in output + errors


@pytest.mark.parametrize(
    ("example", "arguments", "said"),
    [
        ("results_to_csv.py", (), "the following arguments are required: FLAG_ID, START, END"),
        ("results_to_csv.py", ("x", "2026-11-01", "2026-11-02"), "argument FLAG_ID: invalid int value: 'x'"),
        ("results_to_csv.py", ("1", "today", "2026-11-02"), "argument START: today is not a day such as 2026-11-01"),
        ("results_to_csv.py", ("1", "2026-11-02", "2026-11-02"), "END must be after START"),
        ("copy_audience.py", ("1", "2"), "the following arguments are required: TO_PROJECT_ID"),
        ("show_results.py", ("checkout",), "argument FLAG_ID: invalid int value: 'checkout'"),
        ("show_hypotheses.py", ("1", "2"), "unrecognized arguments: 2"),
        ("audit_goals.py", ("1", "2"), "unrecognized arguments: 2"),
    ],
)
def test_wrong_arguments_are_explained(
    sandbox: abwire_sandbox.Sandbox, example: str, arguments: tuple[str, ...], said: str
) -> None:
    status, output, errors = run(sandbox, example, *arguments)

    assert (status, output) == (2, "")
    assert f"usage: python examples/{example}" in errors
    assert errors.endswith(f"error: {said}\n")


@pytest.mark.parametrize(
    ("example", "arguments", "said"),
    [
        ("show_results.py", ("17",), "There is no such flag."),
        ("show_hypotheses.py", ("17",), "NotFoundError: POST /convert/api/v1/hypotheses/17: status 404"),
        ("show_hypotheses.py", ("..",), "ValueError: the path argument project_id must not be '..'"),
        ("results_to_csv.py", ("17", "2026-11-01", "2026-11-02"), "(there is no feature flag 17)"),
        ("audit_goals.py", ("17",), "(there is no project 17)"),
        ("audit_goals.py", ("..",), "ValueError: the path argument project_id must not be '..'"),
        ("copy_audience.py", ("10010", "17", "10011"), "(there is no audience 17)"),
        ("copy_audience.py", ("10010", "", "10011"), "ValueError: the path argument audience_id must not be ''"),
    ],
)
def test_what_is_not_there_is_named_without_a_traceback(
    sandbox: abwire_sandbox.Sandbox, example: str, arguments: tuple[str, ...], said: str
) -> None:
    status, output, errors = run(sandbox, example, *arguments)

    assert status == 1
    assert said in " ".join((output + errors).split())
    assert "Traceback" not in output + errors


@pytest.mark.parametrize("example", ["show_results.py", "stale_flags.py", "audit_goals.py"])
def test_an_address_that_is_none_is_no_traceback(sandbox: abwire_sandbox.Sandbox, example: str) -> None:
    status, output, errors = run(sandbox, example, KAMELEOON_BASE_URL="nonsense")

    assert status == 1
    assert "ConfigurationError: base_url (in the environment KAMELEOON_BASE_URL)" in " ".join((output + errors).split())
    assert "Traceback" not in output + errors
