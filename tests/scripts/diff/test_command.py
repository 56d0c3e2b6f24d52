"""The command that tells what changes for users, over real repositories and real generation."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.diff import __main__
from scripts.diff.inputs import clients
from scripts.specs.project import ROOT
from scripts.tools import node
from scripts.tools.node import NodeToolError
from tests.scripts.diff.cases import CHANGES, Files
from tests.scripts.diff.repositories import Repository, empty_repository, repository
from tests.scripts.projects import Ran, files

pytestmark = pytest.mark.usefixtures("oasdiff")


@pytest.fixture(scope="module")
def two_shops(tmp_path_factory: pytest.TempPathFactory, oasdiff: None) -> Repository:
    """A repository with two shops, for the tests to copy."""
    return repository(tmp_path_factory.mktemp("shops") / "repo", {"shop": Files(), "other-shop": Files()})


@pytest.fixture
def repo(two_shops: Repository, tmp_path: Path) -> Repository:
    """A repository of its own for each test."""
    shutil.copytree(two_shops.root, tmp_path / "repo")
    return Repository(tmp_path / "repo")


def change(repo: Repository, *names: str, generate: bool = True) -> None:
    """Make some changes of one shop in the work tree."""
    made = Files()
    for name in names:
        CHANGES[name](made)
    repo.write_shop("shop", made)
    if generate:
        repo.generate()


def run(repo: Repository, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Ran:
    """Run the command on a repository, in this process."""
    capsys.readouterr()
    status = __main__.main(["--root", str(repo.root), *arguments])
    captured = capsys.readouterr()
    return Ran(status, captured.out, captured.err)


def report(repo: Repository, *arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """Exit status and JSON report of the command."""
    ran = run(repo, "--format", "json", *arguments, capsys=capsys)
    assert ran.errors == ""
    return ran.status, json.loads(ran.output)


def statuses(found: Any) -> dict[str, str]:
    """The status of each API in a report."""
    return {api["name"]: api["status"] for api in found["apis"]}


def subjects(found: Any) -> list[str]:
    """What the changes of a report are about."""
    return [change["places"][0]["subject"] for change in found["changes"]]


# --- what is said ---


def test_a_change_that_touches_nothing_says_so(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    change(repo, "operation described in other words")

    ran = run(repo, "--base", "HEAD", capsys=capsys)

    assert ran.status == 0
    assert "## API diff: nothing changes for users" in ran.output
    assert "Nothing changes for users. 0.1.0 may stay. (`HEAD` (`" in ran.output
    assert "- 1 texts for people differ" in ran.output


def test_a_break_that_is_not_announced_fails(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    change(repo, "four changes at once")
    repo.commit()

    ran = run(repo, "--base", "HEAD~1", "--head", "HEAD", capsys=capsys)

    assert ran.status == 1
    for said in (
        "❌ Code has to change for `Owner.mail`, `Thing.size`, `things.list(q)`. It needs version at least 0.2.0 after",
        "| 🛑 | **`Owner.mail`** was renamed to `email`<br>",
        "| 🔹 | **`Status`** value `LOST` was added<br>",
        "| 🛑 | **`things.list(q)`** has to be given now<br>`GET /things` | 🛑 breaking | 🛑 breaking | vendor |",
        "would still apply: what it mended is as the vendor has it again",
        "| our fix |",
    ):
        assert said in ran.output


def test_a_break_that_is_announced_passes(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    change(repo, "field of answers renamed")
    repo.write_version("0.2.0")

    ran = run(repo, "--base", "HEAD", capsys=capsys)

    assert ran.status == 0
    assert "Code has to change for `Owner.mail`. 0.2.0 announces it, after 0.1.0." in ran.output


def test_a_break_after_a_break_since_the_last_release_is_announced_already(
    repo: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.git("tag", "v0.1.0")
    change(repo, "field of answers renamed")
    repo.write_version("0.2.0")
    repo.commit()
    change(repo, "field of answers renamed", "parameter removed")

    status, found = report(repo, "--base", "HEAD", capsys=capsys)

    assert (status, found["verdict"]["released"], found["verdict"]["announced"]) == (0, "0.1.0", True)


def test_the_changelog_and_the_notes_are_drafted(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    change(repo, "field of answers renamed", "parameter added")

    _, found = report(repo, "--base", "HEAD", capsys=capsys)

    (note,) = found["migration"]
    assert note["title"] == "`Owner.mail` was renamed to `email`"
    assert note["text"] == "Use the new name."
    assert (note["before"], note["after"]) == ("print(owner.mail)\n", "print(owner.email)\n")
    assert found["changelog"].startswith(
        "## 0.2.0 (unreleased)\n\n* **Breaking**: `Owner.mail` was renamed to `email`."
    )
    assert "* New: `things.list(color)`.\n" in found["changelog"]
    assert f"```python\n{indented(note['after'])}  ```" in found["changelog"]


def indented(code: str) -> str:
    return "".join(f"  {line}".rstrip() + "\n" for line in code.splitlines())


# --- which states ---


def test_what_is_not_committed_counts_unless_a_head_is_named(
    repo: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    change(repo, "field of answers renamed")
    before = repo.git("status", "--porcelain")

    _, dirty = report(repo, "--base", "HEAD", capsys=capsys)
    _, clean = report(repo, "--base", "HEAD", "--head", "HEAD", capsys=capsys)

    assert statuses(dirty) == {"other-shop": "unchanged", "shop": "changed"}
    assert dirty["head"]["text"].startswith("the work tree, with what is not committed on ")
    assert statuses(clean) == {"other-shop": "unchanged", "shop": "unchanged"}
    assert repo.git("status", "--porcelain") == before


def test_what_came_to_the_base_since_is_not_told(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repo.git("checkout", "--quiet", "-b", "topic")
    change(repo, "parameter added")
    repo.commit()
    repo.git("checkout", "--quiet", "main")
    change(repo, "field added to answers")
    repo.commit()

    _, found = report(repo, "--base", "main", "--head", "topic", capsys=capsys)
    _, exact = report(repo, "--base", "main", "--head", "topic", "--exact", capsys=capsys)

    assert subjects(found) == ["things.list(color)"]
    assert sorted(subjects(exact)) == ["Owner.phone", "things.list(color)"]


def test_any_two_refs_can_be_compared_from_any_work_tree(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repo.git("tag", "v0.1.0")
    change(repo, "parameter added")
    repo.commit()
    repo.git("tag", "v0.1.1")
    change(repo)
    shutil.rmtree(repo.root / "generated")
    repo.commit()

    _, found = report(repo, "--base", "v0.1.0", "--head", "v0.1.1", capsys=capsys)

    assert subjects(found) == ["things.list(color)"]


@pytest.mark.parametrize("option", ["--base", "--head"])
def test_an_empty_ref_is_an_error(repo: Repository, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(repo, "--base", "main", option, "", capsys=capsys)

    assert (ran.status, ran.output) == (2, "")
    assert ran.errors == "the ref is empty: name a branch, a tag or a commit, or leave the option out\n"


def test_any_folder_of_the_project_will_do(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    change(repo, "parameter added")
    inner = Repository(repo.root / "specs")

    _, found = report(inner, "--base", "HEAD", capsys=capsys)

    assert subjects(found) == ["things.list(color)"]


def test_a_workflow_names_branches_and_links_to_lines(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/abwire")
    change(repo, "parameter added")
    commit = repo.commit()

    ran = run(repo, "--base", "HEAD^", "--head", "HEAD", "--base-name", "main", "--head-name", "topic", capsys=capsys)

    assert "(`main` → `topic`)" in ran.output
    assert f"](https://github.com/owner/abwire/blob/{commit}/specs/shop.yaml#L" in ran.output


@pytest.mark.parametrize("option", ["--base", "--head"])
def test_a_ref_that_does_not_exist_is_named(repo: Repository, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(repo, "--base", "main", option, "nowhere", capsys=capsys)

    assert (ran.status, ran.output) == (2, "")
    assert ran.errors == "'nowhere' names no commit here: correct it, or fetch it first (git fetch origin)\n"


def test_a_base_without_a_client_breaks_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = repository(tmp_path / "repo", {"shop": Files()})
    shutil.rmtree(repo.root / "generated")
    repo.commit()
    repo.generate()
    repo.commit()

    status, found = report(repo, "--base", "HEAD~1", capsys=capsys)

    assert (status, statuses(found)) == (0, {"shop": "added"})
    assert found["verdict"]["text"] == "Nothing was released before, so nothing can break."


def test_a_base_without_anything_breaks_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = empty_repository(tmp_path / "repo")
    repo.commit("nothing yet")
    shops = repository(tmp_path / "shops", {"shop": Files()})
    shutil.copytree(shops.root, repo.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    repo.commit()

    status, found = report(repo, "--base", "HEAD~1", capsys=capsys)

    assert (status, statuses(found)) == (0, {"shop": "added"})
    assert found["changes"][0]["text"] == f"is new as a whole: {found['apis'][0]['summary']}"


def test_a_spec_that_is_renamed_is_another_api(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repo.git("mv", "specs/shop.yaml", "specs/store.yaml")
    repo.git("mv", "overlays/shop", "overlays/store")
    repo.generate()

    status, found = report(repo, "--base", "HEAD", capsys=capsys)

    assert status == 1
    assert statuses(found) == {"other-shop": "unchanged", "shop": "removed", "store": "added"}
    assert [(one["checks"], one["severity"]) for one in found["changes"]] == [
        (["api-removed"], "breaking"),
        (["api-added"], "info"),
    ]


# --- clients that are out of date ---


def test_a_head_that_was_not_regenerated_is_told_as_it_will_be(
    repo: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    change(repo, "parameter added", generate=False)
    before = files(repo.root / "generated")

    status, found = report(repo, "--base", "HEAD", capsys=capsys)

    assert (status, subjects(found)) == (0, ["things.list(color)"])
    assert found["notes"] == [
        "generated/ of the head was not made of its specs and overlays (shop): run make generate. What follows is told "
        "of what it would write."
    ]
    assert files(repo.root / "generated") == before


def test_an_overlay_that_the_vendor_has_made_stale_is_named_and_fails(
    repo: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Files()
    made.schema("Thing")["properties"].pop("size")
    repo.write_shop("shop", made)

    status, found = report(repo, "--base", "HEAD", capsys=capsys)

    assert status == 1
    (overlay,) = found["apis"][1]["overlays"]
    assert (overlay["file"], overlay["status"]) == ("overlays/shop/fix-01-size.overlay.yaml", "stale")
    assert "overlays no longer fit: overlays/shop/fix-01-size.overlay.yaml" in found["notes"][0]


def test_a_head_that_cannot_be_generated_is_refused(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    made = Files()
    made.schema("Thing")["properties"]["owner"] = {"$ref": "#/components/schemas/Nobody"}
    repo.write_shop("shop", made)

    ran = run(repo, "--base", "HEAD", capsys=capsys)

    assert (ran.status, ran.output) == (2, "")
    place = r"specs/shop\.yaml:\d+#/components/schemas/Thing/properties"
    assert re.match(f"the client cannot be generated: {place}", ran.errors)


def test_a_spec_that_is_no_yaml_is_refused(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repo.project.write("specs/shop.yaml", "openapi: [")

    ran = run(repo, "--base", "HEAD", capsys=capsys)

    assert ran.status == 2
    assert ran.errors.startswith("head/specs/shop.yaml:2:1: is not YAML: ")


def test_no_client_is_generated_to_tell_causes_apart(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(maker: Path, root: Path) -> None:
        raise AssertionError(root)

    monkeypatch.setattr(clients, "make", refuse)
    change(repo, "vendor change, fix and naming")

    _, found = report(repo, "--base", "HEAD", capsys=capsys)

    assert [one["causes"] for one in found["changes"]] == [["naming"], ["overlay"], ["spec"]]


def test_a_template_that_changes_is_the_cause(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    template = repo.root / "scripts" / "templates" / "model.py.jinja"
    line = "        return d\n"
    text = template.read_text(encoding="utf-8")
    assert line in text
    template.write_text(text.replace(line, "        return dict(d)\n"), encoding="utf-8")
    change(repo, "parameter added", generate=False)
    clients.make(repo.root, repo.root)

    _, found = report(repo, "--base", "HEAD", capsys=capsys)

    told = [(one["api"], one["text"], one["causes"]) for one in found["changes"]]
    assert ("shop", "was added", ["spec"]) in told
    assert ("shop", "code changed, not judged", ["template"]) in told
    assert ("other-shop", "code changed, not judged", ["template"]) in told
    listed = [place["subject"] for one in found["changes"] if one["causes"] == ["template"] for place in one["places"]]
    assert listed
    assert all("/models/" in subject for subject in listed)


def test_a_runtime_that_changes_is_the_cause(repo: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    errors = repo.root / "src" / "abwire_core" / "errors.py"
    text = errors.read_text(encoding="utf-8")
    errors.write_text(text.replace("ConflictError", "ClashError"), encoding="utf-8")

    status, found = report(repo, "--base", "HEAD", capsys=capsys)

    assert status == 1
    assert ("ConflictError", ["runtime"]) in [(one["places"][0]["subject"], one["causes"]) for one in found["changes"]]


# --- the command ---


def test_the_reports_are_written_where_they_are_wanted(
    repo: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(repo, "field of answers renamed")
    out = tmp_path / "a" / "b"

    ran = run(repo, "--base", "HEAD", "--out", str(out), capsys=capsys)

    assert ran.status == 1
    assert sorted(files(out)) == ["report.html", "report.json", "report.md"]
    assert ran.output.splitlines()[:3] == [str(out / f"report.{ending}") for ending in ("md", "html", "json")]
    assert ran.output.splitlines()[3].startswith("Code has to change for `Owner.mail`.")
    one = run(repo, "--base", "HEAD", "--out", str(tmp_path / "c"), "--format", "html", capsys=capsys)
    assert one.output.splitlines()[0] == str(tmp_path / "c" / "report.html")
    assert files(tmp_path / "c")["report.html"] == files(out)["report.html"]


def test_a_folder_that_cannot_be_written_is_named(
    repo: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    ran = run(repo, "--base", "HEAD", "--out", str(tmp_path / "file"), capsys=capsys)

    assert ran.status == 2
    assert str(tmp_path / "file") in ran.errors


def test_without_oasdiff_it_says_what_to_run(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Path:
        raise NodeToolError("oasdiff is missing: run make node")

    monkeypatch.setattr(node, "oasdiff", missing)
    change(repo, "parameter added")

    ran = run(repo, "--base", "HEAD", capsys=capsys)

    assert (ran.status, ran.output, ran.errors) == (2, "", "oasdiff is missing: run make node\n")


def test_the_same_states_give_the_same_bytes(repo: Repository, tmp_path: Path) -> None:
    change(repo, "vendor change, fix and naming", "four changes at once")
    repo.commit()
    moved = tmp_path / "elsewhere" / "repo"
    shutil.copytree(repo.root, moved)

    def written(root: Path, seed: str, format_: str) -> bytes:
        command = [sys.executable, "-m", "scripts.diff", "--root", str(root), "--base", "HEAD~1", "--head", "HEAD"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [*command, "--format", format_], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 1, done.stderr
        return done.stdout

    assert written(repo.root, "1", "json") == written(moved, "2", "json")
