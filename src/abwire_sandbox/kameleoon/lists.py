"""Lists and searches: conditions, order, pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abwire_sandbox import queries
from abwire_sandbox.engine import Answer, Call, Engine
from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item

_TAGGED = {
    "EXPERIMENT": "experiments",
    "FEATURE": "feature_flags",
    "PERSONALIZATION": "personalizations",
    "SEGMENT": "segments",
    "WIDGET": "widgets",
    "STUDIO_THEME": "themes",
    "IMAGE": "images",
    "KEY_MOMENT": "key_moments",
}
"""Kinds of tags, and the groups whose objects have them."""


def every(engine: Engine, call: Call) -> Answer:
    """List objects."""
    return _listed(engine, call, engine.items(call.kind))


def tags(engine: Engine, call: Call) -> Answer:
    """List the tags that objects of one kind have."""
    kind = call.query["type"]
    tagged = engine.items(_TAGGED[kind]) if kind in _TAGGED else []
    names = sorted({name for item in tagged for name in item.get("tags", ())})
    return _listed(engine, call, [{"name": name, "type": kind} for name in names])


def _listed(engine: Engine, call: Call, items: list[Item]) -> Answer:
    for condition in call.query.get("filter", ()):
        items = queries.select(items, condition, engine.fields(call))
    return _page(engine, call, items, call.query)


def search(engine: Engine, call: Call) -> Answer:
    """Search objects."""
    items = engine.items(call.kind)
    if "filter" in call.body:
        items = queries.select(items, call.body["filter"], engine.fields(call))
    return _page(engine, call, items, call.body)


def _page(engine: Engine, call: Call, items: list[Item], asked: Mapping[str, Any]) -> Answer:
    """A page; public client code asks for -1 items to get all, and gets as many as there may be."""
    longest = engine.world.page_size
    page, wanted = asked.get("page", 1), asked.get("perPage", longest)
    if wanted < 1 and wanted != -1:
        raise Refused(400, "perPage: at least 1, or -1 for as many as there may be")
    size = longest if wanted == -1 else min(wanted, longest)
    if page > 1 and call.goes_wrong("repeat_page"):
        page -= 1
    ordered = queries.order(items, asked.get("sort", ()), engine.fields(call))
    answer = engine.answer_all(call, queries.page_of(ordered, page, size))
    answer.headers["X-Pagination-Page-Count"] = str(-(-len(items) // size))
    return answer
