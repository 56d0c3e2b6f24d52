"""The scripts of the steps, in bash, as a runner calls it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.workflows.files import program, script


class Repository:
    """A clone of a repository with one commit on main, which it has been cloned from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.origin = folder / "origin.git"
        self.temporary = folder / "temporary"
        self.programs = folder / "programs"
        self.output = folder / "output"
        self.temporary.mkdir()
        self.programs.mkdir()
        self.environment = {
            "BRANCH": "regenerate",
            "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_REF_NAME": "main",
            "HOME": str(folder),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temporary),
            "TITLE": "fix: regenerate the client",
        }
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", str(self.origin), cwd=folder)
        self.git("clone", "--quiet", str(self.origin), str(self.folder), cwd=folder)
        (self.folder / "client.py").write_text("old\n", encoding="utf-8")
        self.commit("first")
        self.git("push", "--quiet", "origin", "HEAD:main")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run git."""
        done = subprocess.run(
            [program("git"), *arguments],
            cwd=cwd or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, title: str) -> str:
        """Commit all; returns the hash."""
        self.git("add", "--all")
        person = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        self.git(*person, "commit", "--quiet", "--allow-empty", "--message", title)
        return self.git("rev-parse", "HEAD")

    def provide(self, name: str, text: str) -> None:
        """Put a shell script on the path."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def run(self, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script of a step."""
        return subprocess.run(
            [program("bash"), "-e", "-c", text],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_client_that_is_as_committed_needs_no_pull_request(repository: Repository) -> None:
    done = repository.run(script("regenerate.yml", "generate", "Compare with what is committed"))

    assert (done.returncode, done.stderr) == (0, "")
    assert repository.output.read_text(encoding="utf-8") == "changed=false\n"


def test_a_client_that_has_changed_comes_to_the_branch_as_it_is(repository: Repository) -> None:
    repository.git("push", "--quiet", "origin", "HEAD:regenerate")  # of last week
    (repository.folder / "client.py").write_text("new\n", encoding="utf-8")
    (repository.folder / "binary").write_bytes(b"\0\xff")
    repository.provide("gh", 'test "$*" = "auth setup-git"')

    done = repository.run(script("regenerate.yml", "generate", "Compare with what is committed"))
    assert (done.returncode, done.stderr) == (0, "")
    assert repository.output.read_text(encoding="utf-8") == "changed=true\n"
    repository.git("reset", "--quiet", "--hard")
    done = repository.run(script("regenerate.yml", "pull-request", "Push the branch"))

    assert done.returncode == 0, done.stderr
    repository.git("fetch", "--quiet", "origin")
    assert repository.git("log", "--format=%s", "origin/regenerate") == "fix: regenerate the client\nfirst"
    assert repository.git("diff", "--name-status", "origin/main", "origin/regenerate") == "A\tbinary\nM\tclient.py"
    assert repository.git("show", "origin/regenerate:client.py") == "new"


@pytest.mark.parametrize("found", ["", "https://github.example/o/r/pull/7"])
def test_a_pull_request_is_opened_unless_it_is_open(repository: Repository, found: str) -> None:
    repository.provide("gh", f'echo "$1 $2" >> "$HOME/calls"\ntest "$2" = create || echo "{found}"')

    done = repository.run(script("regenerate.yml", "pull-request", "Open the pull request, unless it is open"))

    assert done.returncode == 0, done.stderr
    calls = (repository.folder.parent / "calls").read_text(encoding="utf-8").splitlines()
    assert calls == (["pr list"] if found else ["pr list", "pr create"])


def test_a_tag_on_another_branch_is_not_released(repository: Repository) -> None:
    check = script("release.yml", "build", "Check that the commit is on main")
    on_main = repository.git("rev-parse", "HEAD")
    repository.commit("on main too")
    repository.git("push", "--quiet", "origin", "HEAD:main")
    elsewhere = repository.commit("elsewhere")

    assert repository.run(check, GITHUB_SHA=on_main).returncode == 0
    done = repository.run(check, GITHUB_SHA=elsewhere)
    assert (done.returncode, done.stdout) == (1, "::error::the tag is not on main\n")
