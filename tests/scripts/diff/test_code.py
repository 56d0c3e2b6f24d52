"""Code that differs is judged by its values, or listed: nothing of a runtime or of generated code changes silently."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from scripts.diff.assembly.comparison import compare
from scripts.diff.inputs.code import changed_modules
from scripts.diff.inputs.states import Tree
from scripts.diff.model.report import Cause, Change, State
from scripts.specs.project import ROOT
from tests.scripts.diff.cases import Files
from tests.scripts.diff.repositories import repository

RUNTIME = sorted(path.name for path in (ROOT / "src" / "abwire_core").glob("*.py"))
WAITING = '''
"""Waits."""

FIRST_WAIT = 0.5
_STATUSES = frozenset({429, 503})


def wait(seconds: float = 1.0) -> float:
    """Wait."""
    return seconds * 2
'''


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, oasdiff: None) -> Path:
    """A project with a module of its own in the runtime."""
    root = repository(tmp_path_factory.mktemp("shops") / "repo", {"shop": Files()}).root
    (root / "src" / "abwire_core" / "waiting.py").write_text(WAITING, encoding="utf-8")
    return root


def changes(base: Path, tmp_path: Path, file: str, before: str, after: str) -> list[Change]:
    """The changes that an edit of one file makes."""
    head = tmp_path / "head"
    shutil.copytree(base, head, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    text = (head / file).read_text(encoding="utf-8")
    assert before in text
    (head / file).write_text(text.replace(before, after), encoding="utf-8")
    states = (Tree(State(name, None, name), root) for name, root in (("base", base), ("head", head)))
    return list(compare(*states, tags=[], folder=tmp_path).changes)


@pytest.mark.parametrize(
    ("before", "after", "subject", "text"),
    [
        ("FIRST_WAIT = 0.5", "FIRST_WAIT = 2.0", "waiting.FIRST_WAIT", "is `2.0`, and was `0.5`"),
        ("429, 503", "429", "waiting._STATUSES", "is `{429}`, and was `{429, 503}`"),
        ("seconds: float = 1.0", "seconds: float = 3.0", "waiting.wait(seconds)", "is `3.0`, and was `1.0`"),
        ("seconds * 2", "seconds * 3", "abwire_core/waiting.py (+1 -1)", "code changed, not judged"),
        (
            "    return seconds * 2",
            "    if seconds:\n        pass\n    return seconds * 2",
            "abwire_core/waiting.py (+2 -0)",
            "code changed, not judged",
        ),
    ],
)
def test_the_runtime_is_judged_by_its_values_or_listed(  # noqa: PLR0917 - parameters
    base: Path, tmp_path: Path, before: str, after: str, subject: str, text: str
) -> None:
    (change,) = changes(base, tmp_path, "src/abwire_core/waiting.py", before, after)

    assert (change.subject, change.text, change.causes) == (subject, text, (Cause.RUNTIME,))


@pytest.mark.parametrize(
    ("before", "after"), [('"""Wait."""', '"""Wait for it."""'), ("    return", "    # why\n    return")]
)
def test_words_of_the_runtime_change_nothing(base: Path, tmp_path: Path, before: str, after: str) -> None:
    assert changes(base, tmp_path, "src/abwire_core/waiting.py", before, after) == []


@pytest.mark.parametrize("name", RUNTIME)
def test_a_change_in_any_module_of_the_runtime_is_listed(tmp_path: Path, name: str) -> None:
    """Each function of each real module: those that retry, encode, decode, poll and authenticate among them."""
    folder = "src/abwire_core"
    for root in ("base", "head"):
        (tmp_path / root / folder).mkdir(parents=True)
    text = (ROOT / folder / name).read_text(encoding="utf-8")
    functions = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    (tmp_path / "base" / folder / name).write_text(text, encoding="utf-8")
    for function in functions:
        lines = text.splitlines(keepends=True)
        last = function.body[-1]
        lines.insert(last.lineno - 1, f"{' ' * last.col_offset}print()\n") if last.lineno != function.lineno else None
        edited = "".join(lines)
        (tmp_path / "head" / folder / name).write_text(edited, encoding="utf-8")
        found = list(changed_modules(tmp_path / "base", tmp_path / "head", folder))
        assert len(found) == (edited != text), function.name


def test_generated_code_that_a_template_changes_is_listed(base: Path, tmp_path: Path) -> None:
    head = tmp_path / "head"
    shutil.copytree(base, head, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    model = head / "generated" / "abwire" / "shop" / "models" / "owner.py"
    model.write_text(
        model.read_text(encoding="utf-8").replace("def to_dict(", "def to_dict(  # new\n        "), encoding="utf-8"
    )
    circle = model.with_name("circle.py")
    circle.write_text(circle.read_text(encoding="utf-8").replace("return d\n", "return dict(d)\n"), encoding="utf-8")
    (head / "scripts" / "templates" / "new.jinja").write_text("", encoding="utf-8")
    states = (Tree(State(name, None, name), root) for name, root in (("base", base), ("head", head)))

    (change,) = compare(*states, tags=[], folder=tmp_path).changes

    assert (change.api, change.text, change.causes) == ("shop", "code changed, not judged", (Cause.TEMPLATE,))
    assert [place.subject for place in change.places] == ["abwire/shop/models/circle.py (+1 -1)"]


def test_a_class_of_the_runtime_that_users_meet_is_judged(base: Path, tmp_path: Path) -> None:
    errors = "src/abwire_core/errors.py"
    found = changes(base, tmp_path, errors, "ConflictError", "ClashError")

    told = {change.subject: (change.text, change.python) for change in found}
    assert told["ConflictError"] == ("was removed", "breaking")
