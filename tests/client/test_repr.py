"""What a model shows of itself: short, what is set, and no secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from abwire.convert_v1 import models as convert
from abwire.kameleoon import models
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


@pytest.mark.parametrize(("source", "name"), list(_model_schemas()))
@settings(EXAMPLES, max_examples=5)
@given(data=st.data())
def test_every_model_has_a_short_repr(source: Api, name: str, data: st.DataObject) -> None:
    schema = {"$ref": f"#/components/schemas/{name}"}
    model = source.model_of(schema)

    drawn = data.draw(source.instances.of(schema))
    text = repr(model.from_dict(drawn))

    assert text.startswith(f"{model.__name__}(")
    assert text.endswith(")")
    assert len(text) <= 1000
    assert "UNSET" not in text or "UNSET" in str(drawn)


def test_repr_shows_what_is_set() -> None:
    experience = convert.Experience(
        id="7",
        name="Checkout",
        experience_status=convert.ExperienceStatus.ACTIVE,
        variations=[convert.ExperienceVariation(variation=convert.Variation(id="1"), percentage=50)],
    )

    assert repr(experience) == (
        "Experience(id='7', name='Checkout', experience_status=<ExperienceStatus.ACTIVE: 'active'>, "
        "variations=[ExperienceVariation(variation=Variation(id='1'), percentage=50)])"
    )


def test_a_page_of_experiences_has_a_short_repr() -> None:
    variation = {"variation": {"id": "1", "js": "x" * 10_000}}
    experience = convert.Experience.from_dict({"name": "y" * 10_000, "variations": [variation] * 100})

    assert len(repr(experience)) <= 1000
    assert repr(experience).startswith("Experience(name='yyyy")


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (models.AccountCreate, {"password": "made-up", "passwordConfirm": "made-up", "amClientSecret": "made-up"}),
        (models.AccountUpdate, {"password": "made-up", "passwordConfirm": "made-up"}),
        (models.Account, {"amClientSecret": "made-up", "accessToken": "made-up"}),
        (convert.Project, {"api_secret": "made-up"}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_secrets_do_not_show(model: Any, data: dict[str, Any]) -> None:
    required = {"email": "a@example.test", "firstName": "A", "lastName": "B", "preferredLocale": "EN"}

    read = model.from_dict({**required, **data})

    assert "made-up" not in repr(read)
    assert repr(read).count("=...") + repr(read).count(": ...") == len(data)
    assert "made-up" not in repr([read])
    assert "made-up" in str(read.to_dict())
