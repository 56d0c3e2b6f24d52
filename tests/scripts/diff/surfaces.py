"""Small clients for the tests of the comparison: written by hand, or generated from small specs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts.diff.model.elements import Surface
from scripts.diff.surface.comparing import compare
from scripts.diff.surface.reading import load
from scripts.diff.surface.rules import Usage, any_use
from scripts.diff.surface.twins import Change
from scripts.specs.project import ROOT
from tests.scripts.projects import (
    PATH_ID,
    Project,
    answer,
    json_content,
    operation,
    parameter,
    project,
    ref,
    run_generate,
    spec,
)

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}


# --- clients written by hand ---


def write_client(root: Path, modules: Mapping[str, str]) -> Path:
    """Write packages by their modules, such as ``abwire_core.pages``; there is always an empty ``abwire``."""
    for name, code in {"abwire": "", "abwire_core": "", **modules}.items():
        folder = root / ("src" if name.startswith("abwire_core") else "generated")
        parts = name.split(".")
        is_package = any(other.startswith(f"{name}.") for other in modules) or len(parts) == 1
        path = folder.joinpath(*parts, "__init__.py") if is_package else folder.joinpath(*parts).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(code), encoding="utf-8")
        for parent in path.relative_to(folder).parents[:-1]:
            (folder / parent / "__init__.py").touch()
    return root


def client(root: Path, modules: Mapping[str, str]) -> Surface:
    """The surface of packages written by hand."""
    return load(write_client(root, modules))


# --- clients that are generated ---


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def sdk(**keys: Any) -> dict[str, Any]:
    """Extensions by their names without the prefix."""
    return {f"x-sdk-{key}": value for key, value in keys.items()}


def called(method: str, group: str = "things", **keys: Any) -> dict[str, Any]:
    """The extensions that make an operation a method."""
    return sdk(group=group, method=method, **keys)


def body(name: str) -> dict[str, Any]:
    """A request body."""
    return {"requestBody": {"required": True, "content": json_content(ref(name))}}


def answers(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A success, and an error that has a body."""
    return {"responses": {"200": answer(schema), "400": answer(ref("Fault"))}}


SPEC = spec(
    {
        "/things": {
            "get": operation(
                "list-things",
                parameters=[parameter("page", schema=INTEGER), parameter("perPage", schema=INTEGER), parameter("tag")],
                **answers({"type": "array", "items": ref("Thing")}),
                **called("list", pagination={"in": "query", "page": "page", "size": "perPage"}),
            ),
            "post": operation("create-thing", **body("ThingCreate"), **answers(ref("Thing")), **called("create")),
        },
        "/things/{thingId}": {
            "get": operation("get-thing", parameters=[PATH_ID], **answers(ref("Thing")), **called("get")),
            "put": operation(
                "replace-thing", parameters=[PATH_ID], **body("Both"), **answers(ref("Both")), **called("replace")
            ),
            "delete": operation("delete-thing", parameters=[PATH_ID], **called("delete")),
        },
        "/reports": {
            "post": operation(
                "request-report",
                tags=["Reports"],
                **answers(an_object("code", code=TEXT)),
                **called(
                    "request",
                    "reports",
                    poll={
                        "method": "fetch",
                        "operation": "get-report",
                        "code": "code",
                        "state": "state",
                        "states": {"DONE": "ready"},
                        "outcome": "data",
                    },
                ),
            ),
            "get": operation(
                "get-report",
                tags=["Reports"],
                parameters=[parameter("code", required=True)],
                **answers(an_object(state=TEXT, data=ref("Numbers"))),
                **called("poll", "reports"),
            ),
        },
    },
    {
        "Thing": an_object(
            "id", id=INTEGER, name=TEXT, state=ref("State"), size={"type": "number"}, owner=ref("Owner")
        ),
        "State": {"type": "string", "enum": ["ON", "OFF"]},
        "Owner": an_object("id", id=INTEGER, email=TEXT),
        "ThingCreate": an_object("name", name=TEXT, size={"type": "number"}, tags={"type": "array", "items": TEXT}),
        "Both": an_object("name", name=TEXT, note=TEXT),
        "Numbers": an_object(visits=INTEGER),
        "Fault": an_object("message", message=TEXT),
    },
    **sdk(client={"name": "Shop", "auth": "oauth", "environment": "SHOP", "rates": {"10": 50}}),
)
"""A shop: things that are listed, made, read, replaced and deleted, and reports on them."""

Edit = Callable[[Any], object]


def edited(edit: Edit) -> dict[str, Any]:
    """The spec of the shop after a change."""
    changed: dict[str, Any] = json.loads(json.dumps(SPEC))  # no part stands in two places, as some do in SPEC
    edit(changed)
    return changed


def generated(root: Path, document: Mapping[str, Any]) -> Project:
    """A project whose client is generated; its runtime is ours."""
    made = project(root, document)
    ran = run_generate(made.root)
    assert ran.status == 0, ran.errors
    (made.root / "src").symlink_to(ROOT / "src")
    return made


# --- changes ---


def told(changes: Iterable[Change]) -> list[str]:
    """Changes in a line each, sorted: severity, check and subject."""
    return sorted(f"{one.row.severity} {one.row.check} {one.row.subject}" for one in changes)


def compared(old: Surface, new: Surface, usage: Usage = any_use) -> list[str]:
    """The changes from one surface to another, in a line each."""
    return told(compare(old, new, usage))
