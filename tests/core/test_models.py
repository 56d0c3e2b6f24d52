"""What all models have in common: attrs classes, plain values, fields without a name in the spec, and repr."""

from __future__ import annotations

import copy
import datetime
import inspect
import pickle
import weakref
from collections.abc import Callable
from typing import Any, Self

import attrs
import pytest

from abwire_core import decoding
from abwire_core.models import Model, OpenModel
from abwire_core.types import UNSET, File, Unset


@attrs.define(kw_only=True, repr=False)
class Wheel(Model):
    size: int | Unset = UNSET

    _KEYS = ("size",)

    @classmethod
    def _decode(cls, d: dict[str, Any]) -> Self:
        self = cls.__new__(cls)
        self.size = d.pop("size", UNSET)
        return self

    def _encode(self) -> dict[str, Any]:
        return {} if self.size is UNSET else {"size": self.size}


@attrs.define(kw_only=True, repr=False)
class Car(OpenModel[Any]):
    """A car."""

    name: str
    wheels: list[Wheel] | Unset = UNSET
    password: str | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    _KEYS = ("carName", "wheels", "password")

    @property
    def shout(self) -> str:
        return self.name.upper()

    @classmethod
    def _decode(cls, d: dict[str, Any]) -> Self:
        self = cls.__new__(cls)
        self.name = d.pop("name")
        self.wheels = decoding.list_of(Wheel._decode, d.pop("wheels", []))
        self.password = d.pop("password", UNSET)
        if d:
            self.additional_properties = d
        return self


@attrs.define(kw_only=True, repr=False)
class Thing(OpenModel[Any]):
    """A model that pickle can find."""

    _SECRETS = frozenset({"pin"})
    _KEYS = ("name", "other", "pin", "access_token", "password_blocked")

    name: Any | Unset = UNSET
    other: Any | Unset = UNSET
    pin: Any | Unset = UNSET
    access_token: Any | Unset = UNSET
    password_blocked: bool | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _decode(cls, d: dict[str, Any]) -> Self:
        self = cls.__new__(cls)
        for name in ("name", "other", "pin", "access_token", "password_blocked"):
            setattr(self, name, d.pop(name, UNSET))
        if d:
            self.additional_properties = d
        return self


# --- attrs classes ---


def test_a_model_is_made_by_keywords() -> None:
    car, wheel = Car, Wheel

    made = car(name="Herbie", wheels=[wheel(size=15)])

    assert (made.name, made.wheels[0].size, made.password) == ("Herbie", 15, UNSET)
    assert made.shout == "HERBIE"
    with pytest.raises(TypeError, match="name"):
        car()
    with pytest.raises(TypeError, match="colour"):
        car(name="Herbie", colour="white")
    with pytest.raises(TypeError, match="positional"):
        car("Herbie")


def test_a_model_has_slots_from_the_beginning() -> None:
    car, wheel = Car, Wheel

    for made in (car.from_dict({"name": "x"}), car(name="x"), wheel(), wheel.from_dict({})):
        assert not hasattr(made, "__dict__")
        with pytest.raises(AttributeError):
            made.colour = "white"
        assert weakref.ref(made)() is made


def test_a_model_that_was_read_can_be_evolved() -> None:
    car = Car

    assert attrs.evolve(car.from_dict({"name": "a"}), name="b") == car.from_dict({"name": "b"})


def test_the_signature_is_the_one_of_the_fields() -> None:
    car = Car

    assert [*inspect.signature(car).parameters] == ["name", "wheels", "password"]
    assert inspect.getdoc(car) == "A car."
    assert car.__qualname__ == "Car"
    assert car.__module__ == __name__


def test_models_are_equal_by_their_fields_and_kinds() -> None:
    car, wheel = Car, Wheel

    read = car.from_dict({"name": "x", "wheels": [{"size": 1}], "more": 1})
    assert read == car.from_dict({"name": "x", "wheels": [{"size": 1}], "more": 1})
    assert read != car.from_dict({"name": "x", "wheels": [{"size": 2}], "more": 1})
    assert read != car.from_dict({"name": "x", "wheels": [{"size": 1}], "more": 2})
    assert read != wheel.from_dict({})
    assert read != "x"
    assert car.from_dict({"name": "x"}) == car(name="x", wheels=[])
    with pytest.raises(TypeError, match="unhashable"):
        hash(read)


def test_a_subclass_may_have_a_constructor_of_its_own() -> None:
    car = Car

    class Taxi(car):  # type: ignore[misc, valid-type]
        def __init__(self, name: str, fare: int) -> None:
            super().__init__(name=name)
            self.fare = fare

    assert (Taxi("x", 7).name, Taxi("x", 7).fare) == ("x", 7)
    assert type(Taxi.from_dict({"name": "x"})) is Taxi


def test_a_subclass_may_have_more_fields() -> None:
    car = Car

    @attrs.define(kw_only=True)
    class Taxi(car):  # type: ignore[misc, valid-type]
        fare: int = 7

    taxi: Any = Taxi
    assert [field.name for field in attrs.fields(taxi)][-1] == "fare"
    assert (taxi(name="x").name, taxi(name="x", fare=8).fare) == ("x", 8)


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, *(lambda value, p=p: pickle.loads(pickle.dumps(value, p)) for p in range(2, 6))],  # noqa: S301
    ids=["copy", "deepcopy", *(f"pickle protocol {protocol}" for protocol in range(2, 6))],
)
@pytest.mark.parametrize("data", [{"name": "x"}, {"name": ["x"], "more": {"y": None}}, {}], ids=repr)
def test_copies_are_equal_and_unset_stays_unset(duplicate: Callable[[Any], Any], data: dict[str, Any]) -> None:
    read = Thing.from_dict(data)

    copied = duplicate(read)

    assert copied is not read
    assert copied == read
    assert copied.other is UNSET
    assert copied.additional_properties == {key: value for key, value in data.items() if key != "name"}


# --- fields that the spec does not name ---


def test_unknown_fields_are_read_and_written_by_their_names() -> None:
    thing = Thing.from_dict({"name": "x", "more": 1})

    assert thing["more"] == 1
    assert "more" in thing
    assert "name" not in thing
    thing["most"] = 2
    del thing["more"]
    assert thing.additional_keys == ["most"]
    assert thing.additional_properties == {"most": 2}
    with pytest.raises(KeyError):
        _ = thing["more"]


def test_a_model_without_unknown_fields_has_a_dict_for_them_of_its_own() -> None:
    first, second = Thing.from_dict({}), Thing.from_dict({})

    first["more"] = 1

    assert first.additional_properties == {"more": 1}
    assert second.additional_properties == {}
    assert second.additional_properties is second.additional_properties


def test_what_is_no_field_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="'Thing' object has no attribute 'colour'"):
        _ = Thing.from_dict({}).colour  # type: ignore[attr-defined]


def test_what_a_model_is_made_of_is_not_changed() -> None:
    source: dict[str, Any] = {"name": {"deep": [1]}, "more": [2]}

    read: Any = Thing.from_dict(source)
    read.name["deep"].append(3)
    read["more"].append(4)

    assert source == {"name": {"deep": [1]}, "more": [2]}


# --- repr ---


def test_repr_shows_what_is_set() -> None:
    car, wheel = Car, Wheel

    assert repr(car(name="x")) == "Car(name='x')"
    assert repr(car(name="x", wheels=[wheel(size=1), wheel()])) == "Car(name='x', wheels=[Wheel(size=1), Wheel()])"
    assert repr(Thing(name=None, other=False)) == "Thing(name=None, other=False)"
    assert str(Thing(name=1)) == f"{Thing(name=1)}" == "Thing(name=1)"


def test_repr_shows_unknown_fields_too() -> None:
    assert repr(Thing.from_dict({"more": 1})) == "Thing(additional_properties={'more': 1})"


@pytest.mark.parametrize("read", [Thing.from_dict, lambda data: Thing(**data)], ids=["read", "made"])
def test_repr_hides_secrets(read: Callable[[dict[str, Any]], Thing]) -> None:
    text = repr(read({"pin": "made-up-1", "access_token": ["made-up-2"], "password_blocked": True, "name": "x"}))

    assert text == "Thing(name='x', pin=..., access_token=..., password_blocked=True)"


@pytest.mark.parametrize(
    "name",
    ["password", "passwordConfirm", "amClientSecret", "TOKEN", "api_key", "apiKey", "refreshToken", "credentials"],
)
def test_repr_hides_secrets_wherever_they_are(name: str) -> None:
    secret = {name: "made-up"}
    places: list[dict[str, Any]] = [
        secret,
        {"name": secret},
        {"name": [{"deep": secret}]},
        {"name": Thing(name=secret)},
    ]

    for data in (*places, {"more": secret}):
        assert "made-up" not in repr(Thing.from_dict(data))
        assert "..." in repr(Thing.from_dict(data))


HUGE = 10**5000  # more digits than Python makes a text of


class Hostile:
    """A value whose repr fails."""

    def __repr__(self) -> str:
        raise RuntimeError("made-up")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 100_000, id="string"),
        pytest.param(b"x" * 100_000, id="bytes"),
        pytest.param(list(range(100_000)), id="list"),
        pytest.param([["x" * 1000] * 1000] * 1000, id="lists"),
        pytest.param({f"key {number}": "x" * 1000 for number in range(10_000)}, id="dict"),
        pytest.param({"k" * 10_000: 1}, id="key"),
        pytest.param([Thing(name="x" * 1000, other=["y" * 1000] * 1000)] * 1000, id="models"),
        pytest.param([{"a": [{"b": [{"c": ["x" * 100] * 100}] * 100}] * 100}] * 100, id="tree"),
        pytest.param(HUGE, id="number"),
        pytest.param(set(range(1000)), id="set"),
        pytest.param(tuple(range(1000)), id="tuple"),
        pytest.param(datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC), id="date-time"),
        pytest.param(File(b"x"), id="file"),
        pytest.param(Hostile(), id="hostile"),
        pytest.param([Hostile()], id="list of hostiles"),
    ],
)
def test_repr_is_short_and_never_fails(value: Any) -> None:
    thing = Thing(name=value, other=value)
    thing["more"] = value
    for key in range(1000):
        thing[f"key {key}"] = value

    assert len(repr(thing)) <= 1000
    assert len(repr(Thing(name=[thing] * 100))) <= 1000


def test_repr_shows_four_levels() -> None:
    thing = Thing(name=Thing(name=Thing(name=Thing(name=Thing(name=1)))))

    assert repr(thing) == "Thing(name=Thing(name=Thing(name=Thing(name=Thing(...)))))"
    assert repr(Thing(name={"a": {"b": {"c": {"d": 1}}}})) == "Thing(name={'a': {'b': {'c': {...}}}})"
    assert repr(Thing(name=[[[[[1]]]]])) == "Thing(name=[[[[...]]]])"


def test_repr_looks_no_further_than_it_shows() -> None:
    seen = []

    class Seen:
        def __repr__(self) -> str:
            seen.append(self)
            return "a value of some length"

    thing = Thing()
    for key in range(1000):
        thing[f"key {key}"] = Seen()

    assert len(repr(thing)) <= 1000
    assert 10 < len(seen) < 100


def test_repr_of_what_holds_itself_ends() -> None:
    thing = Thing()
    thing.name = [thing, {"again": thing}]
    thing["more"] = thing

    assert 10 < len(repr(thing)) <= 1000


def test_repr_of_what_is_not_complete_does_not_fail() -> None:
    assert repr(Thing.__new__(Thing)) == "Thing()"
