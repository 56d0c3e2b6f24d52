"""Rules for changes on the wire: what a change of a keyword means for programs that call the API.

Here is where a check of the wire goes: an entry of :data:`RULES`. A keyword that has no entry is reported as changed,
not judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.diff.model.report import Severity

BREAKING, WARNING, INFO = Severity.BREAKING, Severity.WARNING, Severity.INFO
Judge = Callable[[Any, Any], Severity | None]
"""The severity of a change from one value to another, None for absent; None if oasdiff judges it."""
_SHORT = 60


@dataclass(frozen=True)
class WireRule:
    """A rule for one keyword.

    Attributes:
        words: the name of the keyword for people; with ``{}``, the whole text for the new value.
        sent: the severity in requests, and for the API as a whole.
        received: the severity in responses.
        is_seen: whether the Python surface shows a change of it, so that it is told from there.
    """

    words: str
    sent: Judge
    received: Judge
    is_seen: bool = False


def _always(severity: Severity | None) -> Judge:
    return lambda old, new: severity


def _upper(old: Any, new: Any) -> Severity:
    """A bound that values may not exceed."""
    if new is None or (old is not None and new >= old):
        return INFO
    return BREAKING if old is not None else WARNING


def _lower(old: Any, new: Any) -> Severity:
    """A bound that values may not fall below."""
    if not new or (old is not None and new <= old):
        return INFO
    return BREAKING if old is not None else WARNING


def _condition(old: Any, new: Any) -> Severity:
    """A condition that values have to meet."""
    return BREAKING if new else INFO


def _bound(old: Any, new: Any) -> Severity:
    """Return whether a bound itself is no longer a value."""
    return WARNING if new else INFO


def _values(old: Any, new: Any) -> Severity:
    """The values that requests may have."""
    if new is None:
        return INFO
    return BREAKING if old is None or set(map(str, old)) - set(map(str, new)) else INFO


def _presence_sent(old: Any, new: Any) -> Severity:
    return BREAKING if new else INFO


def _presence_received(old: Any, new: Any) -> Severity:
    return INFO if new else BREAKING


def _format(old: Any, new: Any) -> Severity | None:
    return BREAKING if {old, new} == {"date", "date-time"} else None


def _security(old: Any, new: Any) -> Severity:
    """Return who may call: alternatives of sets of schemes."""
    before, after = ([json.dumps(one, sort_keys=True) for one in value or [{}]] for value in (old, new))
    if not new or "{}" in after or set(before) <= set(after):
        return INFO
    return BREAKING


def _union(old: Any, new: Any) -> Severity:
    """A rule that decides between models."""
    before, after = ({**(value or {}), **((value or {}).get("mapping", {}))} for value in (old, new))
    before.pop("mapping", None)
    return INFO if old is None or before.items() <= {**after}.items() else WARNING


def _handling(old: Any, new: Any) -> Severity:
    """Return how the client handles a place: in addition to what it did, or otherwise."""
    return (
        INFO if old is None or (isinstance(old, list) and isinstance(new, list) and set(old) <= set(new)) else WARNING
    )


def _open(old: Any, new: Any) -> Severity | None:
    """Return whether objects may have fields that the spec does not name."""
    return (BREAKING if new is False else INFO) if isinstance(new, bool) or isinstance(old, bool) else None


_NOTE, _OASDIFF = _always(INFO), _always(None)
_BREAKS, _MAY = _always(BREAKING), _always(WARNING)
_HEADER = WireRule("header", _MAY, lambda old, new: WARNING if new is None else INFO)

RULES: Mapping[str, WireRule] = {
    # types
    "type": WireRule("type", _OASDIFF, _OASDIFF, is_seen=True),
    "format": WireRule("format", _format, _format, is_seen=True),
    "nullable": WireRule("nullable", _OASDIFF, _OASDIFF, is_seen=True),
    "$ref": WireRule("schema", _OASDIFF, _OASDIFF, is_seen=True),
    "oneOf": WireRule("alternatives", _OASDIFF, _OASDIFF, is_seen=True),
    "anyOf": WireRule("alternatives", _OASDIFF, _OASDIFF, is_seen=True),
    "enum": WireRule("values", _values, _NOTE, is_seen=True),
    "required": WireRule("required", _presence_sent, _presence_received, is_seen=True),
    "additionalProperties": WireRule("fields without a name", _open, _NOTE, is_seen=True),
    "discriminator": WireRule("discriminator", _union, _union),
    # bounds and conditions of values
    **{key: WireRule(key, _upper, _NOTE) for key in ("maximum", "maxLength", "maxItems", "maxProperties")},
    **{key: WireRule(key, _lower, _NOTE) for key in ("minimum", "minLength", "minItems", "minProperties")},
    **{key: WireRule(key, _bound, _NOTE) for key in ("exclusiveMaximum", "exclusiveMinimum")},
    **{key: WireRule(key, _condition, _NOTE) for key in ("multipleOf", "uniqueItems", "pattern")},
    "default": WireRule("default", lambda old, new: INFO if old is None else WARNING, _NOTE),
    "readOnly": WireRule("+read-only", lambda old, new: WARNING if new else INFO, _NOTE),
    "writeOnly": WireRule("+write-only", _NOTE, lambda old, new: WARNING if new else INFO),
    "deprecated": WireRule("+deprecated", _NOTE, _NOTE),
    # how values are written
    **{key: WireRule(key, _BREAKS, _NOTE) for key in ("style", "explode", "allowReserved", "encoding")},
    "allowEmptyValue": WireRule("allowEmptyValue", _condition, _NOTE),
    "content": WireRule("media type", _BREAKS, _OASDIFF, is_seen=True),
    # operations
    "route": WireRule("route", _BREAKS, _BREAKS),
    "operationId": WireRule("operationId", _NOTE, _NOTE),
    "links": WireRule("links", _NOTE, _NOTE),
    "callbacks": WireRule("callbacks", _NOTE, _NOTE),
    # the API as a whole, and who may call it
    "server": WireRule("address of the server", _MAY, _MAY, is_seen=True),
    "servers": WireRule("other servers", _NOTE, _NOTE),
    "security": WireRule("needed authentication", _security, _security),
    "scheme": WireRule("scheme", _BREAKS, _BREAKS),
    "in": WireRule("location of the key", _BREAKS, _BREAKS),
    "name": WireRule("name of the key", _BREAKS, _BREAKS),
    "tokenUrl": WireRule("address of tokens", _BREAKS, _BREAKS),
    "refreshUrl": WireRule("address for renewing tokens", _MAY, _MAY),
    "authorizationUrl": WireRule("address for authorization", _MAY, _MAY),
    "openIdConnectUrl": WireRule("address of OpenID Connect", _BREAKS, _BREAKS),
    "bearerFormat": WireRule("format of the token", _NOTE, _NOTE),
    "scopes": WireRule("scope", lambda old, new: WARNING if new is None else INFO, _NOTE),
    # how our client handles it
    "x-sdk-accepts-bare": WireRule("is read without its wrapper in other cases than before", _handling, _handling),
    "x-sdk-discriminator": WireRule("is read as another model than before, for some values", _union, _union),
    "x-sdk-pagination": WireRule("is asked for its pages in another way", _handling, _handling),
    "x-sdk-poll": WireRule("is polled in another way", _handling, _handling),
    "x-sdk-type": WireRule("is read from other forms of the value than before", _handling, _handling),
    "x-sdk-default": WireRule("is asked for other things than before if the argument is left out", _MAY, _MAY),
    **{
        key: WireRule(key, _OASDIFF, _OASDIFF, is_seen=True)
        for key in (
            "x-sdk-group",
            "x-sdk-method",
            "x-sdk-idempotent",
            "x-sdk-names",
            "x-evidence",
            "class",
            "python",
        )
    },
}
_SECURITY_TYPE = WireRule("type", _BREAKS, _BREAKS)


def rule_for(kind: str, keyword: str) -> WireRule | None:
    """Return the rule for a keyword of a kind of part; None if there is none.

    Args:
        kind: the first member of the part's key.
        keyword: the keyword, or a path that ends with it.
    """
    words = keyword.split("/")
    if kind == "security":
        return _SECURITY_TYPE if words == ["type"] else RULES["scopes"] if "scopes" in words else RULES.get(words[-1])
    if keyword.startswith("header "):
        return _HEADER
    if words[0] == "x-sdk-client" and len(words) > 1:
        return RULES["x-sdk-names"] if words[1] == "name" else WireRule(words[1], _MAY, _MAY)
    return RULES.get(keyword) or RULES.get(words[-1]) or (RULES.get(words[0]) if words[0].startswith("x-") else None)


def describe(keyword: str, rule: WireRule | None, old: Any, new: Any) -> str:
    """Return what happened to a keyword, to be read after the subject."""
    path = keyword.split("/")
    words = rule.words if rule else path[-1]
    if words.startswith("+"):
        return f"is {words[1:]} now" if new else f"is not {words[1:]} any more"
    if path[-1] in ("discriminator", "x-sdk-discriminator"):
        return _describe_union(old or {}, new or {})
    if keyword == "explode":
        return f"is written {_LISTS[bool(new)]} now, and was written {_LISTS[not new]}"
    where = (
        " of its items"
        if "items" in path[:-1]
        else f" in its {path[0]}"
        if len(path) > 1 and path[0] in ("oneOf", "anyOf")
        else ""
    )
    if words.startswith("is ") and "{}" not in words:
        return words
    if keyword == "enum":
        return _describe_values(old, new)
    if keyword == "required":
        return "has to be given now" if new else "can be left out now"
    if keyword == "security":
        before = "" if old is None else f", and needed {_schemes(old)}"
        return f"needs {_schemes(new)} now{before}" if new else f"needs no authentication any more{before}"
    if words in ("header", "scope"):
        name = keyword.removeprefix("header ").rpartition("/")[2]
        return (
            f"has the {words} `{name}` now"
            if old is None
            else f"has no {words} `{name}` any more"
            if new is None
            else f"has another {words} `{name}`"
        )
    name = f"`{words}`" if words in path and " " not in words else f"the {words}"
    if old is None or old == "":
        return f"has {name} {shown(new)}{where} now"
    if new is None or new == "":
        return f"has no {name.removeprefix('the ')}{where} any more (was {shown(old)})"
    return f"{name}{where} is {shown(new)}, and was {shown(old)}".removeprefix("the ").strip()


_LISTS = {True: "as a parameter for each item", False: "as one parameter joined by commas"}


def _describe_union(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what a rule that decides between models does otherwise."""
    parts = []
    before, after = old.get("propertyName"), new.get("propertyName")
    if before != after:
        parts.append(
            f"is told apart by {shown(after) if after else 'nothing'}"
            + (f", and was by {shown(before)}" if before else "")
        )
    for key in ("mapping", "presence"):
        known, now = old.get(key, {}), new.get(key, {})
        parts += [
            f"value {shown(name)} is read as {shown(now[name])} now" for name in now if known.get(name) != now[name]
        ]
        parts += [
            f"value {shown(name)} is not read as {shown(known[name])} any more" for name in known if name not in now
        ]
    return "; ".join(parts) or "is told apart by another rule"


def _describe_values(old: Any, new: Any) -> str:
    if old is None:
        return f"has to be one of {', '.join(map(shown, new))}"
    if new is None:
        return "takes any value now"
    gone, come = ([value for value in one if value not in other] for one, other in ((old, new), (new, old)))
    parts = [
        f"{', '.join(map(shown, values))} {'was' if len(values) == 1 else 'were'} {word}"
        for values, word in ((gone, "removed"), (come, "added"))
        if values
    ]
    return f"value {', '.join(parts)}" if parts else "has its values in another order"


def _schemes(value: Any) -> str:
    found = [
        " with ".join(f"`{name}`" + (f" ({', '.join(scopes)})" if scopes else "") for name, scopes in one.items())
        for one in value or []
    ]
    return " or ".join(one or "nothing" for one in found) or "nothing"


def shown(value: Any) -> str:
    """Return a value as code, shortened."""
    if isinstance(value, str):
        text = value.rpartition("/")[2] if value.startswith("#/") else value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return f"`{text if len(text) <= _SHORT else text[:_SHORT] + '…'}`"
