"""Write the results of a feature flag as CSV, one row for each variation, day and goal.

    python examples/results_to_csv.py FLAG_ID START END > results.csv

START and END are days such as 2026-11-01; END is not included. Credentials come from the environment:
KAMELEOON_CLIENT_ID and KAMELEOON_CLIENT_SECRET, or KAMELEOON_TOKEN.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import sys
from collections.abc import Iterator

from abwire import errors
from abwire.kameleoon import Kameleoon, models

HEAD = (
    "variation",
    "day",
    "goal",
    "visits",
    "visitors",
    "conversions",
    "rate",
    "improvement",
    "reliability",
    "revenue",
)


def rows(results: models.ResultsData) -> Iterator[tuple[object, ...]]:
    """The rows of a report."""
    variations = results.variation_data.additional_properties if results.variation_data else {}
    for variation, found in variations.items():
        days = found.breakdown_data.additional_properties if found.breakdown_data else {}
        for day, values in sorted(days.items()):
            data = values.general_data
            goals = data.goals_data.additional_properties if data and data.goals_data else {}
            for goal, result in goals.items():
                numbers = (
                    result.conversion_count,
                    result.conversion_rate,
                    result.improvement_rate,
                    result.reliability,
                    result.revenue_count,
                )
                traffic = (data.visit_count, data.visitor_count) if data else ()
                yield (variation, day, goal, *(number or 0 for number in (*traffic, *numbers)))


def main() -> int:
    """Run the example; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python examples/results_to_csv.py", description="Write the results of a feature flag as CSV."
    )
    parser.add_argument("flag", metavar="FLAG_ID", type=int)
    parser.add_argument("start", metavar="START", type=_midnight, help="the first day, such as 2026-11-01")
    parser.add_argument("end", metavar="END", type=_midnight, help="the day after the last one")
    options = parser.parse_args()
    if options.start >= options.end:
        parser.error("END must be after START")
    request = models.ResultsRequest(
        date_intervals=[models.DateInterval(start=options.start, end=options.end)],
        conversion_type=models.ConversionType.ALL_CONVERSION,
        breakdown=models.IntervalBreakdown(interval=models.BreakdownInterval.DAY),
        goals_ids=None,
    )
    try:
        with Kameleoon.from_env() as kameleoon:
            results = kameleoon.feature_flags.fetch_results(options.flag, request)
    except (errors.AbwireError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    writer = csv.writer(sys.stdout)
    writer.writerow(HEAD)
    writer.writerows(rows(results))
    return 0


def _midnight(day: str) -> datetime.datetime:
    """The beginning of a day, in UTC."""
    try:
        return datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(tzinfo=datetime.UTC))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{day} is not a day such as 2026-11-01") from None


if __name__ == "__main__":
    sys.exit(main())
