"""Read YAML text as JSON data: libyaml finds the events, the values are made here.

No nesting can exhaust the stack, since nothing here recurs; how deep a document may be, and how many values its
aliases may stand for, is bounded.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from scripts.specs.errors import DocumentError, InputError, raise_all

MAX_DEPTH = 100
"""Levels of objects and lists within each other."""
MAX_ALIASED = 1_000_000
"""Number of values that the aliases of a document may stand for."""
TOO_DEEP = f"is nested too deeply: at most {MAX_DEPTH} levels of objects and lists are read"

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_NUMERIC_START = frozenset("-+.0123456789")


class Loader(yaml.CSafeLoader):
    """libyaml; a node that has no tag stays without one, since its kind is decided by the rules of JSON."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return ""


def read(text: str, path: Path) -> tuple[Any, bool]:
    """Read a YAML text; an alias becomes a copy, so that a change in one place stays there.

    Returns:
        The data, and whether the text has anchors.

    Raises:
        InputError: the text is not YAML, or not JSON data; all faults up to the first that cannot be read over.
    """
    reader = _Reader(text, path)
    return reader.read(), reader.has_anchors


def value_of(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted scalar by the rules of JSON."""
    return _CONSTANTS[text] if text in _CONSTANTS else _number(text)


def _number(text: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Reader:
    """Reader of one text, with the faults that were found so far."""

    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.path = path
        self.errors: list[InputError] = []
        self.has_anchors = False

    def read(self) -> Any:
        loader = Loader(self.text)
        document = None
        try:
            document = self._read(loader.get_event)
        except DocumentError as error:
            self.errors.append(error)
        except yaml.MarkedYAMLError as error:
            self.errors.append(self._syntax_error(error))
        except yaml.YAMLError as error:
            self.errors.append(self._character_error(error))
        finally:
            loader.dispose()
        raise_all(self.errors)
        return document

    def _read(self, next_event: Callable[[], Any]) -> Any:  # noqa: PLR0912, PLR0915 -- the inner loop
        anchors: dict[str, tuple[Any, int, int]] = {}  # value, number of values in it, levels in it
        open_anchors: set[str] = set()
        stack: list[tuple[Any, str | None, str | None, int, int]] = []
        root: list[Any] = []
        container: Any = root
        key: str | None = None
        anchor: str | None = None
        count = first = height = aliased = 0
        append: Callable[[Any, Any], None] = list.append
        constants, numeric_start = _CONSTANTS, _NUMERIC_START
        scalar_event, mapping_event, sequence_event = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        while True:
            event = next_event()
            kind = type(event)
            if kind is scalar_event:
                value = event.value
                if key is None and type(container) is dict:
                    key = self._key(event, container)
                    continue
                count += 1
                if event.tag is not None:
                    self._refuse_tag(event)
                elif not event.style:
                    if value in constants:
                        value = constants[value]
                    elif value[0] in numeric_start:
                        value = self._scalar(event)
                if event.anchor is not None:
                    self._check_anchor(event, anchors, open_anchors)
                    anchors[event.anchor] = value, 1, 0
            elif kind is mapping_event or kind is sequence_event:
                self._check_start(event, key is None and type(container) is dict, len(stack))
                count += 1
                if event.anchor is not None:
                    self._check_anchor(event, anchors, open_anchors)
                    open_anchors.add(event.anchor)
                stack.append((container, key, anchor, first, height))
                opened: Any = {} if kind is mapping_event else []
                container = opened
                key, anchor, first, height = None, event.anchor, count, 0
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value, inner = container, height + 1
                if anchor is not None:
                    open_anchors.discard(anchor)
                    anchors[anchor] = value, count - first + 1, inner
                container, key, anchor, first, height = stack.pop()
                height = max(height, inner)
            elif kind is yaml.AliasEvent:
                if key is None and type(container) is dict:
                    raise self._error(event, "a key must be a string: write the text in place of the alias")
                if event.anchor in open_anchors:
                    raise self._error(event, f"the alias *{event.anchor} is within its own anchor and would never end")
                if event.anchor not in anchors:
                    raise self._error(event, f"unknown alias *{event.anchor}: there is no &{event.anchor} before it")
                value, size, inner = anchors[event.anchor]
                count += size
                aliased += size
                height = max(height, inner)
                if aliased > MAX_ALIASED:
                    raise self._error(event, f"the aliases stand for more than {MAX_ALIASED:,} values: write them out")
                if len(stack) + inner > MAX_DEPTH:
                    raise self._error(event, TOO_DEEP)
                value = copy.deepcopy(value)
            elif kind is yaml.DocumentStartEvent and root:
                raise self._error(event, "a second document starts here (---): a file holds one, delete the other")
            elif kind is yaml.StreamEndEvent:
                return root[0] if root else None
            else:
                continue
            if key is None:
                append(container, value)
            else:
                container[key] = value
                key = None

    def _check_start(self, event: Any, is_key: bool, depth: int) -> None:
        if is_key:
            raise self._error(event, "a key must be a string: write text before the colon")
        if depth >= MAX_DEPTH:
            raise self._error(event, TOO_DEEP)
        if event.tag is not None:
            self._refuse_tag(event)

    def _key(self, event: Any, container: Mapping[str, Any]) -> str:
        key: str = event.value
        if event.tag is not None:
            self._refuse(event, "a key must be a string: delete the tag before it")
        elif key == "<<" and not event.style:
            self._refuse(event, "merge keys (<<) are not part of YAML 1.2: write the keys out")
        elif key in container:
            self._refuse(event, f"duplicate key {key!r} in one object: delete one of the two, or merge their values")
        return key

    def _scalar(self, event: Any) -> str | int | float | None:
        text: str = event.value
        if text.lstrip("+-").lower() in {".inf", ".nan"}:
            self._refuse(event, f"{text} is not JSON: put it in quotes if it is text")
            return None
        try:
            value = _number(text)
        except ValueError as error:
            self._refuse(event, f"cannot be read: {error}")
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(event, f"{text} is not JSON: the number is too large")
        return value

    def _check_anchor(self, event: Any, anchors: Mapping[str, Any], open_anchors: set[str]) -> None:
        self.has_anchors = True
        if event.anchor in anchors or event.anchor in open_anchors:
            self._refuse(event, f"duplicate anchor &{event.anchor}: rename one of the two")

    def _refuse_tag(self, event: Any) -> None:
        self._refuse(event, f"the tag {event.tag} is not JSON: delete it, and put the value in quotes if it is text")

    def _refuse(self, event: Any, reason: str) -> None:
        self.errors.append(self._error(event, reason))

    def _error(self, event: Any, reason: str) -> DocumentError:
        mark = event.start_mark
        return DocumentError(self.path, reason, mark.line + 1, mark.column + 1)

    # --- syntax errors in our words ---

    def _character_error(self, error: yaml.YAMLError) -> DocumentError:
        character = _CONTROL.search(self.text)
        if character is None:
            return DocumentError(self.path, f"is not YAML: {' '.join(str(error).split())}")
        before = self.text[: character.start()]
        name = f"U+{ord(character[0]):04X}"
        reason = f"is not YAML: the control character {name} is not allowed: delete it, or write it as an escape"
        return DocumentError(self.path, reason, before.count("\n") + 1, len(before) - before.rfind("\n"))

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> DocumentError:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return DocumentError(self.path, f"is not YAML: {error.problem}")
        lines = self.text.split("\n")
        line = lines[mark.line] if mark.line < len(lines) else ""
        reason = _reason(error, line, mark.column)
        return DocumentError(self.path, f"is not YAML: {reason}", mark.line + 1, mark.column + 1)


def _reason(error: yaml.MarkedYAMLError, line: str, column: int) -> str:
    """Return what is wrong, and the way out; libyaml's own words for what is rare."""
    problem, context = error.problem or "", error.context or ""
    start = f"line {error.context_mark.line + 1}" if error.context_mark else "an earlier line"
    character = line[column : column + 1]
    if "\t" in line[: column + 1] and not line[:column].strip() and ("token" in problem or "tab" in problem):
        return "a tab in the indentation: indent with spaces"
    if "cannot start any token" in problem:
        return f"a value cannot start with {character!r}: put it in quotes"
    if character and character in "]}" and "flow" not in context:
        return f"{character!r} closes nothing: delete it"
    if "mapping values are not allowed" in problem:
        if ": " in line[:column] or line[:column].count(":") > 0:
            return "two colons in one line: put the value in quotes if the second one is part of it"
        return "this line is indented deeper than the line before allows: indent it like its siblings"
    if "block sequence entries are not allowed" in problem:
        return "a list cannot start here: put each '- ' on a line of its own"
    if "block mapping" in context and "expected key" in problem:
        return f"wrong indentation: the keys of the object that starts in {start} must start in one column"
    if "block collection" in context and "'-' indicator" in problem:
        return f"wrong indentation: the items of the list that starts in {start} must start in one column"
    if "flow" in context:
        sign = "}" if "mapping" in context else "]"
        return f"the {'{' if sign == '}' else '['} in {start} is not closed: add {sign}, or put a comma before this"
    if "quoted scalar" in context and "escape" in problem:
        return "a backslash in double quotes must start an escape: write it twice, or use single quotes"
    if "quoted scalar" in context:
        return f"the quote in {start} is not closed: add the closing quote"
    if "simple key" in context:
        return f"a colon is missing after the key in {start}"
    return ", ".join(part for part in (context, problem) if part)
