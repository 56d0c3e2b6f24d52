"""Reports of Convert. The answers of version 1 are not documented; these are shaped like those of version 2."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from abwire_sandbox import traffic
from abwire_sandbox.significance import improvement, rate, reliability
from abwire_sandbox.store import Item
from abwire_sandbox.traffic import Arm, Campaign, Goal, Period, Tally

ACCOUNT = "100123"
_SIGNIFICANT = 95.0

_RATES = {
    "visits_page": 0.3,
    "revenue": 0.035,
    "clicks_link": 0.14,
    "submits_form": 0.05,
    "clicks_element": 0.16,
    "scroll_percentage": 0.4,
}
"""How many visitors convert a goal, by its type."""


def snippet(project: object) -> str:
    """Return what a site has to load."""
    return f'<script src="//cdn-4.convertexperiments.com/js/{ACCOUNT}-{project}.js"></script>'


def campaign(seed: int, experience: Item, goals: Sequence[Item], now: datetime.datetime) -> Campaign:
    """Return what an experience has measured; its first variation is the original."""
    name = f"experience:{experience['id']}"
    is_test = experience["experience_type"] != "a/a"
    arms = []
    for number, wrapped in enumerate(experience.get("variations", ())):
        variation = wrapped["variation"]
        effect = traffic.generator(seed, name, variation["id"]).gauss(0.04, 0.07) if number and is_test else 0.0
        share = wrapped.get("percentage", variation.get("percentage", 1.0))
        arms.append(Arm(variation["id"], float(share), tuple((goal["goal_id"], 1 + effect) for goal in goals)))
    start = datetime.datetime.fromtimestamp(experience.get("start_time") or now.timestamp(), datetime.UTC)
    end = datetime.datetime.fromtimestamp(experience.get("end_time") or now.timestamp(), datetime.UTC)
    per_day = traffic.generator(seed, name).randint(400, 1200)
    return Campaign(seed, name, tuple(arms or [Arm("0")]), per_day if arms else 0, *traffic.run(start, end))


def _goal(seed: int, item: Item) -> Goal:
    chance = traffic.generator(seed, "convert-goal", item["goal_id"])
    kind = item.get("goal_type", "")
    value = round(chance.uniform(30, 110), 2) if kind == "revenue" else 0.0
    return Goal(item["goal_id"], _RATES.get(kind, 0.09) * chance.uniform(0.6, 1.4), value)


def aggregated(seed: int, found: Campaign, experience: Item, goals: Sequence[Item], period: Period) -> dict[str, Any]:
    """The report on all goals."""
    tallies = traffic.tally(found, [_goal(seed, goal) for goal in goals], [period])
    rows = {key: values[""] for key, values in tallies.items()}
    return {
        "data": {
            "stats_methodology": "frequentist",
            "variations_data": _variations(experience),
            "reportData": [
                {
                    "goal_id": goal["goal_id"],
                    "goal_name": goal.get("goal_name", ""),
                    "variations": _compared(goal, rows),
                }
                for goal in goals
            ],
        }
    }


def daily(seed: int, found: Campaign, experience: Item, goals: Sequence[Item], period: Period) -> dict[str, Any]:
    """The report on one goal, by days."""
    goal = goals[0]
    tallies = traffic.tally(found, [_goal(seed, goal)], [period], split=traffic.interval("DAY"))
    return {
        "data": {
            "variations_data": _variations(experience),
            "reportData": {
                "goal_id": goal["goal_id"],
                "variations": [
                    {"id": key, "stats": [_daily(goal, day, row) for day, row in days.items()]}
                    for key, days in tallies.items()
                ],
            },
        }
    }


def _daily(goal: Item, day: str, row: Tally) -> dict[str, Any]:
    total = row.goals[goal["goal_id"]]
    return {
        "timestamp": int(datetime.datetime.fromisoformat(day).timestamp()),
        "visitors": row.visits,
        "conversions": total.converted,
        "conversion_rate": rate(total.converted, row.visits),
        "revenue": round(total.revenue, 2),
    }


def _variations(experience: Item) -> list[dict[str, Any]]:
    return [
        {
            "id": wrapped["variation"]["id"],
            "name": wrapped["variation"].get("name", ""),
            "is_baseline": number == 0,
            "traffic_distribution": wrapped.get("percentage"),
        }
        for number, wrapped in enumerate(experience.get("variations", ()))
    ]


def _compared(goal: Item, rows: dict[str, Tally]) -> list[dict[str, Any]]:
    original = next(iter(rows.values()))
    first = original.goals[goal["goal_id"]]
    found = []
    for key, row in rows.items():
        total = row.goals[goal["goal_id"]]
        value = rate(total.converted, row.visits)
        is_first = row is original
        sure = None if is_first else reliability(total.converted, row.visits, first.converted, original.visits)
        change = None if is_first else improvement(value, rate(first.converted, original.visits))
        found.append(
            {
                "id": key,
                "visitors": row.visits,
                "conversion_data": {
                    "conversions": total.converted,
                    "conversion_rate": value,
                    "conversion_rate_change": change,
                    "confidence": sure,
                    "statistically_significant": sure is not None and sure >= _SIGNIFICANT,
                },
                "revenue_data": {
                    "total_revenue": round(total.revenue, 2),
                    "revenue_per_visitor": total.revenue / row.visits if row.visits else None,
                },
            }
        )
    return found
