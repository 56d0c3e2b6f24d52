"""Git repositories with projects in them, for tests of the diff: all that a real one has, with specs of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.specs.project import ROOT
from tests.scripts.diff.cases import Files
from tests.scripts.projects import Project, run_generate

PYPROJECT = '[project]\nname = "shops"\nversion = "{version}"\n'
# Whoever runs the tests may have settings of their own, and signs commits.
_GIT = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.test",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.test",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@dataclass(frozen=True)
class Repository:
    """A repository with a project at its top."""

    root: Path

    @property
    def project(self) -> Project:
        """The project in the work tree."""
        return Project(self.root)

    def git(self, *arguments: str) -> str:
        """Run git; returns what it prints."""
        git = shutil.which("git")
        assert git
        environment = {**os.environ, **_GIT}
        done = subprocess.run(
            [git, *arguments], cwd=self.root, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str = "a change") -> str:
        """Commit all of the work tree; returns the hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def write_shop(self, name: str, files: Files) -> None:
        """Write the spec and the overlays of a shop, in place of those that it had."""
        self.project.write(f"specs/{name}.yaml", files.spec)
        shutil.rmtree(self.root / "overlays" / name, ignore_errors=True)
        for file, document in files.overlays.items():
            self.project.write(f"overlays/{name}/{file}", document)

    def write_version(self, version: str) -> None:
        """Write the version of the project."""
        self.project.write("pyproject.toml", PYPROJECT.format(version=version))

    def generate(self) -> None:
        """Generate the clients."""
        ran = run_generate(self.root)
        assert ran.status == 0, ran.errors


def empty_repository(root: Path) -> Repository:
    """A repository without any commit."""
    made = Repository(root)
    root.mkdir(parents=True, exist_ok=True)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made


def repository(root: Path, shops: Mapping[str, Files], version: str = "0.1.0") -> Repository:
    """A repository whose first commit has some shops, and all that the project consists of besides."""
    made = empty_repository(root)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=ignore)
    shutil.copytree(ROOT / "src" / "abwire_core", root / "src" / "abwire_core", ignore=ignore)
    shutil.copyfile(ROOT / "requirements-dev.lock", root / "requirements-dev.lock")
    made.project.write(".gitignore", "__pycache__/\n")
    made.write_version(version)
    for name, files in shops.items():
        made.write_shop(name, files)
    made.generate()
    made.commit("all")
    return made
