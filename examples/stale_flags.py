"""Report the feature flags that want a clean-up: those that Kameleoon calls STALE or SMELLY, the oldest first.

    python examples/stale_flags.py

Credentials come from the environment: KAMELEOON_CLIENT_ID and KAMELEOON_CLIENT_SECRET, or KAMELEOON_TOKEN.
"""

from __future__ import annotations

import sys

from abwire import errors
from abwire.kameleoon import Kameleoon, models

UNHEALTHY = (models.FeatureFlagHealth.STALE, models.FeatureFlagHealth.SMELLY)


def main() -> int:
    """Run the example; returns the exit status."""
    try:
        with Kameleoon.from_env() as kameleoon:
            flags = [flag for flag in kameleoon.feature_flags.list() if flag.health in UNHEALTHY and not flag.archived]
    except (errors.AbwireError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    for flag in sorted(flags, key=lambda flag: str(flag.date_modified or "")):
        changed = f"{flag.date_modified:%Y-%m-%d}" if flag.date_modified else "never"
        print(f"{flag.health or '':<8} last changed {changed}  {flag.feature_key}")
    print(f"{len(flags)} flags want a clean-up.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
