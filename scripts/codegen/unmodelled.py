"""Parts of a spec that a client is made without: response headers, callbacks, links, webhooks, further media types."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.codegen.contents import picked
from scripts.specs.documents import json_pointer
from scripts.specs.spec import Pointer, Spec


def unmodelled(spec: Spec) -> dict[str, list[str]]:
    """Return the JSON pointers of what is accepted and has no place in the client, by kind."""
    found: dict[str, list[str]] = {}
    for kind, pointer in _unmodelled(spec):
        found.setdefault(kind, []).append(json_pointer(pointer))
    return {kind: found[kind] for kind in sorted(found)}


def _unmodelled(spec: Spec) -> Iterator[tuple[str, Pointer]]:
    for name in spec.document.get("webhooks", {}):
        yield "webhooks", ("webhooks", name)
    for pointer, operation in spec.operations():
        for name in operation.get("callbacks", {}):
            yield "callbacks", (*pointer, "callbacks", name)
        body = spec.resolve(operation.get("requestBody", {}))
        for name in (name for name in body.get("content", {}) if name != picked(body, operation)):
            yield "further body types", (*pointer, "requestBody", "content", name)
        for status, reference in operation.get("responses", {}).items():
            response, place = spec.resolve(reference), (*pointer, "responses", status)
            for kind, key in (("response headers", "headers"), ("links", "links")):
                for name in response.get(key, {}):
                    yield kind, (*place, key, name)
            for name in (name for name in response.get("content", {}) if name != picked(response, response)):
                yield "further response types", (*place, "content", name)
