"""Write the results of a feature flag as CSV, one row for each variation, day and goal; null is an empty cell.

    python examples/results_to_csv.py FLAG_ID START END > results.csv

START and END are days such as 2026-11-01; END is not included. Credentials come from the environment:
KAMELEOON_CLIENT_ID and KAMELEOON_CLIENT_SECRET, or KAMELEOON_TOKEN.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import sys

from abwire import errors
from abwire.kameleoon import Kameleoon


def main() -> int:
    """Run the example; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python examples/results_to_csv.py", description="Write the results of a feature flag as CSV."
    )
    parser.add_argument("flag", metavar="FLAG_ID", type=int)
    parser.add_argument("start", metavar="START", type=_day, help="the first day, such as 2026-11-01")
    parser.add_argument("end", metavar="END", type=_day, help="the day after the last one")
    options = parser.parse_args()
    if options.start >= options.end:
        parser.error("END must be after START")
    request = {
        "dateIntervals": [{"start": options.start, "end": options.end}],
        "conversionType": "ALL_CONVERSION",
        "breakdown": {"type": "INTERVAL", "interval": "DAY"},
        "goalsIds": None,
    }
    try:
        with Kameleoon.from_env() as kameleoon:
            results = kameleoon.feature_flags.fetch_results(options.flag, request)
            rows = results.rows({"goal": kameleoon.goals.list()})
    except (errors.AbwireError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    writer = csv.DictWriter(sys.stdout, rows[0] if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return 0


def _day(text: str) -> datetime.date:
    """The day that a text names."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day such as 2026-11-01") from None


if __name__ == "__main__":
    sys.exit(main())
