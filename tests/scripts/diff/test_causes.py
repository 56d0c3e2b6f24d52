"""Who brought a change about: the steps in which it shows."""

from __future__ import annotations

from scripts.diff.contract.handling import Handling
from scripts.diff.contract.oasdiff import Finding
from scripts.diff.inputs.causes import Causes, Stretch
from scripts.diff.model.elements import Element, Facts, Kind, Surface
from scripts.diff.model.report import Cause, Severity

ALL = (Cause.SPEC, Cause.OVERLAY, Cause.NAMING)
PATH = "abwire.shop.models.Owner.name"


def finding(fingerprint: str, *operations: str) -> Finding:
    """A change of the contract."""
    return Finding("a-check", Severity.INFO, "changed", operations, None, frozenset({fingerprint}))


def handling(key: str, *pointer: str) -> Handling:
    """A change of the behaviour."""
    return Handling(key, f"{key}-changed", "changed", Severity.WARNING, None, None, pointer)


def surface(value: str) -> Surface:
    """A surface with one field."""
    return Surface({PATH: Element(PATH, Kind.FIELD, Facts(value=value))})


def causes(*findings: Finding, handlings: tuple[Handling, ...] = (), values: str = "1111") -> Causes:
    """The causes of three steps; the second one has these changes, and the values are those of the field in between."""
    states = [surface(value) for value in values]
    return Causes(
        ALL,
        [
            Stretch((Cause.SPEC,), [finding("first", "GET /first")], [], states[0], states[1]),
            Stretch((Cause.OVERLAY,), findings, handlings, states[1], states[2]),
            Stretch((Cause.NAMING,), [], [], states[2], states[3]),
        ],
    )


def test_a_finding_is_caused_by_the_step_that_has_it() -> None:
    assert causes(finding("a", "GET /things")).of_finding(finding("a", "GET /things")) == (Cause.OVERLAY,)


def test_a_finding_that_no_step_has_as_it_is_is_caused_by_those_that_change_its_operations() -> None:
    found = causes(finding("a", "GET /things", "GET /others"))

    assert found.of_finding(finding("b", "GET /things")) == (Cause.OVERLAY,)
    assert found.of_finding(finding("b", "GET /things", "GET /first")) == (Cause.SPEC, Cause.OVERLAY)


def test_a_finding_of_which_no_step_knows_anything_is_caused_by_all() -> None:
    assert causes().of_finding(finding("a", "GET /things")) == ALL


def test_a_handling_is_caused_by_the_step_that_changes_its_key_at_its_place() -> None:
    found = causes(handlings=(handling("x-sdk-poll", "paths", "/things"),))

    assert found.of_handling(handling("x-sdk-poll", "paths", "/things")) == (Cause.OVERLAY,)
    assert found.of_handling(handling("x-sdk-poll", "paths", "/others")) == ALL
    assert found.of_handling(handling("x-sdk-type", "paths", "/things")) == ALL


def test_an_element_is_caused_by_every_step_in_which_it_changes() -> None:
    assert causes(values="1122").of_elements([PATH]) == (Cause.OVERLAY,)
    assert causes(values="1223").of_elements(["abwire.shop.models.Other", PATH]) == (Cause.SPEC, Cause.NAMING)
    assert causes(values="1111").of_elements([PATH]) == ALL


def test_where_one_kind_of_input_differs_it_is_the_cause_of_everything() -> None:
    only = Causes((Cause.SPEC,), [])

    assert only.of_finding(finding("a")) == only.of_elements([PATH]) == only.of_handling(handling("k")) == (Cause.SPEC,)
