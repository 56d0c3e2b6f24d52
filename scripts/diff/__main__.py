"""Tell what changes for users of the client between two states of the project.

    python -m scripts.diff [--base REF] [--head REF] [--exact] [--format markdown|html|json] [--out DIR]

Both states are read with git; nothing is checked out, and the work tree stays as it is. The base is where the head
left REF (its merge base), so that what came to REF since is not told. Without ``--head`` it is the work tree, with all
that is not committed; without ``--base``, ``origin/main``, else the last tag.

The report is printed in the format; with ``--out``, it is written as ``report.md``, ``report.html`` and
``report.json`` (or the one that ``--format`` names) to DIR.

Exit status: 0 fine, 1 a breaking change that the version in ``pyproject.toml`` does not announce, or overlays that no
longer fit their spec; 2 the two could not be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scripts.diff.assembly.comparison import compare
from scripts.diff.inputs.states import DiffError, Repository
from scripts.diff.model.report import Report, State, schema, to_json
from scripts.diff.render import html, markdown
from scripts.specs import documents
from scripts.specs.errors import InputError
from scripts.specs.project import ROOT
from scripts.tools.node import NodeToolError

FORMATS: Mapping[str, tuple[str, Callable[[Report], str]]] = {
    "markdown": ("report.md", markdown.render),
    "html": ("report.html", html.render),
    "json": ("report.json", to_json),
}


def diff(
    root: Path,
    base: str | None,
    head: str | None,
    *,
    exact: bool = False,
    names: tuple[str | None, str | None] = (None, None),
) -> Report:
    """Compare two states of a project.

    Args:
        root: the project, or any folder of it; it is at the top of a git repository.
        base: the ref to compare with; None for ``origin/main``, else the last tag.
        head: the ref of the state after; None for the work tree.
        exact: take the base itself, and not where the head left it.
        names: names for the states in the report, such as those of branches.

    Raises:
        DiffError: a state cannot be read or is not valid, or its client cannot be made.
        NodeToolError: oasdiff is not installed.
    """
    repository = Repository(root).top()
    after = repository.head_state(head)
    tip = after.commit or repository.commit("HEAD")
    before = repository.base_state(repository.default_base() if base is None else base, tip, exact=exact)
    before, after = (_named(*found) for found in zip((before, after), names, strict=True))
    with tempfile.TemporaryDirectory(prefix="abwire-") as name:
        folder = Path(name)
        trees = (repository.extract(before, folder / "base"), repository.extract(after, folder / "head"))
        try:
            return compare(*trees, tags=repository.tags(before.commit or tip), folder=folder)
        except (DiffError, InputError) as error:
            # The folder means nothing to anybody; what is left of the path begins with the state.
            raise DiffError(str(error).replace(f"{folder}{os.sep}", "")) from error


def _named(state: State, name: str | None) -> State:
    """A state with its name in the report, and with the address of its files where a workflow of GitHub runs."""
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    url = f"{server}/{repository}/blob/{state.commit}" if server and repository and state.commit else None
    text = f"`{name.replace('`', '')}`" if name else state.text
    return replace(state, text=text, url=url)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.schema:
        print(json.dumps(schema(), indent=2))
        return 0
    try:
        names = options.base_name, options.head_name
        report = diff(options.root, options.base, options.head, exact=options.exact, names=names)
        chosen = [options.format] if options.format else list(FORMATS) if options.out else ["markdown"]
        for name in chosen:
            file, render = FORMATS[name]
            if options.out:
                documents.write(options.out / file, render(report))
                print(options.out / file)
            else:
                sys.stdout.write(render(report))
    except (DiffError, NodeToolError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.out:
        print(report.verdict.text)
    return 0 if report.acceptable else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.diff",
        description="Tell what changes for users of the client between two states of the project.",
    )
    parser.add_argument("--base", metavar="REF", help="compare with where the head left this (default: origin/main)")
    parser.add_argument("--head", metavar="REF", help="the state after (default: the work tree)")
    parser.add_argument("--base-name", metavar="NAME", help="name of the base in the report, such as its branch")
    parser.add_argument("--head-name", metavar="NAME", help="name of the head in the report")
    parser.add_argument("--exact", action="store_true", help="compare with the base itself")
    parser.add_argument("--format", choices=FORMATS, help="of the report (default: markdown; with --out: all)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the report here, and do not print it")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the JSON report, and no report")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project, or a folder of it (default: this one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
