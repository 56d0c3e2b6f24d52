"""Answers as a server sends them: made from the shape of a spec, of realistic sizes, and the same in every run."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from typing import Any

_WORDS = (
    *("banner", "basket", "button", "cart", "checkout", "color", "copy", "coupon", "cta", "delivery", "discount"),
    *("express", "faq", "footer", "form", "free", "guest", "header", "hero", "homepage", "image", "layout"),
    *("listing", "mobile", "newsletter", "order", "page", "payment", "photo", "popup", "price", "product", "promo"),
    *("rating", "return", "review", "search", "shipping", "sidebar", "size", "sticky", "summer", "teaser", "test"),
    *("title", "trust", "upsell", "video", "winter"),
)
_SINCE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_DEEPEST = 5


class Answers:
    """Makes instances of the schemas of one spec.

    Of the optional properties, nine in ten are there, as in an answer of a server that knows what it stores; lists
    have up to three items. Strings are what their names say: code, URLs, names, notes.

    Args:
        document: the effective spec.
        seed: the same seed gives the same instances.
    """

    def __init__(self, document: Mapping[str, Any], seed: int = 1) -> None:
        self._document = document
        self._random = random.Random(seed)  # noqa: S311 - nothing here is a secret

    def page(self, schema: str, size: int) -> list[Any]:
        """A page of objects of a component schema."""
        return [self.of({"$ref": f"#/components/schemas/{schema}"}) for _ in range(size)]

    def of(self, schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
        """An instance of a schema.

        Args:
            schema: a schema whose references point into the document.
            name: the name of the property that it is of.
            depth: how many objects and lists are around it.
        """
        schema = self._resolved(schema)
        if "x-sdk-type" in schema:  # the wire has several forms; the one that Python has
            kind = schema["x-sdk-type"]
            return self._random.randint(0, 1) if kind == "boolean" else self._scalar({**schema, "type": kind}, name)
        members = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        if members:
            return self.of(members[self._random.randrange(len(members))], name, depth)
        if "enum" in schema:
            return self._random.choice([value for value in schema["enum"] if value is not None])
        if "properties" in schema or "allOf" in schema or schema.get("type") == "object":
            return self._object(schema, depth)
        if schema.get("type") == "array":
            size = self._random.randint(1, 3) if depth < _DEEPEST else 0
            return [self.of(schema.get("items", {}), name, depth + 1) for _ in range(size)]
        return self._scalar(schema, name)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties, required = self._members(schema)
        made = {
            name: self.of(prop, name, depth + 1)
            for name, prop in properties.items()
            if name in required or (depth < _DEEPEST and self._random.random() < 0.9)
        }
        additional = schema.get("additionalProperties")
        if isinstance(additional, Mapping) and depth < _DEEPEST:
            made |= {self._words(1): self.of(additional, "", depth + 1) for _ in range(2)}
        return made

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = schema
        while "$ref" in found:
            keys = found["$ref"].removeprefix("#/").split("/")
            found = self._document
            for key in keys:
                found = found[key]
        return found  # type: ignore[no-any-return]

    def _members(self, schema: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        properties: dict[str, Any] = {}
        required = set(schema.get("required", ()))
        for member in schema.get("allOf", ()):
            inherited, needed = self._members(self._resolved(member))
            properties |= inherited
            required |= needed
        return properties | schema.get("properties", {}), required

    def _scalar(self, schema: Mapping[str, Any], name: str) -> Any:
        match schema.get("type"):
            case "integer":
                return self._random.randint(max(schema.get("minimum", 1), 0), min(schema.get("maximum", 10**6), 10**6))
            case "number":
                return self._random.randint(0, 1000) / 10
            case "boolean":
                return self._random.random() < 0.5
            case _:
                return self._string(schema, name.lower())

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        moment = _SINCE + datetime.timedelta(seconds=self._random.randrange(10**7))
        match schema.get("format"):
            case "date-time":
                return moment.isoformat().replace("+00:00", "Z")
            case "date":
                return moment.date().isoformat()
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10**6)
        return self._prose(name).ljust(shortest, "x")[:longest]

    def _prose(self, name: str) -> str:
        word = self._random.choice(_WORDS)
        if name.endswith("id") or name in ("id", "sitecode"):
            return str(self._random.randrange(10**8, 10**9))
        if "url" in name:
            return f"https://shop.example/{self._words(2).replace(' ', '/')}?variant={self._random.randrange(10**6)}"
        if "css" in name:
            return f".{word} {{ color: #{self._random.randrange(16**6):06x}; padding: {len(word)}px; }}"
        if "js" in name or "code" in name or "script" in name:
            return f'document.querySelector(".{word}").textContent = "{self._words(4)}";'
        if "description" in name or "note" in name:
            return f"{self._words(16).capitalize()}."
        return self._words(3).title()

    def _words(self, count: int) -> str:
        return " ".join(self._random.choice(_WORDS) for _ in range(count))
