"""Small projects for the tests of the pipeline: specs and overlays made of Python data, packages made of them."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import itertools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from scripts import generate

API = "mini-api"
PACKAGE = "mini_api"
EVIDENCE = {"route": "documented", "schema": "documented", "source": "a page"}
PATH_ID: dict[str, Any] = {"name": "thingId", "in": "path", "required": True, "schema": {"type": "integer"}}

_numbers = itertools.count()


# --- specs ---


def ref(name: str) -> dict[str, Any]:
    """A reference to a component schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_content(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What stands under ``content`` for a JSON body."""
    return {"application/json": {"schema": schema}}


def answer(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON response."""
    return {"description": "fine", "content": json_content(schema)}


def parameter(name: str, location: str = "query", **members: Any) -> dict[str, Any]:
    """A parameter; a string, if neither ``schema`` nor ``content`` says otherwise."""
    kind = {} if "content" in members else {"schema": {"type": "string"}}
    return {"name": name, "in": location, **({"required": True} if location == "path" else {}), **kind, **members}


def operation(operation_id: str = "get-thing", **members: Any) -> dict[str, Any]:
    """An operation with all that the project asks of one; it answers with nothing."""
    return {
        "tags": ["Things"],
        "operationId": operation_id,
        "summary": "Do a thing",
        "description": "Does one thing.",
        "x-evidence": EVIDENCE,
        "responses": {"204": {"description": "done"}},
        **members,
    }


def spec(
    paths: Mapping[str, Any] | None = None, schemas: Mapping[str, Any] | None = None, **members: Any
) -> dict[str, Any]:
    """A spec; without paths, one with a single operation."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Mini API", "version": "1.0.0", "description": "For tests."},
        "servers": [{"url": "https://example.test/api"}],
        "paths": {"/things": {"get": operation()}} if paths is None else dict(paths),
        "components": {"schemas": dict(schemas or {})},
        **members,
    }


def schemas_spec(**schemas: Any) -> dict[str, Any]:
    """A spec whose matter is its schemas."""
    return spec(schemas=schemas)


def overlay(*actions: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """An overlay document."""
    return {
        "overlay": "1.1.0",
        "info": {"title": "A defect", "version": "1.0.0"},
        "x-defect": {"id": "mini-1", "kind": "structure", "evidence": "a page"},
        "actions": list(actions),
        **members,
    }


# --- projects ---


def as_json(content: Mapping[str, Any]) -> str:
    """JSON that is YAML too, which knows no pairs of surrogates and no control characters."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)


@dataclass(frozen=True)
class Project:
    """A project in a folder: ``specs``, ``overlays``, and what is generated from them."""

    root: Path

    @property
    def generated(self) -> Path:
        """The folder that is generated."""
        return self.root / "generated"

    @property
    def package(self) -> Path:
        """The package of the one API that most tests have."""
        return self.generated / "abwire" / PACKAGE

    @property
    def spec_path(self) -> Path:
        """The spec of that API."""
        return self.root / "specs" / f"{API}.yaml"

    def write(self, path: str, content: str | Mapping[str, Any]) -> Path:
        """Write a file; of a mapping, its JSON, which is YAML too."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else as_json(content), encoding="utf-8")
        return target

    def write_overlay(self, name: str, *actions: Mapping[str, Any], **members: Any) -> Path:
        """Write an overlay of the one API."""
        return self.write(f"overlays/{API}/{name}.overlay.yaml", overlay(*actions, **members))


def project(root: Path, document: str | Mapping[str, Any] | None = None) -> Project:
    """A project of one API."""
    made = Project(root)
    made.write(f"specs/{API}.yaml", spec() if document is None else document)
    return made


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    output: str
    errors: str

    @property
    def places(self) -> str:
        """The errors without the numbers of lines, which follow from the places."""
        return re.sub(r"(\.yaml):\d+(?=#|: )", r"\1", self.errors)


def run_generate(root: Path, *arguments: str) -> Ran:
    """Run ``python -m scripts.generate`` on a project, in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = generate.main(["--root", str(root), *arguments])
    return Ran(status, output.getvalue(), errors.getvalue())


def files(folder: Path) -> dict[str, bytes]:
    """Every file in a folder with its content; none if there is no such folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


# --- packages ---


@contextlib.contextmanager
def imported(package: Path) -> Iterator[ModuleType]:
    """Import a generated package under a name of its own, and forget it afterwards."""
    name = f"generated_for_tests_{next(_numbers)}"
    found = importlib.util.spec_from_file_location(
        name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
        yield module
    finally:
        for loaded in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[loaded]
