"""The linters of the workflows find nothing, and would tell if there were something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.specs.project import ROOT
from tests.workflows.files import FOLDER, program


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``make workflows`` on a copy of the workflows, with the tools of this environment."""
    settings = [f"BIN={Path(sys.executable).parent}", f"GITHUB={folder}"]
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS"}}
    return subprocess.run(
        [program("make"), "--no-print-directory", "--old-file", ".venv/.ready", "workflows", *settings],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


FAULTS = {
    "a key that does not exist": ("ci.yml", "fail-fast: false", "fail-quick: false", "fail-quick"),
    "an action by its tag": ("ci.yml", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "checkout@v7"),
    "a job without end": ("ci.yml", "    timeout-minutes: 45\n", "", "timeout-minutes"),
    "a secret": ("regenerate.yml", "GH_TOKEN: ${{ github.token }}", "GH_TOKEN: ${{ secrets.ALL }}", "secrets"),
    "a variable that the shell splits": ("api-diff.yml", 'echo "$PULL_REQUEST"', "echo $PULL_REQUEST", "SC2086"),
    "a token left behind": ("ci.yml", "persist-credentials: false", "persist-credentials: true", "artipacked"),
    "a title in a script": ("ci.yml", "run: make ci", "run: make ${{ github.head_ref }}", "github.head_ref"),
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of ``.github``."""
    return shutil.copytree(FOLDER.parent, tmp_path / ".github")


def test_the_workflows_have_no_findings(copied: Path) -> None:
    done = lint(copied)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_turns_the_linters_red(copied: Path, fault: str) -> None:
    name, good, bad, reported = FAULTS[fault]
    path = copied / "workflows" / name
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), encoding="utf-8")

    done = lint(copied)

    assert done.returncode != 0
    assert reported in done.stdout + done.stderr
