"""The page of evidence: every operation is a row, with its grades, and the counts are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts import docs
from scripts.pages import evidence
from scripts.specs.effective import build
from scripts.specs.project import ROOT, find_apis
from scripts.specs.spec import METHODS
from tests.scripts.projects import Project, files, operation, project, spec


def graded(operation_id: str, route: str, schema: str, **more: str) -> dict[str, Any]:
    """An operation that rests on something."""
    return operation(operation_id, **{"x-evidence": {"route": route, "schema": schema, "source": "a page", **more}})


@pytest.fixture
def made(tmp_path: Path) -> Project:
    """A project of one API with three operations."""
    paths = {
        "/things": {
            "post": graded("create-thing", "observed", "reconstructed", note="One | client.\nNothing else."),
            "get": graded("get-all-things", "documented", "documented"),
        },
        "/things/{thingId}": {"delete": graded("delete-thing", "guessed", "documented")},
    }
    return project(tmp_path, spec(paths))


def run(made: Project, *arguments: str) -> int:
    """Run ``python -m scripts.docs docs/evidence.md`` on a project, in this process."""
    return docs.main([evidence.PAGE, "--root", str(made.root), *arguments])


def section(made: Project) -> list[str]:
    """The lines of the page from the first API on."""
    lines = (made.root / "docs" / "evidence.md").read_text(encoding="utf-8").splitlines()
    return lines[lines.index("## Mini API") :]


def test_every_operation_is_a_row_under_the_counts_of_its_api(made: Project) -> None:
    assert run(made) == 0

    assert section(made) == [
        "## Mini API",
        "",
        "3 operations, in `abwire.mini_api.api`.",
        "",
        "| Grade | Routes | Schemas |",
        "| --- | --- | --- |",
        "| documented | 1 | 2 |",
        "| observed | 1 | 0 |",
        "| reconstructed | 0 | 1 |",
        "| guessed | 1 | 0 |",
        "",
        "| Method | Path | Python name | Route | Schema | Source | What is uncertain |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| GET | `/things` | `things.get_all_things` | documented | documented | a page |  |",
        "| POST | `/things` | `things.create_thing` | observed | reconstructed | a page "
        "| One \\| client. Nothing else. |",
        "| DELETE | `/things/{thingId}` | `things.delete_thing` | guessed | documented | a page |  |",
    ]


def test_with_an_entry_class_operations_have_the_names_of_its_methods(tmp_path: Path) -> None:
    client = {"name": "Mini", "auth": "oauth", "environment": "MINI"}
    listing = {**graded("get-all-things", "observed", "observed"), "x-sdk-group": "gadgets", "x-sdk-method": "list"}
    made = project(tmp_path, spec({"/things": {"get": listing}}, **{"x-sdk-client": client}))

    assert run(made) == 0

    lines = section(made)
    assert lines[2] == "1 operations; the Python names are methods of `abwire.mini_api.Mini` and `AsyncMini`."
    assert lines[-1] == "| GET | `/things` | `gadgets.list` | observed | observed | a page |  |"


def test_names_of_methods_can_come_from_overlays(made: Project) -> None:
    client = {"name": "Mini", "auth": "oauth", "environment": "MINI"}
    names = {"x-sdk-group": "gadgets", "x-sdk-method": "remove"}
    made.write_overlay(
        "sdk-1",
        {"target": "$", "update": {"x-sdk-client": client}},
        {"target": "$.paths['/things/{thingId}'].delete", "update": names},
    )

    assert run(made) == 0

    assert section(made)[2].startswith("3 operations; the Python names are methods of `abwire.mini_api.Mini`")
    assert section(made)[-1].startswith("| DELETE | `/things/{thingId}` | `gadgets.remove` |")


@pytest.mark.parametrize(
    "client", [{"name": "mini", "auth": "oauth", "environment": "MINI"}, {"name": "Mini", "auth": "magic"}]
)
def test_an_entry_class_that_is_not_in_form_is_refused_with_its_place(
    made: Project, capsys: pytest.CaptureFixture[str], client: dict[str, str]
) -> None:
    made.write("specs/mini-api.yaml", spec(**{"x-sdk-client": client}))
    before = files(made.root)

    assert run(made) == 1

    assert capsys.readouterr().err.startswith(f"{made.spec_path}#/x-sdk-client")
    assert files(made.root) == before


def test_what_an_overlay_says_of_the_evidence_counts(made: Project) -> None:
    route = {"target": "$.paths['/things/{thingId}'].delete.x-evidence", "update": {"route": "reconstructed"}}
    made.write_overlay("fix-1", {**route, "target": "$.paths['/things/{thingId}'].delete['x-evidence']"})

    assert run(made) == 0

    assert "| guessed | 0 | 0 |" in section(made)


def test_a_second_run_and_a_check_change_nothing(made: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(made) == 0
    assert capsys.readouterr().out == "docs/evidence.md: renewed\n"
    before = files(made.root)

    assert run(made) == 0
    assert run(made, "--check") == 0

    assert capsys.readouterr() == ("", "")
    assert files(made.root) == before


@pytest.mark.parametrize("change", ["edited", "missing", "spec"])
def test_check_fails_on_a_page_that_is_out_of_date_and_writes_nothing(
    made: Project, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    assert run(made) == 0
    capsys.readouterr()
    page = made.root / "docs" / "evidence.md"
    if change == "edited":
        page.write_text(page.read_text(encoding="utf-8").replace("guessed", "documented"), encoding="utf-8")
    elif change == "missing":
        page.unlink()
    else:
        made.write("specs/mini-api.yaml", spec())
    before = files(made.root)

    assert run(made, "--check") == 1

    assert capsys.readouterr().err == f"{page} is out of date: run make generate, and commit what it changes.\n"
    assert files(made.root) == before


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"route": "seen", "schema": "documented", "source": "a page"}, "/x-evidence/route: 'seen' is not one of"),
        ({"route": "guessed", "schema": "guessed", "source": "a page"}, "/x-evidence/schema: 'guessed' is not one of"),
        ({"route": "guessed", "schema": "observed"}, "/x-evidence: the key 'source' is missing"),
        ({"route": "guessed", "schema": "observed", "source": ""}, "/x-evidence/source: must not be empty"),
        ({"route": "guessed", "schema": "observed", "source": "a", "url": "b"}, "/x-evidence/url: unknown key 'url'"),
        (None, ": the operation needs x-evidence"),
    ],
)
def test_evidence_that_says_nothing_is_refused_with_its_place(
    made: Project, capsys: pytest.CaptureFixture[str], found: dict[str, str] | None, message: str
) -> None:
    bad = operation("get-thing", **{"x-evidence": found})
    if found is None:
        del bad["x-evidence"]
    made.write("specs/mini-api.yaml", spec({"/things": {"get": bad}}))
    before = files(made.root)

    assert run(made) == 1

    assert capsys.readouterr().err.startswith(f"{made.spec_path}#/paths/~1things/get{message}")
    assert files(made.root) == before


def test_the_page_of_this_project_has_every_operation_of_every_spec() -> None:
    lines = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8").splitlines()
    for api in find_apis():
        for route, item in build(api, keep_comments=False)["paths"].items():
            for method in (method for method in METHODS if method in item):
                (row,) = [line for line in lines if line.startswith(f"| {method.upper()} | `{route}` |")]
                found = item[method]["x-evidence"]
                assert f"| {found['route']} | {found['schema']} |" in row
