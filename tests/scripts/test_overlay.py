"""The command line of scripts.overlay: what it prints and writes, what it refuses, and what it leaves alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts import overlay as overlay_command
from scripts.overlay import main
from scripts.specs import documents
from scripts.specs.acceptance import accept
from scripts.specs.overlays import Miscount
from tests.scripts.projects import API, Project, project

ROOT = Path(__file__).parents[2]

SPEC = """\
# A spec, with a comment at its top
openapi: 3.0.3
paths:
  /pets: # one path
    get:
      tags: ['pets', dummy]
      responses:
        200:
          description: OK

# components come last
components: {}
"""

OVERLAY = """\
overlay: 1.1.0
info: {title: Test, version: 1.0.0}
actions:
  - target: $.paths['/pets'].get.responses['200'].description
    update: All pets
  - target: $.paths.*.get.tags[?@ == 'dummy']
    remove: true
"""

RESULT = """\
# A spec, with a comment at its top
openapi: 3.0.3
paths:
  /pets: # one path
    get:
      tags: ['pets']
      responses:
        '200':
          description: All pets

# components come last
components: {}
"""

RESULT_AS_JSON = {
    "openapi": "3.0.3",
    "paths": {"/pets": {"get": {"tags": ["pets"], "responses": {"200": {"description": "All pets"}}}}},
    "components": {},
}


def overlay_of(actions: str) -> str:
    return f"overlay: 1.1.0\ninfo: {{title: Test, version: 1.0.0}}\nactions: {actions}\n"


STALE = overlay_of("[{target: $.components, update: {}}]")
NO_MATCH = overlay_of("[{target: $.servers, remove: true}]")


class Outcome(NamedTuple):
    """Exit status and what was printed."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a folder with ``spec.yaml`` and ``fix.yaml``, and whatever else a test puts there."""
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC, encoding="utf-8")
    Path("fix.yaml").write_text(OVERLAY, encoding="utf-8")

    def run_command(*arguments: str) -> Outcome:
        status = main(arguments)
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run_command


def put(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


def files() -> dict[str, bytes]:
    """Everything in the folder, with its content."""
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


# --- apply ---


def test_apply_prints_the_result_with_comments_and_the_order_of_keys(run: Run) -> None:
    before = files()

    assert run("apply", "spec.yaml", "fix.yaml") == Outcome(0, RESULT, "")
    assert files() == before


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_apply_writes_the_result_and_prints_nothing(run: Run, option: str) -> None:
    before = files()

    assert run("apply", "spec.yaml", "fix.yaml", option, "out.yaml") == Outcome(0, "", "")
    assert files() == before | {"out.yaml": RESULT.encode()}


def test_apply_can_replace_the_spec_itself(run: Run) -> None:
    assert run("apply", "spec.yaml", "fix.yaml", "-o", "spec.yaml").status == 0
    assert files() == {"spec.yaml": RESULT.encode(), "fix.yaml": OVERLAY.encode()}


@pytest.mark.parametrize("overlay", ["fix.yaml", "fix.json"])
@pytest.mark.parametrize("spec", ["spec.yaml", "spec.json"])
@pytest.mark.parametrize("out", ["out.yaml", "out.json", "out.yml", "out"])
def test_each_file_is_yaml_or_json_by_its_own_suffix(run: Run, spec: str, overlay: str, out: str) -> None:
    for name in ("spec", "fix"):
        put(f"{name}.json", json.dumps(documents.load(Path(f"{name}.yaml"))))

    assert run("apply", spec, overlay, "-o", out) == Outcome(0, "", "")

    written = Path(out).read_text(encoding="utf-8")
    assert documents.plain(documents.load(Path(out))) == RESULT_AS_JSON
    assert written.startswith("{\n") is (out == "out.json")
    assert written.startswith("# A spec") is (out != "out.json" and spec == "spec.yaml")
    if out == "out.json":
        assert written == json.dumps(RESULT_AS_JSON, indent=2) + "\n"


def test_a_json_spec_is_printed_as_json(run: Run) -> None:
    put("spec.json", json.dumps(documents.load(Path("spec.yaml"))))

    assert run("apply", "spec.json", "fix.yaml") == Outcome(0, json.dumps(RESULT_AS_JSON, indent=2) + "\n", "")


def test_overlays_are_applied_in_the_order_given_each_to_the_result_before(run: Run) -> None:
    put("spec.yaml", "list: []\n")
    put("one.yaml", overlay_of("[{target: $.list, update: 1}]"))
    put("two.yaml", overlay_of("[{target: $.list, update: 2}]"))
    put("last.yaml", overlay_of("[{target: '$.list[?@ == 2]', remove: true}]"))

    assert run("apply", "spec.yaml", "one.yaml", "two.yaml").out == "list:\n  - 1\n  - 2\n"
    assert run("apply", "spec.yaml", "two.yaml", "one.yaml").out == "list:\n  - 2\n  - 1\n"
    assert run("apply", "spec.yaml", "one.yaml", "two.yaml", "last.yaml").out == "list:\n  - 1\n"
    assert run("apply", "spec.yaml", "last.yaml", "two.yaml", "one.yaml").status == 1


def test_the_same_input_gives_the_same_bytes(run: Run) -> None:
    for out in ("one.yaml", "two.yaml", "one.json", "two.json"):
        assert run("apply", "spec.yaml", "fix.yaml", "-o", out).status == 0

    written = files()
    assert written["one.yaml"] == written["two.yaml"]
    assert written["one.json"] == written["two.json"]


@pytest.mark.parametrize("spec", [SPEC, re.sub("#.*", "", SPEC)], ids=["with-comments", "without-comments"])
def test_the_output_is_stable_it_reads_as_the_same_data_and_is_written_the_same_again(run: Run, spec: str) -> None:
    put("spec.yaml", spec)
    put("again.yaml", overlay_of("[{target: $, update: {openapi: 3.0.3}}]"))

    for out in ("out.yaml", "out.json"):
        assert run("apply", "spec.yaml", "fix.yaml", "-o", out).status == 0
    assert run("apply", "out.yaml", "again.yaml", "--no-strict", "-o", "second.yaml").status == 0

    assert Path("second.yaml").read_bytes() == Path("out.yaml").read_bytes()
    assert documents.plain(documents.load(Path("out.yaml"))) == documents.load(Path("out.json")) == RESULT_AS_JSON


def test_text_of_all_languages_is_written_as_it_is(run: Run) -> None:
    put("spec.yaml", "a: žluťoučký # コメント\n")
    put("fix.yaml", overlay_of("[{target: $, update: {ключ: ü}}]"))

    assert run("apply", "spec.yaml", "fix.yaml").out == "a: žluťoučký # コメント\nключ: ü\n"
    assert run("apply", "spec.yaml", "fix.yaml", "-o", "out.json").status == 0
    assert Path("out.json").read_text(encoding="utf-8") == '{\n  "a": "žluťoučký",\n  "ключ": "ü"\n}\n'


def test_comments_of_an_overlay_stay_in_the_overlay(run: Run) -> None:
    put("fix.yaml", overlay_of("\n  - target: $.components\n    update:\n      # why\n      schemas: {} # what"))

    outcome = run("apply", "spec.yaml", "fix.yaml")

    assert outcome.status == 0
    assert outcome.out.endswith("# components come last\ncomponents:\n  schemas: {}\n")


# --- check ---


def test_check_says_what_each_action_does_and_writes_nothing(run: Run) -> None:
    put("more.yaml", overlay_of("[{target: '$.paths.*.get.tags[*]', update: animals}]"))
    before = files()

    assert run("check", "spec.yaml", "fix.yaml", "more.yaml") == Outcome(
        0,
        "fix.yaml: action 1 ($.paths['/pets'].get.responses['200'].description): 1 x changed\n"
        "fix.yaml: action 2 ($.paths.*.get.tags[?@ == 'dummy']): 1 x changed\n"
        "more.yaml: action 1 ($.paths.*.get.tags[*]): 1 x changed\n",
        "",
    )
    assert files() == before


def test_check_without_strictness_tells_what_is_stale(run: Run) -> None:
    put("fix.yaml", overlay_of("[{target: $.servers, remove: true}, {target: $.components, update: {}}]"))

    assert run("check", "spec.yaml", "fix.yaml", "--no-strict") == Outcome(
        0,
        "fix.yaml: action 1 ($.servers): 0 x nothing to change\n"
        "fix.yaml: action 2 ($.components): 1 x nothing to change\n",
        "",
    )


# --- strictness ---


@pytest.mark.parametrize("command", ["apply", "check"])
@pytest.mark.parametrize(
    ("overlay", "reason"),
    [
        pytest.param(STALE, "3: action 1 ($.components): changes nothing", id="stale"),
        pytest.param(NO_MATCH, "3: action 1 ($.servers): selects nothing", id="no-match"),
        pytest.param(
            OVERLAY + "    x-expect-matches: 2\n",
            "6: action 2 ($.paths.*.get.tags[?@ == 'dummy']): selects 1",
            id="count",
        ),
        pytest.param(OVERLAY + "extends: other.yaml\n", " extends other.yaml, and cannot be applied to", id="extends"),
    ],
)
def test_strict_is_the_default_and_no_strict_lets_pass(run: Run, command: str, overlay: str, reason: str) -> None:
    put("fix.yaml", overlay)

    strict = run(command, "spec.yaml", "fix.yaml")
    lenient = run(command, "spec.yaml", "fix.yaml", "--no-strict")

    assert (strict.status, strict.out) == (1, "")
    assert strict.err.startswith(f"fix.yaml:{reason}")
    assert (lenient.status, lenient.err) == (0, "")
    assert lenient.out != ""


@pytest.mark.parametrize("extends", ["spec.yaml", "./spec.yaml", "https://example.com/spec.yaml"])
def test_an_overlay_for_this_spec_or_for_one_elsewhere_is_applied(run: Run, extends: str) -> None:
    put("fix.yaml", f"{OVERLAY}extends: {extends}\n")

    assert run("apply", "spec.yaml", "fix.yaml") == Outcome(0, RESULT, "")


# --- failure ---


FAULTS = {
    "spec-is-no-yaml": ("spec.yaml", "a: 1\nb: [\n", "spec.yaml:3:1: is not YAML: "),
    "spec-is-no-object": ("spec.yaml", "- a\n", "spec.yaml: the root must be an object"),
    "spec-has-a-key-twice": ("spec.yaml", "a: 1\nb: 2\na: 3\n", "spec.yaml:3:1: duplicate key 'a'"),
    "overlay-is-no-yaml": ("fix.yaml", "a: b: c\n", "fix.yaml:1:5: is not YAML: two colons"),
    "overlay-is-no-overlay": ("fix.yaml", OVERLAY + "a: 1\n", "fix.yaml:8: a is not a key of the specification"),
    "overlay-of-a-later-version": (
        "fix.yaml",
        OVERLAY.replace("1.1.0", "1.2.0"),
        "fix.yaml:1: overlay: version",
    ),
    "no-jsonpath": ("fix.yaml", overlay_of("[{target: '$['}]"), "fix.yaml:3: action 1 ($[): is not an RFC 9535"),
    "kinds-clash": (
        "fix.yaml",
        overlay_of("[{target: $.components, update: {a: 1}}, {target: $, update: {paths: []}}]"),
        "fix.yaml:3: action 2 ($): an object at /paths cannot be merged with a list",
    ),
    "stale": ("fix.yaml", STALE, "fix.yaml:3: action 1 ($.components): changes nothing"),
    "no-match": ("fix.yaml", NO_MATCH, "fix.yaml:3: action 1 ($.servers): selects nothing"),
    "other-spec": (
        "fix.yaml",
        OVERLAY + "extends: x.yaml\n",
        "fix.yaml: extends x.yaml, and cannot be applied to spec.yaml",
    ),
}


@pytest.mark.parametrize(("name", "text", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_in_one_line_and_leaves_every_file_alone(run: Run, name: str, text: str, message: str) -> None:
    put(name, text)
    put("first.yaml", overlay_of("[{target: $, update: {x-first: 1}}]"))
    put("out.yaml", "what was there before\n")
    before = files()

    outcome = run("apply", "spec.yaml", "first.yaml", "fix.yaml", "-o", "out.yaml")

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith(message)
    assert outcome.err.count("\n") == 1
    assert files() == before


@pytest.mark.parametrize(("name", "text", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_prints_no_part_of_a_result(run: Run, name: str, text: str, message: str) -> None:
    put(name, text)
    before = files()

    for command in ("apply", "check"):
        outcome = run(command, "spec.yaml", "fix.yaml")
        assert (outcome.status, outcome.out) == (1, "")
        assert outcome.err.startswith(message)
    assert files() == before


def test_a_broken_json_file_is_named_with_line_and_column(run: Run) -> None:
    put("spec.json", '{\n  "a": 1,\n  "b"\n}\n')

    assert run("apply", "spec.json", "fix.yaml") == Outcome(
        1, "", "spec.json:4:1: is not JSON: Expecting ':' delimiter\n"
    )


def test_all_overlays_that_fail_are_reported_in_one_run(run: Run) -> None:
    put("one.yaml", STALE)
    put("two.yaml", "a: [\n")
    put("three.yaml", NO_MATCH)

    outcome = run("check", "spec.yaml", "one.yaml", "two.yaml", "fix.yaml", "three.yaml")

    assert (outcome.status, outcome.out) == (1, "")
    assert [line.split(":")[0] for line in outcome.err.splitlines()] == ["one.yaml", "two.yaml", "three.yaml"]


def test_a_primitive_that_version_1_0_removes_is_a_warning_without_strictness(run: Run) -> None:
    put("fix.yaml", overlay_of("[{target: $.openapi, remove: true}]").replace("1.1.0", "1.0.0"))

    strict = run("apply", "spec.yaml", "fix.yaml")
    lenient = run("apply", "spec.yaml", "fix.yaml", "--no-strict")

    assert (strict.status, strict.out) == (1, "")
    assert (lenient.status, lenient.out) == (0, SPEC.replace("openapi: 3.0.3\n", "").replace("200:", "'200':"))
    assert lenient.err.startswith("warning: fix.yaml:3: action 1 ($.openapi): selects a primitive value, which version")
    assert lenient.err.endswith("it is removed all the same\n")


# --- accept ---

COUNTED = """\
# Why.
overlay: 1.1.0
info: {title: Test, version: 1.0.0}
actions:
  - {target: $.paths, update: {x-a: 1}, x-expect-matches: 1}
  - target: $.paths[?@.get]   # operations
    x-expect-matches: 3  # counted
    update: {x-b: 1}

  - target: $.paths.*.get
    x-expect-matches: '5'
    update: {x-c: 1}
"""


@pytest.fixture
def counted(tmp_path: Path) -> Project:
    """A project with an overlay of which two numbers are wrong."""
    made = project(tmp_path, {"openapi": "3.0.3", "paths": {"/a": {"get": {}}, "/b": {"get": {}}}})
    made.write(f"overlays/{API}/fix-1.overlay.yaml", COUNTED.replace("'5'", "1"))
    return made


ACCEPTED = COUNTED.replace("matches: 3", "matches: 2").replace("'5'", "2")


def test_accept_shows_the_numbers_and_writes_them_with_all_else_as_it_was(counted: Project, run: Run) -> None:
    path = counted.root / f"overlays/{API}/fix-1.overlay.yaml"

    outcome = run("accept", "--root", str(counted.root))

    first, second, written = outcome.out.splitlines()
    assert (outcome.status, outcome.err) == (0, "")
    assert first.startswith(f"{path}:6: action 2 ($.paths[?@.get]): selects 2 nodes, 3 expected: ")
    assert second.startswith(
        f"{path}:10: action 3 ($.paths.*.get): selects 2 nodes, 1 expected; they are /paths/~1a/get"
    )
    assert written == f"{path}: written"
    assert path.read_text(encoding="utf-8") == ACCEPTED


def test_accept_has_nothing_to_do_twice(counted: Project, run: Run) -> None:
    run("accept", "--root", str(counted.root))
    before = files()

    assert run("accept", "--root", str(counted.root)) == Outcome(
        0, "nothing to accept: every action selects as many nodes as it expects\n", ""
    )
    assert files() == before


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        pytest.param("fix-2", overlay_of("[{target: $.nowhere, remove: true}]"), "selects nothing", id="no-match"),
        pytest.param("fix-2", overlay_of("[{target: $.paths, update: {}}]"), "changes nothing", id="stale"),
        pytest.param(
            "fix-2",
            overlay_of("[{target: '$.paths[?@.get]', update: {x-b: 1, x-e: 1}}, {target: '$.openapi', update: {}}]"),
            "a primitive value cannot be replaced by",
            id="clash",
        ),
        pytest.param("fix-2", "a: [\n", "is not YAML", id="broken"),
    ],
)
def test_accept_writes_nothing_while_something_else_is_wrong(
    counted: Project, run: Run, name: str, text: str, reason: str
) -> None:
    path = counted.write(f"overlays/{API}/{name}.overlay.yaml", text)
    before = files()

    outcome = run("accept", "--root", str(counted.root))

    heading, *errors = outcome.err.splitlines()
    assert outcome.status == 1
    assert heading == "Nothing is accepted: correct this first, since the numbers can change with it."
    assert [error for error in errors if reason not in error or not error.startswith(str(path))] == []
    assert errors
    assert files() == before


def test_accept_refuses_when_a_file_was_changed_meanwhile(
    counted: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = counted.root / f"overlays/{API}/fix-1.overlay.yaml"

    def change(miscounts: Sequence[Miscount]) -> list[Path]:
        path.write_text(path.read_text(encoding="utf-8").replace("x-c: 1", "x-c: 2"), encoding="utf-8")
        return accept(miscounts)

    monkeypatch.setattr(overlay_command, "accept", change)

    outcome = run("accept", "--root", str(counted.root))

    assert (outcome.status, outcome.err) == (1, f"{path}: was changed meanwhile: run the command again\n")
    assert path.read_text(encoding="utf-8") == COUNTED.replace("'5'", "1").replace("x-c: 1", "x-c: 2")


def test_a_write_that_fails_leaves_the_overlay_as_it_was(
    counted: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(source), None, str(target))

    before = files()
    monkeypatch.setattr(Path, "replace", fail)

    outcome = run("accept", "--root", str(counted.root))

    assert outcome.status == 2
    assert outcome.err.startswith(f"{counted.root}/overlays/{API}/fix-1.overlay.yaml: cannot be written: ")
    assert files() == before


# --- unusable arguments ---


@pytest.mark.parametrize("command", ["apply", "check"])
@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        pytest.param(("none.yaml", "fix.yaml"), "none.yaml", id="spec"),
        pytest.param(("spec.yaml", "none.yaml"), "none.yaml", id="overlay"),
        pytest.param(("spec.yaml", "fix.yaml", "none.yaml"), "none.yaml", id="second-overlay"),
        pytest.param(("folder", "fix.yaml"), "folder", id="spec-is-a-folder"),
        pytest.param(("spec.yaml", "folder"), "folder", id="overlay-is-a-folder"),
    ],
)
def test_a_missing_file_is_named(run: Run, command: str, arguments: tuple[str, ...], missing: str) -> None:
    Path("folder").mkdir()

    assert run(command, *arguments) == Outcome(2, "", f"{missing}: there is no such file\n")


def test_a_missing_file_is_found_before_anything_else_is_read(run: Run) -> None:
    put("fix.yaml", "broken: [")

    assert run("apply", "spec.yaml", "fix.yaml", "none.yaml").status == 2


@pytest.mark.parametrize("out", ["none/out.yaml", "folder", ".", "spec.yaml/out.yaml", "pipe"])
def test_an_output_that_is_no_file_in_an_existing_folder_is_refused(run: Run, out: str) -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    before = files()

    outcome = run("apply", "spec.yaml", "fix.yaml", "-o", out)

    assert outcome == Outcome(2, "", f"{out}: cannot be written: not a file in an existing folder\n")
    assert files() == before
    assert sorted(path.name for path in Path().iterdir()) == ["fix.yaml", "folder", "pipe", "spec.yaml"]
    assert Path("pipe").is_fifo()


def test_an_output_that_cannot_be_written_is_told_not_thrown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(target))

    put("out.yaml", "what was there before\n")
    before = files()
    monkeypatch.setattr(Path, "replace", fail)

    outcome = run("apply", "spec.yaml", "fix.yaml", "-o", "out.yaml")

    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("out.yaml: cannot be written: [Errno 13] Permission denied")
    assert files() == before


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["apply"],
        ["apply", "spec.yaml"],
        ["check", "spec.yaml"],
        ["merge", "spec.yaml", "fix.yaml"],
        ["apply", "spec.yaml", "fix.yaml", "--strict"],
        ["apply", "spec.yaml", "fix.yaml", "-o"],
        ["check", "spec.yaml", "fix.yaml", "-o", "out.yaml"],
    ],
    ids=lambda arguments: " ".join(arguments) or "none",
)
def test_unusable_arguments_are_answered_with_the_usage(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    before = files()

    with pytest.raises(SystemExit) as failure:
        run(*arguments)

    printed = capsys.readouterr()
    assert (failure.value.code, printed.out) == (2, "")
    assert printed.err.startswith("usage: python -m scripts.overlay")
    assert files() == before


# --- as a process ---


def test_it_runs_as_a_module(run: Run, tmp_path: Path) -> None:
    put("out.yaml", "what was there before\n")

    def process(*arguments: str) -> Outcome:
        command = [sys.executable, "-m", "scripts.overlay", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    spec, fix, out, none = (str(tmp_path / name) for name in ("spec.yaml", "fix.yaml", "out.yaml", "none.yaml"))

    assert process("apply", spec, fix) == run("apply", spec, fix) == Outcome(0, RESULT, "")
    assert process("apply", fix, fix, "-o", out) == run("apply", fix, fix, "-o", out)
    assert Path(out).read_text(encoding="utf-8") == "what was there before\n"
    assert process("apply", spec, fix, "-o", out) == Outcome(0, "", "")
    assert Path(out).read_text(encoding="utf-8") == RESULT
    assert process("apply", spec, none) == Outcome(2, "", f"{none}: there is no such file\n")
    assert process("apply", out, fix).status == 1
