"""Copy an audience of Convert from one project to another.

    python examples/copy_audience.py FROM_PROJECT_ID AUDIENCE_ID TO_PROJECT_ID

Credentials come from the environment: CONVERT_APPLICATION_ID and CONVERT_SECRET_KEY.
"""

from __future__ import annotations

import argparse
import sys

import attrs
from abwire import UNSET, errors
from abwire.convert_v1 import Convert


def main() -> int:
    """Run the example; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python examples/copy_audience.py", description="Copy an audience of Convert to another project."
    )
    parser.add_argument("source", metavar="FROM_PROJECT_ID")
    parser.add_argument("audience", metavar="AUDIENCE_ID")
    parser.add_argument("target", metavar="TO_PROJECT_ID")
    options = parser.parse_args()
    try:
        with Convert.from_env() as convert:
            audience = convert.audiences.get(options.source, options.audience)
            # The server gives it an identifier of its own.
            copy = convert.audiences.create(options.target, attrs.evolve(audience, audience_id=UNSET))
    except (errors.AbwireError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    places = f"{audience.audience_id} in {options.source} is {copy.audience_id} in {options.target}"
    print(f"{copy.audience_name}: {places}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
