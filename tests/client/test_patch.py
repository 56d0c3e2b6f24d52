"""A PATCH body is a JSON merge patch: what is absent is not sent, and None is sent as null."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abwire_core.types import UNSET
from tests.client.apis import OPERATIONS
from tests.client.wire import Judge, arguments_of, call
from tests.instances import EXAMPLES

PATCHES = [operation for operation in OPERATIONS if operation.method == "patch"]


@pytest.mark.parametrize("operation", PATCHES, ids=str)
@settings(EXAMPLES, max_examples=2)
@given(data=st.data())
def test_absent_is_not_sent_and_none_is_sent_as_null(operation: Any, data: st.DataObject) -> None:
    _, body = operation.body
    schema = operation.api.resolve(body)
    required = set(schema.get("required", ()))
    properties = operation.api.request_instances.of(body).map(
        lambda instance: {name: value for name, value in instance.items() if name in required}
    )
    least = operation.api.model_of(body).from_dict(data.draw(properties, "required fields"))
    optional = [field.name for field in attrs.fields(type(least)) if field.default is UNSET]
    answer = data.draw(operation.api.instances.of(_answer(operation)), "answer")
    judge = Judge(operation, 200, answer)
    arguments = arguments_of(operation, data)

    for patch in (least, attrs.evolve(least, **dict.fromkeys(optional))):
        call(operation, judge, {**arguments, "body": patch}, is_async=False)
    absent, nulls = (json.loads(request.content) for request in judge.requests)

    assert absent.keys() == required
    assert nulls == {**dict.fromkeys(schema.get("properties", {})), **absent}
    assert type(least).from_dict(nulls).to_dict() == nulls


def _answer(operation: Any) -> Any:
    return operation.spec["responses"]["200"]["content"]["application/json"]["schema"]


def test_every_patch_has_fields_to_leave_out() -> None:
    bodies = [patch.api.resolve(patch.body[1]) for patch in PATCHES if patch.body]

    assert len(bodies) == len(PATCHES) > 12
    assert all(body["properties"] for body in bodies)
