"""Print what the changelog says about the version of the project, and check that it can be released.

python -m scripts.ci.release_notes                 print the section, if it has a date
python -m scripts.ci.release_notes --tag v1.2.3    the same, if the tag names this version
    --links URL                                 let relative links begin with this URL

Standard library only: a release builds nothing and installs nothing before it knows that this holds.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = "CHANGELOG.md"

_HEADING = re.compile(r"## (?P<version>\S+) \((?P<date>[^)]*)\)")
_FENCE = "```"
_RELATIVE_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|[#/])")


class ReleaseError(Exception):
    """The project cannot be released as it is; says why, and what to do."""


def version(root: Path) -> str:
    """The version of a project, by its pyproject.toml."""
    project: dict[str, str] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["version"]


def check_tag(tag: str, name: str) -> None:
    """Check that a tag names a version.

    Raises:
        ReleaseError: it names another.
    """
    if tag != f"v{name}":
        raise ReleaseError(f"the tag is {tag}, but the version in pyproject.toml is {name}: its tag is v{name}")


def notes(changelog: str, name: str) -> str:
    """Return what a changelog says about a version: its section without the heading, such as ``## 1.2.3 (2026-12-31)``.

    Args:
        changelog: the changelog, as Markdown.
        name: the version.

    Raises:
        ReleaseError: there is no such section, or it has no date or no text.
    """
    headed = f"its heading is ## {name} (YYYY-MM-DD)"
    found = [(heading["date"], text) for heading, text in _sections(changelog) if heading["version"] == name]
    if len(found) != 1:
        raise ReleaseError(f"{CHANGELOG} needs one section for {name} and has {len(found)}: {headed}")
    date, text = found[0]
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        raise ReleaseError(f"{CHANGELOG} does not say when {name} was released, but ({date}): {headed}") from None
    if not text:
        raise ReleaseError(f"{CHANGELOG} says nothing about {name}")
    return text + "\n"


def _sections(changelog: str) -> list[tuple[re.Match[str], str]]:
    """The sections of versions: the heading of each, and the text below."""
    sections: list[tuple[re.Match[str], list[str]]] = []
    is_code = False
    for line in changelog.splitlines():
        is_code ^= line.lstrip().startswith(_FENCE)
        heading = None if is_code else _HEADING.fullmatch(line)
        if heading is not None:
            sections.append((heading, []))
        elif sections:
            sections[-1][1].append(line)
    return [(heading, "\n".join(lines).strip()) for heading, lines in sections]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.ci.release_notes", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--tag", help="fail unless this is the tag of the version")
    parser.add_argument("--links", metavar="URL", default="", help="what relative links begin with")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project; default: this one")
    options = parser.parse_args(arguments)
    try:
        name = version(options.root)
        if options.tag is not None:
            check_tag(options.tag, name)
        text = notes((options.root / CHANGELOG).read_text(encoding="utf-8"), name)
    except ReleaseError as error:
        print(f"release_notes: {error}", file=sys.stderr)
        return 1
    print(_RELATIVE_LINK.sub(lambda _: options.links, text), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
