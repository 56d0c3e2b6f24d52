"""Write JSON data as YAML: in a layout of our own, or in that of the text from which a document was read.

Every string is written so that each YAML reader, of version 1.1 or 1.2, reads a string.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import yaml

from scripts.specs import yaml_reading
from scripts.specs.errors import InputError
from scripts.specs.yaml_reading import Loader, value_of

LINE_WIDTH = 120

# Line breaks of YAML 1.1 that no other part of this module sees.
_UNUSUAL_BREAKS = re.compile("[\x85\u2028\u2029]")
_BLOCK_STYLES = ("|", ">")
_BLANK = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_DASH = re.compile(_BLANK.pattern + r" *-(?=[ \t\n])")
_COLON = re.compile(r"[ \t]*:(?=[ \t\n])")
_REST = re.compile(r"[ \t]*(?:(?<=[ \t:-])#[^\n]*)?\n")
_COMMENT = re.compile(r"(?:[ \t]*\n)*( *)#[^\n]*\n")

# Printable without an escape in a single-quoted or an unquoted scalar on one line.
_PRINTABLE = re.compile("[ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
_NEEDS_QUOTES = re.compile(r"""[-?:,\[\]{}#&*!|>'"%@`]|---|\.\.\.|\s|$|.*(?:: | #|:$|\s$)""")
_FLOW_SIGNS = re.compile(r"[,\[\]{}]")
# What readers of YAML 1.1 or 1.2 take for something else than a string.
_OTHER_KINDS = re.compile(
    r"[yYnN]|(?:yes|no|true|false|on|off|null|~|<<|=|[-+]?\.(?:inf|nan))"
    r"|[-+]?[0-9][0-9_,]*|[-+]?(?:[0-9][0-9_,]*)?\.[0-9_]*(?:e[-+]?[0-9]+)?|[-+]?[0-9][0-9_]*e[-+]?[0-9]+"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?0[box][0-9a-f_]+"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[t \t].*)?",
    re.IGNORECASE,
)
_LITERAL = re.compile(
    "(?![ \t\n])(?:[\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*\n)+"
)
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


# --- a layout of our own ---


def write_block(document: Mapping[str, Any]) -> str:
    """Write an object in blocks: two spaces a level, text of several lines as it is, long text folded."""
    return "".join(f"{line}\n" for line in _block(document, 0)) if document else "{}\n"


def _block(value: Any, indent: int) -> list[str]:
    """The lines of an object or a list that is not empty."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            lines += _entry(f"{pad}{_key(key)}:", item, indent)
    else:
        for item in value:
            if isinstance(item, Mapping | list) and item:
                nested = _block(item, indent + 2)
                lines.append(f"{pad}- {nested[0][indent + 2 :]}")
                lines += nested[1:]
            else:
                lines += _entry(f"{pad}-", item, indent)
    return lines


def _entry(head: str, value: Any, indent: int) -> list[str]:
    """The lines of a value after its key or dash."""
    if isinstance(value, Mapping | list):
        return (
            [head, *_block(value, indent + 2)] if value else [f"{head} {'{}' if isinstance(value, Mapping) else '[]'}"]
        )
    if isinstance(value, str):
        return _text(head, value, indent + 2)
    return [f"{head} {_scalar(value)}"]


def _text(head: str, text: str, indent: int) -> list[str]:
    pad = " " * indent
    if "\n" in text and _LITERAL.fullmatch(f"{text}\n") and not re.search(r"[ \t]\n|[ \t]$", text):
        body = text.removesuffix("\n")
        chomping = "-" if body == text else "+" if body.endswith("\n") else ""
        if body.strip("\n"):
            return [f"{head} |{chomping}", *(f"{pad}{line}" if line else "" for line in body.split("\n"))]
    inline = _scalar(text)
    if len(head) + 1 + len(inline) <= LINE_WIDTH or not _PRINTABLE.fullmatch(text) or text != text.strip():
        return [f"{head} {inline}"]
    folded = _fold(text, LINE_WIDTH - indent)
    return [f"{head} >-", *(f"{pad}{line}" for line in folded)] if " " in text else [f"{head} {inline}"]


def _fold(text: str, width: int) -> list[str]:
    """Break a text at single spaces into lines; put together with a space between them, they are the text."""
    lines = [""]
    for word in re.split(r"(?<=[^ ]) (?=[^ ])", text):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


@functools.lru_cache(maxsize=4096)
def _key(key: str) -> str:
    return _scalar(key) if len(key) <= 100 else _quote(key)


def _scalar(value: Any, *, in_flow: bool = False) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _is_plain(value, in_flow=in_flow) else _quote(value)
    if isinstance(value, float):
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return str(value)


@functools.lru_cache(maxsize=65536)
def _is_plain(text: str, *, in_flow: bool = False) -> bool:
    return bool(
        _PRINTABLE.fullmatch(text)
        and not _NEEDS_QUOTES.match(text)
        and not _OTHER_KINDS.fullmatch(text)
        and not (in_flow and _FLOW_SIGNS.search(text))
    )


def _quote(text: str) -> str:
    if _PRINTABLE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


# --- the layout of a text ---


class _UnusualError(Exception):
    """A layout that is not followed: an explicit key (``? key``), an unusual line break."""


def rewrite(text: str, document: Mapping[str, Any]) -> str | None:
    """Write a document in the layout of the text from which it was read.

    What is unchanged is copied from the text, with its comments, quotes and line breaks. A comment belongs to the key
    or the item that it stands before or beside, and goes with it. Comments within ``{...}`` and ``[...]`` are lost
    where something in there changes.

    Args:
        text: YAML without anchors.
        document: its data, as they are now.

    Returns:
        The text; None if its layout cannot be followed.
    """
    if not text.endswith("\n"):
        text += "\n"
    if _UNUSUAL_BREAKS.search(text):
        return None
    try:
        written = _Rewriter(text).rewrite(document)
        # Keys that change places within the item of a list can go wrong: the data come before the layout.
        is_right = json.dumps(yaml_reading.read(written, Path("result"))[0]) == json.dumps(document)
    except (_UnusualError, InputError):
        return None
    return written if is_right else None


@dataclass(frozen=True, slots=True)
class _Part:
    """A value in the text, with its key or dash: from ``begin``, which is before its comments, to ``end``."""

    node: yaml.Node
    begin: int
    head: int
    """Where the key or the dash starts."""
    value: int
    """What follows the colon or the dash."""
    end: int
    """The start of the next line."""
    key: yaml.ScalarNode | None = None
    parts: tuple[_Part, ...] = ()
    """The parts of a block collection."""


class _Rewriter:
    """Writer of a changed document: spans of the old text, and new text between them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = []
        self.span = (0, 0)

    def rewrite(self, document: Mapping[str, Any]) -> str:
        node = yaml.compose(self.text, Loader=Loader)
        if node is None:
            raise _UnusualError
        start = node.start_mark.index
        if _is_block(node) and document:
            first = self.text.rfind("\n", 0, start) + 1
            parts = self._parts(node, first)
            self._copy(0, first)
            self._children(node, parts, document, is_inline=False)
            end = parts[-1].end
        else:
            self._copy(0, start)
            end = node.end_mark.index
            if _same(node, document):
                self._copy(start, end)
            else:
                self._write(("" if self._column(start) == 0 else "\n") + write_block(document).removesuffix("\n"))
        self._copy(end, len(self.text))
        self._copy(0, 0)
        return "".join(self.out)

    # --- the old text ---

    def _parts(self, node: yaml.CollectionNode, begin: int) -> tuple[_Part, ...]:
        """The parts of a block collection whose first part begins at ``begin``."""
        parts: list[_Part] = []
        indent = node.start_mark.column
        for item in node.value:
            if isinstance(node, yaml.MappingNode):
                key, value_node = item
                blank = _BLANK.match(self.text, begin)
                head, after = key.start_mark.index, _COLON.match(self.text, key.end_mark.index)
                if blank is None or after is None or self.text[blank.end() : head].strip(" "):
                    raise _UnusualError
            else:
                key, value_node = None, item
                after = _DASH.match(self.text, begin)
                if after is None:
                    raise _UnusualError
                head = after.end() - 1
            value = after.end()
            nested, end = self._value(value_node, value, indent)
            parts.append(_Part(value_node, begin, head, value, end, key, nested))
            begin = end
        return tuple(parts)

    def _value(self, node: yaml.Node, after: int, indent: int) -> tuple[tuple[_Part, ...], int]:
        """The parts of a value that follows its key or dash, and where it ends."""
        start, end = node.start_mark.index, node.end_mark.index
        if _is_block(node):
            is_inline = self.text.find("\n", after, start) < 0
            parts = self._parts(node, start if is_inline else self._line_end(after))
            end = parts[-1].end
            # Comments after the last part that are indented with the parts belong to them, not to what follows.
            inner = node.start_mark.column + (node.start_mark.column <= indent)
            while (comment := _COMMENT.match(self.text, end)) and len(comment[1]) >= inner:
                end = comment.end()
            return parts, end
        if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK_STYLES:
            text = self.text[start:end]
            if "+" not in text[: text.find("\n")]:  # blank lines after the text are no part of it
                end = start + len(text.rstrip())
        return (), self._line_end(end) if self._column(end) else end

    def _line_end(self, index: int) -> int:
        rest = _REST.match(self.text, index)
        if rest is None:
            raise _UnusualError
        return rest.end()

    def _column(self, index: int) -> int:
        return index - (self.text.rfind("\n", 0, index) + 1)

    # --- the new text ---

    def _copy(self, start: int, end: int) -> None:
        """Copy a span of the old text; neighbours are put together."""
        if self.span[1] == start:
            self.span = (self.span[0], end)
        else:
            self.out.append(self.text[self.span[0] : self.span[1]])
            self.span = (start, end)

    def _write(self, text: str) -> None:
        self.out += self.text[self.span[0] : self.span[1]], text
        self.span = (-1, -1)

    def _children(self, node: yaml.Node, parts: Sequence[_Part], value: Any, *, is_inline: bool) -> None:
        """Write the parts of a block collection that is not empty; ``is_inline``: the first after the dash before."""
        indent = node.start_mark.column
        pairs: list[tuple[_Part | None, Any, Any]]
        if isinstance(node, yaml.MappingNode):
            old = {part.key.value: part for part in parts if part.key is not None}
            pairs = [(old.get(key), item, {key: item}) for key, item in value.items()]
        else:
            matches = _match([part.node for part in parts], value)
            pairs = [
                (None if index is None else parts[index], item, [item])
                for index, item in zip(matches, value, strict=True)
            ]
        for index, (part, item, fresh) in enumerate(pairs):
            is_first = is_inline and index == 0
            if part is None:
                lines = _block(fresh, indent)
                self._write("\n".join(lines)[indent if is_first else 0 :] + "\n")
            else:
                self._child(part, item, indent, part.head if is_first else part.begin)

    def _child(self, part: _Part, value: Any, indent: int, begin: int) -> None:
        node = part.node
        if part.key is None or part.key.style or _is_plain(part.key.value):
            self._copy(begin, part.value)
        else:
            self._copy(begin, part.head)
            self._write(_quote(part.key.value))
            self._copy(part.key.end_mark.index, part.value)
        if part.parts and value and isinstance(value, Mapping if isinstance(node, yaml.MappingNode) else list):
            first = part.parts[0].begin
            self._copy(part.value, first)
            self._children(node, part.parts, value, is_inline=self.text.find("\n", part.value, first) < 0)
            self._copy(part.parts[-1].end, part.end)
        elif not part.parts and _same(node, value):
            self._copy(part.value, part.end)
        else:
            self._change(part, value, indent)

    def _change(self, part: _Part, value: Any, indent: int) -> None:
        """Write a value that is another than in the text; the comment beside it stays."""
        node, start, end = part.node, part.node.start_mark.index, part.node.end_mark.index
        if part.parts:
            line = self.text.find("\n", part.value)
            comment = "" if part.parts[0].begin == start else self.text[part.value : line]
        else:
            is_block_text = isinstance(node, yaml.ScalarNode) and node.style in _BLOCK_STYLES
            comment = "" if is_block_text else self.text[end : part.end].removesuffix("\n")
        column = self._column(part.value)
        inline = None if part.parts or "\n" in self.text[start:end] else self._flow(node, value)
        if inline is not None and column + len(inline) < LINE_WIDTH:
            self._write(f" {inline}{comment}\n")
            return
        first, *others = _entry(" " * column, value, indent)
        self._write("\n".join([first[column:] + comment, *others]) + "\n")

    def _flow(self, node: yaml.Node | None, value: Any) -> str | None:
        """A value on one line, in the style of a node on one line; None if it does not fit, or was no collection."""
        if node is not None and _same(node, value):
            return self.text[node.start_mark.index : node.end_mark.index]
        parts: list[str | None]
        if isinstance(value, Mapping) and isinstance(node, yaml.MappingNode) and node.value:
            old = {key.value: child for key, child in node.value}
            parts = [self._flow(old.get(key), item) for key, item in value.items()]
            keys = [f"{_scalar(key, in_flow=True)}: " for key in value]
            brackets = "{}"
        elif isinstance(value, list) and isinstance(node, yaml.SequenceNode) and node.value:
            found = [None if index is None else node.value[index] for index in _match(node.value, value)]
            parts = list(map(self._flow, found, value))
            keys = [""] * len(value)
            brackets = "[]"
        else:
            is_scalar = not isinstance(value, Mapping | list) and not isinstance(node, yaml.CollectionNode)
            return _scalar(value, in_flow=True) if is_scalar else None
        if any(part is None for part in parts):
            return None
        return f"{brackets[0]}{', '.join(f'{key}{part}' for key, part in zip(keys, parts, strict=True))}{brackets[1]}"


def _is_block(node: yaml.Node) -> TypeGuard[yaml.CollectionNode]:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and bool(node.value)


def _match(nodes: Sequence[yaml.Node], items: Sequence[Any]) -> list[int | None]:
    """For each item of a list, which node of the old text it comes from.

    Items are removed, added at the end, and change in place: where there are fewer now, those that are the same tell
    which are gone.
    """
    matches: list[int | None] = []
    index = 0
    for position, item in enumerate(items):
        left = len(items) - position
        if left < len(nodes) - index:
            last = len(nodes) - left + 1
            index = next((i for i in range(index, last) if _same(nodes[i], item)), index)
        matches.append(index if index < len(nodes) else None)
        index += 1
    return matches


def _same(node: yaml.Node, value: Any) -> bool:
    """Return whether a node of a text has a value, and no other reader takes it for something else."""
    if isinstance(node, yaml.ScalarNode):
        text = node.value
        if node.style:
            return isinstance(value, str) and text == value
        if isinstance(value, str):
            return text == value and isinstance(value_of(text), str) and not _OTHER_KINDS.fullmatch(text)
        return repr(value_of(text)) == repr(value)
    if isinstance(node, yaml.MappingNode):
        return (
            isinstance(value, Mapping)
            and len(value) == len(node.value)
            and all(
                key.value == name and (key.style or _is_plain(name)) and _same(child, item)
                for (key, child), (name, item) in zip(node.value, value.items(), strict=True)
            )
        )
    return isinstance(value, list) and len(value) == len(node.value) and all(map(_same, node.value, value))
