"""What an effective spec tells of the client's names."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.diff.contract.usage import Index
from tests.client.apis import NAMES, api
from tests.scripts.projects import answer, json_content, operation, parameter, ref, spec

THING = {"type": "object", "properties": {"owner": ref("Owner")}}
OWNER = {"type": "object", "properties": {"name": {"type": "string"}}}
STAR = {"type": "object", "properties": {"kind": {"type": "string"}}}


def index(**operations: dict[str, Any]) -> Index:
    """The index of a spec with some operations of one path, by HTTP method."""
    schemas = {"Thing": THING, "Owner": OWNER, "Star": STAR, "a thing": OWNER, "Titled": {"title": "Fine Name"}}
    return Index(spec({"/things": operations}, schemas, **{"x-sdk-client": {"name": "Shop"}}))


def test_an_operation_is_found_by_its_method_and_by_its_module() -> None:
    found = index(get=operation("get-thing", **{"x-sdk-group": "things", "x-sdk-method": "get"}))

    assert found.methods == {("things", "get"): "GET /things"}
    assert found.modules == {("things", "get_thing"): "GET /things"}
    assert found.python_name("GET /things") == "Shop.things.get"
    assert found.python_name("PUT /things") is None


def test_a_method_that_polls_belongs_to_the_operation_that_requests() -> None:
    poll = {"x-sdk-group": "things", "x-sdk-method": "request", "x-sdk-poll": {"method": "fetch"}}
    found = index(post=operation("request-things", **poll))

    assert found.methods == {("things", "request"): "POST /things", ("things", "fetch"): "POST /things"}


def test_a_model_is_used_where_references_lead_to_it() -> None:
    found = index(
        get=operation("get-thing", responses={"200": answer(ref("Thing"))}),
        post=operation("create-thing", requestBody={"content": json_content(ref("Thing"))}),
        put=operation("put-thing", parameters=[parameter("owner", content=json_content(ref("Owner")))]),
    )

    thing, owner = found.use("Thing"), found.use("Owner")
    assert thing is not None
    assert owner is not None
    assert (thing.sent, thing.received) == ({"POST /things"}, {"GET /things"})
    assert (owner.sent, owner.received) == ({"POST /things", "PUT /things"}, {"GET /things"})
    assert owner.operations == ("GET /things", "POST /things", "PUT /things")
    assert found.use("Star") is None


@pytest.mark.parametrize("key", ["discriminator", "x-sdk-discriminator"])
def test_the_members_of_a_discriminator_are_used(key: str) -> None:
    union = {key: {"propertyName": "kind", "mapping": {"star": "#/components/schemas/Star"}}}
    found = index(get=operation("get-thing", responses={"default": answer(union)}))

    star = found.use("Star")
    assert star is not None
    assert star.received == {"GET /things"}


def test_a_schema_within_another_one_is_used_where_that_one_is() -> None:
    found = index(get=operation("get-thing", responses={"200": answer(ref("Thing"))}))

    assert found.use("ThingColor") is found.use("Thing")
    assert found.use("GetThingResponse200") is not None
    assert found.use("Unknown") is None


def test_classes_have_the_names_that_the_generator_gives_them() -> None:
    assert [index().class_of(name) for name in ("Thing", "a thing", "Titled")] == ["Thing", "AThing", "FineName"]


def test_of_an_api_that_is_not_there_nothing_is_known() -> None:
    found = Index({})

    assert (found.entry, found.methods, found.modules, found.use("Thing")) == (None, {}, {}, None)


@pytest.mark.parametrize("name", NAMES)
def test_all_operations_and_models_of_the_client_are_known(name: str) -> None:
    found = Index(api(name).document)

    assert {*found.methods.values()} == {*found.modules.values()}
    assert len(found.modules) == len(list(api(name).operations()))
    assert [model for model in api(name).models.__all__ if found.use(model) is None] == []
