"""Apply all overlays of an API to its spec: the result is the effective spec, from which the client is generated.

    python -m scripts.build_specs [--root DIR] [--output DIR]

Every ``specs/<api>.yaml`` is an API; its overlays are ``overlays/<api>/*.overlay.yaml`` in the order of their names,
applied strictly. The effective spec must be a valid OpenAPI document in which every reference leads somewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.specs import documents
from scripts.specs.effective import load
from scripts.specs.errors import InputError, raise_all
from scripts.specs.project import ROOT, find_apis


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.build_specs", description="Apply each API's overlays to its spec."
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the project (default: this one)")
    parser.add_argument("--output", type=Path, help="write <api>.yaml here; without it, only check")
    options = parser.parse_args(arguments)
    try:
        texts = {}
        errors: list[InputError] = []
        for api in find_apis(options.root):
            try:
                texts[api.name] = documents.dump(load(api).document)
                print(f"{api.name}: {len(api.overlays)} overlays apply, the effective spec is valid")
            except InputError as error:
                errors.append(error)
        raise_all(errors)
        for name, text in texts.items():
            if options.output is not None:
                documents.write(options.output / f"{name}.yaml", text)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
