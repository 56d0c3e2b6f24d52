"""The tables in overlays/README.md: one row an overlay, with its necessity test.

Only what stands between the two marker comments is written; the rest of the page is people's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scripts.pages import tables
from scripts.specs import overlays
from scripts.specs.project import Api, find_apis
from scripts.specs.spec import SpecError

PAGE = "overlays/README.md"
START = "<!-- The tables from here on are written by `make generate`. -->"
END = "<!-- End of the tables. -->"
HEAD = ("Overlay", "Defect", "Kind", "What is wrong", "What the overlay changes", "Evidence", "Necessity test")
DECORATOR = "necessity"


def table(apis: Sequence[Api], tests: Mapping[str, str]) -> str:
    """The tables of all APIs, as Markdown.

    Args:
        apis: the APIs.
        tests: overlay (``<api>/<file>``) -> name of its necessity test.

    Raises:
        errors.DocumentError: an overlay cannot be read.
        overlays.OverlayError: an overlay is invalid, or does not say what defect it is for.
    """
    return "\n".join(
        f"## {api.name}\n\n{tables.table(HEAD, (_row(api, path, tests) for path in api.overlays))}" for api in apis
    )


def necessity_tests(folder: Path) -> dict[str, str]:
    """The necessity tests in a folder: overlay (``<api>/<file>``) -> name of the test.

    Raises:
        SpecError: a file is not Python, or does not say which overlay a test is for.
    """
    return dict(_decorated(folder))


def _decorated(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("test_*.py")):
        try:
            nodes = ast.parse(path.read_text(encoding="utf-8")).body
        except SyntaxError as error:
            raise SpecError(path, f"is not Python: {error}") from error
        for node in nodes:
            for decorator in getattr(node, "decorator_list", ()):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == DECORATOR:
                    named = [argument.value for argument in decorator.args if isinstance(argument, ast.Constant)]
                    if len(named) != 1:
                        raise SpecError(f"{path}:{node.lineno}", f"{DECORATOR} needs the overlay's path, as a string")
                    yield str(named[0]), getattr(node, "name", "")


def _row(api: Api, path: Path, tests: Mapping[str, str]) -> tuple[str, ...]:
    document = overlays.read(path).document
    defect = document.get("x-defect", {})
    missing = [key for key in ("id", "kind", "evidence") if not (isinstance(defect, dict) and defect.get(key))]
    if missing:
        raise overlays.OverlayError(path, f"x-defect needs {missing[0]}: the table of overlays is made from it")
    info = document["info"]
    test = tests.get(f"{api.name}/{path.name}")
    return (
        f"[`{path.name.removesuffix('.overlay.yaml')}`]({api.name}/{path.name})",
        *(tables.prose(str(text)) for text in (defect["id"], defect["kind"], info["title"])),
        *(tables.prose(str(text)) for text in (info.get("description", ""), defect["evidence"])),
        f"`{test}`" if test else "**none**",
    )


def page(root: Path) -> str:
    """The page of a project: people's part as it is, and the tables as they must be."""
    path = root / PAGE
    present = path.read_text(encoding="utf-8")
    if present.count(START) != 1 or present.count(END) != 1 or present.index(START) > present.index(END):
        raise SpecError(path, f"must have the lines {START!r} and {END!r}, in this order")
    tables = table(find_apis(root), necessity_tests(root / "tests" / "overlays"))
    return f"{present[: present.index(START)]}{START}\n\n{tables}\n{present[present.index(END) :]}"
