"""Modules whose code differs in a way that no rule judges: told with how many lines came and went."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

from scripts.diff.model.report import Source

_HAS_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def changed_modules(old: Path, new: Path, folder: str) -> Iterator[tuple[str, Source]]:
    """Yield the modules of a folder whose code differs: the path with its numbers of lines, and the first of them.

    Comments, docstrings and the values that the surface has (constants, defaults of functions) do not count.

    Args:
        old: the project before.
        new: the project after.
        folder: the folder in both.
    """
    paths = {path.relative_to(root) for root in (old, new) for path in (root / folder).rglob("*.py")}
    for path in sorted(paths):
        before, after = (_read(root / path) for root in (old, new))
        if before == after or (before is not None and after is not None and _code(before) == _code(after)):
            continue
        lines = [(text or "").splitlines() for text in (before, after)]
        changes = [
            code
            for code in difflib.SequenceMatcher(None, lines[0], lines[1], autojunk=False).get_opcodes()
            if code[0] != "equal"
        ]
        gone = sum(end - start for _, start, end, _, _ in changes)
        come = sum(end - start for _, _, _, start, end in changes)
        line = (changes[0][1] if after is None else changes[0][3]) + 1
        yield (
            f"{path.relative_to(Path(folder).parts[0]).as_posix()} (+{come} -{gone})",
            Source(path.as_posix(), line, after is None),
        )


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _code(text: str) -> str:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    for node in ast.walk(tree):
        if isinstance(node, _HAS_DOCSTRING):
            node.body = [one for one in node.body if not _is_text(one)] or [ast.Pass()]
    for statement in tree.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and _is_constant(statement):
            statement.value = ast.Constant(None)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = statement.args
            arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
            arguments.kw_defaults = [one and ast.Constant(None) for one in arguments.kw_defaults]
    return ast.dump(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_constant(node: ast.Assign | ast.AnnAssign) -> bool:
    """Return whether the surface has the value that a statement assigns."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    values = ast.walk(node.value) if node.value else ()
    is_plain = not any(isinstance(one, (ast.Lambda, ast.Attribute, ast.Subscript)) for one in values)
    return is_plain and bool(names) and all(name.lstrip("_").isupper() for name in names)
