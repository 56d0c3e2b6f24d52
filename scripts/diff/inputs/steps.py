"""What a client is made of, kind by kind, and the clients in between: which kind of input brought a change about.

Between two states several kinds of input can change at once. To tell them apart, the head is reached from the base in
steps, each of which takes one kind of input from the head; what a step changes is caused by that kind.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.diff.inputs import clients
from scripts.diff.inputs.overlay_changes import kind_of
from scripts.diff.inputs.states import DiffError, Tree
from scripts.diff.model.report import Cause
from scripts.specs import documents
from scripts.specs.effective import build
from scripts.specs.errors import InputError
from scripts.specs.project import Api

# Folders of scripts/ that make a client.
_MAKERS = ("codegen", "specs", "templates")


@dataclass(frozen=True)
class Step:
    """A client on the way from the base to the head.

    Attributes:
        causes: the kinds of input by which it differs from the one before.
        root: the project that holds it, and its effective spec.
    """

    causes: tuple[Cause, ...]
    root: Path


def changed_kinds(base: Tree, head: Tree, old: Api, new: Api) -> list[Cause]:
    """The kinds of input in which two states of an API differ, in the order in which they are taken from the head."""
    kinds = []
    if _maker(base.root) != _maker(head.root):
        kinds.append(Cause.TEMPLATE)
    if old.spec.read_bytes() != new.spec.read_bytes():
        kinds.append(Cause.SPEC)
    kinds += [kind for kind in (Cause.OVERLAY, Cause.NAMING) if _contents(old, kind) != _contents(new, kind)]
    return kinds


def steps(kinds: Sequence[Cause], head: Tree, old: Api, new: Api, folder: Path) -> Iterator[Step]:
    """The clients on the way from base to head; the last one is the head's.

    Where one in between cannot be made, such as from a new spec without the overlay that mends it, it is left out, and
    the next one differs by more kinds than one.

    Args:
        kinds: the kinds of input that differ, in order.
        head: the state after; its scripts make the clients.
        old: the API in the base.
        new: the API in the head.
        folder: a folder to make them in.
    """
    pending: tuple[Cause, ...] = ()
    for number in range(1, len(kinds)):
        taken = set(kinds[:number])
        pending = (*pending, kinds[number - 1])
        root = folder / f"step-{number}"
        try:
            _mix(old, new, taken, root)
            clients.make(head.root, root)
        except (DiffError, InputError):
            continue
        (root / "src").symlink_to(head.root.resolve() / "src")
        yield Step(pending, root)
        pending = ()
    yield Step((*pending, kinds[-1]), head.root)


def _mix(old: Api, new: Api, taken: set[Cause], root: Path) -> None:
    """Make a project whose only spec is the effective one of a mix of inputs."""
    spec = root / "specs" / new.spec.name
    overlays = root / "overlays" / new.name
    spec.parent.mkdir(parents=True)
    overlays.mkdir(parents=True)
    shutil.copyfile((new if Cause.SPEC in taken else old).spec, spec)
    for kind in (Cause.OVERLAY, Cause.NAMING):
        for path in _overlays(new if kind in taken else old, kind):
            shutil.copyfile(path, overlays / path.name)
    mixed = Api(new.name, spec, tuple(sorted(overlays.iterdir())))
    effective = build(mixed, strict=False, keep_comments=False)  # an overlay may be stale in this mix
    shutil.rmtree(overlays)
    documents.write(spec, documents.dump(effective))


def _overlays(api: Api, kind: Cause) -> list[Path]:
    return [path for path in api.overlays if kind_of(path) is kind]


def _contents(api: Api, kind: Cause) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in _overlays(api, kind)}


def _maker(root: Path) -> dict[str, bytes]:
    """All that makes a client but its spec and overlays: scripts, templates, and the versions of the tools."""
    scripts = root / "scripts"
    found = {
        path.relative_to(scripts).as_posix(): path.read_bytes()
        for folder in _MAKERS
        for path in sorted((scripts / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    lock = root / "requirements-dev.lock"
    pins = lock.read_text(encoding="utf-8").splitlines() if lock.exists() else []
    tools = [line.split()[0] for line in pins if line.startswith(("openapi-python-client==", "ruff=="))]
    return {**found, "tools": "\n".join(tools).encode()}
