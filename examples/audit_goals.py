"""Compare the goals of both vendors: those that only one of them has, by name, and those that nothing uses.

    python examples/audit_goals.py [CONVERT_PROJECT_ID]

Credentials come from the environment: KAMELEOON_CLIENT_ID and KAMELEOON_CLIENT_SECRET (or KAMELEOON_TOKEN), and
CONVERT_APPLICATION_ID and CONVERT_SECRET_KEY. Both vendors are asked at the same time.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from abwire import errors
from abwire.convert_v1 import AsyncConvert
from abwire.kameleoon import AsyncKameleoon

Goals = tuple[set[str], set[str]]
"""The names of all goals, and of those that something uses."""


async def kameleoon_goals() -> Goals:
    """The goals of all sites of the account."""
    async with AsyncKameleoon.from_env() as kameleoon:
        names = {goal.id: goal.name or "" async for goal in kameleoon.goals.list()}
        used: set[object] = set()
        async for experiment in kameleoon.experiments.list(optional_fields=["goals"]):
            used |= {experiment.main_goal_id, *(experiment.goals or [])}
        async for flag in kameleoon.feature_flags.list():
            used |= {flag.primary_goal_id, *(flag.secondary_goal_ids or [])}
    return set(names.values()), {name for goal, name in names.items() if goal in used}


async def convert_goals(project: str | None) -> Goals:
    """The goals of one project; of the first one, unless it is named."""
    async with AsyncConvert.from_env() as convert:
        if project is None:
            projects = await convert.projects.list().to_list()
            if not projects:
                return set(), set()
            project = str(projects[0].id)
        names = {goal.goal_id: goal.goal_name or "" async for goal in convert.goals.list(project)}
        used: set[object] = set()
        async for experience in convert.experiences.list(project):
            used |= {goal.id for goal in experience.goals or []}
    return set(names.values()), {name for goal, name in names.items() if goal in used}


async def audit(project: str | None) -> None:
    """Print the report."""
    (kameleoon, kameleoon_used), (convert, convert_used) = await asyncio.gather(
        kameleoon_goals(), convert_goals(project)
    )
    for title, names in (
        ("Only in Kameleoon", kameleoon - convert),
        ("Only in Convert", convert - kameleoon),
        ("Unused in Kameleoon", kameleoon - kameleoon_used),
        ("Unused in Convert", convert - convert_used),
    ):
        print(f"{title}: {len(names)}")
        for name in sorted(names):
            print(f"  {name}")


def main() -> int:
    """Run the example; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python examples/audit_goals.py", description="Compare the goals of both vendors."
    )
    parser.add_argument("project", metavar="CONVERT_PROJECT_ID", nargs="?", help="default: the first project")
    options = parser.parse_args()
    try:
        asyncio.run(audit(options.project))
    except (errors.AbwireError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
