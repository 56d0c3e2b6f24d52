"""The tables of overlays: one row for each, and nothing else of the page is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts import docs
from scripts.pages import overlay_catalogue
from scripts.pages.overlay_catalogue import END, START, necessity_tests, table
from scripts.specs.overlays import OverlayError
from scripts.specs.project import find_apis
from scripts.specs.spec import SpecError
from tests.scripts.projects import API, Project, files, project, spec

ACTION = {"target": "$.info", "update": {"version": "1.1.0"}}
DEFECT = {"id": "mini-1", "kind": "structure", "evidence": "a page"}
HEAD = (
    "| Overlay | Defect | Kind | What is wrong | What the overlay changes | Evidence | Necessity test |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
)
BEFORE, AFTER = "# Overlays\n\nSome words. \n\n\n", "\n\n## More\n\n| own | table |\n|---|---|\n  trailing "


@pytest.fixture
def made(tmp_path: Path) -> Project:
    """A project with one overlay and a page."""
    found = project(tmp_path)
    found.write_overlay("fix-1", ACTION)
    found.write("overlays/README.md", f"{BEFORE}{START}\nold\n{END}{AFTER}")
    return found


def rows(made: Project, tests: dict[str, str] | None = None) -> str:
    """The tables of a project, without tests unless they are given."""
    return table(find_apis(made.root), tests or {})


# --- rows ---


def test_an_overlay_is_a_row(made: Project) -> None:
    made.write_overlay(
        "fix-1",
        ACTION,
        info={"title": "A defect", "version": "1.0.0", "description": "Mends it."},
    )

    assert rows(made, {f"{API}/fix-1.overlay.yaml": "test_1_it_is_mended"}) == (
        f"## mini-api\n\n{HEAD}"
        "| [`fix-1`](mini-api/fix-1.overlay.yaml) | mini-1 | structure | A defect | Mends it. | a page | "
        "`test_1_it_is_mended` |\n"
    )


def test_an_overlay_without_a_description_has_an_empty_cell(made: Project) -> None:
    assert "| A defect |  | a page |" in rows(made)


def test_an_overlay_without_a_test_stands_out(made: Project) -> None:
    assert rows(made, {f"{API}/fix-2.overlay.yaml": "test_2"}).endswith("| a page | **none** |\n")


def test_a_cell_is_one_line_and_keeps_its_pipes(made: Project) -> None:
    info = {"title": "One\n  or  two", "version": "1.0.0", "description": "a | b\n| c\n"}
    made.write_overlay("fix-1", ACTION, info=info)

    assert r"| One or two | a \| b \| c | a page |" in rows(made)


def test_overlays_stand_in_the_order_of_their_names_under_their_apis(made: Project) -> None:
    made.write("specs/other.yaml", spec())
    made.write_overlay("fix-10", ACTION)
    made.write_overlay("fix-2", ACTION)

    lines = [line.split("`")[1] if line.startswith("| [") else line for line in rows(made).splitlines()]

    assert [line for line in lines if line and not line.startswith("|")] == [
        "## mini-api",
        "fix-1",
        "fix-10",
        "fix-2",
        "## other",
    ]


@pytest.mark.parametrize("key", ["id", "kind", "evidence"])
def test_an_overlay_must_say_what_it_is_for(made: Project, key: str) -> None:
    path = made.write_overlay("fix-1", ACTION, **{"x-defect": {name: DEFECT[name] for name in DEFECT if name != key}})

    with pytest.raises(OverlayError) as caught:
        rows(made)

    assert str(caught.value) == f"{path}: x-defect needs {key}: the table of overlays is made from it"


@pytest.mark.parametrize("defect", [None, "mini-1", [], {}, {**DEFECT, "id": ""}], ids=repr)
def test_an_overlay_must_say_it_in_an_object(made: Project, defect: object) -> None:
    made.write_overlay("fix-1", ACTION, **{"x-defect": defect})

    with pytest.raises(OverlayError, match="x-defect needs id"):
        rows(made)


# --- finding the tests ---


SOURCES = [
    pytest.param("@necessity('a/b.yaml')\ndef test_it(spec): ...", {"a/b.yaml": "test_it"}, id="decorated"),
    pytest.param(
        "@other\n@necessity('a/b.yaml')\n@third()\ndef test_it(spec): ...", {"a/b.yaml": "test_it"}, id="among others"
    ),
    pytest.param(
        "@necessity(\n    'a/b.yaml'\n)\nasync def test_it(spec): ...", {"a/b.yaml": "test_it"}, id="asynchronous"
    ),
    pytest.param(
        "@necessity('a/b.yaml')\ndef test_b(spec): ...\n\n@necessity('a/c.yaml')\ndef test_c(spec): ...",
        {"a/b.yaml": "test_b", "a/c.yaml": "test_c"},
        id="two",
    ),
    pytest.param("def test_it(spec): ...", {}, id="not decorated"),
    pytest.param("@necessities('a/b.yaml')\ndef test_it(spec): ...", {}, id="decorated otherwise"),
    pytest.param("# @necessity('a/b.yaml')\ndef test_it(spec): ...", {}, id="commented out"),
    pytest.param("necessity('a/b.yaml')(print)", {}, id="called"),
]


@pytest.mark.parametrize(("source", "found"), SOURCES)
def test_necessity_tests_are_found_by_their_decorator(tmp_path: Path, source: str, found: dict[str, str]) -> None:
    (tmp_path / "test_mini.py").write_text(source, encoding="utf-8")

    assert necessity_tests(tmp_path) == found


def test_only_test_modules_are_searched(tmp_path: Path) -> None:
    (tmp_path / "necessity.py").write_text("@necessity('a/b.yaml')\ndef test_it(spec): ...", encoding="utf-8")

    assert necessity_tests(tmp_path) == {}
    assert necessity_tests(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("arguments", ["", "NAME", "overlay='a/b.yaml'", "f'a/{b}.yaml'"])
def test_a_necessity_test_must_name_its_overlay(tmp_path: Path, arguments: str) -> None:
    path = tmp_path / "test_mini.py"
    path.write_text(f"x = 1\n@necessity({arguments})\ndef test_it(spec): ...", encoding="utf-8")

    with pytest.raises(SpecError) as caught:
        necessity_tests(tmp_path)

    assert str(caught.value) == f"{path}:3: necessity needs the overlay's path, as a string"


# --- command line ---


def run(made: Project, *arguments: str) -> int:
    """Run ``python -m scripts.docs overlays/README.md`` on a project, in this process."""
    return docs.main([overlay_catalogue.PAGE, "--root", str(made.root), *arguments])


def page(made: Project) -> str:
    """The page as it is."""
    return (made.root / "overlays" / "README.md").read_bytes().decode()


def test_only_what_stands_between_the_markers_is_written(made: Project) -> None:
    assert run(made) == 0

    assert page(made) == f"{BEFORE}{START}\n\n{rows(made)}\n{END}{AFTER}"


def test_the_tests_of_the_project_are_named(made: Project) -> None:
    source = f"@necessity('{API}/fix-1.overlay.yaml')\ndef test_it(spec): ..."
    made.write("tests/overlays/test_mini_api_overlays.py", source)

    assert run(made) == 0

    assert "| `test_it` |\n" in page(made)


def test_a_second_run_changes_nothing(made: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(made) == 0
    assert capsys.readouterr().out == "overlays/README.md: renewed\n"
    before = files(made.root)

    assert run(made) == 0

    assert capsys.readouterr() == ("", "")
    assert files(made.root) == before


def test_check_passes_when_the_tables_are_up_to_date(made: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(made) == 0
    capsys.readouterr()

    assert run(made, "--check") == 0

    assert capsys.readouterr() == ("", "")


def _new_overlay(made: Project) -> None:
    made.write_overlay("fix-2", ACTION)


def _new_title(made: Project) -> None:
    made.write_overlay("fix-1", ACTION, info={"title": "Another defect", "version": "1.0.0"})


def _new_test(made: Project) -> None:
    made.write("tests/overlays/test_mini.py", f"@necessity('{API}/fix-1.overlay.yaml')\ndef test_it(spec): ...")


def _edited_table(made: Project) -> None:
    made.write("overlays/README.md", page(made).replace("structure", "naming"))


@pytest.mark.parametrize("change", [_new_overlay, _new_title, _new_test, _edited_table])
def test_check_fails_when_they_are_not_and_writes_nothing(
    made: Project, capsys: pytest.CaptureFixture[str], change: Any
) -> None:
    assert run(made) == 0
    capsys.readouterr()
    change(made)
    before = files(made.root)

    assert run(made, "--check") == 1

    path = made.root / "overlays" / "README.md"
    assert capsys.readouterr().err == f"{path} is out of date: run make generate, and commit what it changes.\n"
    assert files(made.root) == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# Overlays\n", id="no markers"),
        pytest.param(f"{START}\n", id="no end"),
        pytest.param(f"{END}\n", id="no start"),
        pytest.param(f"{END}\n{START}\n", id="end before start"),
        pytest.param(f"{START}\n{START}\n{END}\n", id="two starts"),
        pytest.param(f"{START}\n{END}\n{END}\n", id="two ends"),
    ],
)
def test_a_page_without_its_markers_is_left_alone(made: Project, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = made.write("overlays/README.md", text)

    assert run(made) == 1

    assert capsys.readouterr().err == f"{path}: must have the lines {START!r} and {END!r}, in this order\n"
    assert page(made) == text


SPOILED = [
    pytest.param("overlays/mini-api/fix-1.overlay.yaml", "not: [an overlay", id="broken overlay"),
    pytest.param(
        "overlays/mini-api/fix-1.overlay.yaml", "overlay: 1.1.0\ninfo: {title: a, version: b}\n", id="invalid overlay"
    ),
    pytest.param("overlays/mini-api/notes.txt", "x", id="file that is no overlay"),
    pytest.param("tests/overlays/test_mini.py", "def test_(", id="test that is not Python"),
]


@pytest.mark.parametrize(("name", "content"), SPOILED)
def test_bad_input_is_named_and_leaves_the_page_as_it_was(
    made: Project, capsys: pytest.CaptureFixture[str], name: str, content: str
) -> None:
    path = made.write(name, content)
    before = page(made)

    assert run(made) == 1

    message = capsys.readouterr().err
    assert message.startswith(f"{path}:")
    assert message.count("\n") == 1
    assert page(made) == before


def test_a_missing_page_is_named(made: Project, capsys: pytest.CaptureFixture[str]) -> None:
    path = made.root / "overlays" / "README.md"
    path.unlink()

    assert run(made) == 1

    assert str(path) in capsys.readouterr().err
    assert not path.exists()
