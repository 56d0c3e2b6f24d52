"""Clients that have to be made for a comparison: that of a state whose own is out of date."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.codegen import manifest
from scripts.diff.inputs import overlay_changes
from scripts.diff.inputs.states import DiffError
from scripts.specs import documents
from scripts.specs.effective import build
from scripts.specs.project import Api


def make(maker: Path, root: Path) -> None:
    """Generate the clients of a project by the scripts of another one, which need not be those that run.

    Args:
        maker: the project whose scripts do it.
        root: the project that has the specs and overlays, and gets the clients.

    Raises:
        DiffError: they cannot be generated; the message is that of the generator.
    """
    command = [sys.executable, "-m", "scripts.generate", "--root", str(root.resolve())]
    done = subprocess.run(command, cwd=maker, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).replace(f"{root.resolve()}/", "")
        raise DiffError(f"the client cannot be generated: {reason}")


def refresh(root: Path, apis: Sequence[Api], folder: Path) -> list[str]:
    """Make the clients of a state anew if they were made of other specs or overlays than it has.

    Where they cannot be made because overlays no longer fit, they are made without what no longer fits: then one sees
    what the spec has become.

    Args:
        root: the project; its ``generated`` is replaced.
        apis: its APIs.
        folder: a folder that does not exist yet, to make them in.

    Returns:
        What a reader of the report should know of it.

    Raises:
        DiffError: they cannot be made.
        InputError: a spec or an overlay is not valid.
    """
    outdated = manifest.outdated(root, apis)
    if not outdated:
        return []
    note = f"generated/ of the head was not made of its specs and overlays ({', '.join(outdated)}): run make generate."
    try:
        make(root, root)
    except DiffError:
        stale = {api.name: overlay_changes.stale(api) for api in apis}
        if not any(stale.values()):
            raise
        for api in apis:
            effective = build(api, strict=False, keep_comments=False)
            documents.write(folder / "specs" / api.spec.name, documents.dump(effective))
        make(root, folder)
        shutil.rmtree(root / "generated", ignore_errors=True)
        (folder / "generated").rename(root / "generated")
        files = [f"overlays/{name}/{file}" for name, found in stale.items() for file in found]
        return [
            f"{note} It fails now, because overlays no longer fit: {', '.join(files)}. What follows is told as if "
            "their stale actions were not there."
        ]
    return [f"{note} What follows is told of what it would write."]
