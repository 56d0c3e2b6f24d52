"""What an overlay does to a document: the Overlay Specification 1.1.0 rule by rule, and the strictness on top of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonpath_rfc9535
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from scripts.specs import jsonpath, overlays
from scripts.specs.errors import CollectedError
from scripts.specs.overlays import IDLE, Overlay, OverlayError

Json = Any
Action = dict[str, Json]
Apply = Callable[..., Json]


def exact(document: Json) -> str:
    """A document as text that tells apart what ``==`` does not: 1, 1.0 and true, and the order of keys."""
    return json.dumps(document, indent=1)


def write_overlay(path: Path, *actions: Json, version: str = "1.1.0", **root: Json) -> Path:
    content = {"overlay": version, "info": {"title": "Test", "version": "1"}, **root, "actions": list(actions)}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.overlay.json"


@pytest.fixture
def apply(path: Path) -> Apply:
    """Applies actions to a copy of a document, by the specification alone unless strictness is asked for."""

    def apply_actions(document: Json, *actions: Action, version: str = "1.1.0", strict: bool = False) -> Json:
        result = copy.deepcopy(document)
        overlays.apply(result, overlays.read(write_overlay(path, *actions, version=version)), strict=strict)
        return result

    return apply_actions


class Case(NamedTuple):
    """A document, the actions, and what must become of it (or the reason why not)."""

    document: Json
    actions: list[Action]
    expected: Json


def cases(**table: Case) -> pytest.MarkDecorator:
    """A parameter ``case`` with the name of each case as its id."""
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=name.replace("_", "-")) for name, case in table.items()]
    )


# --- actions ---


@cases(
    each_sees_the_result_of_the_one_before=Case(
        {},
        [
            {"target": "$", "update": {"a": {}}},
            {"target": "$.a", "update": {"b": 1}},
            {"target": "$.a.b", "update": 2},
        ],
        {"a": {"b": 2}},
    ),
    what_is_removed_can_be_made_anew=Case(
        {"servers": ["old", "older"], "x": 1},
        [{"target": "$.servers", "remove": True}, {"target": "$", "update": {"servers": ["new"]}}],
        {"x": 1, "servers": ["new"]},
    ),
    what_comes_later_wins=Case(
        {"a": 0},
        [{"target": "$.a", "update": 1}, {"target": "$", "update": {"a": 2}}],
        {"a": 2},
    ),
    no_match_changes_nothing=Case(
        {"a": {"b": 1}},
        [
            {"target": "$.x", "update": {"y": 1}},
            {"target": "$.a.b.c", "update": 1},
            {"target": "$.x", "remove": True},
            {"target": "$.x", "copy": "$.a"},
            {"target": "$.x", "copy": "$..nothing"},
            {"target": "$.a", "update": {"c": 2}},
        ],
        {"a": {"b": 1, "c": 2}},
    ),
    an_action_without_modifier_changes_nothing=Case(
        {"a": 1},
        [{"target": "$"}, {"target": "$.a"}, {"target": "$.a", "remove": False}],
        {"a": 1},
    ),
)
def test_actions_are_applied_in_order(apply: Apply, case: Case) -> None:
    assert exact(apply(case.document, *case.actions)) == exact(case.expected)


# --- update of an object ---


@pytest.mark.parametrize(
    ("target", "update", "merged"),
    [
        pytest.param({"a": 1}, {}, {"a": 1}, id="only-in-target-is-kept"),
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="only-in-update-is-inserted"),
        pytest.param({}, {"b": {"c": []}, "d": None}, {"b": {"c": []}, "d": None}, id="any-kind-is-inserted"),
        pytest.param({"a": 1, "b": 1}, {"b": 2}, {"a": 1, "b": 2}, id="primitive-replaces-primitive"),
        pytest.param({"a": 1}, {"a": "x"}, {"a": "x"}, id="of-another-type-too"),
        pytest.param({"a": "x"}, {"a": None}, {"a": None}, id="null-is-a-primitive"),
        pytest.param({"a": None}, {"a": False}, {"a": False}, id="null-is-replaced"),
        pytest.param({"a": 1}, {"a": True}, {"a": True}, id="number-becomes-boolean"),
        pytest.param({"a": [1, 2]}, {"a": [2, 3]}, {"a": [1, 2, 2, 3]}, id="list-is-concatenated"),
        pytest.param({"a": [1]}, {"a": []}, {"a": [1]}, id="empty-list-adds-nothing"),
        pytest.param({"a": [{"b": 1}]}, {"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 1}]}, id="items-are-not-merged"),
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, id="object-is-merged"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}, id="empty-object-adds-nothing"),
        pytest.param(
            {"a": {"b": {"c": 1, "d": [1], "e": {}}, "f": 0}},
            {"a": {"b": {"c": 2, "d": [2], "e": {"g": 3}}}, "h": 1},
            {"a": {"b": {"c": 2, "d": [1, 2], "e": {"g": 3}}, "f": 0}, "h": 1},
            id="all-the-way-down",
        ),
        pytest.param({"b": 1, "a": 1}, {"a": 2, "c": 3, "b": 4}, {"b": 4, "a": 2, "c": 3}, id="keys-keep-their-order"),
    ],
)
@pytest.mark.parametrize("where", ["$", "$.inner"])
def test_update_merges_with_an_object(apply: Apply, where: str, target: Json, update: Json, merged: Json) -> None:
    def placed(value: Json) -> Json:
        return value if where == "$" else {"inner": value, "other": 1}

    assert exact(apply(placed(target), {"target": where, "update": update})) == exact(placed(merged))


VALUES: dict[str, Json] = {"an object": {"k": 1}, "a list": [1], "a primitive value": "text"}
CLASHES = [(old, new) for old in VALUES for new in VALUES if old != new]


@pytest.mark.parametrize(("old", "new"), CLASHES)
def test_kinds_that_cannot_be_merged_are_an_error(apply: Apply, path: Path, old: str, new: str) -> None:
    with pytest.raises(OverlayError) as failure:
        apply({"a": {"b/c": VALUES[old]}}, {"target": "$", "update": {"a": {"b/c": VALUES[new]}}})

    assert str(failure.value) == (
        f"{path}:1: action 1 ($): {old} at /a/b~1c cannot be merged with {new}: remove it in an action before"
    )


@pytest.mark.parametrize("null", ["old", "new"])
def test_null_merges_with_neither_list_nor_object(apply: Apply, null: str) -> None:
    for value in (VALUES["an object"], VALUES["a list"]):
        old, new = (None, value) if null == "old" else (value, None)
        with pytest.raises(OverlayError, match="at /x/0/a cannot be merged with"):
            apply({"x": [{"a": old}]}, {"target": "$.x[0]", "update": {"a": new}})


@pytest.mark.parametrize("kind", ["a list", "a primitive value"])
def test_an_object_takes_only_an_object(apply: Apply, path: Path, kind: str) -> None:
    with pytest.raises(OverlayError) as failure:
        apply({"a": {}}, {"target": "$.a", "update": VALUES[kind]})

    assert str(failure.value) == (
        f"{path}:1: action 1 ($.a): an object cannot be merged with {kind}: remove it, then update its parent"
    )


# --- update of a list ---


@pytest.mark.parametrize(
    ("update", "result"),
    [
        pytest.param([2, 3], [1, 2, 3], id="list-is-concatenated"),
        pytest.param([], [1], id="empty-list-adds-nothing"),
        pytest.param([[2]], [1, [2]], id="list-in-a-list-is-an-entry"),
        pytest.param({"a": 2}, [1, {"a": 2}], id="object-is-appended"),
        pytest.param({}, [1, {}], id="empty-object-is-appended"),
        pytest.param("text", [1, "text"], id="string-is-appended"),
        pytest.param(2, [1, 2], id="number-is-appended"),
        pytest.param(False, [1, False], id="boolean-is-appended"),
        pytest.param(None, [1, None], id="null-is-appended"),
        pytest.param(1, [1, 1], id="what-is-there-is-appended-again"),
    ],
)
def test_update_extends_a_list(apply: Apply, update: Json, result: Json) -> None:
    assert exact(apply({"a": [1]}, {"target": "$.a", "update": update})) == exact({"a": result})


def test_a_list_inside_a_list_can_be_the_target(apply: Apply) -> None:
    assert apply({"a": [[1], [2]]}, {"target": "$.a[1]", "update": [3]}) == {"a": [[1], [2, 3]]}


# --- update of a primitive value ---


@pytest.mark.parametrize("new", ["text", "", 2, 1.5, True, False, None], ids=repr)
@pytest.mark.parametrize("old", ["old", 7, False, None], ids=repr)
def test_update_replaces_a_primitive(apply: Apply, old: Json, new: Json) -> None:
    document = {"a": old, "b": [old, {"c": old}], "d": 0}

    result = apply(
        document,
        {"target": "$.a", "update": new},
        {"target": "$.b[0]", "update": new},
        {"target": "$.b[1].c", "update": new},
    )

    assert exact(result) == exact({"a": new, "b": [new, {"c": new}], "d": 0})


@pytest.mark.parametrize("kind", ["an object", "a list"])
def test_a_primitive_takes_only_a_primitive(apply: Apply, path: Path, kind: str) -> None:
    with pytest.raises(OverlayError) as failure:
        apply({"a": "x"}, {"target": "$.a", "update": VALUES[kind]})

    assert str(failure.value) == (
        f"{path}:1: action 1 ($.a): a primitive value cannot be replaced by {kind}: remove it, then update its parent"
    )


# --- update of several nodes ---


@cases(
    objects=Case({"a": {}, "b": {"x": 0}}, [{"target": "$.*", "update": {"x": 1}}], {"a": {"x": 1}, "b": {"x": 1}}),
    lists=Case({"a": [], "b": [1]}, [{"target": "$.*", "update": 2}], {"a": [2], "b": [1, 2]}),
    primitives=Case({"a": "x", "b": None, "c": 1}, [{"target": "$.*", "update": 2}], {"a": 2, "b": 2, "c": 2}),
    parent_and_child=Case(
        {"a": {"n": 0, "a": {"n": 0}}}, [{"target": "$..a", "update": {"n": 1}}], {"a": {"n": 1, "a": {"n": 1}}}
    ),
    a_node_reached_twice_is_one_node=Case(
        {"a": {"a": {"list": [1]}}}, [{"target": "$..a..list", "update": 2}], {"a": {"a": {"list": [1, 2]}}}
    ),
    a_node_named_twice_is_one_node=Case(
        {"a": [1], "b": [1]}, [{"target": "$['a', 'b', 'a']", "update": 2}], {"a": [1, 2], "b": [1, 2]}
    ),
)
def test_one_update_reaches_every_node(apply: Apply, case: Case) -> None:
    assert exact(apply(case.document, *case.actions)) == exact(case.expected)


@pytest.mark.parametrize(
    "modifier",
    [{"update": {"x": 1}}, {"update": 1}, {"update": []}, {"copy": "$.object"}],
    ids=["object", "primitive", "list", "copy"],
)
@pytest.mark.parametrize(
    ("target", "kinds"),
    [
        ("$['object', 'list']", "list, object"),
        ("$['list', 'null']", "list, primitive value"),
        ("$['number', 'object']", "object, primitive value"),
        ("$.*", "list, object, primitive value"),
    ],
)
def test_nodes_of_several_kinds_are_an_error(
    apply: Apply, path: Path, target: str, kinds: str, modifier: Action
) -> None:
    with pytest.raises(OverlayError) as failure:
        apply({"object": {}, "list": [], "null": None, "number": 1}, {"target": target, **modifier})

    assert str(failure.value) == (
        f"{path}:1: action 1 ({target}): selects nodes of several kinds ({kinds}); an update needs one kind"
    )


def test_an_update_given_to_many_nodes_is_shared_by_none(apply: Apply) -> None:
    document: Json = {name: {"list": []} for name in "abc"}

    result = apply(
        document,
        {"target": "$.*", "update": {"new": {"deep": [{}]}, "list": [{"item": 1}]}},
        {"target": "$.a.new.deep[0]", "update": {"only": "a"}},
        {"target": "$.b.new.deep", "update": "only b"},
        {"target": "$.c.list[0]", "update": {"item": 2}},
    )

    assert result == {
        "a": {"list": [{"item": 1}], "new": {"deep": [{"only": "a"}]}},
        "b": {"list": [{"item": 1}], "new": {"deep": [{}, "only b"]}},
        "c": {"list": [{"item": 2}], "new": {"deep": [{}]}},
    }


def test_an_entry_appended_to_many_lists_is_shared_by_none(apply: Apply) -> None:
    result = apply({"a": [], "b": []}, {"target": "$.*", "update": {}}, {"target": "$.a[0]", "update": {"only": "a"}})

    assert result == {"a": [{"only": "a"}], "b": [{}]}


def test_an_overlay_can_be_applied_again_whatever_became_of_the_first_document(path: Path) -> None:
    read = overlays.read(
        write_overlay(
            path,
            {"target": "$", "update": {"object": {"list": []}}},
            {"target": "$.object.list", "update": [{"a": 1}]},
            {"target": "$.object.list[0]", "update": {"b": [2]}},
        )
    )
    first: Json = {}
    second: Json = {}

    overlays.apply(first, read)
    first["object"]["list"][0]["b"].append("changed")
    first["object"]["list"].append("changed")
    overlays.apply(second, read)

    assert second == {"object": {"list": [{"a": 1, "b": [2]}]}}


# --- remove ---


@cases(
    from_an_object=Case({"a": 1, "b": {"c": 2}}, [{"target": "$.b", "remove": True}], {"a": 1}),
    of_a_primitive=Case({"a": 1, "b": {"c": 2}}, [{"target": "$.b.c", "remove": True}], {"a": 1, "b": {}}),
    of_null=Case({"a": None, "b": [None, 1]}, [{"target": "$..[?@ == null]", "remove": True}], {"b": [1]}),
    from_a_list=Case({"a": [1, 2, 3]}, [{"target": "$.a[1]", "remove": True}], {"a": [1, 3]}),
    by_an_index_from_the_end=Case({"a": [1, 2, 3]}, [{"target": "$.a[-1]", "remove": True}], {"a": [1, 2]}),
    several_indices=Case({"a": [0, 1, 2, 3]}, [{"target": "$.a[0, 2]", "remove": True}], {"a": [1, 3]}),
    several_indices_in_any_order=Case({"a": [0, 1, 2, 3]}, [{"target": "$.a[2, 0, 3]", "remove": True}], {"a": [1]}),
    one_index_twice=Case({"a": [0, 1, 2]}, [{"target": "$.a[0, 0, -3]", "remove": True}], {"a": [1, 2]}),
    more_than_ten=Case({"a": list(range(12))}, [{"target": "$.a[1:]", "remove": True}], {"a": [0]}),
    all_items=Case({"a": [1, 2, 3]}, [{"target": "$.a[*]", "remove": True}], {"a": []}),
    all_keys=Case({"a": 1, "b": 2}, [{"target": "$.*", "remove": True}], {}),
    a_primitive_by_filter=Case(
        {"tags": ["a", "dummy", "b", "dummy"]},
        [{"target": "$.tags[?@ == 'dummy']", "remove": True}],
        {"tags": ["a", "b"]},
    ),
    an_object_by_filter=Case(
        {"a": [{"n": 1}, {"n": 2}, {"n": 1}]}, [{"target": "$.a[?@.n == 1]", "remove": True}], {"a": [{"n": 2}]}
    ),
    keys_by_filter=Case(
        {"a": {"x": {"off": True}, "y": {}, "z": {"off": True}}},
        [{"target": "$.a[?@.off]", "remove": True}],
        {"a": {"y": {}}},
    ),
    a_match_inside_a_match=Case(
        {"x": {"x": {"x": 1}, "y": 2}, "y": [{"x": [{"x": 1}]}, {"y": {"x": 3, "z": 4}}]},
        [{"target": "$..x", "remove": True}],
        {"y": [{}, {"y": {"z": 4}}]},
    ),
    items_inside_removed_items=Case(
        {"a": [[1, 2, 3], [4, 5], [6]]}, [{"target": "$.a[0, 2, 0]..[*]", "remove": True}], {"a": [[], [4, 5], []]}
    ),
    everything_below_the_root=Case({"a": [[1], {"b": [2]}], "c": {}}, [{"target": "$..*", "remove": True}], {}),
    the_same_key_at_many_places=Case(
        {"a": {"d": 1, "e": {"d": 1}}, "b": [{"d": 1}]},
        [{"target": "$..d", "remove": True}],
        {"a": {"e": {}}, "b": [{}]},
    ),
    nodes_of_all_kinds=Case(
        {"a": {}, "b": [], "c": 1, "d": 2}, [{"target": "$['a', 'b', 'c']", "remove": True}], {"d": 2}
    ),
    wins_over_update=Case({"a": {"b": 1}}, [{"target": "$.a", "update": {"c": 1}, "remove": True}], {}),
    wins_over_an_update_that_could_not_be=Case({"a": {"b": 1}}, [{"target": "$.a", "update": [], "remove": True}], {}),
    wins_over_copy=Case({"a": {"b": 1}, "c": 1}, [{"target": "$.a", "copy": "$.c", "remove": True}], {"c": 1}),
    false_is_no_removal=Case(
        {"a": {"b": 1}}, [{"target": "$.a", "update": {"c": 1}, "remove": False}], {"a": {"b": 1, "c": 1}}
    ),
    false_leaves_a_copy_be=Case(
        {"a": [], "b": [1]}, [{"target": "$.a", "copy": "$.b", "remove": False}], {"a": [1], "b": [1]}
    ),
)
def test_remove(apply: Apply, case: Case) -> None:
    assert exact(apply(case.document, *case.actions)) == exact(case.expected)


def test_the_root_cannot_be_removed(apply: Apply, path: Path) -> None:
    with pytest.raises(OverlayError) as failure:
        apply({"a": 1}, {"target": "$", "remove": True})

    assert str(failure.value) == f"{path}:1: action 1 ($): the root of the document cannot be removed"


# --- copy ---


@cases(
    merges_with_an_object=Case(
        {"from": {"a": 1, "b": {"c": 2}, "l": [1]}, "to": {"b": {"d": 3}, "l": [0]}},
        [{"target": "$.to", "copy": "$.from"}],
        {"from": {"a": 1, "b": {"c": 2}, "l": [1]}, "to": {"b": {"d": 3, "c": 2}, "l": [0, 1], "a": 1}},
    ),
    concatenates_a_list=Case(
        {"from": [1, 2], "to": [0]}, [{"target": "$.to", "copy": "$.from"}], {"from": [1, 2], "to": [0, 1, 2]}
    ),
    appends_an_object=Case(
        {"from": {"a": 1}, "to": []}, [{"target": "$.to", "copy": "$.from"}], {"from": {"a": 1}, "to": [{"a": 1}]}
    ),
    appends_a_primitive=Case(
        {"from": None, "to": []}, [{"target": "$.to", "copy": "$.from"}], {"from": None, "to": [None]}
    ),
    replaces_a_primitive=Case({"from": 1, "to": "x"}, [{"target": "$.to", "copy": "$.from"}], {"from": 1, "to": 1}),
    to_many_nodes=Case(
        {"from": {"a": 1}, "to": [{}, {"a": 0}]},
        [{"target": "$.to[*]", "copy": "$.from"}],
        {"from": {"a": 1}, "to": [{"a": 1}, {"a": 1}]},
    ),
    a_source_reached_twice_is_one_node=Case(
        {"x": {"x": {"from": 1}}, "to": 0},
        [{"target": "$.to", "copy": "$..x..from"}],
        {"x": {"x": {"from": 1}}, "to": 1},
    ),
    a_source_inside_its_target=Case(
        {"a": {"b": {"c": 1}}}, [{"target": "$.a", "copy": "$.a.b"}], {"a": {"b": {"c": 1}, "c": 1}}
    ),
    a_target_inside_its_source=Case(
        {"a": {"b": {"c": 1}}},
        [{"target": "$.a.b", "copy": "$.a"}],
        {"a": {"b": {"c": 1, "b": {"c": 1}}}},
    ),
    the_root_into_a_node=Case({"a": {}, "b": 1}, [{"target": "$.a", "copy": "$"}], {"a": {"a": {}, "b": 1}, "b": 1}),
    a_list_into_itself=Case({"a": [1, 2]}, [{"target": "$.a", "copy": "$.a"}], {"a": [1, 2, 1, 2]}),
    an_object_into_itself=Case({"a": {"b": [1]}}, [{"target": "$.a", "copy": "$.a"}], {"a": {"b": [1, 1]}}),
    the_source_as_it_was_for_every_node=Case(
        {"a": [["x"], ["y"]]}, [{"target": "$.a[*]", "copy": "$.a[0]"}], {"a": [["x", "x"], ["y", "x"]]}
    ),
    no_target_no_copy=Case({"a": {"b": 1}}, [{"target": "$.new", "copy": "$.a"}], {"a": {"b": 1}}),
    what_an_earlier_action_made=Case(
        {"to": {}},
        [{"target": "$", "update": {"from": {"a": 1}}}, {"target": "$.to", "copy": "$.from"}],
        {"to": {"a": 1}, "from": {"a": 1}},
    ),
)
def test_copy(apply: Apply, case: Case) -> None:
    assert exact(apply(case.document, *case.actions)) == exact(case.expected)


def test_a_copy_is_not_tied_to_its_source(apply: Apply) -> None:
    result = apply(
        {"from": {"deep": {"list": []}}, "to": {}, "into": []},
        {"target": "$['to']", "copy": "$.from"},
        {"target": "$.into", "copy": "$.from"},
        {"target": "$.to.deep.list", "update": "to"},
        {"target": "$.into[0].deep.list", "update": "into"},
    )

    assert result == {
        "from": {"deep": {"list": []}},
        "to": {"deep": {"list": ["to"]}},
        "into": [{"deep": {"list": ["into"]}}],
    }


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("$.nothing", "copy must select exactly one node, and selects 0"),
        ("$.from[*]", "copy must select exactly one node, and selects 2"),
        ("$.from", "an object cannot be merged with a list: remove it, then update its parent"),
        ("$.from[0]", "a primitive value at /to/b cannot be merged with an object: remove it in an action before"),
    ],
)
def test_a_copy_that_cannot_be_is_an_error(apply: Apply, path: Path, source: str, reason: str) -> None:
    with pytest.raises(OverlayError) as failure:
        apply({"from": [{"b": {}}, 1], "to": {"b": 1}}, {"target": "$.to", "copy": source})

    assert str(failure.value) == f"{path}:1: action 1 ($.to): {reason}"


# --- targets ---


PETS: Json = {
    "pets": [
        {"name": "Rex", "kind": "dog", "age": 3, "tags": ["big", "old"]},
        {"name": "Tom", "kind": "cat", "age": 5, "owner": {"name": "Ann"}},
        {"name": "Žofie", "kind": "cat", "age": 5.0, "chip": None},
        {"name": "Ab(c)", "kind": "bird", "age": True, "tags": []},
    ],
    "ключ": {"name": "unicode"},
    "it's": {"name": "quote"},
    "200": {"name": "code"},
    "a.b/c ~d": {"name": "signs"},
}


@pytest.mark.parametrize(
    ("target", "names"),
    [
        pytest.param("$.pets[?@.kind == 'cat']", ["Tom", "Žofie"], id="filter-without-parentheses"),
        pytest.param("$.pets[?(@.kind == 'cat')]", ["Tom", "Žofie"], id="filter-with-parentheses"),
        pytest.param("$.pets[?@.kind=='cat'&&@.age>=5||@.name=='Rex']", ["Rex", "Tom", "Žofie"], id="and-or"),
        pytest.param("$.pets[?!(@.kind == 'cat') && !@.tags[0]]", ["Ab(c)"], id="not"),
        pytest.param("$.pets[?@.age == 5]", ["Tom", "Žofie"], id="5-is-5.0"),
        pytest.param("$.pets[?@.age == true]", ["Ab(c)"], id="true-is-no-number"),
        pytest.param("$.pets[?@.chip == null]", ["Žofie"], id="null-is-not-nothing"),
        pytest.param("$.pets[?@.chip]", ["Žofie"], id="null-exists"),
        pytest.param("$.pets[?@.name < 'S']", ["Rex", "Ab(c)"], id="comparison-of-strings"),
        pytest.param("$.pets[?@.owner.name == 'Ann']", ["Tom"], id="deep-comparison"),
        pytest.param("$.pets[?@.tags[?@ == 'old']]", ["Rex"], id="filter-in-a-filter"),
        pytest.param("$.pets[?@.name == $.pets[1].name]", ["Tom"], id="comparison-with-the-root"),
        pytest.param("$.pets[?match(@.name, 'T.*')]", ["Tom"], id="match-is-of-the-whole"),
        pytest.param("$.pets[?match(@.name, 'o')]", [], id="match-of-a-part"),
        pytest.param("$.pets[?search(@.name, 'o')]", ["Tom", "Žofie"], id="search-is-of-a-part"),
        pytest.param("$.pets[?search(@.name, '[(]c[)]')]", ["Ab(c)"], id="search-with-signs"),
        pytest.param("$.pets[?length(@.tags) > 1]", ["Rex"], id="length"),
        pytest.param("$.pets[?count(@.tags[*]) == 2]", ["Rex"], id="count"),
        pytest.param("$.pets[?value(@..tags) == @.tags && @.tags]", ["Rex", "Ab(c)"], id="value"),
        pytest.param("$.pets[1:3]", ["Tom", "Žofie"], id="slice"),
        pytest.param("$.pets[::-2]", ["Tom", "Ab(c)"], id="slice-backwards"),
        pytest.param("$.pets[-1]", ["Ab(c)"], id="index-from-the-end"),
        pytest.param("$.pets[9]", [], id="index-past-the-end"),
        pytest.param("$.pets[0, -1]", ["Rex", "Ab(c)"], id="several-indices"),
        pytest.param("$.pets[0, 1]['owner', 'x']", ["Ann"], id="several-names"),
        pytest.param("$..owner", ["Ann"], id="descendants"),
        pytest.param("$..[?@.name == 'Ann']", ["Ann"], id="descendants-by-filter"),
        pytest.param("$.ключ", ["unicode"], id="unicode-name"),
        pytest.param("$['ключ']", ["unicode"], id="unicode-name-in-brackets"),
        pytest.param(r"$['\u043a\u043b\u044e\u0447']", ["unicode"], id="unicode-name-in-escapes"),
        pytest.param(r"$['it\'s']", ["quote"], id="quote-in-single-quotes"),
        pytest.param('$["it\'s"]', ["quote"], id="quote-in-double-quotes"),
        pytest.param("$['200']", ["code"], id="digits-as-a-name"),
        pytest.param("$[200]", [], id="digits-as-an-index-select-no-name"),
        pytest.param("$['a.b/c ~d']", ["signs"], id="signs-in-a-name"),
    ],
)
def test_targets_are_rfc_9535(apply: Apply, target: str, names: list[str]) -> None:
    result = apply(PETS, {"target": target, "update": {"x-hit": True}})

    objects = [*result["pets"], result["pets"][1]["owner"], *(result[key] for key in result if key != "pets")]
    assert [node["name"] for node in objects if node.pop("x-hit", False)] == names
    assert exact(result) == exact(PETS)


@pytest.mark.parametrize(
    "target",
    [
        "$..*..[?@..*..*..*]..*",
        "$..[?count(@..*..*..*) > 0]",
        "$..[?$..[?$..[?$..a]]]",
        "$.a[?$.a[?$.a[?$.a[?$.a[?$.a[?@.x]]]]]]",
    ],
)
def test_a_target_that_takes_too_long_is_an_error(
    apply: Apply, path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(jsonpath, "MAX_STEPS", 20_000)
    deep: Json = {"x": 1}
    for _ in range(50):
        deep = {"a": [deep, 1], "b": {}}

    with pytest.raises(OverlayError) as failure:
        apply({"a": [deep] * 30}, {"target": target, "remove": True})

    assert str(failure.value).startswith(f"{path}:1: action 1 ({target}): takes more than 20,000 steps: write fewer")


@pytest.mark.parametrize("target", ["$..*..*..*", "$..*..*..*..*..*..*..*..*", "$..a..a..a..a..a..a"])
def test_a_target_that_reaches_nodes_in_many_ways_visits_each_once(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(jsonpath, "MAX_STEPS", 20_000)
    deep: Json = {"x": 1}
    for _ in range(90):
        deep = {"a": [deep, 1], "b": {}}

    assert jsonpath.find(deep, jsonpath.compile_query(target))


def test_steps_count_for_one_target_only(apply: Apply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath, "MAX_STEPS", 10)

    assert apply({"a": {"b": 1}}, *[{"target": "$..b", "update": number} for number in range(50)]) == {"a": {"b": 49}}


@pytest.mark.parametrize(
    "target", ["$..x", "$..x..x", "$..*", "$..*..x", "$..*..*", "$.x..x[?@.x]", "$..['x', 'y']..*"]
)
def test_bounds_change_nothing_of_what_a_target_selects(target: str) -> None:
    document: Json = {"x": {"x": {"x": [{"x": 1}]}, "y": 2}, "y": [{"x": [{"x": 1}]}, {"y": {"x": 3, "z": 4}}]}
    expected = {node.location for node in jsonpath_rfc9535.find(target, document)}

    found = [node.location for node in jsonpath.find(document, jsonpath.compile_query(target))]

    assert set(found) == expected
    assert len(found) == len(expected)


# --- the worked examples of the specification ---


PAGED = {"x-oai-traits": ["paged"]}
PAGING = [{"name": "top", "in": "query"}, {"name": "skip", "in": "query"}]
GET: Json = {"get": {"responses": {"200": {}}}}
DELETE: Json = {"delete": {"responses": {"200": {}}}}


@cases(
    structured=Case(
        {"info": {"title": "T"}, "paths": {"/": {"get": {"operationId": "root"}}, "/pets": {"post": {}}}},
        [
            {
                "target": "$",
                "update": {
                    "info": {"x-overlay-applied": "structured"},
                    "paths": {
                        "/": {"summary": "Root", "get": {"summary": "Get root", "x-rate-limit": 100}},
                        "/pets": {"get": {"summary": "Get pets", "x-rate-limit": 100}},
                    },
                    "components": None,
                    "tags": None,
                },
            }
        ],
        {
            "info": {"title": "T", "x-overlay-applied": "structured"},
            "paths": {
                "/": {
                    "get": {"operationId": "root", "summary": "Get root", "x-rate-limit": 100},
                    "summary": "Root",
                },
                "/pets": {"post": {}, "get": {"summary": "Get pets", "x-rate-limit": 100}},
            },
            "components": None,
            "tags": None,
        },
    ),
    targeted=Case(
        {"paths": {"/foo": {"get": {"description": "1"}}, "/bar": {"get": {"description": "2"}, "post": {"a": 1}}}},
        [
            {"target": "$.paths['/foo'].get.description", "update": "new"},
            {"target": "$.paths['/bar'].get.description", "update": "updated"},
            {"target": "$.paths['/bar']", "update": {"post": {"description": "child", "x-safe": False}}},
        ],
        {
            "paths": {
                "/foo": {"get": {"description": "new"}},
                "/bar": {
                    "get": {"description": "updated"},
                    "post": {"a": 1, "description": "child", "x-safe": False},
                },
            }
        },
    ),
    wildcard=Case(
        {
            "paths": {
                "/a": {"get": {"parameters": [{"name": "filter", "in": "query"}, {"name": "filter", "in": "path"}]}},
                "/b": {"get": {"parameters": [{"name": "page", "in": "query"}]}, "put": {}},
            }
        },
        [
            {"target": "$.paths.*.get", "update": {"x-safe": True}},
            {
                "target": "$.paths.*.get.parameters[?@.name=='filter' && @.in=='query']",
                "update": {"schema": {"$ref": "#/components/schemas/filterSchema"}},
            },
        ],
        {
            "paths": {
                "/a": {
                    "get": {
                        "parameters": [
                            {
                                "name": "filter",
                                "in": "query",
                                "schema": {"$ref": "#/components/schemas/filterSchema"},
                            },
                            {"name": "filter", "in": "path"},
                        ],
                        "x-safe": True,
                    }
                },
                "/b": {"get": {"parameters": [{"name": "page", "in": "query"}], "x-safe": True}, "put": {}},
            }
        },
    ),
    array_addition=Case(
        {"paths": {"/a": {"get": {"parameters": []}}, "/b": {"get": {"parameters": [{"name": "old"}]}}, "/c": {}}},
        [{"target": "$.paths.*.get.parameters", "update": {"name": "newParam", "in": "query"}}],
        {
            "paths": {
                "/a": {"get": {"parameters": [{"name": "newParam", "in": "query"}]}},
                "/b": {"get": {"parameters": [{"name": "old"}, {"name": "newParam", "in": "query"}]}},
                "/c": {},
            }
        },
    ),
    array_deletion=Case(
        {"paths": {"/a": {"get": {"parameters": [{"name": "dummy"}, {"name": "x"}, {"name": "dummy"}]}}}},
        [{"target": "$.paths.*.get.parameters[?@.name == 'dummy']", "remove": True}],
        {"paths": {"/a": {"get": {"parameters": [{"name": "x"}]}}}},
    ),
    array_deletion_of_primitives=Case(
        {"paths": {"/a": {"get": {"tags": ["dummy", "x"]}}, "/b": {"get": {"tags": ["dummy"]}}}},
        [{"target": "$.paths.*.get.tags[?@ == 'dummy']", "remove": True}],
        {"paths": {"/a": {"get": {"tags": ["x"]}}, "/b": {"get": {"tags": []}}}},
    ),
    traits=Case(
        {
            "paths": {
                "/items": {"get": {**PAGED}},
                "/items/{id}": {"get": {**PAGED, "parameters": [{"name": "id", "in": "path"}]}},
                "/other": {"get": {"x-oai-traits": ["other"]}},
                "/bare": {"get": {}},
            }
        },
        [{"target": "$.paths[?(@.get['x-oai-traits'][?(@ == 'paged')])].get", "update": {"parameters": PAGING}}],
        {
            "paths": {
                "/items": {"get": {**PAGED, "parameters": PAGING}},
                "/items/{id}": {"get": {**PAGED, "parameters": [{"name": "id", "in": "path"}, *PAGING]}},
                "/other": {"get": {"x-oai-traits": ["other"]}},
                "/bare": {"get": {}},
            }
        },
    ),
    simple_copy=Case(
        {"paths": {"/items": GET, "/some-items": DELETE}},
        [{"target": '$.paths["/some-items"]', "copy": '$.paths["/items"]'}],
        {"paths": {"/items": GET, "/some-items": {**DELETE, **GET}}},
    ),
    ensure_the_target_exists_and_copy=Case(
        {"paths": {"/items": GET, "/some-items": DELETE}},
        [
            {"target": "$.paths", "update": {"/other-items": {}}},
            {"target": '$.paths["/other-items"]', "copy": '$.paths["/items"]'},
        ],
        {"paths": {"/items": GET, "/some-items": DELETE, "/other-items": GET}},
    ),
    move=Case(
        {"paths": {"/items": GET, "/some-items": DELETE}},
        [
            {"target": "$.paths", "update": {"/new-items": {}}},
            {"target": '$.paths["/new-items"]', "copy": '$.paths["/items"]'},
            {"target": '$.paths["/items"]', "remove": True},
        ],
        {"paths": {"/some-items": DELETE, "/new-items": GET}},
    ),
)
def test_examples_of_the_specification(apply: Apply, case: Case) -> None:
    assert exact(apply(case.document, *case.actions, strict=True)) == exact(case.expected)


# --- version 1.0 ---


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1"])
@pytest.mark.parametrize(
    ("document", "action", "result"),
    [
        pytest.param({"a": [1]}, {"target": "$.a", "update": [2, 3]}, {"a": [1, [2, 3]]}, id="list-is-one-entry"),
        pytest.param({"a": [1]}, {"target": "$.a", "update": []}, {"a": [1, []]}, id="empty-list-is-an-entry"),
        pytest.param({"a": [1]}, {"target": "$.a", "update": {"b": 2}}, {"a": [1, {"b": 2}]}, id="object-is-an-entry"),
        pytest.param({"a": [1]}, {"target": "$.a", "update": 2}, {"a": [1, 2]}, id="primitive-is-an-entry"),
        pytest.param({"a": [1]}, {"target": "$", "update": {"a": [2]}}, {"a": [1, 2]}, id="list-in-an-object-merges"),
        pytest.param({"a": 1}, {"target": "$", "update": {"a": 2}}, {"a": 2}, id="primitive-by-its-parent"),
        pytest.param(
            {"a": {}, "b": []}, {"target": "$.*", "update": {"c": 1}}, {"a": {"c": 1}, "b": [{"c": 1}]}, id="both-kinds"
        ),
        pytest.param({"a": [{}, []]}, {"target": "$.a[0]", "remove": True}, {"a": [[]]}, id="remove-object"),
        pytest.param({"a": [], "b": 1}, {"target": "$.a", "remove": True}, {"b": 1}, id="remove-list"),
    ],
)
def test_version_1_0_appends_and_merges(
    apply: Apply, version: str, document: Json, action: Action, result: Json
) -> None:
    assert exact(apply(document, action, version=version)) == exact(result)


@pytest.mark.parametrize(
    ("modifier", "strict"),
    [({"update": 2}, False), ({"update": {"b": 1}}, False), ({"remove": True}, True)],
    ids=["update", "update-object", "remove"],
)
@pytest.mark.parametrize("target", ["$.text", "$.null", "$.list[0]", "$.list[?@ == 1]", "$.*"])
def test_version_1_0_selects_no_primitives(
    apply: Apply, path: Path, target: str, modifier: Action, strict: bool
) -> None:
    with pytest.raises(OverlayError) as failure:
        apply(
            {"text": "x", "null": None, "list": [1], "o": {}},
            {"target": target, **modifier},
            version="1.0.0",
            strict=strict,
        )

    assert str(failure.value) == (
        f"{path}:1: action 1 ({target}): selects a primitive value, which version 1.0 does not allow: "
        "target its parent, or write 1.1.0"
    )


def test_version_1_0_removes_a_primitive_with_a_warning_unless_strict(path: Path) -> None:
    read = overlays.read(write_overlay(path, {"target": "$.a.example", "remove": True}, version="1.0.0"))
    document: Json = {"a": {"example": 1}}

    (applied,) = overlays.apply(document, read, strict=False)

    assert document == {"a": {}}
    assert applied.warning == (
        f"{path}:1: action 1 ($.a.example): selects a primitive value, which version 1.0 does not allow: "
        "target its parent, or write 1.1.0; it is removed all the same"
    )


# --- merging, against a second implementation ---


class ClashError(Exception):
    """Two values that the specification does not let merge."""


def merged(target: Json, update: Json) -> Json:
    """The merge rules once more, as a function that changes nothing."""
    match target, update:
        case dict(), dict():
            old = {key: merged(target[key], update[key]) if key in update else target[key] for key in target}
            return old | {key: update[key] for key in update if key not in target}
        case list(), list():
            return [*target, *update]
        case (dict() | list(), _) | (_, dict() | list()):
            raise ClashError
        case _:
            return update


_keys = st.sampled_from(["a", "b", "c"])
_primitives = st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from(["", "x", 1.0])
_values = st.recursive(
    _primitives, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3), max_leaves=12
)
_objects = st.dictionaries(_keys, _values, max_size=3)
_thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("overlay")


def result_of(function: Callable[[], Json], error: type[Exception]) -> str:
    try:
        return exact(function())
    except error:
        return "error"


@_thorough
@given(target=_objects, update=_objects)
def test_update_merges_like_the_reference(folder: Path, target: Json, update: Json) -> None:
    read = overlays.read(write_overlay(folder / "test.overlay.json", {"target": "$.at[*]", "update": update}))

    def applied() -> Json:
        document = {"at": [copy.deepcopy(target), {}], "other": 1}
        overlays.apply(document, read, strict=False)
        return document

    expected = result_of(lambda: {"at": [merged(target, update), update], "other": 1}, ClashError)
    assert result_of(applied, OverlayError) == expected


@_thorough
@given(target=_objects, update=_objects)
def test_strict_refuses_an_update_exactly_if_the_document_stays_the_same(
    folder: Path, target: Json, update: Json
) -> None:
    read = overlays.read(write_overlay(folder / "test.overlay.json", {"target": "$", "update": update}))
    after = copy.deepcopy(target)
    try:
        (applied,) = overlays.apply(after, read, strict=False)
    except OverlayError:
        reject()
    stale = exact(as_floats(after)) == exact(as_floats(target))  # JSON has one kind of number: 1.0 for 1 is no change

    strictly = result_of(lambda: overlays.apply(copy.deepcopy(target), read)[0].matches, OverlayError)

    assert applied.changed is not stale
    assert strictly == ("error" if stale else "1")


def as_floats(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


# --- strictness ---


FIXED = "if the vendor fixed the defect, drop the action; else correct the target"
NEAREST = "selects nothing: there is no 'bb' at /a, and the nearest key is 'b'"
NOTHING = f"selects nothing: there is no 'x' at the root: {FIXED}"
STALE = "changes nothing: the spec already is as the action wants it; the overlay is stale, drop it"
IN_PART = "if the vendor fixed the defect in part, accept the number with make accept; else correct the target"
RIGHT = "accept the number with make accept if the action is right there; else narrow the target"


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        pytest.param({"target": "$.x", "update": {"b": 1}}, NOTHING, id="update-of-nothing"),
        pytest.param({"target": "$.x", "remove": True}, NOTHING, id="remove-of-nothing"),
        pytest.param({"target": "$.x", "copy": "$.a"}, NOTHING, id="copy-to-nothing"),
        pytest.param(
            {"target": "$.list[?@ == 3]", "remove": True},
            f"selects nothing: at /list nothing fits [?@ == 3]: {FIXED}",
            id="filter-without-match",
        ),
        pytest.param(
            {"target": "$.*.b", "update": 2, "x-expect-matches": 1},
            f"selects 2 nodes, 1 expected; they are /a/b, /c/b: {RIGHT}",
            id="more-than-expected",
        ),
        pytest.param(
            {"target": "$.a.b", "update": 2, "x-expect-matches": 2},
            f"selects 1 nodes, 2 expected: {IN_PART}",
            id="fewer-than-expected",
        ),
        pytest.param({"target": "$.x", "update": 2, "x-expect-matches": 1}, NOTHING, id="none-of-expected"),
        pytest.param(
            {"target": "$.a", "remove": True, "x-expect-matches": 0},
            f"selects 1 nodes, 0 expected; they are /a: {RIGHT}",
            id="none-expected",
        ),
        pytest.param({"target": "$.a.bb", "update": 2}, NEAREST, id="nearly-a-key"),
        pytest.param({"target": "$..bb", "update": 2}, NEAREST.replace("/a", "the root"), id="nearly-a-key-anywhere"),
        pytest.param(
            {"target": "$.a", "update": {"b": 2}, "copy": "$.c"},
            "changes nothing: update and copy cancel each other out: write two actions",
            id="update-and-copy",
        ),
        pytest.param({"target": "$.x", "update": 2, "x-expect-matches": "every"}, NOTHING, id="rule-for-nothing"),
        pytest.param(
            {"target": "$['a', 'c']", "update": {"b": 1}, "x-expect-matches": "every"}, STALE, id="rule-for-no-change"
        ),
        pytest.param(
            {"target": "$.list[*]", "update": 2, "x-expect-matches": "every"},
            "is a rule, and 1 of 2 nodes are as it wants them, /list/1: exclude them in the target, or drop the "
            "overlay if the vendor is fixing the defect",
            id="rule-that-does-not-change-each",
        ),
        pytest.param(
            {"target": "$.*.b", "copy": "$.list[1]", "x-expect-matches": 3},
            f"selects 2 nodes, 3 expected: {IN_PART}",
            id="copy-expected",
        ),
        pytest.param({"target": "$.a", "update": {"b": 1}}, STALE, id="key-as-it-is"),
        pytest.param({"target": "$.a", "update": {"b": 1.0}}, STALE, id="1.0-for-1"),
        pytest.param({"target": "$.a.b", "update": 1}, STALE, id="primitive-as-it-is"),
        pytest.param({"target": "$.a.b", "update": 1.0}, STALE, id="primitive-1.0-for-1"),
        pytest.param({"target": "$.null", "update": None}, STALE, id="null-as-it-is"),
        pytest.param({"target": "$", "update": {"null": None, "a": {"b": 1}}}, STALE, id="object-as-it-is"),
        pytest.param({"target": "$.*.b", "update": 1}, STALE, id="all-nodes-as-they-are"),
        pytest.param({"target": "$.list", "update": []}, STALE, id="empty-list"),
        pytest.param({"target": "$", "update": {"list": []}}, STALE, id="empty-list-inside"),
        pytest.param({"target": "$.a", "update": {}}, STALE, id="empty-object"),
        pytest.param({"target": "$", "update": {"a": {}}}, STALE, id="empty-object-inside"),
        pytest.param({"target": "$.a.b", "copy": "$.c.b"}, STALE, id="copy-of-the-same"),
        pytest.param({"target": "$.a"}, STALE, id="no-modifier"),
        pytest.param({"target": "$.a", "remove": False}, STALE, id="remove-false"),
    ],
)
def test_strict_refuses_an_action_that_has_lost_its_object(
    apply: Apply, path: Path, action: Action, reason: str
) -> None:
    document = {"a": {"b": 1}, "c": {"b": 1}, "list": [1, 2], "null": None}
    first = {"target": "$", "update": {"new": 1}}

    with pytest.raises(OverlayError) as failure:
        apply(document, first, action, strict=True)

    assert str(failure.value) == f"{path}:1: action 2 ({action['target']}): {reason}"
    assert (failure.value.path, failure.value.action, failure.value.target) == (str(path), 2, action["target"])
    assert apply(document, first, action, strict=False)["new"] == 1


def test_all_actions_that_fail_are_reported_in_one_run_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "fix.overlay.yaml"
    path.write_text(
        "overlay: 1.1.0\ninfo: {title: Test, version: 1.0.0}\nactions:\n"
        "  - target: $.a\n    update: {new: 1}\n    x-expect-matches: 2\n"
        "  - target: $.a.new\n    update: 2\n"
        "  - target: $.x\n    remove: true\n"
        "  - target: $.a\n    update: 1\n"
        "  - target: $.a.b\n    update: 1\n",
        encoding="utf-8",
    )
    document: Json = {"a": {"b": 1}}

    with pytest.raises(CollectedError) as failure:
        overlays.apply(document, overlays.read(path))

    failed = [error for error in failure.value.errors if isinstance(error, OverlayError)]
    assert [(error.line, error.action) for error in failed] == [(4, 1), (9, 3), (11, 4), (13, 5)]
    assert [str(error).split("): ")[1].split()[0] for error in failed] == ["selects", "selects", "an", "changes"]
    assert document == {"a": {"b": 1, "new": 2}}


def test_locations_that_the_last_effective_spec_has_not_are_named_as_new(path: Path) -> None:
    read = overlays.read(write_overlay(path, {"target": "$.*", "update": {"x": 1}, "x-expect-matches": 1}))
    previous: Json = {"old": {}}

    with pytest.raises(OverlayError) as failure:
        overlays.apply({"old": {}, "a/b": {}, "c": {}}, read, previous=lambda: previous)

    assert failure.value.reason == f"selects 3 nodes, 1 expected; new: /a~1b, /c: {RIGHT}"


def test_many_locations_are_cut_short(path: Path) -> None:
    read = overlays.read(write_overlay(path, {"target": "$.*", "update": {"x": 1}, "x-expect-matches": 1}))

    with pytest.raises(OverlayError, match=r"they are /0, .*, /9 and 3 more: accept"):
        overlays.apply({str(number): {} for number in range(13)}, read)


def test_all_faults_of_an_overlay_are_reported_in_one_run(path: Path) -> None:
    document = root(overlay=None, extra=1, info={"title": 1}, actions=[{"target": 1}, {"target": "$[", "x-other": 1}])
    path.write_text(json.dumps(document, indent=0), encoding="utf-8")

    with pytest.raises(CollectedError) as failure:
        overlays.read(path)

    reported = [str(error).removeprefix(str(path)) for error in failure.value.errors]
    assert [": ".join(line.split(": ")[:2]) for line in reported] == [
        ":14: extra is not a key of the specification; own keys start with x-",
        ":1: overlay (the version of the specification) is required",
        ":3: info.title must be a string",
        ":2: info.version is required",
        ":6: action 1",
        ":9: action 2 ($[)",
    ]


@pytest.mark.parametrize("key", ["x-expect-match", "x-expects-matches"])
def test_a_misspelt_expectation_is_refused(path: Path, key: str) -> None:
    with pytest.raises(OverlayError, match=f"{key} is not a key .* the nearest is x-expect-matches"):
        overlays.read(write_overlay(path, {"target": "$", key: 1}))


def test_strict_refuses_actions_that_undo_each_other(apply: Apply, path: Path) -> None:
    document = {"a": {"b": 1, "c": 2}}
    actions = [{"target": "$.a.b", "remove": True}, {"target": "$.a", "update": {"b": 1}}]

    with pytest.raises(OverlayError) as failure:
        apply(document, *actions, strict=True)

    assert str(failure.value) == f"{path}: {IDLE}"
    assert apply(document, *actions, strict=False) == document


def test_strict_accepts_a_replacement(apply: Apply) -> None:
    actions = [{"target": "$.a.b", "remove": True}, {"target": "$.a", "update": {"b": {"c": 1}}}]

    assert apply({"a": {"b": 1}}, *actions, strict=True) == {"a": {"b": {"c": 1}}}


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"target": "$.*.b", "update": 1}, id="one-node-of-two-changes"),
        pytest.param({"target": "$['c', 'a'].b", "update": 1}, id="the-first-of-two-changes"),
        pytest.param({"target": "$", "update": {"a": {"b": 1}, "c": {"b": 1}}}, id="one-key-of-two-changes"),
        pytest.param({"target": "$", "update": {"c": {"b": 1}, "a": {"b": 1}}}, id="the-first-key-changes"),
        pytest.param({"target": "$.a.b", "update": True}, id="true-for-1"),
        pytest.param({"target": "$.a", "update": {"b": True}}, id="true-for-1-inside"),
        pytest.param({"target": "$.false", "update": 0}, id="0-for-false"),
        pytest.param({"target": "$.a.b", "update": "1"}, id="text-for-1"),
        pytest.param({"target": "$.false", "update": None}, id="null-for-false"),
        pytest.param({"target": "$.empty", "update": None}, id="null-for-empty-text"),
        pytest.param({"target": "$", "update": {"new": None}}, id="new-null"),
        pytest.param({"target": "$", "update": {"new": {}}}, id="new-empty-object"),
        pytest.param({"target": "$.list", "update": {}}, id="empty-object-as-entry"),
        pytest.param({"target": "$.list", "update": 1}, id="same-entry-again"),
        pytest.param({"target": "$.c", "copy": "$.a"}, id="copy-of-another"),
        pytest.param({"target": "$.*.b", "update": 3, "x-expect-matches": 2}, id="as-many-as-expected"),
        pytest.param({"target": "$..b", "remove": True, "x-expect-matches": 2}, id="as-many-removed-as-expected"),
        pytest.param({"target": "$.*.b", "update": 3, "x-expect-matches": "every"}, id="each-by-a-rule"),
        pytest.param({"target": "$..b", "remove": True, "x-expect-matches": "every"}, id="each-removed-by-a-rule"),
    ],
)
def test_strict_accepts_an_action_that_changes_something(apply: Apply, action: Action) -> None:
    document = {"a": {"b": 1}, "c": {"b": 2}, "list": [1], "false": False, "empty": ""}

    result = apply(document, action, strict=True)

    assert exact(result) != exact(document)


def test_to_expect_nothing_is_to_be_content_with_it(apply: Apply) -> None:
    assert apply({"a": 1}, {"target": "$.x", "remove": True, "x-expect-matches": 0}, strict=True) == {"a": 1}


def test_strict_is_the_default_and_errors_are_raised_in_either_mode(apply: Apply, path: Path) -> None:
    read = overlays.read(write_overlay(path, {"target": "$.x", "remove": True}))

    with pytest.raises(OverlayError, match="selects nothing"):
        overlays.apply({}, read)
    for strict in (True, False):
        with pytest.raises(OverlayError, match="cannot be merged"):
            apply({"a": []}, {"target": "$", "update": {"a": 1}}, strict=strict)


def test_apply_says_what_each_action_did(path: Path) -> None:
    read = overlays.read(
        write_overlay(
            path,
            {"target": "$.*", "update": {"b": 1}},
            {"target": "$.x", "remove": True},
            {"target": "$.a.b", "update": 1},
            {"target": "$.a", "remove": True},
        )
    )

    applied = overlays.apply({"a": {"b": 1}, "c": {"b": 2}}, read, strict=False)

    assert [(entry.action.number, entry.action.target, entry.matches, entry.changed) for entry in applied] == [
        (1, "$.*", 2, True),
        (2, "$.x", 0, False),
        (3, "$.a.b", 1, False),
        (4, "$.a", 1, True),
    ]
    assert [entry.action for entry in applied] == list(read.actions)


# --- the overlay document ---


INFO = {"title": "Test", "version": "1"}
ACTION = {"target": "$.a", "update": 1}


FALSY: list[Json] = [None, False, 0, "", [], {}]


def root(**change: Json) -> Json:
    """A valid overlay with some keys replaced, or left out if None."""
    document = {"overlay": "1.1.0", "info": INFO, "actions": [ACTION], **change}
    return {key.replace("_", "-"): value for key, value in document.items() if value is not None}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(root(), id="minimal"),
        pytest.param(root(info={**INFO, "description": "Why"}), id="info-description"),
        pytest.param(root(actions=[{"target": "$"}]), id="action-without-modifier"),
        pytest.param(root(actions=[{**ACTION, "description": "Why"}]), id="action-description"),
        pytest.param(root(actions=[{**ACTION, "remove": True}]), id="update-with-remove"),
        pytest.param(root(actions=[{"target": "$", "copy": "$.a", "remove": True}]), id="copy-with-remove"),
        pytest.param(root(actions=[ACTION, {**ACTION, "x-other": 1}]), id="actions-that-differ-in-an-own-key"),
        pytest.param(root(actions=[ACTION, {"target": "$.a", "update": True}]), id="true-is-not-1"),
        pytest.param(root(x_own={}), id="own-key-at-root"),
        pytest.param(root(info={**INFO, "x-own": None}), id="own-key-in-info"),
        pytest.param(root(actions=[{**ACTION, "x-own": [1]}]), id="own-key-in-action"),
        pytest.param(root(extends="./openapi.yaml"), id="extends-a-file"),
        pytest.param(root(extends="https://example.com/openapi.yaml#"), id="extends-a-url"),
        *(pytest.param(root(overlay=v), id=f"version-{v}") for v in ("1.0.0", "1.0.1", "1.0.12", "1.1.0", "1.1.10")),
        *(pytest.param(root(actions=[{"target": "$", "update": v}]), id=f"update-{v!r}") for v in FALSY),
    ],
)
def test_a_valid_overlay_is_read(path: Path, document: Json) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")

    read = overlays.read(path)

    assert exact(read.document) == exact(document)
    assert read.path == path
    assert read.extends == document.get("extends")
    assert [(a.number, a.target) for a in read.actions] == [
        (n, a["target"]) for n, a in enumerate(document["actions"], 1)
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(
            root(overlay=None),
            "overlay (the version of the specification) is required: overlay: 1.1.0",
            id="no-version",
        ),
        pytest.param(root(overlay=1.1), "overlay must be a string", id="version-number"),
        pytest.param(root(info=None), "info is required", id="no-info"),
        pytest.param(root(info="text"), "info must be an object", id="info-text"),
        pytest.param(root(info=[]), "info must be an object", id="info-list"),
        pytest.param(root(info={"version": "1"}), "info.title is required", id="no-title"),
        pytest.param(root(info={"title": "Test"}), "info.version is required", id="no-info-version"),
        pytest.param(root(info={**INFO, "title": 100}), "info.title must be a string", id="title-number"),
        pytest.param(root(info={**INFO, "version": 1.0}), "info.version must be a string", id="info-version-number"),
        pytest.param(root(info={**INFO, "version": False}), "info.version must be a string", id="info-version-boolean"),
        pytest.param(root(info={**INFO, "title": None}), "info.title must be a string", id="title-null"),
        pytest.param(root(info={**INFO, "description": 1}), "info.description must be a string", id="info-description"),
        pytest.param(
            root(info={**INFO, "Title": "x"}),
            "info.Title is not a key of the specification; own keys start with x-; the nearest is title",
            id="info-key",
        ),
        pytest.param(
            root(overlay="1.0.0", info={**INFO, "description": "x"}),
            "info.description is not a key of the specification; own keys start with x-",
            id="info-description-in-1.0",
        ),
        pytest.param(root(extends={}), "extends must be a string", id="extends-object"),
        pytest.param(
            root(extends="http://[x"), "extends must be a URI reference: Invalid IPv6 URL", id="extends-no-uri"
        ),
        pytest.param(root(actions=None), "actions is required: a list with at least one action", id="no-actions"),
        pytest.param(root(actions=[]), "actions is required: a list with at least one action", id="empty-actions"),
        pytest.param(root(actions={}), "actions must be a list", id="actions-object"),
        pytest.param(
            root(invalid=1), "invalid is not a key of the specification; own keys start with x-", id="unknown-key"
        ),
        pytest.param(
            root(X_own=1), "X-own is not a key of the specification; own keys start with x-", id="capital-x-key"
        ),
        *(
            pytest.param(
                root(overlay=version),
                f"overlay: version {version!r} is not known here; 1.0.x and 1.1.x are",
                id=f"version-{version!r}",
            )
            for version in (
                "",
                "1",
                "1.1",
                "1.2.0",
                "2.0.0",
                "1.1.x",
                "v1.1.0",
                "1.1.0-dev",
                "1.1.0\n",
                "11.1.0",
                "1x1.0",
            )
        ),
    ],
)
def test_a_faulty_overlay_is_refused_with_its_file_and_the_key(path: Path, document: Json, reason: str) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(OverlayError) as failure:
        overlays.read(path)

    assert str(failure.value) == f"{path}:1: {reason}"
    assert (failure.value.path, failure.value.reason) == (str(path), reason)
    assert (failure.value.action, failure.value.target) == (None, None)


NOT_A_JSONPATH = "is not an RFC 9535 JSONPath: "
UNKNOWN_KEY = "is not a key of the specification; own keys start with x-"


@pytest.mark.parametrize(
    ("action", "place", "reason"),
    [
        pytest.param(123, "", "must be an object", id="number"),
        pytest.param(None, "", "must be an object", id="null"),
        pytest.param(["$"], "", "must be an object", id="list"),
        pytest.param({"update": 1}, "", "target is required", id="no-target"),
        pytest.param({"target": 100}, "", "target must be a string", id="target-number"),
        pytest.param({"target": None}, "", "target must be a string", id="target-null"),
        pytest.param({"target": "info"}, " (info)", NOT_A_JSONPATH, id="target-without-$"),
        pytest.param({"target": ""}, " ()", NOT_A_JSONPATH, id="target-empty"),
        pytest.param({"target": " $.a"}, " ( $.a)", NOT_A_JSONPATH, id="target-after-a-space"),
        pytest.param({"target": "$.a["}, " ($.a[)", NOT_A_JSONPATH, id="target-open-bracket"),
        pytest.param({"target": "$.a-b"}, " ($.a-b)", NOT_A_JSONPATH, id="target-unquoted-dash"),
        pytest.param({"target": "$.a~"}, " ($.a~)", NOT_A_JSONPATH, id="target-of-another-dialect"),
        pytest.param({"target": "$[?@.a = 1]"}, " ($[?@.a = 1])", NOT_A_JSONPATH, id="target-single-equals"),
        pytest.param(
            {"target": "$[?size(@) == 1]"}, " ($[?size(@) == 1])", NOT_A_JSONPATH, id="target-unknown-function"
        ),
        pytest.param(
            {"target": "$[9007199254740992]"}, " ($[9007199254740992])", NOT_A_JSONPATH, id="target-huge-index"
        ),
        pytest.param({"target": "$", "copy": "a"}, " ($)", "copy: " + NOT_A_JSONPATH, id="copy-without-$"),
        pytest.param({"target": "$", "copy": "$.a["}, " ($)", "copy: " + NOT_A_JSONPATH, id="copy-open-bracket"),
        pytest.param({"target": "$", "copy": 100}, " ($)", "copy must be a string", id="copy-number"),
        pytest.param({"target": "$", "copy": None}, " ($)", "copy must be a string", id="copy-null"),
        pytest.param(
            {"target": "$", "description": 10}, " ($)", "description must be a string", id="description-number"
        ),
        pytest.param({"target": "$", "remove": "true"}, " ($)", "remove must be true or false", id="remove-text"),
        pytest.param({"target": "$", "remove": 1}, " ($)", "remove must be true or false", id="remove-number"),
        pytest.param({"target": "$", "remove": None}, " ($)", "remove must be true or false", id="remove-null"),
        pytest.param(
            {"target": "$", "updates": 1}, " ($)", f"updates {UNKNOWN_KEY}; the nearest is update", id="unknown-key"
        ),
        pytest.param(
            {"target": "$", "Remove": True}, " ($)", f"Remove {UNKNOWN_KEY}; the nearest is remove", id="capital-key"
        ),
        pytest.param({"target": "$", "z": 1, "b": 1}, " ($)", f"b {UNKNOWN_KEY}", id="two-unknown-keys"),
        *(
            pytest.param(
                {"target": "$", "x-expect-matches": value},
                " ($)",
                "x-expect-matches must be an integer, or every",
                id=f"{value!r}",
            )
            for value in ("2", 2.0, True, None, "all")
        ),
        pytest.param(
            {"target": "$", "x-expect-matches": -1}, " ($)", "x-expect-matches must not be negative", id="negative"
        ),
    ],
)
def test_a_faulty_action_is_refused_with_its_number_and_target(
    path: Path, action: Json, place: str, reason: str
) -> None:
    write_overlay(path, ACTION, action)

    with pytest.raises(OverlayError) as failure:
        overlays.read(path)

    message = str(failure.value)
    assert message.startswith(f"{path}:1: action 2{place}: {reason}")
    assert message.endswith(reason) or reason.endswith(NOT_A_JSONPATH)
    assert "\n" not in message


def test_version_1_0_knows_no_copy(path: Path) -> None:
    with pytest.raises(OverlayError) as failure:
        overlays.read(write_overlay(path, {"target": "$.a", "copy": "$.b"}, version="1.0.0"))

    assert str(failure.value) == f"{path}:1: action 1 ($.a): copy {UNKNOWN_KEY}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(ACTION, ACTION, id="same"),
        pytest.param(ACTION, {"update": 1, "target": "$.a"}, id="other-order-of-keys"),
        pytest.param(ACTION, {"target": "$.a", "update": 1.0}, id="1.0-is-1"),
        pytest.param(
            {"target": "$", "update": {"a": [1, {"b": None, "c": 2}]}},
            {"target": "$", "update": {"a": [1.0, {"c": 2, "b": None}]}},
            id="deep",
        ),
    ],
)
def test_an_action_that_stands_twice_is_refused(path: Path, one: Json, other: Json) -> None:
    with pytest.raises(OverlayError) as failure:
        overlays.read(write_overlay(path, {"target": "$"}, one, {"target": "$.b"}, other))

    assert str(failure.value) == f"{path}:1: action 4: is the same as action 2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(1, True, id="1-and-true"),
        pytest.param(0, False, id="0-and-false"),
        pytest.param([1, 2], [1], id="list-and-its-start"),
        pytest.param([1], [True], id="1-and-true-in-a-list"),
        pytest.param({"a": 1}, {"a": True}, id="1-and-true-in-an-object"),
        pytest.param({"a": 1}, {"a": 1, "b": 1}, id="object-and-a-larger-one"),
        pytest.param({"a": 1}, {"b": 1}, id="other-key"),
        pytest.param({}, [], id="object-and-list"),
        pytest.param("1", 1, id="text-and-number"),
        pytest.param(None, False, id="null-and-false"),
    ],
)
def test_actions_that_differ_in_their_update_both_stand(path: Path, one: Json, other: Json) -> None:
    read = overlays.read(write_overlay(path, {"target": "$", "update": one}, {"target": "$", "update": other}))

    assert exact([action.update for action in read.actions]) == exact([[one], [other]])


def test_an_overlay_in_yaml_may_have_comments_and_unquoted_codes(tmp_path: Path) -> None:
    path = tmp_path / "test.overlay.yaml"
    path.write_text(
        "overlay: 1.1.0 # a version, no number\n"
        "info: {title: Test, version: 1.0.0}\n"
        "actions:\n"
        "  - target: $.responses # all of them\n"
        "    update: {200: {description: no}}\n",
        encoding="utf-8",
    )
    document: Json = {"responses": {"200": {}}}

    overlays.apply(document, overlays.read(path))

    assert document == {"responses": {"200": {"description": "no"}}}


# --- extends ---


@pytest.mark.parametrize(
    "extends",
    [
        "../specs/open%20api.yaml",
        "./../specs/open api.yaml",
        "../specs/open%20api.yaml#/paths",
        "../overlays/../specs/open%20api.yaml?v=1",
        "https://example.com/other.yaml",
        "file:///other.yaml",
        "urn:other",
        "//example.com/other.yaml",
        None,
    ],
)
def test_an_overlay_made_for_the_spec_or_for_no_file_is_accepted(tmp_path: Path, extends: str | None) -> None:
    read = overlay_in(tmp_path, extends)

    overlays.check_extends(read, tmp_path / "specs" / "open api.yaml")

    assert read.extends == extends


@pytest.mark.parametrize(
    "extends", ["open%20api.yaml", "../specs/other.yaml", "../specs/", "/specs/open%20api.yaml", "", "#/paths"]
)
def test_an_overlay_made_for_another_file_is_refused(tmp_path: Path, extends: str) -> None:
    read = overlay_in(tmp_path, extends)
    spec = tmp_path / "specs" / "open api.yaml"

    with pytest.raises(OverlayError) as failure:
        overlays.check_extends(read, spec)

    assert str(failure.value) == f"{read.path}: extends {extends}, and cannot be applied to {spec}"


def test_extends_is_compared_by_place_not_by_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = overlay_in(tmp_path, "../specs/open%20api.yaml")
    monkeypatch.chdir(tmp_path / "specs")

    overlays.check_extends(read, Path("open api.yaml"))
    with pytest.raises(OverlayError, match=r"cannot be applied to api\.yaml"):
        overlays.check_extends(read, Path("api.yaml"))


def overlay_in(folder: Path, extends: str | None) -> Overlay:
    for name in ("overlays", "specs"):
        (folder / name).mkdir()
    path = folder / "overlays" / "test.overlay.json"
    return overlays.read(write_overlay(path, ACTION, **({} if extends is None else {"extends": extends})))
