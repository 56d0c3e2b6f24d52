"""Whatever a schema allows survives decoding and encoding unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.apis import NAMES, Api, api
from tests.instances import EXAMPLES


def _model_schemas() -> Iterator[Any]:
    for name in NAMES:
        for schema in api(name).document["components"]["schemas"]:
            model = api(name).model_of({"$ref": f"#/components/schemas/{schema}"})
            if hasattr(model, "from_dict"):
                yield pytest.param(api(name), schema, id=f"{name}:{schema}")


@pytest.mark.parametrize(("source", "schema"), list(_model_schemas()))
@settings(EXAMPLES, max_examples=25)
@given(data=st.data())
def test_an_instance_of_a_schema_survives_decoding_and_encoding(source: Api, schema: str, data: st.DataObject) -> None:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    instance = data.draw(source.instances.of(reference))

    encoded = source.model_of(reference).from_dict(instance).to_dict()

    assert encoded == instance


def test_every_component_schema_that_describes_an_object_has_a_model() -> None:
    for name in NAMES:
        for schema_name, schema in api(name).document["components"]["schemas"].items():
            if schema.get("type") == "object":
                assert api(name).model_of({"$ref": f"#/components/schemas/{schema_name}"}) is not None, schema_name
