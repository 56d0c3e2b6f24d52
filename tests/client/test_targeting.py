"""Targeting conditions: as groups, as a flat list, as a tree of any depth, and searches for the segments they make."""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx
import pytest
from abwire.kameleoon import Kameleoon, models

from abwire_core.errors import DecodeError

KNOWN: dict[str, tuple[dict[str, Any], type]] = {
    "ACTIVE_SESSION": (
        {"targetingType": "ACTIVE_SESSION", "weight": 2, "count": 90, "matchType": "GREATER", "unitOfTime": "SECOND"},
        models.ActiveSessionTargetingCondition,
    ),
    "CUSTOM_DATUM": (
        {"targetingType": "CUSTOM_DATUM", "customDataIndex": "3", "value": "vip", "valueMatchType": "EXACT"},
        models.CustomDatumTargetingCondition,
    ),
    "JS_CODE": (
        {"targetingType": "JS_CODE", "id": 7, "include": False, "applied": "IMMEDIATE", "jsCode": "return 1 < 2"},
        models.JsCodeTargetingCondition,
    ),
    "APPLICATION_VERSION": (
        {"targetingType": "APPLICATION_VERSION", "version": "2.10.1", "versionMatchType": "GREATER"},
        models.ApplicationVersionTargetingCondition,
    ),
    "HEAT_SLICE": (
        {"targetingType": "HEAT_SLICE", "goalId": 4, "keyMomentId": 5, "lowerBound": 0.25, "upperBound": 0.75},
        models.HeatSliceTargetingCondition,
    ),
    "TARGET_FEATURE_FLAG": (
        {"targetingType": "TARGET_FEATURE_FLAG", "featureFlagId": 6, "variationKey": "on", "ruleId": 7},
        models.FeatureFlagTargetingCondition,
    ),
    "TARGET_PERSONALIZATION": (
        {"targetingType": "TARGET_PERSONALIZATION", "personalizationId": 8},
        models.PersonalizationTargetingCondition,
    ),
}
"""Conditions whose fields are known, and their classes."""

OPEN: dict[str, dict[str, Any]] = {
    "listed": {"targetingType": "KEY_PAGES", "weight": 1, "pages": [{"id": 12, "name": "Panier"}], "all": True},
    "not listed": {"targetingType": "MOON_PHASE", "phase": 0.5, "north": None, "names": {"fr": "pleine lune 🌕"}},
    "other case": {"targetingType": "js_code", "jsCode": 1, "applied": ["IMMEDIATE"], "share": 1.0},
}
"""Conditions of types without a class of their own."""

BLOCK_OF_BLOCKS: dict[str, Any] = {
    "logicalOperator": "OR",
    "isConditionBlock": True,
    "conditionData": [
        {"targetingType": "NEW_VISITORS", "weight": 1, "id": 1},
        {
            "logicalOperator": "AND",
            "isConditionBlock": True,
            "conditionData": [
                {"targetingType": "JS_CODE", "jsCode": "return true", "applied": "IMMEDIATE", "id": 2},
                {
                    "logicalOperator": "XOR",
                    "isConditionBlock": True,
                    "conditionData": [{"targetingType": "MOON_PHASE", "phase": 0.5, "tides": {"high": [1, None]}}],
                },
            ],
        },
    ],
}
"""A tree of conditions on four levels, with an operator and a type that nobody knows."""


def segment(**fields: Any) -> dict[str, Any]:
    """A segment as the server sends it."""
    return {"id": 5, "name": "Readers", "siteId": 8372, "segmentType": "STANDARD", "conditionsData": {}, **fields}


class Server:
    """A transport that keeps the bodies that it gets and gives one answer."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.bodies: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(json.loads(request.content) if request.content else None)
        return httpx.Response(200, json=self.answer)

    def client(self) -> Kameleoon:
        return Kameleoon(token="made-up-token", rate_limiter=None, transport=httpx.MockTransport(self))


def text(value: object) -> str:
    """JSON text in which the order of keys is of no matter, but the difference between 1, 1.0 and true is."""
    return json.dumps(value, sort_keys=True)


# --- the tree ---


def read_tree(tree: dict[str, Any]) -> models.ConditionTreeNode:
    """The tree of a segment that the server has."""
    with Server(segment(conditionDataTree=tree)).client() as client:
        answer = client.segments.get(5)
    assert isinstance(answer, models.Segment)
    assert isinstance(answer.condition_data_tree, models.ConditionTreeNode)
    return answer.condition_data_tree


def members(node: models.ConditionTreeNode) -> list[models.ConditionTreeNode]:
    """The members of a block."""
    assert isinstance(node.condition_data, list)
    return node.condition_data


def test_a_tree_is_nodes_down_to_the_last_level() -> None:
    root = read_tree(BLOCK_OF_BLOCKS)
    visitors, second = members(root)
    code, third = members(second)
    (moon,) = members(third)

    assert {type(node) for node in (visitors, second, code, third, moon)} == {models.ConditionTreeNode}
    assert [node.logical_operator for node in (root, second, third)] == ["OR", "AND", "XOR"]
    assert root.logical_operator is models.LogicalOperator.OR
    assert [node.targeting_type for node in (visitors, code, moon)] == ["NEW_VISITORS", "JS_CODE", "MOON_PHASE"]
    assert code["jsCode"] == "return true"
    assert moon["tides"] == {"high": [1, None]}


def test_a_tree_that_was_read_is_written_whole() -> None:
    assert text(read_tree(BLOCK_OF_BLOCKS).to_dict()) == text(BLOCK_OF_BLOCKS)


def test_a_change_on_the_last_level_is_the_only_change_that_is_sent() -> None:
    root = read_tree(BLOCK_OF_BLOCKS)
    third = members(members(root)[1])[1]
    third.logical_operator = models.LogicalOperator.AND
    members(third)[0]["phase"] = 0.75
    members(third).append(models.ConditionTreeNode.from_dict({"targetingType": "DAY_NIGHT"}))
    server = Server({"name": "Night", "siteId": 8372})
    with server.client() as client:
        body = models.KeyMomentCreate(name="Night", site_id=8372, condition_data_tree=root)
        answer = client.key_moments.create(body=body)

    expected = copy.deepcopy(BLOCK_OF_BLOCKS)
    changed = expected["conditionData"][1]["conditionData"][1]
    changed["logicalOperator"] = "AND"
    changed["conditionData"][0]["phase"] = 0.75
    changed["conditionData"].append({"targetingType": "DAY_NIGHT"})
    assert answer == models.KeyMoment(name="Night", site_id=8372)
    assert text(server.bodies) == text([{"name": "Night", "siteId": 8372, "conditionDataTree": expected}])


def test_a_tree_made_in_python_has_what_was_set_and_nothing_else() -> None:
    leaf = models.ConditionTreeNode(targeting_type="JS_CODE")
    leaf["jsCode"] = "return true"
    inner = models.ConditionTreeNode(logical_operator=models.LogicalOperator.AND, condition_data=[leaf])
    root = models.ConditionTreeNode(logical_operator=models.LogicalOperator.OR, condition_data=[inner])

    assert root.to_dict() == {
        "logicalOperator": "OR",
        "conditionData": [
            {"logicalOperator": "AND", "conditionData": [{"targetingType": "JS_CODE", "jsCode": "return true"}]}
        ],
    }


# --- the types of conditions ---


@pytest.mark.parametrize(("data", "kind"), KNOWN.values(), ids=KNOWN)
def test_a_condition_of_a_known_type_has_its_class_and_keeps_what_it_does_not_know(
    data: dict[str, Any], kind: type
) -> None:
    source = {**data, "novelty": {"since": [2026, 1.0, None]}}
    group = models.ConditionsGroup.from_dict({"conditions": [source]})

    assert isinstance(group.conditions, list)
    (condition,) = group.conditions
    assert type(condition) is kind
    assert condition["novelty"] == {"since": [2026, 1.0, None]}
    assert condition.additional_keys == ["novelty"]
    assert text(group.to_dict()) == text({"conditions": [source]})


@pytest.mark.parametrize(("data", "kind"), KNOWN.values(), ids=KNOWN)
def test_a_condition_of_a_known_type_is_of_no_other(data: dict[str, Any], kind: type) -> None:
    accepting = []
    for candidate in (kind for _, kind in KNOWN.values()):
        try:
            candidate.from_dict(data)  # type: ignore[attr-defined]
        except DecodeError:
            continue
        accepting.append(candidate)

    assert accepting == [kind]


@pytest.mark.parametrize("data", OPEN.values(), ids=OPEN)
def test_a_condition_of_another_type_is_kept_as_it_is(data: dict[str, Any]) -> None:
    server = Server(data)
    with server.client() as client:
        condition = client.segments.get_condition(5, 7)
        assert type(condition) is models.TargetingCondition
        assert condition.targeting_type == data["targetingType"]
        answer = client.segments.replace_condition(5, 7, body=condition)

    assert answer == condition
    assert text(server.bodies) == text([None, data])


def test_the_known_fields_of_a_condition_are_typed() -> None:
    session = models.ActiveSessionTargetingCondition.from_dict(KNOWN["ACTIVE_SESSION"][0])
    custom = models.CustomDatumTargetingCondition.from_dict(KNOWN["CUSTOM_DATUM"][0])

    assert (session.count, session.unit_of_time, session.weight) == (
        90,
        models.ActiveSessionTargetingConditionUnitOfTime.SECOND,
        2,
    )
    assert (custom.custom_data_index, custom.value, custom.value_match_type) == (
        "3",
        "vip",
        models.CustomDatumMatchType.EXACT,
    )


def test_a_condition_made_in_python_needs_no_type_and_no_weight() -> None:
    code = models.JsCodeTargetingCondition(js_code="return true", applied="IMMEDIATE")
    custom = models.CustomDatumTargetingCondition(
        custom_data_index="3", value=10, value_match_type=models.CustomDatumMatchType.GREATER, include=False
    )

    assert code.to_dict() == {"targetingType": "JS_CODE", "jsCode": "return true", "applied": "IMMEDIATE"}
    assert custom.to_dict() == {
        "targetingType": "CUSTOM_DATUM",
        "customDataIndex": "3",
        "value": 10,
        "valueMatchType": "GREATER",
        "include": False,
    }
    assert models.ActiveSessionTargetingCondition().to_dict() == {"targetingType": "ACTIVE_SESSION"}


def test_a_condition_of_a_listed_type_can_be_made_with_fields_that_only_its_author_knows() -> None:
    condition = models.TargetingCondition(targeting_type="KEY_PAGES", weight=3)
    condition["pages"] = [12]
    server = Server(condition.to_dict())
    with server.client() as client:
        answer = client.segments.replace_condition(5, 7, body=condition)

    assert server.bodies == [{"targetingType": "KEY_PAGES", "weight": 3, "pages": [12]}]
    assert answer == condition


# --- groups and lists of conditions ---


def test_a_segment_is_replaced_with_one_condition_changed() -> None:
    known = [data for data, _ in KNOWN.values()]
    groups = {
        "firstLevel": [
            {"conditions": known, "orOperators": [False, True]},
            {"conditions": [OPEN["not listed"]], "orOperators": [], "label": "moon"},
        ],
        "firstLevelOrOperators": [True],
    }
    server = Server(segment(conditionsData=groups))
    with server.client() as client:
        answer = client.segments.get(5)
        assert isinstance(answer, models.Segment)
        assert isinstance(answer.conditions_data.first_level, list)
        first = answer.conditions_data.first_level[0]
        assert isinstance(first.conditions, list)
        assert [type(condition) for condition in first.conditions] == [kind for _, kind in KNOWN.values()]
        code = first.conditions[2]
        assert isinstance(code, models.JsCodeTargetingCondition)
        code.js_code = "return false"
        body = models.SegmentReplace(
            name=answer.name,
            site_id=answer.site_id,
            segment_type=answer.segment_type,
            conditions_data=answer.conditions_data,
        )
        client.segments.replace(5, body=body)

    expected = copy.deepcopy(groups)
    expected["firstLevel"][0]["conditions"][2]["jsCode"] = "return false"  # type: ignore[index]
    sent = {"name": "Readers", "siteId": 8372, "segmentType": "STANDARD", "conditionsData": expected}
    assert text(server.bodies) == text([None, sent])


@pytest.mark.parametrize(
    ("data", "kind"),
    [*KNOWN.values(), *((data, models.TargetingCondition) for data in OPEN.values())],
    ids=[*KNOWN, *OPEN],
)
def test_a_list_entry_holds_a_condition_of_any_type(data: dict[str, Any], kind: type) -> None:
    source = {"id": 2, "parentId": 1, "isConditionBlock": False, "targetingCondition": data}
    entry = models.ConditionListEntry.from_dict(source)

    assert type(entry.targeting_condition) is kind
    assert text(entry.to_dict()) == text(source)


# --- searches ---

NAME = {"field": "name", "operator": "LIKE", "parameters": ["check"]}
SITE = {"field": "siteId", "operator": "IN", "parameters": [1, 2]}
TAGS = {"field": "tags", "operator": "IS_EMPTY"}
NESTED: dict[str, Any] = {
    "conditionalOperator": "OR",
    "expressions": [
        NAME,
        {
            "conditionalOperator": "AND",
            "expressions": [SITE, {"conditionalOperator": "OR", "expressions": [TAGS, NAME]}],
        },
    ],
}
"""Groups on three levels."""


def test_nested_groups_made_in_python_are_sent_as_a_tree() -> None:
    operator = models.FilterOperator
    either = models.FilterGroupConditionalOperator.OR
    name = models.FilterCondition(field="name", operator=operator.LIKE, parameters=["check"])
    site = models.FilterCondition(field="siteId", operator=operator.IN, parameters=[1, 2])
    tags = models.FilterCondition(field="tags", operator=operator.IS_EMPTY)
    innermost = models.FilterGroup(conditional_operator=either, expressions=[tags, name])
    both = models.FilterGroup(
        conditional_operator=models.FilterGroupConditionalOperator.AND, expressions=[site, innermost]
    )
    body = models.SearchRequest(
        filter_=models.FilterGroup(conditional_operator=either, expressions=[name, both]), page=1, per_page=20
    )
    server = Server([segment(conditionDataTree=BLOCK_OF_BLOCKS), segment(id=6)])
    with server.client() as client:
        found = next(client.segments.search(filter_=body.filter_, per_page=20, optional_fields=["tags"]).pages())

    assert text(server.bodies) == text([{"filter": NESTED, "page": 1, "perPage": 20}])
    assert isinstance(found, list)
    assert [item.id for item in found] == [5, 6]
    assert isinstance(found[0].condition_data_tree, models.ConditionTreeNode)
    assert text(found[0].condition_data_tree.to_dict()) == text(BLOCK_OF_BLOCKS)


def test_nested_groups_that_were_read_are_groups_to_the_last_level_and_are_sent_unchanged() -> None:
    body = models.SearchRequest.from_dict({"filter": NESTED, "sort": [{"field": "name", "direction": "DESC"}]})
    group: object = body.filter_
    kinds = []
    while isinstance(group, models.FilterGroup):
        kinds.append([type(expression) for expression in group.expressions])
        group = group.expressions[-1]
    server = Server([])
    with server.client() as client:
        client.segments.search(filter_=body.filter_, sort=body.sort).to_list()

    assert kinds == [
        [models.FilterCondition, models.FilterGroup],
        [models.FilterCondition, models.FilterGroup],
        [models.FilterCondition, models.FilterCondition],
    ]
    assert text(server.bodies) == text(
        [{"filter": NESTED, "page": 1, "sort": [{"field": "name", "direction": "DESC"}]}]
    )
