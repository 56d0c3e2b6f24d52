"""How new objects are completed, as far as data cannot say it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from abwire_sandbox.data import Maker
from abwire_sandbox.engine import Call, Engine
from abwire_sandbox.errors import Refused
from abwire_sandbox.kameleoon import conditions, experiments, flags
from abwire_sandbox.store import Item

_WITH_PARAMS = ("CLICK", "PAGE_VIEWS", "SCROLL", "TIME_SPENT", "URL")
"""Types of goals that every public client sends with params."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def _indexed(engine: Engine, item: Item, call: Call) -> Item:
    taken = [found["index"] for found in engine.items(call.kind) if found.get("siteId") == item.get("siteId")]
    return {**item, "index": max(taken, default=-1) + 1}


def _goal(engine: Engine, item: Item, call: Call) -> Item:
    if item.get("type") in _WITH_PARAMS and not item.get("params"):
        raise Refused(422, f"params: a goal of type {item['type']} needs them", fields=("params",))
    return {**item, "isActive": item["status"] == "ACTIVE"}


def _site(engine: Engine, item: Item, call: Call) -> Item:
    digest = hashlib.sha256(f"{engine.world.seed}:{item['id']}".encode()).digest()
    return {**item, "code": "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])}


def _personalization(engine: Engine, item: Item, call: Call) -> Item:
    variation = {
        "id": engine.new_key("variations"),
        "name": f"Variation of {item['name']}",
        "siteId": item["siteId"],
        "personalizationId": item["id"],
        "jsCode": "",
    }
    engine.put("variations", variation)
    return {**item, "variationId": variation["id"], "variationIds": [variation["id"]]}


MAKERS: Final[Mapping[str, Maker]] = {
    "custom_data": _indexed,
    "experiments": experiments.completed,
    "feature_flags": flags.made,
    "goals": _goal,
    "key_moments": conditions.completed,
    "personalizations": _personalization,
    "referrers": _indexed,
    "segments": conditions.completed,
    "sites": _site,
}
"""What completes new objects, by kind."""
