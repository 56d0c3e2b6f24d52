"""Apply OpenAPI Overlay documents to a spec, and refuse those that no longer do what they were written for.

    python -m scripts.overlay apply SPEC OVERLAY... [-o OUT] [--no-strict]
    python -m scripts.overlay check SPEC OVERLAY... [--no-strict]
    python -m scripts.overlay accept [--root DIR]

Overlays are applied in the order given, each to the result of the one before. ``apply`` prints the result or writes
it to OUT; ``check`` writes nothing and says what each action would do. Works on any YAML or JSON document, with any
overlay that keeps to the Overlay Specification 1.0 or 1.1; targets are RFC 9535 JSONPath. ``accept`` shows every action
of a project of which only the number of matches is another than expected, and writes the number into its overlay.

By the specification, an action whose target selects nothing succeeds. Unless ``--no-strict`` is given, an action
fails when it

* selects nothing, or another number of nodes than its ``x-expect-matches`` says,
* is a rule (``x-expect-matches: every``), and a node that it selects stays the same,
* changes nothing: what it fixes has been fixed in the spec, and the overlay is stale,
* belongs to an overlay whose actions together change nothing, such as one that removes and adds the same,
* belongs to an overlay whose ``extends`` names another document than SPEC.

Exit status: 0 done, 1 an overlay (or the spec) is faulty or failed, 2 unusable arguments.

Specification: https://spec.openapis.org/overlay/v1.1.0.html
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.specs import documents
from scripts.specs.acceptance import accept
from scripts.specs.effective import try_to_build
from scripts.specs.errors import InputError, each_error, raise_all
from scripts.specs.overlays import apply, check_extends, read
from scripts.specs.project import ROOT, find_apis


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _accept(options.root) if options.command == "accept" else _run(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        place = getattr(options, "output", None) or error.filename2 or error.filename or "output"
        print(f"{place}: cannot be written: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    for path in (options.spec, *options.overlays):
        if not path.is_file():
            print(f"{path}: there is no such file", file=sys.stderr)
            return 2
    output: Path | None = getattr(options, "output", None)
    if output is not None and (output.exists() != output.is_file() or not output.resolve().parent.is_dir()):
        print(f"{output}: cannot be written: not a file in an existing folder", file=sys.stderr)
        return 2
    document = documents.load(options.spec)
    report: list[str] = []
    errors: list[InputError] = []
    for path in options.overlays:
        try:
            overlay = read(path)
            if options.strict:
                check_extends(overlay, options.spec)
            applied = apply(document, overlay, strict=options.strict)
        except InputError as error:
            errors.append(error)
            continue
        for entry in applied:
            if entry.warning:
                print(f"warning: {entry.warning}", file=sys.stderr)
            effect = "changed" if entry.changed else "nothing to change"
            report.append(f"{path}: action {entry.action.number} ({entry.action.target}): {entry.matches} x {effect}\n")
    raise_all(errors)
    text = "".join(report)
    if options.command == "apply":
        text = documents.dump(document, as_json=(output or options.spec).suffix == ".json")
    if output is None:
        sys.stdout.write(text)
    else:
        documents.write(output, text)
    return 0


def _accept(root: Path) -> int:
    built = [try_to_build(api, keep_comments=False) for api in find_apis(root)]
    miscounts = [miscount for found in built for miscount in found.miscounts]
    for miscount in miscounts:
        print(miscount)
    accepted = {str(miscount) for miscount in miscounts}
    errors = [single for found in built for error in found.errors for single in each_error(error)]
    others = [error for error in errors if str(error) not in accepted]
    if others:
        print("Nothing is accepted: correct this first, since the numbers can change with it.", file=sys.stderr)
        raise_all(others)
    for path in accept(miscounts):
        print(f"{path}: written")
    if not miscounts:
        print("nothing to accept: every action selects as many nodes as it expects")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.overlay",
        description="Apply OpenAPI Overlay documents to a spec, or check that they apply.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("apply", "apply overlays and write the result"),
        ("check", "apply overlays, write nothing, say what each action does"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("spec", metavar="SPEC", type=Path, help="the document to change, YAML or JSON")
        command.add_argument("overlays", metavar="OVERLAY", type=Path, nargs="+", help="overlay documents, in order")
        command.add_argument(
            "--no-strict",
            dest="strict",
            action="store_false",
            help="accept actions that match or change nothing, as the specification does",
        )
        if name == "apply":
            command.add_argument("-o", "--output", metavar="OUT", type=Path, help="write here instead of to stdout")
    text = "show actions that select another number of nodes than expected, and write the number into their overlays"
    command = commands.add_parser("accept", help=text, description=text)
    command.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
