"""Read and write the YAML and JSON documents of the pipeline.

YAML is read as YAML 1.2 in the way OpenAPI means it: every key is a string (an unquoted ``200:`` too, so that a
JSONPath can select it), a date is a string, ``no`` and ``on`` are strings, an alias is a copy. What JSON cannot say
(merge keys, tags, ``.nan``) and a key that stands twice are refused with their line.

A YAML document that holds comments is read by ruamel.yaml, which carries them through to the output; they are
dropped where it would change the data, and from a document that has aliases. One without comments, for which
ruamel.yaml has nothing to keep, is read by libyaml, which is ten times faster; quoting and line folding are then those
of the writer.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import math
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import ruamel.yaml
import yaml
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.tag import Tag

LINE_WIDTH = 120

_COMMENT = re.compile(r"(?m)(?:^|[ \t])#")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_STRING_TAG = "tag:yaml.org,2002:str"
# Strings that PyYAML, which keeps to YAML 1.1, writes without quotes, and a YAML 1.2 reader takes for a number; and
# the letters that YAML 1.1 (but not PyYAML) takes for booleans.
_AMBIGUOUS = re.compile(r"[-+]?(?:0o[0-7]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)|[yYnN]")


class DocumentError(Exception):
    """A document that cannot be read, with the place: ``file:line:column: reason``."""

    def __init__(self, path: Path | str, reason: str, line: int | None = None, column: int | None = None) -> None:
        self.path = str(path)
        self.reason = reason
        self.line = line
        self.column = column
        place = self.path if line is None else f"{self.path}:{line}:{column}"
        super().__init__(f"{place}: {reason}")


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Pause the search for reference cycles: a document has none, and in a large one the search takes most of the time.

    For a ``with`` statement, or as a decorator.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@uncollected()
def load(path: Path, *, keep_comments: bool = True) -> dict[str, Any]:
    """Read a YAML or JSON document whose root is an object.

    Args:
        path: the file; a name that ends in ``.json`` is read as JSON, any other as YAML 1.2.
        keep_comments: whether comments are carried along, for a document that is written again.

    Returns:
        The document as dicts, lists and scalars; with comments, as the subclasses that ruamel.yaml makes of them.

    Raises:
        DocumentError: the file cannot be read, is not YAML or JSON, or its root is no object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(path, f"cannot be read: {error}") from error
    if path.suffix == ".json":
        document = _load_json(text, path)
    else:
        document = _load_plain(text, path)  # refuses, with the place, all that is not JSON data
        if keep_comments and _COMMENT.search(text):
            document = _with_comments(text, document)
    if not isinstance(document, dict):
        raise DocumentError(path, "the root must be an object")
    return document


@uncollected()
def dump(document: Mapping[str, Any], *, as_json: bool = False) -> str:
    """Write a document as text: the same document always gives the same text, in the order of its keys."""
    if as_json:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if isinstance(document, CommentedMap):
        stream = io.StringIO()
        _round_trip().dump(document, stream)
        text = stream.getvalue()
        if _reads_as(text, document):
            return text
        document = plain(document)  # ruamel.yaml cannot write it; the data come before the comments
    return yaml.dump(
        document, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=LINE_WIDTH, default_flow_style=False
    )


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: into a temporary file beside it, which then takes its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def plain(node: Any) -> Any:
    """A deep copy of a document in dicts, lists and bare scalars, free of what a YAML library added."""
    if isinstance(node, Mapping):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    if isinstance(node, str):
        return str(node)
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int):
        return int(node)
    return float(node)


def walk(node: Any, pointer: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every node of a document, parents first, with the keys that lead to it."""
    yield pointer, node
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from walk(value, (*pointer, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, (*pointer, str(index)))


def json_pointer(keys: tuple[str, ...]) -> str:
    """The keys that lead to a node, as an RFC 6901 JSON pointer."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def _load_json(text: str, path: Path) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise DocumentError(path, f"the key {twice!r} stands twice in one object")
        return result

    def refuse(constant: str) -> NoReturn:
        raise DocumentError(path, f"{constant} is not JSON")

    def finite(literal: str) -> float:
        value = float(literal)
        return value if math.isfinite(value) else refuse(literal)

    try:
        document = json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_float=finite)
        if "\\u" in text:
            json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise DocumentError(path, f"is not JSON: {error.msg}", error.lineno, error.colno) from error
    except RecursionError as error:
        raise DocumentError(path, "is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise DocumentError(path, "half of a surrogate pair (\\ud800 to \\udfff) is no character") from error
    except ValueError as error:
        raise DocumentError(path, f"cannot be read: {error}") from error
    return document


# --- YAML without comments: libyaml finds the nodes, the values are made here ---


def _load_plain(text: str, path: Path) -> Any:
    """The document; an alias becomes a copy, so that a change in one place stays there."""
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"is not YAML: {', '.join(part for part in (error.context, error.problem) if part)}"
        raise DocumentError(path, reason, *((mark.line + 1, mark.column + 1) if mark else ())) from error
    except yaml.YAMLError as error:
        raise DocumentError(path, f"is not YAML: {error}") from error
    try:
        return None if node is None else _value(node, path)
    except RecursionError as error:
        raise DocumentError(path, "is nested too deeply, or an alias stands within its own anchor") from error


class _PlainLoader(yaml.CSafeLoader):
    """Leaves the tag of a node empty that has none: its kind is decided here, by the JSON rules."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return ""


def _value(node: yaml.Node, path: Path) -> Any:
    if node.tag:
        _refuse(node, path, f"the tag {node.tag} is not JSON")
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else _scalar(node, path)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, path) for item in node.value]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag:
            _refuse(key_node, path, "a key must be a string")
        key = key_node.value
        if key == "<<" and not key_node.style:
            _refuse(key_node, path, "merge keys (<<) are not part of YAML 1.2: write the keys out")
        if key in result:
            _refuse(key_node, path, f"the key {key!r} stands twice in one object")
        result[key] = _value(value_node, path)
    return result


def _scalar(node: yaml.ScalarNode, path: Path) -> str | int | float | bool | None:
    text: str = node.value
    if text.lstrip("+-").lower() in {".inf", ".nan"}:
        _refuse(node, path, f"{text} is not JSON")
    try:
        value = _plain_scalar(text)
    except ValueError as error:
        _refuse(node, path, f"cannot be read: {error}")
    if isinstance(value, float) and not math.isfinite(value):
        _refuse(node, path, f"{text} is not JSON")
    return value


def _plain_scalar(text: str) -> str | int | float | bool | None:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _refuse(node: yaml.Node, path: Path, reason: str) -> NoReturn:
    mark = node.start_mark
    raise DocumentError(path, reason, mark.line + 1, mark.column + 1)


class _PlainDumper(yaml.CSafeDumper):
    """Quotes whatever another YAML reader could take for something else than a string."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_string(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text and not re.search(r"[ \t]\n|^[ \n]", text) else None
    if _AMBIGUOUS.fullmatch(text):
        style = "'"
    return dumper.represent_scalar(_STRING_TAG, text, style=style)


_PlainDumper.add_representer(str, _represent_string)


# --- YAML with comments: ruamel.yaml in its round-trip mode ---


def _with_comments(text: str, document: Any) -> Any:
    """The document with its comments; without, where ruamel.yaml does not read the same data or meets an alias."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            commented = _round_trip().load(text)
    except (YAMLError, RecursionError):
        return document
    return commented if json.dumps(commented) == json.dumps(document) else document


def _reads_as(text: str, document: Mapping[str, Any]) -> bool:
    try:
        return json.dumps(_load_plain(text, Path())) == json.dumps(document)
    except DocumentError:
        return False


class _JsonComposer(Composer):
    """Gives each node the JSON type that it has here, before a constructor can see another in it.

    Anchors are dropped, since a copied one would stand twice; an alias is then an error.
    """

    def compose_scalar_node(self, anchor: Any) -> Any:
        node = super().compose_scalar_node(None)
        node.ctag = Tag(suffix=_STRING_TAG if node.style else _json_tag(node.value))
        return node

    def compose_sequence_node(self, anchor: Any) -> Any:
        return super().compose_sequence_node(None)

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(None)
        for key_node, _ in node.value:
            key_node.ctag = Tag(suffix=_STRING_TAG)
        return node


def _json_tag(text: str) -> str:
    value = _plain_scalar(text)
    kind = "null" if value is None else {bool: "bool", int: "int", float: "float"}.get(type(value), "str")
    return f"tag:yaml.org,2002:{kind}"


def _represent_none(representer: RoundTripRepresenter, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


class _JsonRepresenter(RoundTripRepresenter):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_scalar_float(self, data: Any) -> Any:
        node = super().represent_scalar_float(data)
        return node if float(node.value) == data else self.represent_float(float(data))


_JsonRepresenter.add_representer(type(None), _represent_none)
_JsonRepresenter.add_representer(ScalarFloat, _JsonRepresenter.represent_scalar_float)


def _round_trip() -> ruamel.yaml.YAML:
    library = ruamel.yaml.YAML(typ="rt")
    library.Composer = _JsonComposer
    library.Representer = _JsonRepresenter
    library.preserve_quotes = True
    library.width = LINE_WIDTH
    library.indent(mapping=2, sequence=4, offset=2)
    return library
