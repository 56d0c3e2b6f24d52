"""The two states of a comparison: which they are, and what files they have; the work tree is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.diff.inputs.states import PARTS, DiffError, Tree
from scripts.diff.inputs.states import Repository as Git
from scripts.diff.model.report import State
from tests.scripts.diff.repositories import Repository, empty_repository
from tests.scripts.projects import files


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    made = empty_repository(tmp_path / "repo")
    made.project.write("specs/a.yaml", "openapi: 3.0.3\n")
    made.project.write("docs/a.md", "A page.\n")
    made.project.write(".gitignore", "*.tmp\n")
    made.commit()
    return made


def git(repo: Repository) -> Git:
    return Git(repo.root)


def extract(repo: Repository, ref: str | None) -> Tree:
    """The files of a state; the folder is named after it."""
    found = git(repo)
    return found.extract(found.head_state(ref), repo.root.parent / f"files of {ref}")


# --- the head ---


def test_the_head_is_the_work_tree_if_it_has_changes(repo: Repository) -> None:
    tip = repo.git("rev-parse", "HEAD")
    assert git(repo).head_state(None) == State("HEAD", tip, f"`HEAD` (`{tip[:10]}`)")

    repo.project.write("specs/b.yaml", "openapi: 3.0.3\n")

    state = git(repo).head_state(None)
    assert (state.ref, state.commit) == ("work tree", None)
    assert state.text == f"the work tree, with what is not committed on `{tip[:10]}`"


def test_changes_of_files_that_no_client_is_made_of_are_none(repo: Repository) -> None:
    repo.project.write("docs/a.md", "Another page.\n")
    repo.project.write("notes.txt", "Something.\n")

    assert git(repo).head_state(None).ref == "HEAD"


@pytest.mark.parametrize("ref", ["main", "v1.0.0", "HEAD~0"])
def test_the_head_can_be_any_ref(repo: Repository, ref: str) -> None:
    repo.git("tag", "v1.0.0")
    repo.project.write("specs/a.yaml", "changed\n")

    tip = repo.git("rev-parse", "HEAD")
    assert git(repo).head_state(ref) == State(ref, tip, f"`{ref}` (`{tip[:10]}`)")


@pytest.mark.parametrize("ref", ["nowhere", "HEAD~9", "--help", "main:specs/a.yaml"])
def test_a_ref_that_names_no_commit_is_refused(repo: Repository, ref: str) -> None:
    with pytest.raises(DiffError) as refused:
        git(repo).head_state(ref)

    assert str(refused.value) == f"{ref!r} names no commit here: correct it, or fetch it first (git fetch origin)"


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

    with pytest.raises(DiffError, match="not a git repository"):
        Git(tmp_path).head_state("main")


def test_without_git_there_is_a_message(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(DiffError, match="git is not installed"):
        git(repo).head_state(None)


@pytest.mark.parametrize("is_base", [True, False])
def test_an_empty_ref_is_refused(repo: Repository, is_base: bool) -> None:
    tip = repo.git("rev-parse", "HEAD")

    with pytest.raises(
        DiffError, match=r"^the ref is empty: name a branch, a tag or a commit, or leave the option out$"
    ):
        git(repo).base_state("", tip, exact=False) if is_base else git(repo).head_state("")


def test_a_shallow_clone_says_how_to_get_the_rest(repo: Repository, tmp_path: Path) -> None:
    repo.git("tag", "v0.1.0")
    repo.commit()
    repo.git("clone", "--quiet", "--depth", "1", "--no-tags", repo.root.as_uri(), str(tmp_path / "clone"))

    with pytest.raises(DiffError, match=r"fetch it first \(git fetch --unshallow origin\)$"):
        Git(tmp_path / "clone").commit("v0.1.0")


def test_a_folder_within_the_repository_leads_to_its_top(repo: Repository) -> None:
    assert Git(repo.root / "specs").top() == git(repo).top()


# --- the base ---


def two_branches(repo: Repository) -> tuple[str, str, str]:
    """Have main go on after a branch has left it; returns the fork, the end of main and the end of the branch."""
    fork = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.project.write("specs/a.yaml", "topic\n")
    topic = repo.commit()
    repo.git("checkout", "--quiet", "main")
    repo.project.write("specs/b.yaml", "main\n")
    return fork, repo.commit(), topic


def test_the_base_is_where_the_head_left_it(repo: Repository) -> None:
    fork, main, topic = two_branches(repo)

    state = git(repo).base_state("main", topic, exact=False)

    text = f"`main` (`{main[:10]}`; the head left it at `{fork[:10]}`, which is compared)"
    assert state == State("main", fork, text)


def test_the_base_can_be_taken_as_it_is(repo: Repository) -> None:
    _, main, topic = two_branches(repo)

    assert git(repo).base_state("main", topic, exact=True) == State("main", main, f"`main` (`{main[:10]}`)")


def test_a_base_that_the_head_comes_from_is_taken_as_it_is(repo: Repository) -> None:
    before = repo.git("rev-parse", "HEAD")
    after = repo.commit()

    assert git(repo).base_state("HEAD~1", after, exact=False) == State("HEAD~1", before, f"`HEAD~1` (`{before[:10]}`)")


def test_two_histories_that_have_nothing_in_common_can_be_compared(repo: Repository) -> None:
    main = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "--quiet", "--orphan", "other")
    other = repo.commit("another first one")

    state = git(repo).base_state("main", other, exact=False)

    assert state == State("main", main, f"`main` (`{main[:10]}`; the two have no history in common)")


def test_a_history_that_is_cut_off_is_no_history_in_common(repo: Repository, tmp_path: Path) -> None:
    two_branches(repo)
    clone = Repository(tmp_path / "clone")
    clone.root.mkdir()
    clone.git("clone", "--quiet", "--depth", "1", "--no-single-branch", f"file://{repo.root}", ".")

    with pytest.raises(DiffError, match=r"git fetch --unshallow; fetch-depth: 0 in actions/checkout"):
        git(clone).base_state("origin/main", clone.git("rev-parse", "origin/topic"), exact=False)


def test_the_default_base_is_the_main_branch_of_the_origin(repo: Repository, tmp_path: Path) -> None:
    clone = Repository(tmp_path / "clone")
    clone.root.mkdir()
    clone.git("clone", "--quiet", str(repo.root), ".")
    clone.git("tag", "v1.0.0")

    assert git(clone).default_base() == "origin/main"


def test_without_an_origin_the_default_base_is_the_last_tag(repo: Repository) -> None:
    repo.git("tag", "v1.0.0")
    repo.commit()
    repo.git("tag", "v1.1.0")
    repo.commit()

    assert git(repo).default_base() == "v1.1.0"


def test_without_both_a_base_has_to_be_named(repo: Repository) -> None:
    with pytest.raises(DiffError, match=r"neither origin/main nor a tag .*\(make diff BASE="):
        git(repo).default_base()


def test_tags_of_releases_are_those_in_the_history(repo: Repository) -> None:
    for tag in ("v1.0.0", "other"):
        repo.git("tag", tag)
    before = repo.git("rev-parse", "HEAD")
    repo.commit()
    repo.git("tag", "v2.0.0")

    assert git(repo).tags(before) == ["v1.0.0"]


# --- the files ---


def test_a_commit_has_its_own_files_whatever_the_work_tree_has(repo: Repository) -> None:
    repo.project.write("specs/a.yaml", "changed\n")
    repo.project.write("specs/b.yaml", "new\n")

    assert files(extract(repo, "HEAD").root) == {"specs/a.yaml": b"openapi: 3.0.3\n"}
    assert repo.git("status", "--porcelain") == "M specs/a.yaml\n?? specs/b.yaml"


def test_the_work_tree_has_what_a_commit_of_all_would_have(repo: Repository) -> None:
    for name in ("specs/c.yaml", "specs/d.yaml"):
        repo.project.write(name, "old\n")
    repo.commit()
    repo.project.write("specs/a.yaml", "changed\n")
    repo.project.write("specs/b.yaml", "new\n")
    repo.project.write("specs/b.tmp", "ignored\n")
    (repo.root / "specs/c.yaml").unlink()
    repo.git("mv", "specs/d.yaml", "specs/e.yaml")
    before = repo.git("status", "--porcelain")

    assert files(extract(repo, None).root) == {
        "specs/a.yaml": b"changed\n",
        "specs/b.yaml": b"new\n",
        "specs/e.yaml": b"old\n",
    }
    assert repo.git("status", "--porcelain") == before


def test_a_state_that_has_none_of_the_files_is_empty(tmp_path: Path) -> None:
    repo = empty_repository(tmp_path / "repo")
    repo.project.write("README.md", "Nothing yet.\n")
    repo.commit()

    assert files(extract(repo, "HEAD").root) == {}


def test_all_parts_of_the_project_are_read(tmp_path: Path) -> None:
    repo = empty_repository(tmp_path / "repo")
    names = sorted(part if "." in part else f"{part}/file" for part in PARTS)
    for name in names:
        repo.project.write(name, f"{name}\n")
    repo.commit()

    assert sorted(files(extract(repo, "HEAD").root)) == names


def test_a_link_that_leads_out_of_the_project_is_refused(repo: Repository) -> None:
    (repo.root / "specs/link.yaml").symlink_to("/etc/hostname")
    repo.commit()

    with pytest.raises(DiffError, match=r"the files of \w{10} cannot be read: .*link"):
        extract(repo, "HEAD")
