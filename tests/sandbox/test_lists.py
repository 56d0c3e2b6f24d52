"""Pages, conditions, order, searches and optional fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from abwire.convert_v1 import models as convert_models
from abwire.kameleoon import models

from abwire_core.errors import BadRequestError
from abwire_sandbox import Sandbox
from tests.sandbox.callers import Caller, SyncCaller

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

Operator = models.FilterOperator


def condition(field: str, operator: models.FilterOperator, *parameters: object) -> models.FilterCondition:
    return models.FilterCondition(field=field, operator=operator, parameters=list(parameters))


# --- pages ---


def test_a_page_has_no_more_items_than_the_server_gives(call: SyncCaller) -> None:
    pages = list(call.kameleoon.goals.list(per_page=200).pages())

    assert [len(page) for page in pages] == [20, 20, 12]


def test_minus_one_asks_for_as_many_as_there_may_be(call: SyncCaller) -> None:
    assert len(next(call.kameleoon.goals.list(per_page=-1).pages())) == 20


@pytest.mark.parametrize("options", [{"page": -1}, {"per_page": 0}, {"per_page": -2}])
def test_a_page_that_cannot_be_is_refused(call: SyncCaller, options: dict[str, int]) -> None:
    with pytest.raises(BadRequestError, match=r"page|perPage"):
        call("kameleoon.goals.list", **options)


def test_convert_pages_its_projects_by_the_body_of_a_get(call: SyncCaller) -> None:
    pages = list(call.convert.projects.list(results_per_page=2).pages())

    assert [len(page) for page in pages] == [2, 1]


# --- conditions ---


CASES: list[tuple[str, models.FilterOperator, list[Any], Callable[[dict[str, Any]], bool]]] = [
    ("type", Operator.EQUAL, ["CLICK"], lambda goal: goal["type"] == "CLICK"),
    ("type", Operator.EQUAL, ["CLICK", "URL"], lambda goal: goal["type"] in ("CLICK", "URL")),
    ("id", Operator.EQUAL, ["30002"], lambda goal: goal["id"] == 30002),
    ("type", Operator.NOT_EQUAL, ["CLICK"], lambda goal: goal["type"] != "CLICK"),
    ("type", Operator.NOT, ["CLICK"], lambda goal: goal["type"] != "CLICK"),
    ("id", Operator.IN, [30001, 30003], lambda goal: goal["id"] in (30001, 30003)),
    ("id", Operator.NOT_IN, [30001, 30003], lambda goal: goal["id"] not in (30001, 30003)),
    ("id", Operator.LESS, [30003], lambda goal: goal["id"] < 30003),
    ("id", Operator.LESS_OR_EQUAL, [30003], lambda goal: goal["id"] <= 30003),
    ("id", Operator.GREATER, [30003], lambda goal: goal["id"] > 30003),
    ("id", Operator.GREATER_OR_EQUAL, [30003], lambda goal: goal["id"] >= 30003),
    ("id", Operator.BETWEEN, [30003, 30005], lambda goal: 30003 <= goal["id"] <= 30005),
    ("dateCreated", Operator.LESS, ["2026-01-01"], lambda goal: goal["dateCreated"] < "2026"),
    ("name", Operator.LIKE, ["BASKET"], lambda goal: "basket" in goal["name"]),
    ("name", Operator.LIKE, ["%basket"], lambda goal: goal["name"].endswith("basket")),
    ("name", Operator.LIKE, ["basket%"], lambda goal: False),
    ("name", Operator.NOT_LIKE, ["basket"], lambda goal: "basket" not in goal["name"]),
    ("name", Operator.CONTAINS, ["page"], lambda goal: "page" in goal["name"].lower()),
    ("params", Operator.IS_NULL, [], lambda goal: "params" not in goal),
    ("params", Operator.IS_NOT_NULL, [], lambda goal: "params" in goal),
    ("isActive", Operator.IS_TRUE, [], lambda goal: goal["isActive"]),
    ("isActive", Operator.IS_FALSE, [], lambda goal: not goal["isActive"]),
    ("isActive", Operator.EQUAL, [True], lambda goal: goal["isActive"]),
    ("description", Operator.IS_EMPTY, [], lambda goal: not goal["description"]),
    ("description", Operator.IS_NOT_EMPTY, [], lambda goal: bool(goal["description"])),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]}")
def test_every_operator_is_understood(call: SyncCaller, sandbox: Sandbox, case: Any) -> None:
    field, operator, parameters, test = case
    found = call("kameleoon.goals.list", filter_=[condition(field, operator, *parameters)])

    expected = [goal["id"] for goal in sandbox.dump()["kameleoon.goals"].values() if test(goal)]
    assert [goal.id for goal in found] == expected


def test_the_operators_of_the_spec_are_all_tested_above() -> None:
    assert {case[1] for case in CASES} == set(Operator)


def test_several_conditions_must_all_hold(call: SyncCaller) -> None:
    site = call("kameleoon.sites.list")[1].id
    both = [condition("siteId", Operator.EQUAL, site), condition("type", Operator.EQUAL, "CLICK")]

    found = call("kameleoon.goals.list", filter_=both)

    assert {(goal.site_id, goal.type_) for goal in found} == {(site, "CLICK")}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (condition("colour", Operator.EQUAL, 1), "no field 'colour'; the fields are .*siteId"),
        (condition("id", Operator.EQUAL), "needs a parameter"),
        (condition("id", Operator.BETWEEN, 1), "takes 2 parameters, not 1"),
        (condition("id", Operator.IS_NULL, 1), "takes 0 parameters, not 1"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(call: SyncCaller, wrong: Any, said: str) -> None:
    with pytest.raises(BadRequestError, match=said):
        call("kameleoon.goals.list", filter_=[wrong])


@pytest.mark.parametrize("name", ["filter", "sort"])
@pytest.mark.parametrize("text", ["nonsense", "{", "[" * 20_000])
def test_a_condition_that_is_not_json_is_named(sandbox: Sandbox, name: str, text: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    access = httpx.post(f"{sandbox.kameleoon_url}/oauth/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {access}"}
    response = httpx.get(f"{sandbox.kameleoon_url}/goals", params={name: text}, headers=headers)

    assert response.status_code == 400
    assert response.json()["message"].startswith(f"Query parameter error: {name}: it is not JSON: ")


def test_values_that_cannot_be_compared_match_nothing(call: SyncCaller) -> None:
    assert call("kameleoon.goals.list", filter_=[condition("id", Operator.LESS, "many")]) == []
    assert call("kameleoon.goals.list", filter_=[condition("params", Operator.GREATER, 1)]) == []


def test_a_search_joins_groups_of_conditions(any_call: Caller, sandbox: Sandbox) -> None:
    join = models.FilterGroupConditionalOperator
    kinds: list[Any] = [condition("health", Operator.EQUAL, kind) for kind in ("STALE", "SMELLY")]
    either = models.FilterGroup(conditional_operator=join.OR, expressions=[*kinds])
    active = condition("archived", Operator.IS_FALSE)
    tree = models.FilterGroup(conditional_operator=join.AND, expressions=[either, active])

    found = any_call("kameleoon.feature_flags.search", filter_=tree, per_page=3)

    flags = sandbox.dump()["kameleoon.feature_flags"].values()
    assert [flag.id for flag in found] == [
        flag["id"] for flag in flags if flag["health"] in ("STALE", "SMELLY") and not flag["archived"]
    ]
    assert found


# --- order ---


def test_the_first_entry_of_an_order_counts_most(call: SyncCaller, sandbox: Sandbox) -> None:
    order = [
        models.SortOrder(field="type", direction=models.SortOrderDirection.DESC),
        models.SortOrder(field="id", direction=models.SortOrderDirection.ASC),
    ]

    found = call("kameleoon.goals.list", sort=order)

    goals = sorted(sandbox.dump()["kameleoon.goals"].values(), key=lambda goal: goal["id"])
    goals.sort(key=lambda goal: goal["type"], reverse=True)
    assert [goal.id for goal in found] == [goal["id"] for goal in goals]


def test_an_order_by_an_unknown_field_is_refused(call: SyncCaller) -> None:
    with pytest.raises(BadRequestError, match="sort: there is no field 'colour'"):
        call("kameleoon.goals.list", sort=[models.SortOrder(field="colour")])


# --- optional fields ---


def test_a_listed_flag_can_be_read_changed_and_copied(any_call: Caller) -> None:
    listed = any_call("kameleoon.feature_flags.list")[0]

    found = any_call("kameleoon.feature_flags.get", listed.site_code, listed.feature_key)
    update = models.FeatureFlagEnvironmentUpdate(feature_enabled=False)
    path = (found.site_code, found.feature_key, found.environment_configurations[0].environment_key)
    changed = any_call("kameleoon.feature_flags.update_environment", *path, update)

    assert changed.environment_configurations[0].feature_enabled is False
    full = ["tags", "description", "siteCode"]
    before, after = (
        any_call("kameleoon.feature_flags.get", found.site_code, flag.feature_key, optional_fields=full)
        for flag in (listed, any_call("kameleoon.feature_flags.duplicate", found.site_code, found.feature_key))
    )
    assert (before.tags, before.variables) == (after.tags, after.variables)


def test_optional_fields_are_empty_unless_they_are_asked_for(any_call: Caller) -> None:
    usual = any_call("kameleoon.feature_flags.list")
    bare = any_call("kameleoon.feature_flags.list", optional_fields=["variations"])
    full = any_call("kameleoon.feature_flags.list", optional_fields=["tags", "description", "siteCode"])

    assert all((flag.tags, flag.description, len(flag.site_code)) == ([], "", 10) for flag in usual)
    assert all((flag.tags, flag.description) == ([], "") for flag in bare)
    assert any(flag.tags for flag in full)
    assert all(flag.description for flag in full)
    # A public client takes the site code for always there.
    assert all(len(flag.site_code) == 10 for flag in bare)


def test_goals_of_experiments_are_optional_too(call: SyncCaller) -> None:
    number = call("kameleoon.experiments.list")[0].id

    assert call("kameleoon.experiments.get", number).goals == []
    assert call("kameleoon.experiments.get", number, optional_fields=["goals"]).goals


def test_a_condition_on_an_optional_field_looks_at_its_value(call: SyncCaller) -> None:
    found = call("kameleoon.feature_flags.list", filter_=[condition("tags", Operator.CONTAINS, "checkout")])

    assert found
    assert all(flag.tags == [] for flag in found)


# --- Convert ---


def test_convert_filters_experiences(call: SyncCaller) -> None:
    project = call("convert.projects.list")[0].id
    found = call(
        "convert.experiences.list",
        project,
        experience_types=[convert_models.ExperienceType.MVT, convert_models.ExperienceType.AA],
        experience_status=[convert_models.ExperienceStatus.ACTIVE],
    )

    assert {(item.experience_type, item.experience_status) for item in found} == {("mvt", "active"), ("a/a", "active")}


def test_convert_searches_names_and_descriptions(call: SyncCaller) -> None:
    project = call("convert.projects.list")[0].id

    assert [goal.goal_name for goal in call("convert.goals.list", project, search="NEWSLETTER")] == [
        "Newsletter form sent"
    ]
    assert len(call("convert.goals.list", project, search="counted once")) == 11


def test_convert_filters_hypotheses_by_score_and_status(call: SyncCaller) -> None:
    project = call("convert.projects.list")[0].id
    found = call("convert.hypotheses.list", project, score_min=3, score_max=4)

    assert found
    assert all(3 <= item.prioritization_score <= 4 for item in found)
    drafts = call("convert.hypotheses.list", project, status=[convert_models.HypothesisStatus.DRAFT])
    assert {item.status for item in drafts} == {"draft"}


def test_convert_tells_segments_and_used_audiences(call: SyncCaller) -> None:
    project = call("convert.projects.list")[0].id

    segments = call("convert.audiences.list", project, is_segment=True)
    assert {item.audience_type for item in segments} == {"segmentation"}
    used = {item.audience_id for item in call("convert.audiences.list", project, is_used=True)}
    unused = {item.audience_id for item in call("convert.audiences.list", project, is_used=False)}
    assert used
    assert unused
    assert not used & unused


def test_convert_refuses_a_page_that_cannot_be(call: SyncCaller) -> None:
    project = call("convert.projects.list")[0].id
    for page in (-1, 0):
        with pytest.raises(BadRequestError, match="less than the minimum"):
            call("convert.goals.list", project, page=page)
