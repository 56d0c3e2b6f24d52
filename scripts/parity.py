"""Prove that nothing of a spec is missing in the package generated from it.

    python -m scripts.parity SPEC PACKAGE

The generator drops some things silently. The package is imported and used as a caller would use it: samples go through
all models, all methods are called on a transport that sends nothing, and every operation, parameter, body, response,
property, enum value and member of a union of the spec is looked for in what comes out.
Exit status: 0 all found, 1 something is missing, 2 unusable arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.codegen.checks import check
from scripts.specs import documents
from scripts.specs.errors import InputError
from scripts.specs.spec import Spec


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.parity", description="Prove that nothing of a spec is missing in a generated package."
    )
    parser.add_argument("spec", metavar="SPEC", type=Path, help="the effective spec")
    parser.add_argument("package", metavar="PACKAGE", type=Path, help="the folder of the package")
    options = parser.parse_args(arguments)
    if not options.spec.is_file() or not options.package.is_dir():
        print("SPEC must be a file and PACKAGE a folder", file=sys.stderr)
        return 2
    try:
        result = check(Spec(documents.load(options.spec, keep_comments=False), options.spec), options.package)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    for loss in result.losses:
        print(f"{options.spec}#{loss}", file=sys.stderr)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(result.counts.items())), "looked for")
    return 1 if result.losses else 0


if __name__ == "__main__":
    sys.exit(main())
