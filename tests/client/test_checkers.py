"""Type checkers: a program without mistakes has none, and every mistake of another is found on its line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.specs.project import ROOT

CLEAN = """
import datetime
from pathlib import Path

from abwire import UNSET, AsyncPages, File, Pages, Response, Unset, __version__, errors, limiter
from abwire.convert_v1 import Convert
from abwire.kameleoon import AsyncKameleoon, Kameleoon, models

kameleoon = Kameleoon("id", "secret", headers={"X-Team": "growth"}, rate_limiter=limiter([(5, 1)]))
Kameleoon(token="token")
Kameleoon.from_env(timeout=5)
Convert("id", "key")
goal: models.Goal = kameleoon.goals.get(3)
kameleoon.goals.create({"name": "Buy", "siteId": 1, "type": "CLICK", "hasMultipleConversions": True})
kameleoon.variations.update(3, models.VariationUpdate(name="B"))
names: list[str] = [flag.feature_key for flag in kameleoon.feature_flags.list(optional_fields=("tags",))]
raw: Response[models.Goal] = kameleoon.goals.with_raw_response.get(goal_id=3)
parsed: models.Goal = raw.parsed
kameleoon.audiences.request_global(
    site_id=1, start_date="2026-01-01", end_date=datetime.date(2026, 1, 2), analytics_level="VISIT"
)
kameleoon.images.upload(3, {"image-to-upload": Path("a.png")})
pages: Pages[models.Goal] = kameleoon.goals.list()
again: Kameleoon = kameleoon.with_options(headers={"X-Trace": "1"}, max_retries=0)
rows: list[dict[str, object]] = kameleoon.feature_flags.fetch_results(1, {}, progress=True).rows()
version: str = __version__
absent: Unset = UNSET
file = File(b"", "a.png")


async def run(client: AsyncKameleoon) -> models.Goal:
    found: AsyncPages[models.Goal] = client.goals.list()
    whole: Response[models.Goal] = await client.goals.with_raw_response.get(3)
    try:
        return await client.goals.get(whole.status_code)
    except errors.NotFoundError as error:
        print(error.status_code, found)
        raise
"""
MISTAKES = """
from abwire import Fil  # wrong
import abwire
from abwire.kameleoon import Kameleoon, models

kameleoon = Kameleoon(token="token")
print(abwire.errors.NotFound)  # wrong
print(models.GoalCrate)  # wrong
Kameleoon("id")  # wrong
Kameleoon(client_id="id", token="token")  # wrong
Kameleoon()  # wrong
Kameleoon(token=5)  # wrong
kameleoon.goal  # wrong
kameleoon.goals.fetch(3)  # wrong
kameleoon.goals.get("three")  # wrong
kameleoon.goals.get()  # wrong
kameleoon.goals.get(3, 4)  # wrong
kameleoon.goals.get(3).nam  # wrong
kameleoon.goals.create(5)  # wrong
kameleoon.goals.list(pages=3)  # wrong
kameleoon.goals.list(sort="name").count  # wrong
kameleoon.goals.with_raw_response.get("three")  # wrong
kameleoon.goals.with_raw_response.get(3).parsed.nam  # wrong
kameleoon.with_options(retries=3)  # wrong
models.GoalCreate(name="n")  # wrong
models.GoalCreate(name="n", site_id=1, type_=models.GoalType.CLICKS)  # wrong
"""


def mypy(program: Path) -> set[int]:
    """The lines on which mypy finds something."""
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(program)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return {int(line) for line in re.findall(rf"{re.escape(program.name)}:(\d+): error", ran.stdout)}


def pyright(program: Path) -> set[int]:
    """The lines on which pyright finds something."""
    settings = {"extraPaths": [str(ROOT / "generated"), str(ROOT / "src")], "venvPath": str(ROOT), "venv": ".venv"}
    (program.parent / "pyrightconfig.json").write_text(json.dumps({"include": [program.name], **settings}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--project", str(program.parent)]
    ran = subprocess.run(command, cwd=program.parent, capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout)["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1 for one in found if one["severity"] == "error"}


@pytest.mark.parametrize("check", [mypy, pyright])
def test_checkers_find_every_mistake_and_nothing_else(tmp_path: Path, check: Callable[[Path], set[int]]) -> None:
    program = tmp_path / "program.py"
    program.write_text(CLEAN + MISTAKES, encoding="utf-8")
    lines = program.read_text(encoding="utf-8").splitlines()

    assert check(program) == {number for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
