"""Effective specs: every overlay in its turn, strictly, and nothing that is not a valid OpenAPI document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import build_specs
from scripts.specs import documents, overlays
from scripts.specs.effective import build, validate
from scripts.specs.errors import DocumentError
from scripts.specs.project import ROOT, Api, find_apis
from scripts.specs.spec import Spec, SpecError
from tests.scripts.projects import API, Project, answer, files, operation, project, ref, schemas_spec, spec

PATH = Path("specs/mini-api.yaml")


def api_of(made: Project) -> Api:
    """The one API of a project."""
    (found,) = find_apis(made.root)
    return found


def append(word: str) -> dict[str, Any]:
    """An action that adds a word to the list ``x-words``."""
    return {"target": "$['x-words']", "update": [word]}


@pytest.fixture
def made(tmp_path: Path) -> Project:
    """A project whose overlays leave a trace."""
    return project(tmp_path, {**spec(), "x-words": ["spec"]})


# --- finding ---


def test_every_spec_is_an_api_with_its_overlays(made: Project) -> None:
    made.write("specs/a-second-api.yaml", spec())
    made.write_overlay("fix-b", append("b"))
    made.write_overlay("fix-a", append("a"))

    second, mini = find_apis(made.root)

    assert (second.name, second.package, second.overlays) == ("a-second-api", "a_second_api", ())
    assert (mini.name, mini.package, mini.spec) == (API, "mini_api", made.spec_path)
    assert [path.name for path in mini.overlays] == ["fix-a.overlay.yaml", "fix-b.overlay.yaml"]


def test_other_files_may_stand_beside_the_folders_of_overlays(made: Project) -> None:
    made.write("overlays/README.md", "# Overlays\n")
    made.write("specs/README.md", "# Specs\n")

    assert [api.name for api in find_apis(made.root)] == [API]


def test_the_apis_of_this_project_are_found() -> None:
    assert [api.name for api in find_apis()] == ["convert-v1", "kameleoon"]
    assert all(api.overlays for api in find_apis(ROOT))


# --- building ---


def test_overlays_apply_in_the_order_of_their_names_each_to_the_result_of_the_one_before(made: Project) -> None:
    made.write_overlay("fix-2", append("second"))
    made.write_overlay("sdk-1", {"target": "$['x-words'][?@ == 'second']", "update": "third"})
    made.write_overlay("fix-10", append("first"))

    assert build(api_of(made))["x-words"] == ["spec", "first", "third"]


def test_an_overlay_can_be_left_out(made: Project) -> None:
    for name in ("fix-1", "fix-2", "fix-3"):
        made.write_overlay(name, append(name))

    built = build(api_of(made), without=["fix-1.overlay.yaml", "fix-3.overlay.yaml"])

    assert built["x-words"] == ["spec", "fix-2"]


def test_what_builds_on_an_overlay_that_is_left_out_fails_in_a_strict_build_only(made: Project) -> None:
    made.write_overlay("fix-1", {"target": "$", "update": {"x-more": {"a": 1}}})
    made.write_overlay("fix-2", {"target": "$['x-more']", "update": {"b": 2}}, append("kept"))
    api = api_of(made)

    with pytest.raises(
        overlays.OverlayError, match=r"fix-2.overlay.yaml: action 1 \(\$\['x-more'\]\): selects nothing"
    ):
        build(api, without=["fix-1.overlay.yaml"])

    assert build(api, without=["fix-1.overlay.yaml"], strict=False)["x-words"] == ["spec", "kept"]


def test_an_overlay_left_out_is_not_even_read(made: Project) -> None:
    made.write(f"overlays/{API}/fix-1.overlay.yaml", "not: [an overlay")
    api = api_of(made)

    assert build(api, without=["fix-1.overlay.yaml"])["x-words"] == ["spec"]
    with pytest.raises(DocumentError):
        build(api)


@pytest.mark.parametrize("extends", ["../../specs/mini-api.yaml", "https://example.test/specs/other.yaml", None])
def test_an_overlay_may_say_which_spec_it_is_made_for(made: Project, extends: str | None) -> None:
    made.write_overlay("fix-1", append("applied"), **({"extends": extends} if extends else {}))

    assert build(api_of(made))["x-words"] == ["spec", "applied"]


def test_an_overlay_made_for_another_spec_is_refused(made: Project) -> None:
    made.write_overlay("fix-1", append("applied"), extends="../../specs/other.yaml")

    with pytest.raises(overlays.OverlayError, match=r"extends \.\./\.\./specs/other\.yaml"):
        build(api_of(made))


@pytest.mark.parametrize("keep_comments", [True, False])
def test_comments_are_kept_on_demand(tmp_path: Path, keep_comments: bool) -> None:
    made = project(tmp_path, "# why it is so\nopenapi: 3.0.3\n")

    text = documents.dump(build(api_of(made), keep_comments=keep_comments))

    assert ("# why it is so" in text) is keep_comments


# --- validating ---


def thing(**properties: Any) -> dict[str, Any]:
    """A spec with one object."""
    return schemas_spec(Thing={"type": "object", "properties": properties}, Other={"type": "object"})


THING = ("components", "schemas", "Thing")
NOWHERE = {"$ref": "#/components/schemas/Nowhere"}
FAULTS = [
    pytest.param(thing(a=NOWHERE), (*THING, "properties", "a", "$ref"), id="property"),
    pytest.param(
        thing(a={"type": "array", "items": NOWHERE}), (*THING, "properties", "a", "items", "$ref"), id="items"
    ),
    pytest.param(
        thing(a={"allOf": [ref("Other"), NOWHERE]}), (*THING, "properties", "a", "allOf", "1", "$ref"), id="in a list"
    ),
    *(
        pytest.param(thing(**{name: NOWHERE}), (*THING, "properties", name, "$ref"), id=f"property called {name}")
        for name in ("default", "enum", "example", "properties", "parameters", "responses", "mapping", "$ref")
    ),
    pytest.param(
        thing(properties={"type": "object", "properties": {"a": NOWHERE}}),
        (*THING, "properties", "properties", "properties", "a", "$ref"),
        id="property of a property called properties",
    ),
    *(
        pytest.param(
            schemas_spec(**{name: {"allOf": [NOWHERE]}}), ("components", "schemas", name, "allOf", "0", "$ref")
        )
        for name in ("default", "enum", "example")
    ),
    pytest.param(
        spec({"/a": {"get": operation(responses={"default": answer(NOWHERE)})}}),
        ("paths", "/a", "get", "responses", "default", "content", "application/json", "schema", "$ref"),
        id="default response",
    ),
    pytest.param(thing(a={"$ref": "#/components/Thing"}), (*THING, "properties", "a", "$ref"), id="wrong section"),
    pytest.param(
        thing(a={"$ref": "https://example.test/a.yaml"}), (*THING, "properties", "a", "$ref"), id="another document"
    ),
    pytest.param(thing(a={"$ref": "#/info/title"}), (*THING, "properties", "a", "$ref"), id="no object"),
    pytest.param(
        thing(
            a={
                "oneOf": [ref("Other")],
                "discriminator": {"propertyName": "a", "mapping": {"x": "#/components/schemas/Nowhere"}},
            }
        ),
        (*THING, "properties", "a", "discriminator", "mapping", "x"),
        id="mapping",
    ),
    pytest.param(
        thing(a={"oneOf": [ref("Other")], "x-sdk-discriminator": {"presence": {"x": "#/components/schemas/Nowhere"}}}),
        (*THING, "properties", "a", "x-sdk-discriminator", "presence", "x"),
        id="presence",
    ),
    pytest.param(
        thing(
            a={
                "oneOf": [ref("Other")],
                "x-sdk-discriminator": {
                    "presence": {"x": "#/components/schemas/Other"},
                    "defaultMapping": "#/components/schemas/Nowhere",
                },
            }
        ),
        (*THING, "properties", "a", "x-sdk-discriminator", "defaultMapping"),
        id="default of a mapping",
    ),
]


@pytest.mark.parametrize(("document", "pointer"), FAULTS)
def test_a_reference_that_leads_nowhere_is_named(document: dict[str, Any], pointer: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match="leads nowhere in this document") as caught:
        validate(Spec(document, PATH))

    assert caught.value.pointer == pointer
    assert str(caught.value).startswith(f"{PATH}#{documents.json_pointer(pointer)}: the reference ")


QUOTED = {"$ref": "#/nowhere", "mapping": {"x": "#/nowhere"}}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(thing(a={"type": "object", "example": QUOTED}), id="example of a schema"),
        pytest.param(thing(a={"example": [{"deep": QUOTED}]}), id="deep in an example"),
        pytest.param(
            spec(
                {
                    "/a": {
                        "get": operation(
                            responses={
                                "200": {
                                    "description": "x",
                                    "content": {"application/json": {"examples": {"one": {"value": QUOTED}}}},
                                }
                            }
                        )
                    }
                }
            ),
            id="examples of a body",
        ),
        pytest.param(thing(a={"enum": [{"mapping": {"x": "#/nowhere"}}]}), id="enum"),
        pytest.param(thing(a={"default": {"mapping": {"x": "#/nowhere"}}}), id="default"),
    ],
)
def test_what_is_quoted_is_no_reference(document: dict[str, Any]) -> None:
    validate(Spec(document, PATH))


@pytest.mark.parametrize("version", ["3.1.0", "3.2.0", "2.0", "", 3, 3.0, None])
def test_only_openapi_3_0_is_taken(version: object) -> None:
    with pytest.raises(SpecError, match=r"openapi must be 3\.0\.x") as caught:
        validate(Spec(spec(openapi=version), PATH))

    assert caught.value.pointer == ("openapi",)


@pytest.mark.parametrize("version", ["3.0.0", "3.0.3", "3.0.4"])
def test_every_openapi_3_0_is_taken(version: str) -> None:
    validate(Spec(spec(openapi=version), PATH))


INVALID = [
    pytest.param(spec(info={"title": "x"}), ("info",), "'version' is a required property", id="missing key"),
    pytest.param(spec({"things": {}}), ("paths",), "'things' does not match", id="path without a slash"),
    pytest.param(
        spec({"/a": {"get": operation(), "gett": {}}}), ("paths", "/a"), "'gett' does not match", id="misspelt key"
    ),
    pytest.param(
        spec({"/a/{b}": {"get": operation()}}), (), "Path parameter 'b'", id="path parameter that is not declared"
    ),
    pytest.param(
        spec({"/a": {"get": operation()}, "/b": {"get": operation()}}), (), "is not unique", id="operationId twice"
    ),
]


@pytest.mark.parametrize(("document", "pointer", "reason"), INVALID)
def test_an_invalid_spec_is_named_with_its_place(
    document: dict[str, Any], pointer: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(SpecError) as caught:
        validate(Spec(document, PATH))

    assert reason in caught.value.reason
    assert caught.value.pointer == pointer


def test_a_document_at_which_the_validator_fails_is_refused_too() -> None:
    with pytest.raises(SpecError, match="is no valid OpenAPI: KeyError"):
        validate(Spec(spec({"/a": {"get": operation(parameters=[ref("Thing")])}}, {"Thing": {}}), PATH))


def test_validating_changes_nothing() -> None:
    document = thing(a=ref("Other"))

    validate(Spec(document, PATH))

    assert document == thing(a=ref("Other"))


# --- resolving ---


DOCUMENT: dict[str, Any] = {
    "a": {"b/c": {"d~e": {"found": True}}},
    "one": {"$ref": "#/two"},
    "two": {"$ref": "#/a/b~1c/d~0e"},
    "circle": {"$ref": "#/circle"},
    "list": [{"found": True}],
    "text": "x",
}


def test_references_are_followed_to_their_end() -> None:
    assert Spec(DOCUMENT, PATH).resolve({"$ref": "#/one"}) == {"found": True}
    assert Spec(DOCUMENT, PATH).resolve({"no": "reference"}) == {"no": "reference"}


@pytest.mark.parametrize("reference", ["#/nowhere", "#/circle", "#/text", "#/text/x", "#/list", "#/list/0", "a", "", 1])
def test_a_reference_must_lead_to_an_object(reference: object) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        Spec(DOCUMENT, PATH).resolve({"$ref": reference})


# --- command line ---


def test_the_command_writes_the_effective_specs(
    made: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.write_overlay("fix-1", append("applied"))
    output = tmp_path / "out"

    assert build_specs.main(["--root", str(made.root), "--output", str(output)]) == 0

    assert set(files(output)) == {"mini-api.yaml"}
    assert yaml.safe_load((output / "mini-api.yaml").read_text(encoding="utf-8"))["x-words"] == ["spec", "applied"]
    assert capsys.readouterr().out == "mini-api: 1 overlays apply, the effective spec is valid\n"


def test_without_an_output_the_command_only_checks(made: Project) -> None:
    before = files(made.root)

    assert build_specs.main(["--root", str(made.root)]) == 0

    assert files(made.root) == before


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("specs/zzz.yaml", "broken: [", id="broken YAML"),
        pytest.param("specs/zzz.yaml", spec(openapi="3.1.0"), id="OpenAPI 3.1"),
        pytest.param(f"overlays/{API}/fix-2.overlay.yaml", {"overlay": "1.1.0"}, id="invalid overlay"),
        pytest.param(f"overlays/{API}/notes.txt", "x", id="file that is no overlay"),
    ],
)
def test_the_command_names_the_file_and_writes_nothing(
    made: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, content: str | dict[str, Any]
) -> None:
    written = made.write(path, content)
    output = tmp_path / "out"

    assert build_specs.main(["--root", str(made.root), "--output", str(output)]) == 1

    assert capsys.readouterr().err.startswith(str(written))
    assert not output.exists()


def test_the_command_refuses_unknown_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_specs.main(["--nonsense"])

    assert caught.value.code == 2
    assert "--nonsense" in capsys.readouterr().err
