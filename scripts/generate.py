"""Generate the committed client package from the specs and overlays.

    python -m scripts.generate            write generated/
    python -m scripts.generate --check    write nothing; exit 1 if generated/ is not what would be written

Everything is made in a temporary folder, checked there, and then brought to ``generated/`` file by file: an error
leaves ``generated/`` as it was. The same specs, overlays, templates and tool versions give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.codegen.package import generate
from scripts.codegen.render import GenerateError
from scripts.specs.errors import InputError
from scripts.specs.project import ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.generate", description="Generate the client package from the specs and overlays."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if generated/ is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    options = parser.parse_args(arguments)
    try:
        outcome = generate(options.root, check=options.check)
    except (GenerateError, InputError) as error:
        print(error, file=sys.stderr)
        print("generated/ was left as it is.", file=sys.stderr)
        return 1
    for generated in outcome.apis:
        checked = ", ".join(f"{count} {kind}" for kind, count in sorted(generated.found.items()))
        print(
            f"{generated.api.name}: {generated.operations} operations, {generated.models} models, "
            f"{generated.enums} enums, {len(generated.api.overlays)} overlays"
        )
        print(f"  parity with the spec: {checked}; nothing lost")
        if generated.named_by_rule:
            print(f"  named by rule, from tag and operationId: {', '.join(generated.named_by_rule)}")
        if generated.unmodelled:
            left = ", ".join(f"{len(pointers)} {kind}" for kind, pointers in generated.unmodelled.items())
            print(f"  not modelled: {left}; generated/manifest.yaml lists them")
    print(f"changed files: {len(outcome.changed) or 'none'}")
    for name in outcome.changed:
        print(f"  generated/{name}")
    if options.check and outcome.changed:
        print("generated/ is out of date: run make generate, and commit what it changes.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
