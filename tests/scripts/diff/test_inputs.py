"""Which kinds of input differ between two states, and clients that have to be generated for a comparison."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from scripts.diff.assembly import causes
from scripts.diff.contract.catalogue import Catalogue
from scripts.diff.inputs import clients
from scripts.diff.inputs.states import DiffError, Tree
from scripts.diff.model.report import Cause, State
from scripts.specs.project import find_apis
from tests.scripts.diff.cases import CHANGES, Files
from tests.scripts.diff.repositories import Repository, repository
from tests.scripts.projects import files


def state(root: Path, *names: str) -> Tree:
    """A state of the shop with some changes; it is not generated."""
    made = Files()
    for name in names:
        CHANGES[name](made)
    Repository(root).write_shop("shop", made)
    return Tree(State("a ref", None, "a state"), root)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("shops") / "repo", {"shop": Files()}).root


@pytest.fixture
def trees(project: Path, tmp_path: Path) -> tuple[Tree, Tree]:
    """Two states that are the same."""
    made = []
    for name in ("base", "head"):
        shutil.copytree(project, tmp_path / name, ignore=shutil.ignore_patterns(".git"))
        made.append(state(tmp_path / name))
    return made[0], made[1]


def kinds(base: Tree, head: Tree) -> tuple[Cause, ...]:
    (old,), (new,) = find_apis(base.root), find_apis(head.root)
    others = [Cause.TEMPLATE] if causes.makers(base.root) != causes.makers(head.root) else []
    return causes.chain(old, new, (Catalogue({}), Catalogue({})), others=others).kinds


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], ()),
        (["parameter added"], (Cause.SPEC,)),
        (["fix changed"], (Cause.OVERLAY,)),
        (["fix in other words"], (Cause.OVERLAY,)),
        (["method renamed"], (Cause.NAMING,)),
        (["vendor change, fix and naming"], (Cause.SPEC, Cause.OVERLAY, Cause.NAMING)),
    ],
)
def test_specs_and_overlays_differ_by_their_content(
    trees: tuple[Tree, Tree], changes: list[str], expected: tuple[Cause, ...]
) -> None:
    base, head = trees
    state(head.root, *changes)

    assert kinds(base, head) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("scripts/templates/model.py.jinja", (Cause.TEMPLATE,)),
        ("scripts/codegen/lowering.py", (Cause.TEMPLATE,)),
        ("scripts/specs/new.py", (Cause.TEMPLATE,)),
        ("scripts/new.py", ()),
        ("scripts/diff/model/report.py", ()),
        ("src/abwire_core/errors.py", ()),
    ],
)
def test_scripts_make_the_client_but_for_those_that_compare(
    trees: tuple[Tree, Tree], path: str, expected: tuple[Cause, ...]
) -> None:
    base, head = trees
    (head.root / path).write_text("changed", encoding="utf-8")

    assert kinds(base, head) == expected


@pytest.mark.parametrize(
    ("tool", "expected"), [("ruff", (Cause.TEMPLATE,)), ("openapi-python-client", (Cause.TEMPLATE,)), ("pytest", ())]
)
def test_the_versions_of_generator_and_formatter_count(
    trees: tuple[Tree, Tree], tool: str, expected: tuple[Cause, ...]
) -> None:
    base, head = trees
    lock = head.root / "requirements-dev.lock"
    text = lock.read_text(encoding="utf-8")
    assert f"\n{tool}==" in text
    lock.write_text(text.replace(f"\n{tool}==", f"\n{tool}==9"), encoding="utf-8")

    assert kinds(base, head) == expected


# --- clients ---


def test_a_client_that_cannot_be_made_says_why(trees: tuple[Tree, Tree]) -> None:
    _, head = trees
    made = Files()
    made.schema("Thing")["properties"]["owner"] = {"$ref": "#/components/schemas/Nobody"}
    Repository(head.root).write_shop("shop", made)

    with pytest.raises(DiffError) as refused:
        clients.make(head.root, head.root)

    place = r"specs/shop\.yaml:\d+#/components/schemas/Thing/properties/owner/\$ref"
    assert re.match(f"the client cannot be generated: {place}: the reference ", str(refused.value))


def test_a_client_that_is_up_to_date_is_left_alone(trees: tuple[Tree, Tree], tmp_path: Path) -> None:
    _, head = trees
    before = files(head.root / "generated")

    assert clients.refresh(head.root, find_apis(head.root), tmp_path / "new") == []
    assert files(head.root / "generated") == before


@pytest.mark.parametrize("change", ["parameter added", "fix dropped"])
def test_a_client_that_is_out_of_date_is_made_anew(trees: tuple[Tree, Tree], tmp_path: Path, change: str) -> None:
    _, head = trees
    state(head.root, change)

    (note,) = clients.refresh(head.root, find_apis(head.root), tmp_path / "new")

    assert note.startswith("generated/ of the head was not made of its specs and overlays (shop): run make generate.")
    assert clients.refresh(head.root, find_apis(head.root), tmp_path / "again") == []
