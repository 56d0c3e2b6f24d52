"""Keep the pages that are generated from specs, overlays and tests: docs/evidence.md, overlays/README.md.

python -m scripts.docs            write the pages
python -m scripts.docs --check    write nothing; exit 1 if a page is out of date
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scripts.pages import evidence, overlay_catalogue
from scripts.specs import documents
from scripts.specs.errors import InputError
from scripts.specs.project import ROOT

PAGES: Mapping[str, Callable[[Path], str]] = {
    overlay_catalogue.PAGE: overlay_catalogue.page,
    evidence.PAGE: evidence.page,
}
"""Path of each page, relative to the project, and the function that renders it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.docs", description="Keep the generated pages.")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"default: all of {', '.join(PAGES)}")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    options = parser.parse_args(arguments)
    if unknown := set(options.pages) - PAGES.keys():
        parser.error(f"unknown page: {', '.join(sorted(unknown))}")
    status = 0
    for page in options.pages or PAGES:
        try:
            status = max(status, _keep(options.root, page, check=options.check))
        except (OSError, InputError) as error:
            print(error, file=sys.stderr)
            status = 1
    return status


def _keep(root: Path, page: str, *, check: bool) -> int:
    path = root / page
    wanted = PAGES[page](root)
    present = path.read_text(encoding="utf-8") if path.exists() else None
    if wanted == present:
        return 0
    if check:
        print(f"{path} is out of date: run make generate, and commit what it changes.", file=sys.stderr)
        return 1
    documents.write(path, wanted)
    print(f"{page}: renewed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
