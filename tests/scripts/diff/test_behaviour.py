"""What a client does with what it sends and reads, where no other comparison shows it."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.diff.contract import handling
from scripts.diff.model.report import Severity
from tests.scripts.projects import schemas_spec, spec

PLACE = ("components", "schemas", "Thing", "properties", "size")


def with_key(key: str, value: Any) -> dict[str, Any]:
    """A spec with one property that has a key; without it, if the value is None."""
    size = {"type": "number", **({} if value is None else {key: value})}
    return schemas_spec(Thing={"type": "object", "properties": {"size": size}})


@pytest.mark.parametrize("key", ["x-sdk-accepts-bare", "x-sdk-discriminator", "x-sdk-poll", "x-sdk-type"])
@pytest.mark.parametrize(
    ("before", "after", "what", "severity"),
    [
        (None, ["string"], "added", Severity.INFO),
        (["string"], None, "removed", Severity.WARNING),
        (["string"], ["integer"], "changed", Severity.WARNING),
    ],
)
def test_a_key_that_decides_what_the_client_does_is_told(
    key: str, before: Any, after: Any, what: str, severity: Severity
) -> None:
    (change,) = handling.compare(with_key(key, before), with_key(key, after))

    assert (change.key, change.check, change.severity) == (key, f"{key}-{what}", severity)
    assert change.pointer == PLACE
    shown = {None: None, "string": '["string"]', "integer": '["integer"]'}
    assert (change.before, change.after) == (shown[before and before[0]], shown[after and after[0]])


@pytest.mark.parametrize("key", ["x-sdk-group", "x-sdk-names", "x-evidence", "description"])
def test_keys_that_show_elsewhere_are_not_told(key: str) -> None:
    assert handling.compare(with_key(key, "a"), with_key(key, "b")) == []


def test_a_place_that_only_one_spec_has_is_not_told() -> None:
    assert handling.compare(spec(), with_key("x-sdk-type", "number")) == []
    assert handling.compare(with_key("x-sdk-type", "number"), spec()) == []


def test_a_long_value_is_shown_in_part() -> None:
    (change,) = handling.compare(with_key("x-sdk-poll", None), with_key("x-sdk-poll", ["a" * 1000]))

    assert change.after is not None
    assert change.after == f'["{"a" * 198}…'
