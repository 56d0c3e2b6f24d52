"""Apply all overlays of an API to its spec: the result is the effective spec, from which the client is generated.

    python -m scripts.build_specs [--root DIR] [--output DIR]

Every ``specs/<api>.yaml`` is an API; its overlays are ``overlays/<api>/*.overlay.yaml`` in the order of their names,
applied strictly. The effective spec must be a valid OpenAPI document in which every reference leads somewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator

from scripts import documents, overlay

ROOT = Path(__file__).resolve().parent.parent
OVERLAY_SUFFIX = ".overlay.yaml"
# Keywords of OpenAPI whose object has names for keys, and those under which stands a value, not a part of the spec.
_NAMING = {
    "callbacks",
    "content",
    "encoding",
    "headers",
    "links",
    "mapping",
    "parameters",
    "paths",
    "presence",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
    "variables",
    "x-sdk-names",
}
_QUOTING = {"default", "enum", "example", "examples"}


class SpecError(Exception):
    """A spec that cannot be used, with the file and the JSON pointer of the fault."""

    def __init__(self, path: Path | str, reason: str, pointer: tuple[str, ...] | None = None) -> None:
        self.path = str(path)
        self.reason = reason
        self.pointer = pointer
        place = self.path if pointer is None else f"{self.path}#{documents.json_pointer(pointer)}"
        super().__init__(f"{place}: {reason}")


@dataclass(frozen=True)
class Api:
    """One vendor's API: where its spec and its overlays are."""

    name: str
    spec: Path
    overlays: tuple[Path, ...]

    @property
    def package(self) -> str:
        """The name of its Python package."""
        return self.name.replace("-", "_")


def find_apis(root: Path = ROOT) -> list[Api]:
    """The APIs of a project, in the order of their names.

    Raises:
        SpecError: there is no spec, or a file or folder that would be passed over.
    """
    specs = sorted((root / "specs").glob("*.yaml"))
    if not specs:
        raise SpecError(root / "specs", "holds no spec (*.yaml)")
    _check_names(root / "specs", specs)
    names = {spec.stem for spec in specs}
    for folder in sorted((root / "overlays").glob("*")):
        if not folder.is_dir():
            if folder.name.endswith(OVERLAY_SUFFIX):
                raise SpecError(folder, "an overlay must stand in the folder of its API")
            continue
        if folder.name not in names:
            raise SpecError(folder, f"these overlays belong to no spec: there is no specs/{folder.name}.yaml")
        for path in sorted(folder.iterdir()):
            if not path.name.endswith(OVERLAY_SUFFIX):
                raise SpecError(path, f"is no overlay: the name must end in {OVERLAY_SUFFIX}")
    return [
        Api(spec.stem, spec, tuple(sorted((root / "overlays" / spec.stem).glob(f"*{OVERLAY_SUFFIX}"))))
        for spec in specs
    ]


def _check_names(folder: Path, specs: Sequence[Path]) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix in {".yml", ".json"}:
            raise SpecError(path, "the name of a spec must end in .yaml")
    taken: dict[str, Path] = {}
    for spec in specs:
        package = Api(spec.stem, spec, ()).package
        if not package.isidentifier():
            raise SpecError(spec, f"{package} is no name for a Python package")
        other = taken.setdefault(package, spec)
        if other != spec:
            raise SpecError(spec, f"gives the same Python package as {other.name}: {package}")


def build(
    api: Api, *, without: Collection[str] = (), strict: bool = True, keep_comments: bool = True
) -> dict[str, Any]:
    """The effective spec of an API.

    Args:
        api: the API.
        without: file names of overlays to leave out, for the tests that show what each is needed for.
        strict: fail on an overlay that no longer fits its spec; otherwise apply what still applies.
        keep_comments: carry the spec's comments along.

    Raises:
        documents.DocumentError: a file cannot be read.
        overlay.OverlayError: an overlay is invalid, made for another spec, stale or otherwise failed.
    """
    document = documents.load(api.spec, keep_comments=keep_comments)
    for path in api.overlays:
        if path.name not in without:
            document_overlay = overlay.read(path)
            overlay.check_extends(document_overlay, api.spec)
            overlay.apply(document, document_overlay, strict=strict)
    return document


def validate(document: Mapping[str, Any], path: Path) -> None:
    """Refuse a spec that is not OpenAPI 3.0, or in which a reference leads nowhere.

    Args:
        document: the spec.
        path: the file to name in an error.

    Raises:
        SpecError: with the pointer of the first fault.
    """
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.0."):
        raise SpecError(path, f"openapi must be 3.0.x, not {version!r}", ("openapi",))
    bare = documents.plain(document)
    for pointer, reference in _references(bare):
        try:
            resolve(bare, {"$ref": reference})
        except (LookupError, TypeError, ValueError) as error:
            raise SpecError(path, f"the reference {reference!r} leads nowhere in this document", pointer) from error
    try:
        fault = next(OpenAPIV30SpecValidator(bare).iter_errors(), None)
    except Exception as error:  # it fails in many ways where it should report, for one at a parameter that is none
        raise SpecError(path, f"is no valid OpenAPI: {type(error).__name__}: {error!s:.200}") from error
    if fault is not None:
        raise SpecError(path, fault.message, tuple(map(str, fault.absolute_path)))


def resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node that a reference leads to; any other node as it is.

    Raises:
        LookupError, TypeError, ValueError: the reference leads nowhere, out of the document, or in a circle.
    """
    seen: set[str] = set()
    while "$ref" in node:
        reference = node["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#/") or reference in seen:
            raise ValueError(reference)
        seen.add(reference)
        found: Any = document
        for key in reference[2:].split("/"):
            found = found[key.replace("~1", "/").replace("~0", "~")]
        if not isinstance(found, Mapping):
            raise TypeError(reference)
        node = found
    return node


def objects(
    node: Any, pointer: tuple[str, ...] = (), *, keys_are_names: bool = False
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every object of a spec whose keys are keywords: not those whose keys are names, nor any quoted as a value."""
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from objects(value, (*pointer, str(index)))
    elif isinstance(node, dict):
        if not keys_are_names:
            yield pointer, node
        for key, value in node.items():
            if keys_are_names or key not in _QUOTING:
                yield from objects(value, (*pointer, key), keys_are_names=not keys_are_names and key in _NAMING)


def _references(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every reference of a spec, those in discriminators too."""
    for pointer, node in objects(document):
        for key in ("$ref", "defaultMapping"):
            if key in node:
                yield (*pointer, key), node[key]
        for key in ("mapping", "presence"):
            if isinstance(node.get(key), Mapping):
                yield from (((*pointer, key, name), target) for name, target in node[key].items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.build_specs", description="Apply each API's overlays to its spec."
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    parser.add_argument("--output", type=Path, help="write <api>.yaml here; without it, only check")
    options = parser.parse_args(arguments)
    try:
        texts = {}
        for api in find_apis(options.root):
            document = build(api)
            validate(document, api.spec)
            texts[api.name] = documents.dump(document)
            print(f"{api.name}: {len(api.overlays)} overlays apply, the effective spec is valid")
        for name, text in texts.items():
            if options.output is not None:
                documents.write(options.output / f"{name}.yaml", text)
    except (SpecError, overlay.OverlayError, documents.DocumentError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
