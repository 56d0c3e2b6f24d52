"""The two states that are compared, read with git into folders of their own: no work tree is checked out or touched."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.diff.model.report import State

PARTS = ("generated", "overlays", "pyproject.toml", "requirements-dev.lock", "scripts", "specs", "src")
"""What a comparison looks at; paths relative to the project."""
_SHORT = 10


class DiffError(Exception):
    """Two states that cannot be compared; the message says why, and the way out."""


@dataclass(frozen=True)
class Tree:
    """A state with its files.

    Attributes:
        state: what it is.
        root: the folder that holds its :data:`PARTS`, as far as it has them.
    """

    state: State
    root: Path


@dataclass(frozen=True)
class Repository:
    """A git repository that holds the project at its top.

    Attributes:
        root: the project.
    """

    root: Path

    # --- which states ---

    def default_base(self) -> str:
        """The ref to compare with where none is named: ``origin/main``, else the last tag.

        Raises:
            DiffError: there is neither.
        """
        if self._find("origin/main"):
            return "origin/main"
        tag = self._try("describe", "--tags", "--abbrev=0", "HEAD")
        if tag is None:
            raise DiffError("there is neither origin/main nor a tag to compare with: name a base (make diff BASE=...)")
        return tag

    def top(self) -> Repository:
        """Return the repository at its top, whatever folder of it was named.

        Raises:
            DiffError: it is no repository.
        """
        return Repository(Path(self._git("rev-parse", "--show-toplevel")))

    def commit(self, ref: str) -> str:
        """The full hash of the commit that a ref names.

        Raises:
            DiffError: it names none.
        """
        if not ref:
            raise DiffError("the ref is empty: name a branch, a tag or a commit, or leave the option out")
        found = self._find(ref)
        if found is None:
            self._git("rev-parse", "--git-dir")  # says so if this is no repository
            fetch = "git fetch --unshallow origin" if self.is_shallow() else "git fetch origin"
            raise DiffError(f"{ref!r} names no commit here: correct it, or fetch it first ({fetch})")
        return found

    def fork_point(self, base: str, head: str) -> str | None:
        """The commit at which ``head`` left ``base``; None if they have no history in common."""
        return self._try("merge-base", base, head)

    def tags(self, commit: str) -> list[str]:
        """The tags of releases (``v...``) in the history of a commit."""
        return self._git("tag", "--list", "v*", "--merged", commit).split()

    def is_shallow(self) -> bool:
        """Return whether the history is cut off, as in the checkouts of many CI systems."""
        return self._git("rev-parse", "--is-shallow-repository") == "true"

    def base_state(self, ref: str, head: str, *, exact: bool) -> State:
        """The state to compare ``head`` with: where it left ``ref``, so that what came to ``ref`` since is not told.

        Args:
            ref: the ref that was asked for.
            head: the hash of the head's commit.
            exact: take the ref itself.

        Raises:
            DiffError: the ref names no commit, or the history that would tell is not there.
        """
        commit = self.commit(ref)
        if exact:
            return State(ref, commit, f"`{ref}` (`{commit[:_SHORT]}`)")
        fork = self.fork_point(commit, head)
        if fork is None:
            if self.is_shallow():
                raise DiffError(
                    f"the history here does not reach back to where {ref} and the head part: fetch all of it "
                    "(git fetch --unshallow; fetch-depth: 0 in actions/checkout)"
                )
            return State(ref, commit, f"`{ref}` (`{commit[:_SHORT]}`; the two have no history in common)")
        where = "" if fork == commit else f"; the head left it at `{fork[:_SHORT]}`, which is compared"
        return State(ref, fork, f"`{ref}` (`{commit[:_SHORT]}`{where})")

    def head_state(self, ref: str | None) -> State:
        """The state after: a commit, or the work tree with all that is not committed yet.

        Args:
            ref: the ref that was asked for; None for the work tree.

        Raises:
            DiffError: the ref names no commit.
        """
        commit = self.commit("HEAD" if ref is None else ref)
        if ref is not None:
            return State(ref, commit, f"`{ref}` (`{commit[:_SHORT]}`)")
        if self._git("status", "--porcelain", "--untracked-files=normal", "--", *self._present()):
            return State("work tree", None, f"the work tree, with what is not committed on `{commit[:_SHORT]}`")
        return State("HEAD", commit, f"`HEAD` (`{commit[:_SHORT]}`)")

    # --- their files ---

    def extract(self, state: State, folder: Path) -> Tree:
        """Write the files of a state to a folder that does not exist yet.

        Raises:
            DiffError: git cannot read them.
        """
        folder.mkdir(parents=True)
        if state.commit is None:
            self._copy_work_tree(folder)
        else:
            self._extract_commit(state.commit, folder)
        return Tree(state, folder)

    def _extract_commit(self, commit: str, folder: Path) -> None:
        parts = [name for name in self._git("ls-tree", "--name-only", commit).splitlines() if name in PARTS]
        if not parts:
            return
        archive = self._run("archive", "--format=tar", commit, "--", *parts)
        try:
            with tarfile.open(fileobj=io.BytesIO(archive)) as content:
                content.extractall(folder, filter="data")
        except tarfile.TarError as error:  # such as a link that leads out of the project
            raise DiffError(f"the files of {commit[:_SHORT]} cannot be read: {error}") from error

    def _copy_work_tree(self, folder: Path) -> None:
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *self._present())
        for name in sorted({*listed.split("\0")} - {""}):
            source = self.root / name
            if source.is_file():  # a file that was deleted is still listed
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def _present(self) -> Sequence[str]:
        return [f":(top,literal){name}" for name in PARTS]

    # --- git ---

    def _find(self, ref: str) -> str | None:
        return self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")

    def _try(self, *arguments: str) -> str | None:
        try:
            return self._git(*arguments)
        except DiffError:
            return None

    def _git(self, *arguments: str) -> str:
        return self._run(*arguments).decode("utf-8", "surrogateescape").strip("\n")

    def _run(self, *arguments: str) -> bytes:
        git = shutil.which("git")
        if git is None:
            raise DiffError("git is not installed, and the two states are read with it")
        done = subprocess.run([git, *arguments], cwd=self.root, capture_output=True, check=False)
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
            raise DiffError(f"git {arguments[0]}: {reason}")
        return done.stdout
