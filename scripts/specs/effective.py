"""The effective spec of an API: the vendor's spec with all overlays applied, valid, every reference resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from openapi_spec_validator import OpenAPIV30SpecValidator

from scripts.specs import documents, overlays
from scripts.specs.project import Api
from scripts.specs.spec import Spec, objects


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
        errors.DocumentError: a file cannot be read.
        overlays.OverlayError: an overlay is invalid, made for another spec, stale or otherwise failed.
    """
    document = documents.load(api.spec, keep_comments=keep_comments)
    for path in api.overlays:
        if path.name not in without:
            document_overlay = overlays.read(path)
            overlays.check_extends(document_overlay, api.spec)
            overlays.apply(document, document_overlay, strict=strict)
    return document


def validate(spec: Spec) -> None:
    """Refuse a spec that is not OpenAPI 3.0, or in which a reference leads nowhere.

    Args:
        spec: the spec.

    Raises:
        SpecError: with the pointer of the first fault.
    """
    version = spec.document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.0."):
        raise spec.error(f"openapi must be 3.0.x, not {version!r}", ("openapi",))
    bare = Spec(documents.plain(spec.document), spec.path)
    for pointer, reference in _references(bare.document):
        try:
            bare.resolve({"$ref": reference})
        except (LookupError, TypeError, ValueError) as error:
            raise spec.error(f"the reference {reference!r} leads nowhere in this document", pointer) from error
    try:
        fault = next(OpenAPIV30SpecValidator(bare.document).iter_errors(), None)
    except Exception as error:  # it fails in many ways where it should report, for one at a parameter that is none
        raise spec.error(f"is no valid OpenAPI: {type(error).__name__}: {error!s:.200}") from error
    if fault is not None:
        raise spec.error(fault.message, tuple(map(str, fault.absolute_path)))


def _references(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every reference of a spec, those in discriminators too."""
    for pointer, node in objects(document):
        for key in ("$ref", "defaultMapping"):
            if key in node:
                yield (*pointer, key), node[key]
        for key in ("mapping", "presence"):
            if isinstance(node.get(key), Mapping):
                yield from (((*pointer, key, name), target) for name, target in node[key].items())
