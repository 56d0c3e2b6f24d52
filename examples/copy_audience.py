"""Copy an audience of Convert from one project to another.

    python examples/copy_audience.py FROM_PROJECT_ID AUDIENCE_ID TO_PROJECT_ID

Credentials come from the environment: CONVERT_APPLICATION_ID and CONVERT_SECRET_KEY.
"""

from __future__ import annotations

import sys

import attrs
from abwire import errors
from abwire.convert_v1 import Convert

from abwire_core.types import UNSET


def main() -> int:
    """Run the example; returns the exit status."""
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    source, audience_id, target = sys.argv[1:]
    try:
        with Convert.from_env() as convert:
            audience = convert.audiences.get(source, audience_id)
            copy = convert.audiences.create(
                target, attrs.evolve(audience, audience_id=UNSET)
            )  # the server gives a new one
    except errors.AbwireError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"{copy.audience_name}: {audience.audience_id} in {source} is {copy.audience_id} in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
