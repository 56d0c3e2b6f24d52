"""Apply OpenAPI Overlay documents to a spec, and refuse those that no longer do what they were written for.

    python -m scripts.overlay apply SPEC OVERLAY... [-o OUT] [--no-strict]
    python -m scripts.overlay check SPEC OVERLAY... [--no-strict]

Overlays are applied in the order given, each to the result of the one before. ``apply`` prints the result or writes
it to OUT; ``check`` writes nothing and says what each action would do. Works on any YAML or JSON document, with any
overlay that keeps to the Overlay Specification 1.0 or 1.1; targets are RFC 9535 JSONPath.

By the specification, an action whose target selects nothing succeeds. Unless ``--no-strict`` is given, an action
fails when it

* selects nothing, or another number of nodes than its ``x-expect-matches`` says,
* changes nothing: what it mends has been mended in the spec, and the overlay is stale,
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
from scripts.specs.errors import InputError
from scripts.specs.overlays import apply, check_extends, read


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    for path in (options.spec, *options.overlays):
        if not path.is_file():
            print(f"{path}: there is no such file", file=sys.stderr)
            return 2
    output: Path | None = getattr(options, "output", None)
    if output is not None and (output.exists() != output.is_file() or not output.resolve().parent.is_dir()):
        print(f"{output}: cannot be written: not a file in an existing folder", file=sys.stderr)
        return 2
    try:
        document = documents.load(options.spec)
        for path in options.overlays:
            overlay = read(path)
            if options.strict:
                check_extends(overlay, options.spec)
            applied = apply(document, overlay, strict=options.strict)
            if options.command == "check":
                for entry in applied:
                    effect = "changed" if entry.changed else "nothing to change"
                    print(f"{path}: action {entry.action.number} ({entry.action.target}): {entry.matches} x {effect}")
        if options.command == "apply":
            text = documents.dump(document, as_json=(output or options.spec).suffix == ".json")
            if output is None:
                sys.stdout.write(text)
            else:
                documents.write(output, text)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{output or 'output'}: cannot be written: {error}", file=sys.stderr)
        return 2
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
    return parser


if __name__ == "__main__":
    sys.exit(main())
