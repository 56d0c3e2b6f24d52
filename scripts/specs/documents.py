"""Read and write the YAML and JSON documents of the pipeline.

YAML is read as YAML 1.2 in the way OpenAPI means it: every key is a string (an unquoted ``200:`` too, so that a
JSONPath can select it), a date is a string, ``no`` and ``on`` are strings, an alias is a copy. What JSON cannot say
(merge keys, tags, ``.nan``) and duplicate keys are refused with their line, all of them in one run. A document is not
trusted: its size, its nesting and what its aliases stand for are bounded.

A YAML document is written in the layout in which it was read, comments included; one that has anchors loses them.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from scripts.specs import yaml_reading, yaml_writing
from scripts.specs.errors import DocumentError, InputError
from scripts.specs.yaml_reading import MAX_DEPTH, TOO_DEEP

MAX_BYTES = 100_000_000
"""Size of the largest file that is read."""


class Document(dict[str, Any]):
    """The root of a YAML document, with the text in whose layout it is written."""

    text: str


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
        keep_comments: keep the text with the document, so that :func:`dump` follows its layout.

    Raises:
        InputError: the file cannot be read, is not YAML or JSON, is too large, or its root is not an object.
    """
    text = read_text(path)
    if path.suffix == ".json":
        document, has_anchors = _load_json(text, path), False
    else:
        document, has_anchors = yaml_reading.read(text, path)
    if not isinstance(document, dict):
        raise DocumentError(path, "the root must be an object")
    if not keep_comments or path.suffix == ".json" or has_anchors:
        return document
    laid_out = Document(document)
    laid_out.text = text
    return laid_out


@uncollected()
def dump(document: Mapping[str, Any], *, as_json: bool = False) -> str:
    """Write a document as text: the same document always gives the same text, in the order of its keys."""
    if as_json:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if isinstance(document, Document):
        text = yaml_writing.rewrite(document.text, document)
        if text is not None and _reads_as(text, document):
            return text
    return yaml_writing.write_block(document)


def _reads_as(text: str, document: Mapping[str, Any]) -> bool:
    try:
        data, _ = yaml_reading.read(text, Path())
    except InputError:
        return False
    return json.dumps(data) == json.dumps(document)


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
    """Return a deep copy of a document in dicts, lists and scalars."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return node


def walk(node: Any, pointer: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every node of a document, parents first, with the keys that lead to it."""
    yield pointer, node
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from walk(value, (*pointer, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, (*pointer, str(index)))


def json_pointer(keys: Sequence[str]) -> str:
    """Write the keys that lead to a node as an RFC 6901 JSON pointer."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def locate(path: Path, keys: Sequence[str]) -> tuple[int, int]:
    """Find a node in a file that can be read.

    Returns:
        The line of the deepest node on the way that the file has, and how many of the keys lead to it.
    """
    node = _nodes(path, path.stat().st_mtime_ns)
    line = depth = 0
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == key), None)
        elif isinstance(node, yaml.SequenceNode) and key.isdecimal() and int(key) < len(node.value):
            found = (node.value[int(key)],) * 2
        else:
            found = None
        if found is None:
            break
        line, depth, node = found[0].start_mark.line, depth + 1, found[1]
    return line + 1, depth


@functools.lru_cache(maxsize=16)
def _nodes(path: Path, _changed: int) -> yaml.Node | None:
    try:
        return yaml.compose(read_text(path), Loader=yaml_reading.Loader)
    except yaml.YAMLError:  # JSON that is not YAML, for one with a tab between two values
        return None


def read_text(path: Path) -> str:
    """Read a text file that is not too large.

    Raises:
        DocumentError: it cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(path, f"is too large: {size:,} bytes, and at most {MAX_BYTES:,} are read")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(path, f"cannot be read: {error}") from error


# --- JSON ---


def _load_json(text: str, path: Path) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise DocumentError(path, f"duplicate key {twice!r} in one object: delete one of the two")
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
        raise DocumentError(path, TOO_DEEP) from error
    except UnicodeEncodeError as error:
        raise DocumentError(path, "half of a surrogate pair (\\ud800 to \\udfff) is not a character") from error
    except ValueError as error:
        raise DocumentError(path, f"cannot be read: {error}") from error
    _check_depth(document, path)
    return document


def _check_depth(document: Any, path: Path) -> None:
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        collections = [node for node in level if isinstance(node, dict | list)]
        if not collections:
            return
        level = [child for node in collections for child in (node.values() if isinstance(node, dict) else node)]
    raise DocumentError(path, TOO_DEEP)
