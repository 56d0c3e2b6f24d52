"""Answers of another shape than the spec describes: refused with the place, wherever it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from abwire.convert_v1 import models as convert
from abwire.convert_v1.api.experiences import get_experiences_list
from abwire.convert_v1.api.projects import get_project
from abwire.kameleoon import models
from abwire.kameleoon.api.data import get_results
from hypothesis import given, settings
from hypothesis import strategies as st

from abwire_core.errors import DecodeError
from abwire_core.types import UNSET
from tests.client.apis import NAMES, Api, api
from tests.client.damage import MISSING, Damage, Damages
from tests.instances import EXAMPLES


def _model_schemas() -> Iterator[Any]:
    for name in NAMES:
        for schema in api(name).document["components"]["schemas"]:
            model = api(name).model_of({"$ref": f"#/components/schemas/{schema}"})
            if hasattr(model, "from_dict"):
                yield pytest.param(api(name), schema, id=f"{name}:{schema}")


EVERY_SCHEMA = pytest.mark.parametrize(("source", "name"), list(_model_schemas()))


# --- every place of every schema ---


@EVERY_SCHEMA
def test_whatever_is_of_another_shape_is_refused_with_its_place(source: Api, name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}"}
    model = source.model_of(schema)
    damaged: set[Any] = set()

    @settings(EXAMPLES, max_examples=30)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        instance = data.draw(source.instances.of(schema))
        for damage in Damages(source).of(schema, instance):
            _assert_refused(model, instance, damage)
            damaged.update(damage.place[:1])

    check()

    assert damaged >= set(_damageable(source, schema))


def _assert_refused(model: Any, instance: Any, damage: Damage) -> None:
    with pytest.raises(DecodeError) as raised:
        model.from_dict(damage.applied(instance))
    error = raised.value
    assert (error.pointer, error.expected, error.got) == (damage.pointer, damage.expected, damage.got), damage
    assert error.operation is None


def _damageable(source: Api, schema: Mapping[str, Any]) -> Iterator[str]:
    """The properties of a schema that must have been damaged: those whose values or presence are checked."""
    damages = Damages(source)
    properties, required = damages.members(schema)
    bare = source.resolve(schema).get("x-sdk-accepts-bare", {}).get("into")
    for name, prop in properties.items():
        if damages.expected(prop) is not None or (name in required and name != bare):
            yield name


def test_damage_is_found_in_most_schemas_and_of_all_kinds() -> None:
    expected = {
        found
        for name in NAMES
        for schema in api(name).document["components"]["schemas"].values()
        for prop in Damages(api(name)).members(schema)[0].values()
        if (found := Damages(api(name)).expected(prop))
    }

    assert expected >= {
        "an object",
        "a list",
        "an ISO 8601 date-time",
        "an ISO 8601 date",
        "a number or a decimal string",
        "a string or an integer",
        "0 or 1",
        "a string",
        '"GOAL"',
    }


@EVERY_SCHEMA
@settings(EXAMPLES, max_examples=5)
@given(data=st.data())
def test_null_in_an_optional_field_that_may_not_be_null_is_absence(source: Api, name: str, data: st.DataObject) -> None:
    schema = {"$ref": f"#/components/schemas/{name}"}
    damages = Damages(source)
    properties, required = damages.members(schema)
    instance = data.draw(source.instances.of(schema))
    optional = {key for key, prop in properties.items() if key not in required and not damages.is_nullable(prop)}

    read = source.model_of(schema).from_dict({**instance, **dict.fromkeys(optional)})

    left = {key: value for key, value in instance.items() if key not in optional}
    assert read == source.model_of(schema).from_dict(left)
    assert read.to_dict() == left


def test_one_odd_row_does_not_fail_a_page() -> None:
    """Fields that hold nothing are absent, and the others are read."""
    odd = {
        "id": "7",
        "name": "Shorter form",
        "prioritization_score": "",
        "prioritization_score_type": "PIE",
        "prioritization_score_attributes": [],
        "start_date": "",
    }
    hypotheses = [convert.Hypothesis.from_dict(row) for row in (odd, {**odd, "prioritization_score": "3.7"})]

    assert [hypothesis.prioritization_score for hypothesis in hypotheses] == [UNSET, 3.7]
    assert hypotheses[0].to_dict() == {"id": 7, "name": "Shorter form", "prioritization_score_type": "PIE"}


# --- by hand ---


EXPERIENCE = {
    "id": "7",
    "variations": [
        {"variation": {"id": "1"}, "percentage": 50},
        {"id": "2", "percentage": 50},  # as it is documented elsewhere: without its wrapper
    ],
    "site_area": {"include": [{"rule_type": "url", "matching": {"match_type": "contains"}}]},
}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "the answer: expected an object, got a list"),
        (("variations",), {}, "/variations: expected a list, got an object"),
        (("variations", 0), None, "/variations/0: expected an object, got null"),
        (("variations", 0), [], "/variations/0: expected an object, got a list"),
        (("variations", 0, "variation"), None, "/variations/0/variation: expected an object, got null"),
        (
            ("variations", 0, "variation", "id"),
            1.5,
            "/variations/0/variation/id: expected a string or an integer, got a number",
        ),
        (("variations", 1, "id"), True, "/variations/1/id: expected a string or an integer, got a boolean"),
        (("site_area",), "none", "/site_area: expected an object, got a string"),
        (("site_area", "include", 0, "matching"), [1], "/site_area/include/0/matching: expected an object, got a list"),
        (("experience_type",), 7, "/experience_type: expected a string, got an integer"),
        (("experience_type",), ["a/b"], "/experience_type: expected a string, got a list"),
    ],
)
def test_the_message_names_the_place_and_the_kinds(path: tuple[str | int, ...], value: object, message: str) -> None:
    with pytest.raises(DecodeError) as raised:
        convert.Experience.from_dict(Damage(path, value, "").applied(EXPERIENCE))

    assert str(raised.value) == message


def test_what_the_object_around_it_decides_is_checked_too() -> None:
    others: list[object] = [["PIE"], "PIE", 7]
    for value in others:
        source = {"prioritization_score_type": "PIE", "prioritization_score_attributes": value}
        with pytest.raises(DecodeError, match=r"^/prioritization_score_attributes: expected an object, got "):
            convert.Hypothesis.from_dict(source)


def test_keys_are_escaped_as_json_pointers_have_it() -> None:
    with pytest.raises(DecodeError) as raised:
        models.ResultsByBreakdown.from_dict({"DESKTOP": {}, "a/b~c": []})

    assert raised.value.pointer == "/a~1b~0c"


def test_no_value_shows_in_an_error() -> None:
    for damage in (
        {"prioritization_score": "made-up-secret"},
        {"prioritization_score": ["made-up-secret"]},
        {"tags": "made-up-secret"},
        {"status": ["made-up-secret"]},
        {"status": {"made-up-secret": 1}},
    ):
        with pytest.raises(DecodeError) as raised:
            convert.Hypothesis.from_dict(damage)
        error: BaseException | None = raised.value
        assert "made-up-secret" not in f"{raised.value!r} {raised.value}"
        while error is not None:
            assert error.__suppress_context__ or error.__context__ is None
            error = error.__cause__


def test_what_was_refused_is_left_as_it_was() -> None:
    source = Damage(("site_area", "include", 0, "matching"), 7, "").applied(EXPERIENCE)
    before = json.dumps(source)

    with pytest.raises(DecodeError):
        convert.Experience.from_dict(source)
    convert.Experience.from_dict(EXPERIENCE)

    assert json.dumps(source) == before
    assert EXPERIENCE["variations"][0] == {"variation": {"id": "1"}, "percentage": 50}  # type: ignore[index]


@pytest.mark.parametrize("value", [7, 1.5, True, ["x"], {"x": 1}], ids=repr)
def test_scalars_that_need_no_conversion_are_not_checked(value: object) -> None:
    read = convert.Experience.from_dict({"name": value})

    assert read.name == value
    assert read.to_dict() == {"name": value}


# --- answers ---


def _answer(content: bytes | str | object) -> httpx.Response:
    return httpx.Response(200, content=content if isinstance(content, bytes) else json.dumps(content).encode())


@pytest.mark.parametrize(
    ("operation", "content", "pointer", "got"),
    [
        (get_experiences_list, [EXPERIENCE, EXPERIENCE, {**EXPERIENCE, "goals": [{}, None]}], "/2/goals/1", "null"),
        (get_experiences_list, [EXPERIENCE, "made-up"], "/1", "a string"),
        (get_experiences_list, {"experiences": [EXPERIENCE]}, "", "an object"),
        (get_experiences_list, None, "", "null"),
        (get_project, [{}], "", "a list"),
        (get_project, {"reporting_settings": [0]}, "/reporting_settings", "a list"),
        (get_results, {"status": "READY", "data": [0]}, "/data", "a list"),
        (get_project, b"<!DOCTYPE html><title>502</title>", "", "HTML"),
        (get_project, b'{"name": "Sho', "", "text that is not JSON"),
        (get_project, b"", "", "nothing"),
        (get_project, b"\x00\x01", "", "text that is not JSON"),
    ],
)
def test_an_answer_of_another_shape_is_refused(operation: Any, content: object, pointer: str, got: str) -> None:
    with pytest.raises(DecodeError) as raised:
        operation.OPERATION.parse(_answer(content))

    assert (raised.value.pointer, raised.value.got) == (pointer, got)


@pytest.mark.parametrize("content", [b"<html>", b"", b"[]", b'{"message": ', b"null", b"7"])
@pytest.mark.parametrize("operation", [get_project, get_results])
def test_an_error_of_another_shape_is_read_without_failing(operation: Any, content: bytes) -> None:
    response = httpx.Response(400, content=content)

    assert operation._parse_error(response) is None
    assert operation.OPERATION.parse_error(response) in (None, [], 7)


def test_a_missing_value_is_no_value() -> None:
    assert Damage(("name",), MISSING, "a value").applied({"name": 1}) == {}
    assert convert.Experience.from_dict({}).name is UNSET
