"""What a Convert account holds at the beginning: three projects with everything that they test."""

from __future__ import annotations

import itertools
from typing import Final

from abwire_sandbox import data
from abwire_sandbox.convert_v1 import results
from abwire_sandbox.dice import ANCHOR, Dice
from abwire_sandbox.store import Item, Store

NAMESPACE: Final = "convert-v1"

_PROJECTS = (
    ("Northwind Outfitters", "northwind.example"),
    ("Tasty Bytes", "tasty-bytes.example"),
    ("Paper Lantern", "lantern.example"),
)
_TYPES: Final = ("a/b", "a/a", "mvt", "split_url", "personalization", "multipage")
_STATUSES: Final = ("active", "completed", "draft", "paused", "scheduled", "archived")
_PAGES = ("Home", "Category", "Product", "Basket", "Checkout", "Pricing", "Sign-up", "Blog")
_CHANGES = (
    "new headline",
    "green button",
    "video",
    "fewer fields",
    "social proof",
    "sticky bar",
    "bigger price",
    "free returns",
)
_GOALS = (
    ("Order placed", "revenue"),
    ("Basket viewed", "visits_page"),
    ("Buy button clicked", "clicks_element"),
    ("Newsletter form sent", "submits_form"),
    ("Pricing link clicked", "clicks_link"),
    ("Scrolled three quarters", "scroll_percentage"),
    ("Gallery used", "dom_interaction"),
    ("Menu opened", "DOM_interaction"),
    ("Phone number called", "code_trigger"),
    ("Analytics goal", "ga_import"),
    ("Engaged visit", "advanced"),
)
_Audience = tuple[str, str, object, str]

_AUDIENCES: tuple[_Audience, ...] = (
    ("Phone visitors", "is_mobile", True, "transient"),
    ("From France", "country", "FR", "permanent"),
    ("Three visits or more", "visits_count", 3, "transient"),
    ("Came by newsletter", "medium", "newsletter", "permanent"),
    ("Saw the sale", "url", "/sale", "segmentation"),
    ("Returning customers", "visitor_type", "returning", "permanent"),
    ("Cookie: partner", "cookie", "partner", "transient"),
    ("Big spenders", "page_tag_custom_1", "gold", "segmentation"),
)
_HYPOTHESIS_STATUSES: Final = ("draft", "completed", "applied", "proven", "disproven", "archived")


def fill(store: Store, seed: int) -> None:
    """Make all objects."""
    dice = Dice(seed, "convert-v1")
    for name, domain in _PROJECTS:
        project = _project(store, dice, name, domain)
        goals = [_goal(store, dice, project, *goal) for goal in _GOALS]
        audiences = [_audience(store, dice, project, audience) for audience in _AUDIENCES]
        _experiences(store, dice, project, domain=domain, goals=goals, audiences=audiences)
        _hypotheses(store, dice, project)


def _put(store: Store, group: str, item: Item, key: str = "id") -> Item:
    return store.put(f"{NAMESPACE}.{group}", item[key], item)


def _key(store: Store, group: str) -> str:
    return str(data.new_key(store, NAMESPACE, group))


def _project(store: Store, dice: Dice, name: str, domain: str) -> str:
    number = _key(store, "projects")
    project = {
        "id": number,
        "account_id": results.ACCOUNT,
        "tracking_snippet": results.snippet(number),
        "name": name,
        "status": "active",
        "created_at": str(dice.before(ANCHOR, 300, 1200).date()),
        "reporting_settings": {
            "min_order_value": 0,
            "max_order_value": 99999,
            "min_running_time": 7,
            "min_variation_visitors": 500,
            "min_variation_conversions": 25,
            "tested_visitors_quota": 0,
            "max_variation_visitors": 0,
            "curency_symbol": "€",
            "blocked_ips": ["192.0.2.17"],
        },
        "include_jquery": dice.number(0, 1),
        "allow_crossdomain_tracking": dice.number(0, 1),
        "data_anonymization": 0,
        "websites": [f"https://www.{domain}", f"https://shop.{domain}"],
        "global_javascript": "",
    }
    return str(_put(store, "projects", project)["id"])


def _rule(kind: str, value: object, *, negated: bool = False) -> Item:
    """A tree of rules with one rule."""
    comparison = "equals" if isinstance(value, bool) else "less" if isinstance(value, int) else "contains"
    element = {"rule_type": kind, "matching": {"match_type": comparison, "negated": negated}, "value": value}
    if kind == "cookie":
        element["key"] = "partner"
    return {"OR": [{"AND": [{"OR_WHEN": [element]}]}]}


def _goal(store: Store, dice: Dice, project: str, name: str, kind: str) -> Item:
    goal: Item = {
        "goal_id": _key(store, "goals"),
        "goal_name": name,
        "description": f"{name}, counted once a visitor",
        "goal_type": kind,
        "triggering_rule": _rule("url", dice.one(("/thanks", "/basket", "/pricing"))),
        "project_id": project,
    }
    if kind.lower() == "dom_interaction":
        goal["dom_interaction"] = [{"selector": f"#{name.split(maxsplit=1)[0].lower()}", "event": "click"}]
    return _put(store, "goals", goal, "goal_id")


def _audience(store: Store, dice: Dice, project: str, described: _Audience) -> Item:
    name, kind, value, audience_type = described
    audience = {
        "audience_id": _key(store, "audiences"),
        "audience_name": name,
        "description": f"{name}: who they are",
        "firing_rule": _rule(kind, value, negated=kind == "visits_count" or dice.happens(0.1)),
        "audience_type": audience_type,
        "is_segment": audience_type == "segmentation",
        "project_id": project,
    }
    return _put(store, "audiences", audience, "audience_id")


def _experiences(
    store: Store, dice: Dice, project: str, *, domain: str, goals: list[Item], audiences: list[Item]
) -> None:
    names = dice.shuffled([f"{page}: {change}" for page, change in itertools.product(_PAGES, _CHANGES)])
    for name, (kind, status) in zip(names, itertools.product(_TYPES, _STATUSES), strict=False):
        count = 1 if kind == "personalization" else dice.one((2, 2, 3))
        start = 0 if status in ("draft", "scheduled") else int(dice.before(ANCHOR, 30, 120).timestamp())
        measured = [] if kind == "personalization" else dice.some(goals, 2, 4)
        chosen = dice.some(audiences[:-2], 0, 2)  # the last two are used nowhere
        experience = {
            "id": _key(store, "experiences"),
            "name": name,
            "experience_description": f"{name}, as {kind}",
            "experience_type": kind,
            "experience_status": status,
            "start_time": start,
            "end_time": start + dice.number(10, 28) * 86400 if status in ("completed", "archived") else 0,
            "global_js": "",
            "editor_url": f"https://www.{domain}/",
            "keep_winner": False,
            "stop_looser": dice.happens(0.3),
            "minrun": 14,
            "maxrun": 60,
            "minordv": 0,
            "maxordv": 5000,
            "minconv": 25,
            "minvis": 500,
            "maxvis": 0,
            "confidence": 95,
            "site_area": {
                "include": [
                    {
                        "rule_type": "url",
                        "matching": {"match_type": "matches", "negated": False},
                        "value": f"https://www.{domain}/",
                    }
                ],
                "exclude": [],
            },
            "goals": [{"id": goal["goal_id"], "name": goal["goal_name"]} for goal in measured],
            "audiences": [{"id": found["audience_id"], "name": found["audience_name"]} for found in chosen],
            "variations": [_variation(store, domain, kind, index, count) for index in range(count)],
            "project_id": project,
        }
        _put(store, "experiences", experience)


def _variation(store: Store, domain: str, kind: str, index: int, count: int) -> Item:
    share = round(100 / count, 2)
    variation = {
        "id": _key(store, "variations"),
        "name": "Original" if index == 0 and count > 1 else f"Variation {index}",
        "js": "" if index == 0 else f"convert.$('h1').attr('data-variation', {index});",
        "customjs": "",
        "css": "",
        "percentage": share,
    }
    if kind == "split_url":
        variation["url"] = f"https://www.{domain}/{'' if index == 0 else f'v{index}'}"
    return {"variation": variation, "percentage": share}


def _hypotheses(store: Store, dice: Dice, project: str) -> None:
    names = dice.shuffled(
        [f"{change.capitalize()} on {page.lower()}" for page, change in itertools.product(_PAGES, _CHANGES)]
    )
    for number, name in enumerate(names[:27]):
        model = ("PIE", "ICE")[number % 2]
        members = ("potential", "importance", "ease") if model == "PIE" else ("impact", "confidence", "ease")
        attributes = {member: dice.number(1, 5) for member in members}
        started = dice.before(ANCHOR, 20, 200).date()
        hypothesis = {
            "id": int(_key(store, "hypotheses")),
            "project_id": int(project),
            "name": name,
            "objective": f"If we try {name.lower()}, then more visitors buy, because they see sooner what they get.",
            "prioritization_score": f"{sum(attributes.values()) / 3:.1f}".removesuffix(".0"),
            "prioritization_score_type": model,
            "prioritization_score_attributes": attributes,
            "status": dice.one(_HYPOTHESIS_STATUSES, (4, 1, 1, 1, 1, 1)),
            "start_date": str(started),
            "end_date": None if dice.happens(0.3) else str(ANCHOR.date()),
            "tags": [{"id": 1 + number % 4, "name": ("copy", "layout", "price", "trust")[number % 4]}],
            "summary": name,
            "created_at": f"{started} 09:00:00",
        }
        _put(store, "hypotheses", hypothesis)
