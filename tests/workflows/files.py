"""The workflows as data."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

from scripts.specs import documents
from scripts.specs.project import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.iterdir())
WORKFLOWS = {path.name: documents.load(path, keep_comments=False) for path in FILES}
JOBS = {(name, job): content for name, workflow in WORKFLOWS.items() for job, content in workflow["jobs"].items()}


def steps(name: str, job: str) -> Iterator[dict[str, Any]]:
    """The steps of a job."""
    yield from JOBS[name, job]["steps"]


def script(name: str, job: str, step: str) -> str:
    """The shell script of a step."""
    (found,) = (one["run"] for one in steps(name, job) if one.get("name") == step)
    assert isinstance(found, str)
    return found


def program(name: str) -> str:
    """Where a program is."""
    found = shutil.which(name)
    assert found is not None
    return found
