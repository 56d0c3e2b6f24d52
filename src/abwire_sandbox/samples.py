"""Values that a schema allows: the answers to operations that nobody wrote code for. The same seed, the same values."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from typing import Any, Final

from abwire_sandbox.specs import resolve

_DEEPEST: Final = 4
"""Levels from which on values are as small as they may be: schemas may contain themselves."""
_END: Final = 40
"""Levels from which on a schema that only ever contains itself is given up."""
_WORDS: Final = ("amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "haven")
_FORMATS: Final = {
    "date-time": "2026-11-01T09:00:00Z",
    "date": "2026-11-01",
    "time": "09:00:00Z",
    "uri": "https://www.example.org/",
    "url": "https://www.example.org/",
    "uri-reference": "/",
    "email": "somebody@example.org",
    "hostname": "www.example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "byte": "YWJ3aXJl",
}
_TRIED: Final = ("a", "1", "12", "09:00", "FR", "EUR", "a1", "A1", "#aabbcc", "/", "a@b.cd", *_FORMATS.values())
"""Texts that are tried where a schema has a pattern."""
_PLAIN: Final = {"integer": int, "number": int | float, "string": str, "boolean": bool}
_COMPOSED: Final = frozenset({"properties", "oneOf", "anyOf"})
_NOTES: Final = frozenset({"description", "title", "nullable", "readOnly", "deprecated", "example"})
"""Keywords that say nothing of the type."""


class Samples:
    """Makes up values.

    Args:
        spec: the effective spec in which references lead somewhere.
        names: what values depend on, such as the seed and the operation.
    """

    def __init__(self, spec: Mapping[str, Any], *names: object) -> None:
        self._spec = spec
        self._chance = random.Random("\0".join(map(str, names)))  # noqa: S311 - nothing secret

    def of(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """A value that a schema allows in an answer."""
        node = self._joined(schema)
        if "const" in node:
            return node["const"]
        for key in ("example", "default"):
            if key in node and _is_of(node, node[key]):
                return node[key]
        if "enum" in node:
            values = [value for value in node["enum"] if value is not None] or node["enum"]
            return self._chance.choice(values)
        if depth > _END:
            return None
        for key in ("oneOf", "anyOf"):
            if key in node:
                return self._one_of(node, node[key], depth)
        kind = node.get("type")
        if isinstance(kind, list):
            kind = next((name for name in kind if name != "null"), "null")
        if kind is None:
            kind = "object" if node.keys() & {"properties", "allOf", "additionalProperties"} else "string"
        made = {"object": self._object, "array": self._array, "string": self._string}.get(kind)
        if made is not None:
            return made(node, depth)
        if kind == "boolean":
            return self._chance.random() < 0.5
        return self._number(node, is_whole=kind == "integer") if kind in ("integer", "number") else None

    def _joined(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """A schema with what ``allOf`` adds to it, where that is not about objects: their members are joined apart."""
        node = resolve(self._spec, schema)
        parts = [self._joined(part) for part in node.get("allOf", ())]
        if not parts or node.keys() & _COMPOSED:
            return node
        if any(part.keys() & {"allOf", *_COMPOSED} for part in parts):
            return parts[0] if len(parts) == 1 and not node.keys() - _NOTES - {"allOf"} else node
        joined: dict[str, Any] = {}
        for part in (*parts, node):
            joined |= {key: value for key, value in part.items() if key != "allOf"}
        return joined

    def _one_of(self, node: Mapping[str, Any], members: list[Mapping[str, Any]], depth: int) -> Any:
        some = [member for member in members if resolve(self._spec, member).get("enum") != [None]] or members
        discriminator = node.get("discriminator") or node.get("x-sdk-discriminator")
        # Without a discriminator an object may fit several members; a plain value does not.
        plain = [member for member in some if self._joined(member).get("type") in _PLAIN]
        if not discriminator and plain:
            some = plain[:1]
        chosen = some[0] if depth >= _DEEPEST else self._chance.choice(some)
        value = self.of(chosen, depth + 1)
        if isinstance(value, dict) and discriminator and "propertyName" in discriminator:
            mapping = {target: key for key, target in discriminator.get("mapping", {}).items()}
            reference = chosen.get("$ref", "")
            name = mapping.get(reference, reference.rpartition("/")[2])
            properties = self._members(chosen)[0].get(discriminator["propertyName"], {})
            allowed = resolve(self._spec, properties).get("enum")
            if name and (allowed is None or name in allowed):
                value[discriminator["propertyName"]] = name
        own = {key: found for key, found in node.items() if key not in ("oneOf", "anyOf")}
        if isinstance(value, dict) and "properties" in own:
            value = {**self._object(own, depth), **value}
        return value

    def _members(self, schema: Mapping[str, Any]) -> tuple[dict[str, Any], set[str], Any]:
        """Properties, required ones, and what other properties may be, with those of all ``allOf`` members."""
        node = resolve(self._spec, schema)
        properties: dict[str, Any] = {}
        required = set(node.get("required", ()))
        others = node.get("additionalProperties")
        for member in node.get("allOf", ()):
            inherited, needed, more = self._members(member)
            properties |= inherited
            required |= needed
            others = more if others is None else others
        return properties | node.get("properties", {}), required, others

    def _object(self, node: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties, required, others = self._members(node)
        made: dict[str, Any] = {}
        for name, schema in properties.items():
            found = resolve(self._spec, schema)
            if found.get("writeOnly") or (depth >= _DEEPEST and name not in required):
                continue
            made[name] = self.of(schema, depth + 1)
        for member in node.get("allOf", ()):
            alternatives = resolve(self._spec, member)
            if alternatives.keys() & {"oneOf", "anyOf"}:
                value = self.of(alternatives, depth + 1)
                made |= value if isinstance(value, dict) else {}
        for number in range(node.get("minProperties", 0) - len(made)):
            made[f"property{number + 1}"] = self.of(others if isinstance(others, dict) else {}, depth + 1)
        return made

    def _array(self, node: Mapping[str, Any], depth: int) -> list[Any]:
        least = node.get("minItems", 0)
        count = least if depth >= _DEEPEST else max(least, min(2, node.get("maxItems", 2)))
        items = [self.of(node.get("items", {}), depth + 1) for _ in range(count)]
        if node.get("uniqueItems"):
            items = [item for index, item in enumerate(items) if item not in items[:index]]
        return items

    def _string(self, node: Mapping[str, Any], depth: int) -> str:
        least, most = node.get("minLength", 0), node.get("maxLength", math.inf)
        pattern = node.get("pattern")
        if pattern is not None:
            fitting = (text for text in _TRIED if re.search(pattern, text) and least <= len(text) <= most)
            found = next(fitting, None)
            if found is not None:
                return found
        text = _FORMATS.get(node.get("format", "")) or f"{self._chance.choice(_WORDS)}-{self._chance.randint(1, 999)}"
        text = text.ljust(least, "x")
        return text if len(text) <= most else text[: int(most)]

    def _number(self, node: Mapping[str, Any], *, is_whole: bool) -> float:
        low, high = node.get("minimum"), node.get("maximum")
        over, under = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
        step = node.get("multipleOf") or (1 if is_whole else 0)
        if isinstance(over, bool):
            low = low + (step or 1e-3) if over and low is not None else low
        elif over is not None:
            low = over + (step or 1e-3)
        if isinstance(under, bool):
            high = high - (step or 1e-3) if under and high is not None else high
        elif under is not None:
            high = under - (step or 1e-3)
        low = (min(1, high - 1) if high is not None else 1) if low is None else low
        high = max(low, low + 999) if high is None else high
        if step and step < 1:  # whole numbers are multiples that no rounding spoils
            step = 1 if math.ceil(low) <= high else step
        if step:
            first, last = math.ceil(low / step), math.floor(high / step)
            value = self._chance.randint(first, max(first, last)) * step
            return int(value) if is_whole else value
        return round(self._chance.uniform(low, high), 6) if high > low else low


def _is_of(node: Mapping[str, Any], value: Any) -> bool:
    """Return whether an example or a default is a plain value of the type: specs have others as well."""
    kinds = node.get("type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind in _PLAIN and isinstance(value, _PLAIN[kind]) and isinstance(value, bool) is (kind == "boolean"):
            return "enum" not in node or value in node["enum"]
    return False
