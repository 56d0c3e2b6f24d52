"""The tour of ``make demo``: regenerate both clients, then use both on a sandbox of this machine.

    python -m scripts.demo

Nothing leaves the machine. The same examples run against the real APIs, with credentials in the environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from scripts import generate
from scripts.build_specs import ROOT

TOUR = (
    ("examples/show_results.py", "Kameleoon: list the feature flags, and fetch the results of an experiment"),
    ("examples/show_hypotheses.py", "Convert: list the hypotheses by score"),
)


def main() -> int:
    """Run the tour; returns the exit status."""
    print("1. Regenerate both clients from specs/ and overlays/\n")
    status = generate.main([])
    if status:
        return status
    import abwire_sandbox  # noqa: PLC0415 - reads the effective specs, which have just been written

    with abwire_sandbox.serve() as sandbox:
        print(f"\n2. A sandbox of both APIs is at {sandbox.url}")
        # Convert says in a warning that its version 1 is superseded; here it would only be in the way.
        environment = {**os.environ, "PYTHONWARNINGS": "ignore::DeprecationWarning", **sandbox.environment}
        return tour(environment)


def tour(environment: Mapping[str, str]) -> int:
    """Run the examples of the tour, as long as they go well; returns the exit status of the last one."""
    for number, (example, title) in enumerate(TOUR, 3):
        print(f"\n{number}. {title}\n   ({example})\n", flush=True)
        status = subprocess.run([sys.executable, ROOT / example], env=environment, check=False).returncode
        if status:
            print(f"\n{example} did not get through: see the message above.", file=sys.stderr)
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
