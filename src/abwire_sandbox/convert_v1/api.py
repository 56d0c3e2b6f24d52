"""What the engine does not do for Convert, version 1."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from abwire_sandbox import queries
from abwire_sandbox.convert_v1 import results
from abwire_sandbox.data import Maker
from abwire_sandbox.engine import Answer, Call, Engine, Handler
from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item

_TEXTS = ("name", "goal_name", "audience_name", "description", "experience_description", "objective")
"""Where a search looks: in the name and the description, which objects call by different names."""


# --- new objects; identifiers are strings, save those of hypotheses ---


def _project(engine: Engine, item: Item, call: Call) -> Item:
    return {
        **item,
        "id": str(item["id"]),
        "account_id": results.ACCOUNT,
        "created_at": str(engine.world.now().date()),
        "tracking_snippet": results.snippet(item["id"]),
    }


def _goal(engine: Engine, item: Item, call: Call) -> Item:
    return {**item, "goal_id": str(item["goal_id"]), "project_id": call.arguments["project_id"]}


def _audience(engine: Engine, item: Item, call: Call) -> Item:
    audience = {"audience_type": "segmentation" if item.get("is_segment") else "permanent", **item}
    audience.setdefault("is_segment", audience["audience_type"] == "segmentation")
    return {**audience, "audience_id": str(item["audience_id"]), "project_id": call.arguments["project_id"]}


def _hypothesis(engine: Engine, item: Item, call: Call) -> Item:
    created = engine.world.now().strftime("%Y-%m-%d %H:%M:%S")
    return _scored({**item, "project_id": int(call.arguments["project_id"]), "created_at": created})


def _scored(hypothesis: Item) -> Item:
    """A hypothesis whose score follows from its attributes: their mean. The vendor writes it as a string.

    Raises:
        Refused: the attributes are those of the other scoring model.
    """
    attributes = hypothesis.get("prioritization_score_attributes")
    if attributes is None:
        if "prioritization_score" not in hypothesis:
            return hypothesis
        return {**hypothesis, "prioritization_score": _text(float(hypothesis["prioritization_score"]))}
    model = hypothesis["prioritization_score_type"]
    names = ("potential", "importance", "ease") if model == "PIE" else ("impact", "confidence", "ease")
    if any(name not in attributes for name in names):
        at_fault = ("prioritization_score_attributes",)
        raise Refused(422, f"the attributes of {model} are {', '.join(names)}", fields=at_fault)
    return {**hypothesis, "prioritization_score": _text(sum(attributes[name] for name in names) / len(names))}


def _text(score: float) -> str:
    return f"{score:.1f}".removesuffix(".0")


def _experience(engine: Engine, item: Item, call: Call) -> Item:
    times = {"start_time": 0, "end_time": 0, "project_id": call.arguments["project_id"]}
    return _settled(engine, {**item, "id": str(item["id"]), **times})


def _settled(engine: Engine, experience: Item) -> Item:
    """An experience whose variations have identifiers, whose references have names, and whose times fit its status."""
    now = int(engine.world.now().timestamp())
    start, end = experience["start_time"], experience["end_time"]
    match experience["experience_status"]:
        case "active":
            start, end = start or now, 0
        case "paused":
            end = 0
        case "completed" | "archived":
            end = (end or now) if start else 0
    return {
        **experience,
        "start_time": start,
        "end_time": end,
        "goals": _named(engine, experience, "goals", "goal_name"),
        "audiences": _named(engine, experience, "audiences", "audience_name"),
        "variations": [_numbered(engine, found) for found in experience.get("variations", ())],
    }


def _named(engine: Engine, experience: Item, group: str, title: str) -> list[Item]:
    found = []
    for reference in experience.get(group, ()):
        if "id" not in reference:
            raise Refused(422, f"{group}: each is named by its id", fields=(group,))
        item = engine.get(group, reference.get("id"))
        if item is None or item["project_id"] != experience["project_id"]:
            raise Refused(422, f"{group}: the project has no {reference.get('id')}", fields=(group,))
        found.append({"id": str(reference["id"]), "name": item.get(title, "")})
    return found


def _numbered(engine: Engine, wrapped: Mapping[str, Any]) -> Item:
    variation = wrapped["variation"]
    if "id" not in variation:
        variation = {**variation, "id": str(engine.new_key("variations"))}
    return {**wrapped, "variation": variation}


MAKERS: Final[Mapping[str, Maker]] = {
    "projects": _project,
    "experiences": _experience,
    "goals": _goal,
    "hypotheses": _hypothesis,
    "audiences": _audience,
}
"""What completes new objects, by kind."""


# --- updates: what is left out stays, as in version 2; lists are replaced as a whole ---


def _updated(settle: Callable[[Engine, Item], Item]) -> Handler:
    def update(engine: Engine, call: Call) -> Answer:
        new = settle(engine, {**engine.find(call), **engine.changes(call)})
        return engine.answer(call, engine.put(call.kind, new))

    return update


def _find_experience(engine: Engine, call: Call) -> Item:
    experience = engine.get("experiences", call.arguments["experience_id"])
    if experience is None or experience["project_id"] != call.arguments["project_id"]:
        raise Refused(404, f"there is no experience {call.arguments['experience_id']}", fields=("experience_id",))
    return experience


def _add_variation(engine: Engine, call: Call) -> Answer:
    """Add a variation, or write the one that has the identifier."""
    experience = _find_experience(engine, call)
    share = {"percentage": call.body["percentage"]} if "percentage" in call.body else {}
    new = _numbered(engine, {"variation": call.body, **share})
    number = new["variation"]["id"]
    variations = [new if found["variation"]["id"] == number else found for found in experience["variations"]]
    if new not in variations:
        variations.append(new)
    return engine.answer(call, engine.put("experiences", {**experience, "variations": variations}))


def _delete_variation(engine: Engine, call: Call) -> Answer:
    experience = _find_experience(engine, call)
    number = call.arguments["variation_id"]
    remaining = [found for found in experience["variations"] if found["variation"]["id"] != number]
    if len(remaining) == len(experience["variations"]):
        raise Refused(404, f"the experience has no variation {number}", fields=("variation_id",))
    return engine.answer(call, engine.put("experiences", {**experience, "variations": remaining}))


# --- lists ---

Asked = Mapping[str, Any]


def _listed(choose: Callable[[Engine, Item, Asked], bool]) -> Handler:
    def every(engine: Engine, call: Call) -> Answer:
        asked: Asked = call.body or {}
        items = engine.scope(call) if call.arguments else engine.items(call.kind)
        if asked.get("search"):
            items = [item for item in items if queries.mentions(item, asked["search"], _TEXTS)]
        items = [item for item in items if choose(engine, item, asked)]
        longest = engine.world.convert_page_size
        page, wanted = asked.get("page", 1), asked.get("results_per_page", longest)
        if wanted < 1:
            raise Refused(422, "results_per_page is at least 1", fields=("results_per_page",))
        if page > 1 and call.goes_wrong("repeat_page"):
            page -= 1
        return engine.answer_all(call, queries.page_of(items, page, min(wanted, longest)))

    return every


def _any(engine: Engine, item: Item, asked: Asked) -> bool:
    return True


def _is_asked_experience(engine: Engine, experience: Item, asked: Asked) -> bool:
    return _is_one_of(experience["experience_type"], asked.get("experience_types")) and _is_one_of(
        experience["experience_status"], asked.get("experience_status")
    )


def _is_asked_hypothesis(engine: Engine, hypothesis: Item, asked: Asked) -> bool:
    score = float(hypothesis.get("prioritization_score", 0))
    is_scored = asked.get("scoreMin", 0) <= score <= asked.get("scoreMax", 5)
    return is_scored and _is_one_of(hypothesis["status"], asked.get("status"))


def _is_asked_audience(engine: Engine, audience: Item, asked: Asked) -> bool:
    if asked.get("isSegment") not in (None, audience["is_segment"]):
        return False
    if asked.get("isUsed") is None:
        return True
    used = (found["id"] for experience in engine.items("experiences") for found in experience["audiences"])
    return bool(asked["isUsed"]) == (audience["audience_id"] in used)


def _is_one_of(value: Any, allowed: Sequence[Any] | None) -> bool:
    return not allowed or value in allowed


# --- reports ---


def _report(engine: Engine, call: Call) -> Answer:
    experience = _find_experience(engine, call)
    number = call.arguments.get("goal_id")
    numbers = [found["id"] for found in experience["goals"]] if number is None else [number]
    goals = [goal for found in numbers if (goal := engine.get("goals", found)) is not None]
    if number is not None and (not goals or goals[0]["project_id"] != experience["project_id"]):
        raise Refused(404, f"there is no goal {number}", fields=("goal_id",))
    asked: Asked = call.body or {}
    campaign = results.campaign(engine.world.seed, experience, goals, engine.world.now())
    start = _moment(asked["start_timestamp"]) if asked.get("start_timestamp") else campaign.start
    end = _moment(asked["end_timestamp"]) if asked.get("end_timestamp") else campaign.end
    report = results.aggregated if number is None else results.daily
    return Answer(partial(report, engine.world.seed, campaign, experience, goals, (start, end)))


def _moment(seconds: int) -> datetime.datetime:
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        at_fault = ("start_timestamp", "end_timestamp")
        raise Refused(422, "timestamps are UNIX times in seconds", fields=at_fault) from None


def _bare_if_asked(handler: Handler) -> Handler:
    """Answer with bare variations if the sandbox is to: nobody has seen which form the server has."""

    def handle(engine: Engine, call: Call) -> Answer:
        answer = handler(engine, call)
        if engine.world.bare_variations:
            many = answer.payload if isinstance(answer.payload, list) else [answer.payload]
            bare = [
                {**found, "variations": [_bare(wrapped) for wrapped in found.get("variations", ())]} for found in many
            ]
            answer.payload = bare if isinstance(answer.payload, list) else bare[0]
        return answer

    return handle


def _bare(wrapped: Item) -> Item:
    share = {"percentage": wrapped["percentage"]} if "percentage" in wrapped else {}
    return {**wrapped["variation"], **share}


HANDLERS: Mapping[str, Handler] = {
    "list": _listed(_any),
    "update": _updated(lambda engine, item: item),
    "audiences.list": _listed(_is_asked_audience),
    "experiences.add_variation": _bare_if_asked(_add_variation),
    "experiences.create": _bare_if_asked(Engine.create),
    "experiences.delete_variation": _bare_if_asked(_delete_variation),
    "experiences.get": _bare_if_asked(Engine.read),
    "experiences.list": _bare_if_asked(_listed(_is_asked_experience)),
    "experiences.update": _bare_if_asked(_updated(_settled)),
    "hypotheses.list": _listed(_is_asked_hypothesis),
    "hypotheses.update": _updated(lambda engine, item: _scored(item)),
    "hypotheses.update_status": _updated(lambda engine, item: item),
    "reports.experience": _report,
    "reports.goal": _report,
}
"""What the engine does not do, by ``group.method`` or, for all groups, by ``method``."""
