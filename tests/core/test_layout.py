"""The HTTP library has one door, so that a move to another one is a change of one file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import abwire_core

FOLDER = Path(abwire_core.__file__).parent


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_only_one_module_imports_the_http_library(path: Path) -> None:
    imports_it = any(name.split(".")[0] in ("httpx", "httpcore") for name in _imported(path))
    assert imports_it == (path.name == "_http.py")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_core_does_not_know_the_generated_package(path: Path) -> None:
    assert [name for name in _imported(path) if name.split(".")[0] == "abwire"] == []


def test_the_core_is_marked_as_typed() -> None:
    assert (FOLDER / "py.typed").is_file()
