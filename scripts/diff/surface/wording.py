"""Elements and their kinds in words and code, for people."""

from __future__ import annotations

import ast

from scripts.diff.model.elements import FUNCTIONS, Element, Kind, Surface

CALLED_ON = {"instance": "an instance", "class": "the class", "none": "the class or an instance", None: "nothing"}
PASSED = {
    "both": "can be passed by position and by name now",
    "keyword": "can be passed by name only now",
    "positional": "can be passed by position only now",
    None: "is passed in another way now",
}


def described(surface: Surface, element: Element) -> str | None:
    """An element in short, as code; None if there is nothing to say but its name."""
    if element.kind in FUNCTIONS:
        return _signature(surface, element)
    type_, value = element.facts.type, element.facts.value
    if element.kind in (Kind.PARAMETER, Kind.FIELD) and value is not None:
        return f"{type_} = {value}" if type_ else value
    return str(type_) if type_ else value


def _signature(surface: Surface, element: Element) -> str:
    parts: list[str] = []
    for name, parameter in surface.children(element.path).items():
        is_named = parameter.facts.binding == "keyword" and not name.startswith("**")
        if is_named and not any(part.startswith("*") for part in parts):
            parts.append("*")
        text = described(surface, parameter)
        parts.append(f"{name}: {text}" if parameter.facts.type else name)
    returned = f" -> {element.facts.type}" if element.facts.type else ""
    return f"{'async ' if element.facts.is_async else ''}{element.name}({', '.join(parts)}){returned}"


def with_article(kind: Kind) -> str:
    """A kind of thing with its article."""
    if kind is Kind.OPTIONS:
        return "a class of options"
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def plain(value: str | None) -> str | None:
    """A literal, which is given as code, as what it means; other code stays as it is."""
    try:
        found = None if value is None else ast.literal_eval(value)
    except ValueError:
        return value
    return None if found is None else str(found)


def behaviour(new: Element) -> str:
    """What it means that something about the calls of an operation is now as it is."""
    texts = {
        ("idempotent", "True"): "is sent again after failures, even if it may have arrived",
        ("idempotent", "False"): "is not sent again once it may have arrived, unless its HTTP method allows it",
        ("unverified", "None"): "does not warn any more that its route is a guess",
        ("unverified", None): "warns at its first call that its route is a guess, and why",
        ("method", None): "is sent with another HTTP method",
        ("path", None): "is sent to another path",
    }
    return texts.get((new.name, new.facts.value)) or texts[new.name, None]
