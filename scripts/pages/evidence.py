"""The page docs/evidence.md: the evidence of each operation of each API, one row an operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openapi_python_client.strings import PythonIdentifier

from scripts.codegen.lowering import FIELD_PREFIX
from scripts.pages import tables
from scripts.specs.effective import build
from scripts.specs.extensions import GRADES, check_forms
from scripts.specs.project import Api, find_apis
from scripts.specs.spec import Spec

PAGE = "docs/evidence.md"
_MEANINGS = (
    "an official page of the vendor says it",
    "it was seen in real client code, or in a list that a third party made of the vendor's pages",
    "it follows the pattern of an operation that was observed",
    "several forms are equally plausible; this is one of them (routes only)",
)
_ASPECTS = ("route", "schema")

Operation = tuple[str, str, dict[str, Any]]
"""Method, path, and the operation itself."""


def page(root: Path) -> str:
    """The page of a project, as Markdown.

    Raises:
        SpecError: an operation does not say what it rests on.
        InputError: an effective spec cannot be built.
    """
    grades = "\n".join(f"* **{grade}**: {meaning}." for grade, meaning in zip(GRADES, _MEANINGS, strict=True))
    intro = (
        "# Evidence\n\n"
        "<!-- Written by `make generate` from the `x-evidence` of every operation. Do not edit. -->\n\n"
        "What each operation rests on, for its route (method and path) and for its schema (parameters and bodies):\n\n"
        f"{grades}\n"
    )
    return "\n".join([intro, *(_section(api) for api in find_apis(root))])


def _section(api: Api) -> str:
    spec = Spec(build(api, keep_comments=False), api.spec)
    document = spec.document
    operations = list(_operations(spec))
    graded = [operation["x-evidence"] for _, _, operation in operations]
    counts = {grade: [sum(evidence[aspect] == grade for evidence in graded) for aspect in _ASPECTS] for grade in GRADES}
    return (
        f"## {tables.prose(document['info']['title'])}\n\n"
        f"{len(operations)} operations{_where(api, document)}.\n\n"
        + tables.table(("Grade", "Routes", "Schemas"), ((grade, *count) for grade, count in counts.items()))
        + "\n"
        + tables.table(
            ("Method", "Path", "Python name", "Route", "Schema", "Source", "What is uncertain"),
            (_row(*operation) for operation in operations),
        )
    )


def _where(api: Api, document: Mapping[str, Any]) -> str:
    entry = document.get("x-sdk-client")
    if entry is None:
        return f", in `abwire.{api.package}.api`"
    return f"; the Python names are methods of `abwire.{api.package}.{entry['name']}` and `Async{entry['name']}`"


def _operations(spec: Spec) -> Iterator[Operation]:
    check_forms(spec)
    for pointer, operation in spec.operations():
        if "x-evidence" not in operation:
            raise spec.error("the operation needs x-evidence", pointer)
        yield pointer[2], pointer[1], operation


def _row(method: str, route: str, operation: Mapping[str, Any]) -> tuple[str, ...]:
    evidence = operation["x-evidence"]
    group = operation.get("x-sdk-group", PythonIdentifier(operation["tags"][0], "tag"))
    name = operation.get("x-sdk-method", PythonIdentifier(operation["operationId"], FIELD_PREFIX))
    return (
        method.upper(),
        tables.code(route),
        tables.code(f"{group}.{name}"),
        *(evidence[aspect] for aspect in _ASPECTS),
        tables.prose(evidence["source"]),
        tables.prose(evidence.get("note", "")),
    )
