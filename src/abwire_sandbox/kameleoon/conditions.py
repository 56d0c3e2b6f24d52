"""Segments and key moments: conditions in three forms, and single conditions."""

from __future__ import annotations

import copy

from abwire_sandbox import locks
from abwire_sandbox.engine import Answer, Call, Engine
from abwire_sandbox.errors import Refused
from abwire_sandbox.store import Item


def completed(engine: Engine, item: Item, call: Call) -> Item:
    """A segment or a key moment whose conditions have identifiers, in all three forms."""
    if "conditionsData" not in item:
        return item
    data = copy.deepcopy(item["conditionsData"])
    for group in data.get("firstLevel", ()):
        for condition in group.get("conditions", ()):
            if "id" not in condition:
                condition["id"] = engine.new_key("conditions")
            condition.setdefault("include", True)
            condition.setdefault("weight", 1)
    return in_all_forms({**item, "conditionsData": data})


def in_all_forms(item: Item) -> Item:
    """A segment or a key moment with its conditions as a list and as a tree, too."""
    data = item["conditionsData"]
    joined = _operator(data.get("firstLevelOrOperators", ()))
    tree: Item = {"isConditionBlock": True, "logicalOperator": joined, "conditionData": []}
    entries: list[Item] = [{"id": 1, "isConditionBlock": True, "logicalOperator": joined}]
    for group in data.get("firstLevel", ()):
        operator = _operator(group.get("orOperators", ()))
        members = group.get("conditions", ())
        leaves = [{**condition, "isConditionBlock": False} for condition in members]
        tree["conditionData"].append({"isConditionBlock": True, "logicalOperator": operator, "conditionData": leaves})
        block = len(entries) + 1
        entries.append({"id": block, "isConditionBlock": True, "logicalOperator": operator, "parentId": 1})
        for number, condition in enumerate(members, block + 1):
            entries.append(
                {"id": number, "isConditionBlock": False, "parentId": block, "targetingCondition": condition}
            )
    return {**item, "conditionDataTree": tree, "conditionDataList": entries}


def _operator(are_or: list[bool]) -> str:
    return "OR" if any(are_or) else "AND"


def update_segment(engine: Engine, call: Call) -> Answer:
    """Update a segment; ``isDeleted`` deletes it."""
    if not call.body.get("isDeleted"):
        changes = {name: value for name, value in engine.changes(call).items() if name != "isDeleted"}
        return engine.patch(Call(call.operation, call.arguments, call.query, changes))
    segment = engine.find(call)
    engine.remove("segments", segment)
    return engine.answer(call, segment)


def replace_segment(engine: Engine, call: Call) -> Answer:
    """Replace a segment, with new conditions."""
    old = engine.find(call)
    new = engine.resources["segments"].make(engine, {"id": old["id"], **engine.changes(call)}, call)
    kept = {"createdBy": old["createdBy"], "dateCreated": old["dateCreated"]}
    return engine.answer(call, engine.put("segments", {**new, **kept}))


def _located(engine: Engine, call: Call) -> tuple[Item, Item, int, int]:
    """The segment and the condition that a call names; the condition's group, and its place within it."""
    segment = engine.get("segments", call.arguments["segmentId"])
    if segment is None:
        raise Refused(404, f"there is no segment {call.arguments['segmentId']}")
    for first, group in enumerate(segment["conditionsData"].get("firstLevel", ())):
        for second, condition in enumerate(group.get("conditions", ())):
            if str(condition.get("id")) == call.arguments["conditionId"]:
                return segment, condition, first, second
    raise Refused(404, f"the segment has no condition {call.arguments['conditionId']}")


def get(engine: Engine, call: Call) -> Answer:
    """Read a condition."""
    return Answer(_located(engine, call)[1])


def replace(engine: Engine, call: Call) -> Answer:
    """Replace a condition."""
    segment, old, first, second = _located(engine, call)
    locks.check(engine.store, "segments", segment["id"])
    data = copy.deepcopy(segment["conditionsData"])
    data["firstLevel"][first]["conditions"][second] = new = {**call.body, "id": old["id"]}
    engine.put("segments", in_all_forms({**segment, "conditionsData": data, "dateModified": engine.timestamp()}))
    return Answer(new)
