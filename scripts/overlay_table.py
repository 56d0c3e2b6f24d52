"""Keep the tables in overlays/README.md: one row an overlay, with the test that shows what it is needed for.

    python -m scripts.overlay_table            write the tables
    python -m scripts.overlay_table --check    write nothing; exit 1 if they are out of date

Only what stands between the two marker comments is written; the rest of the page is people's.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scripts import documents, overlay
from scripts.build_specs import ROOT, Api, SpecError, find_apis

START = "<!-- The tables from here on are written by `make generate`. -->"
END = "<!-- End of the tables. -->"
DECORATOR = "necessity"


def table(apis: Sequence[Api], tests: Mapping[str, str]) -> str:
    """The tables of all APIs, as Markdown.

    Args:
        apis: the APIs.
        tests: overlay (``<api>/<file>``) -> name of its necessity test.

    Raises:
        documents.DocumentError: an overlay cannot be read.
        overlay.OverlayError: an overlay is invalid, or does not say what defect it is for.
    """
    parts = []
    for api in apis:
        rows = [_row(api, path, tests) for path in api.overlays]
        parts.append(
            f"## {api.name}\n\n"
            "| Overlay | Defect | Kind | What is wrong | What the overlay changes | Evidence | Necessity test |\n"
            "|---|---|---|---|---|---|---|\n" + "".join(rows)
        )
    return "\n".join(parts)


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


def _row(api: Api, path: Path, tests: Mapping[str, str]) -> str:
    document = overlay.read(path).document
    defect = document.get("x-defect", {})
    missing = [key for key in ("id", "kind", "evidence") if not (isinstance(defect, dict) and defect.get(key))]
    if missing:
        raise overlay.OverlayError(path, f"x-defect needs {missing[0]}: the table of overlays is made from it")
    info = document["info"]
    test = tests.get(f"{api.name}/{path.name}")
    cells = (
        f"[`{path.name.removesuffix('.overlay.yaml')}`]({api.name}/{path.name})",
        defect["id"],
        defect["kind"],
        info["title"],
        info.get("description", ""),
        defect["evidence"],
        f"`{test}`" if test else "**none**",
    )
    return "| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.overlay_table", description="Keep the tables in overlays/README.md."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the tables are out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    options = parser.parse_args(arguments)
    page = options.root / "overlays" / "README.md"
    try:
        present = page.read_text(encoding="utf-8")
        if present.count(START) != 1 or present.count(END) != 1 or present.index(START) > present.index(END):
            raise SpecError(page, f"must have the lines {START!r} and {END!r}, in this order")
        tables = table(find_apis(options.root), necessity_tests(options.root / "tests" / "overlays"))
    except (OSError, SpecError, overlay.OverlayError, documents.DocumentError) as error:
        print(error, file=sys.stderr)
        return 1
    wanted = f"{present[: present.index(START)]}{START}\n\n{tables}\n{present[present.index(END) :]}"
    if wanted == present:
        return 0
    if options.check:
        print(f"{page} is out of date: run make generate, and commit what it changes.", file=sys.stderr)
        return 1
    documents.write(page, wanted)
    print("overlays/README.md: tables renewed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
