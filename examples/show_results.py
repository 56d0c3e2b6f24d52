"""Show the results of a feature flag's experiment: a table of its variations and a chart of their daily rates.

    python examples/show_results.py [FLAG_ID]

Without an identifier, it takes the first flag that runs an experiment. It reads KAMELEOON_CLIENT_ID and
KAMELEOON_CLIENT_SECRET (or KAMELEOON_TOKEN), and KAMELEOON_BASE_URL for a server other than the vendor's.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator, Mapping

from abwire import errors
from abwire.kameleoon import Kameleoon, models
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

REFERENCE = "_reference"
DAYS = 28
TIMEOUT = 300.0

console = Console()
BARS = " ▁▂▃▄▅▆▇█" if console.encoding.startswith("utf") else " .:-=+*#@"


def main() -> int:
    """Run the example; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python examples/show_results.py", description="Show the results of a feature flag's experiment."
    )
    parser.add_argument("flag", metavar="FLAG_ID", nargs="?", type=int, help="default: the first with an experiment")
    wanted = parser.parse_args().flag
    try:
        with Kameleoon.from_env() as kameleoon:
            flags = kameleoon.feature_flags.list(per_page=50).to_list()
            console.print(f"{len(flags)} feature flags, {sum(map(has_experiment, flags))} of them with an experiment")
            flag = next(flag for flag in flags if (has_experiment(flag) if wanted is None else flag.id == wanted))
            console.print(f"\n[bold]{flag.name}[/bold] ({flag.feature_key}), the last {DAYS} days")
            goal = kameleoon.goals.get(flag.primary_goal_id).name if flag.primary_goal_id else None
            totals = fetch(kameleoon, flag)
            days = fetch(kameleoon, flag, models.IntervalBreakdown(interval=models.BreakdownInterval.DAY))
    except StopIteration:
        console.print("There is no such flag.")
        return 1
    except (errors.AbwireError, ValueError) as error:
        console.print(f"[red]{type(error).__name__}[/red]: {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        return 130
    names = {str(share.variation_id): str(share.variation_key) for share in shares_of(flag)}
    console.print(table_of(totals, flag, names, title=f"Visits that converted the main goal: {goal or 'none'}"))
    show_chart(days, flag, names)
    return 0


def rules_of(flag: models.FeatureFlag) -> Iterator[models.FeatureRolloutExperimentationRule]:
    """The experiments of a flag, in all environments."""
    for environment in flag.environment_configurations or []:
        for rule in environment.rollout_rules or []:
            if isinstance(rule, models.FeatureRolloutExperimentationRule):
                yield rule


def has_experiment(flag: models.FeatureFlag) -> bool:
    """Return whether a flag runs an experiment anywhere."""
    return next(rules_of(flag), None) is not None


def shares_of(flag: models.FeatureFlag) -> Iterator[models.TrafficAllocation]:
    """The shares of the traffic in a flag's experiments, which know the names of the variations."""
    for rule in rules_of(flag):
        yield from rule.traffic_allocations or []


def fetch(
    kameleoon: Kameleoon, flag: models.FeatureFlag, breakdown: models.IntervalBreakdown | None = None
) -> Mapping[str, models.VariationResults]:
    """The results of a flag by variation, with a bar that moves while the server computes them."""
    now = datetime.datetime.now(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    request = models.ResultsRequest(
        date_intervals=[models.DateInterval(start=now - datetime.timedelta(days=DAYS), end=now)],
        conversion_type=models.ConversionType.CONVERTED_VISITS,  # what rates and reliability are made of
        goals_ids=None,  # all of them
    )
    if breakdown is not None:
        request.breakdown = breakdown
    what = "results by day" if breakdown else "results"
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[polls]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"waiting for the {what}", total=None, polls="")

        def on_poll(attempt: int, elapsed: float) -> None:
            progress.update(task, polls=f"not ready at poll {attempt}")

        results = kameleoon.feature_flags.fetch_results(
            flag.id, request, timeout=TIMEOUT, poll_interval=0.5, on_poll=on_poll
        )
        progress.update(task, description=f"{what}: ready", total=1, completed=1, polls="")
    return results.variation_data.additional_properties if results.variation_data else {}


def general(results: models.VariationResults, key: str = REFERENCE) -> models.GeneralData | None:
    """The numbers of a variation for one value of the breakdown; by default for all."""
    found = results.breakdown_data.additional_properties.get(key) if results.breakdown_data else None
    return found.general_data or None if found else None


def main_goal(flag: models.FeatureFlag, data: models.GeneralData) -> models.GoalResults | None:
    """The results of the flag's main goal; of the first goal, if it has none."""
    goals = data.goals_data.additional_properties if data.goals_data else {}
    return goals.get(str(flag.primary_goal_id)) or next(iter(goals.values()), None)


def percent(value: object) -> str:
    """A rate; the sandbox counts in percent, and what the vendor counts in is not published."""
    return f"{value:.2f} %" if isinstance(value, int | float) else "-"


def table_of(
    results: Mapping[str, models.VariationResults], flag: models.FeatureFlag, names: Mapping[str, str], title: str
) -> Table:
    """A row for each variation."""
    table = Table(title=title)
    table.add_column("variation")
    for heading in ("visits", "converted", "rate", "improvement", "reliability"):
        table.add_column(heading, justify="right")
    for variation, found in results.items():
        data = general(found)
        goal = main_goal(flag, data) if data else None
        if data is not None and goal is not None:
            table.add_row(
                "original" if variation == REFERENCE else names.get(variation, variation),
                f"{data.visit_count or 0:,}",
                f"{goal.converted_visit_count or 0:,}",
                percent(goal.conversion_rate),
                percent(goal.improvement_rate),
                percent(goal.reliability),
            )
    return table


def show_chart(
    results: Mapping[str, models.VariationResults], flag: models.FeatureFlag, names: Mapping[str, str]
) -> None:
    """A line of bars for each variation, one bar a day, all on one scale."""
    rates: dict[str, list[float]] = {}
    dates: set[str] = set()
    for variation, found in results.items():
        days = found.breakdown_data.additional_properties if found.breakdown_data else {}
        dates |= {day[:10] for day in days}
        goals = [main_goal(flag, data) for day in sorted(days) if (data := general(found, day))]
        rates[variation] = [float(goal.conversion_rate or 0.0) for goal in goals if goal]
    highest = max((rate for line in rates.values() for rate in line), default=0.0) or 1.0
    console.print(f"Daily rate, up to {percent(highest)}:")
    for variation, line in rates.items():
        bars = "".join(BARS[round(rate / highest * (len(BARS) - 1))] for rate in line)
        console.print(f"  {'original' if variation == REFERENCE else names.get(variation, variation):>20} {bars}")
    if dates:
        first, last = min(dates), max(dates)
        console.print(f"  {'':>20} {first}{last:>{max(len(dates) - len(first), len(last) + 1)}}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
