"""Parts of a spec that a client is made without: response headers, callbacks, links, webhooks, further body types."""

from __future__ import annotations

from scripts.codegen.checks.operations import media_type_of
from scripts.specs.documents import json_pointer
from scripts.specs.spec import Spec

_KINDS = {"headers": "response headers", "callbacks": "callbacks", "links": "links"}


def unmodelled(spec: Spec) -> dict[str, list[str]]:
    """Return the JSON pointers of what has no place in the client, by kind."""
    found: dict[str, list[str]] = {}
    for pointer, node in spec.objects():
        if pointer == ("components",) or any(key.startswith("x-") for key in pointer):
            continue  # definitions are listed where they are used
        for key in _KINDS.keys() & node.keys():
            if isinstance(node[key], dict):
                pointers = [json_pointer((*pointer, key, name)) for name in node[key]]
                found.setdefault(_KINDS[key], []).extend(pointers)
    for name in spec.document.get("webhooks", {}):
        found.setdefault("webhooks", []).append(json_pointer(("webhooks", name)))
    for pointer, operation in spec.operations():
        body = spec.resolve(operation.get("requestBody", {}))
        for name in body.get("content", {}).keys() - {media_type_of(body)}:
            place = (*pointer, "requestBody", "content", name)
            found.setdefault("further body types", []).append(json_pointer(place))
    return {kind: sorted(pointers) for kind, pointers in sorted(found.items()) if pointers}
