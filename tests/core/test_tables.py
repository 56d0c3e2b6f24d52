"""Tables: flat rows with identifiers and names, null kept, and data frames of whichever library there is."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, Self

import attrs
import pytest

from abwire_core.models import OpenModel
from abwire_core.tables import Step, Table
from abwire_core.types import UNSET, Unset


@attrs.define(kw_only=True, repr=False)
class Numbers(OpenModel[Any]):
    hits: int | Unset = UNSET
    rate: float | Unset | None = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    _KEYS = ("hitCount", "rate")


@attrs.define(kw_only=True, repr=False)
class Report(Table, OpenModel[Any]):
    title: str = "made-up"
    parts: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    _KEYS = ("title", "parts")
    _STEPS = (
        Step(into="parts", key="part"),
        Step(into="totals", columns={"visits": "visitCount"}),
        Step(into="goals", key="goal"),
    )

    @classmethod
    def _decode(cls, d: dict[str, Any]) -> Self:
        return cls(**d)


def report(**parts: Any) -> Report:
    return Report(parts=parts)


FULL = report(
    a={"totals": {"visitCount": 7, "goals": {"1": Numbers(hits=3, rate=None), "2": Numbers(hits=4)}}},
    b={"totals": {"visitCount": None, "goals": {"1": {"hits": 5, "deep": {"x": 1}}}}},
)


def test_rows_have_identifiers_first_and_keep_types_and_null() -> None:
    assert FULL.rows() == [
        {"part": "a", "visits": 7, "goal": "1", "hits": 3, "rate": None},
        {"part": "a", "visits": 7, "goal": "2", "hits": 4, "rate": None},
        {"part": "b", "visits": None, "goal": "1", "hits": 5, "rate": None},
    ]


@pytest.mark.parametrize(
    "goals", [{1: "Buy"}, {"1": "Buy"}, [SimpleNamespace(id=1, name="Buy"), SimpleNamespace(id=3, name="Other")]]
)
def test_names_stand_beside_identifiers(goals: Any) -> None:
    rows = FULL.rows({"goal": goals})

    assert [(row["goal"], row["goal_name"]) for row in rows] == [("1", "Buy"), ("2", None), ("1", "Buy")]
    assert list(rows[0])[:4] == ["part", "visits", "goal", "goal_name"]


def test_unknown_numbers_are_columns_too() -> None:
    numbers = Numbers(hits=1)
    numbers["novelty"] = 2.5

    assert report(a={"totals": {"goals": {"1": numbers}}}).rows()[0]["novelty"] == 2.5


@pytest.mark.parametrize("parts", [UNSET, None, {}, {"a": None}, {"a": {"totals": None}}, {"a": {}}], ids=repr)
def test_what_is_absent_has_no_rows(parts: Any) -> None:
    made = Report(parts=parts)

    assert made.rows() == []
    assert made._repr_html_() == "<p>Report: no rows</p>"


def test_the_positions_of_a_list_can_be_a_column() -> None:
    made = Report(parts=[{"totals": {"goals": {"1": {"hits": 1}}}}])

    assert made.rows()[0]["part"] == 0


@pytest.mark.parametrize(("method", "library"), [("to_pandas", "pandas"), ("to_polars", "polars")])
def test_a_data_frame_is_made_of_the_rows(method: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, SimpleNamespace(DataFrame=lambda rows, **_: ("frame", rows)))
    assert getattr(FULL, method)() == ("frame", FULL.rows())

    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=f"pip install {library}"):
        getattr(FULL, method)()


def test_a_notebook_shows_the_first_rows_escaped() -> None:
    made = report(**{f"<{n}>": {"totals": {"goals": {"1": {"hits": n}}}} for n in range(30)})

    shown = made._repr_html_()

    assert "<td>&lt;0&gt;</td>" in shown
    assert shown.endswith("<p>10 more rows</p>")
    assert shown.count("<tr>") == 21
