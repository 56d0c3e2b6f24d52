"""The hand-maintained specs and the effective ones: valid, with provenance, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from scripts.specs.documents import load, plain, walk
from scripts.specs.effective import build, validate
from scripts.specs.project import Api, find_apis
from scripts.specs.spec import METHODS, Spec

APIS = pytest.mark.parametrize("api", find_apis(), ids=lambda api: api.name)

ROUTES = {"documented", "observed", "reconstructed", "guessed"}
SCHEMAS = {"documented", "observed", "reconstructed"}
# The vendor's tags in the vendor's order; those without operations yet have their comment line, too.
TAGS = {
    "convert-v1": ["Projects", "Experiences", "Goals", "Hypotheses", "Audiences", "Reports"],
    "kameleoon": [
        *("Account", "FeatureFlag", "Site", "CustomData", "Experiment", "Goal", "Image", "KeyMoment", "KeyPage"),
        *("Personalization", "ProjectThemeConfig", "RecommenderBlock", "Referrer", "Segment"),
        *("StudioRecommenderBlock", "Tag", "Takeaway", "TakeawayComment", "TargetingRule", "Theme", "Variation"),
        *("Widget", "WidgetStudio", "WidgetStudioTemplate", "Audience", "Data", "Raw Export"),
    ],
}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, with what to call it in a message."""
    for route, item in document["paths"].items():
        for method in (method for method in METHODS if method in item):
            yield f"{method.upper()} {route}", item[method]


@APIS
def test_the_spec_as_published_is_a_valid_openapi_document(api: Api) -> None:
    assert list(OpenAPIV30SpecValidator(load(api.spec, keep_comments=False)).iter_errors()) == []


@APIS
def test_the_effective_spec_is_valid_and_every_reference_leads_somewhere(api: Api) -> None:
    validate(Spec(build(api, keep_comments=False), api.spec))


@APIS
def test_every_operation_says_what_it_rests_on(api: Api) -> None:
    for name, operation in operations(load(api.spec, keep_comments=False)):
        evidence = operation["x-evidence"]
        assert evidence["route"] in ROUTES, name
        assert evidence["schema"] in SCHEMAS, name
        assert evidence["source"].strip(), name
        assert evidence.keys() <= {"route", "schema", "source", "note"}, name
        if {evidence["route"], evidence["schema"]} - {"documented", "observed"}:
            assert evidence["note"].strip(), name


@APIS
def test_every_operation_has_an_id_of_its_own_one_tag_and_prose(api: Api) -> None:
    document = load(api.spec, keep_comments=False)
    found = dict(operations(document))

    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    for name, operation in found.items():
        assert len(operation["tags"]) == 1, name
        assert operation["summary"], name
        assert operation["description"].rstrip().endswith("."), name
    assert {operation["tags"][0] for operation in found.values()} <= {tag["name"] for tag in document["tags"]}


@APIS
def test_the_tags_are_those_of_the_vendor(api: Api) -> None:
    assert [tag["name"] for tag in load(api.spec, keep_comments=False)["tags"]] == TAGS[api.name]


@APIS
def test_the_spec_says_where_the_vendor_can_be_asked(api: Api) -> None:
    info = load(api.spec, keep_comments=False)["info"]

    assert info["contact"]["name"]
    assert info["contact"]["url"].startswith("https://")


@APIS
def test_operations_stand_under_the_comment_line_of_their_tag_in_the_vendors_order(api: Api) -> None:
    lines = api.spec.read_text(encoding="utf-8").splitlines()
    paths = lines[lines.index("paths:") + 1 : lines.index("components:")]
    headings = [match[1] for line in paths if (match := re.fullmatch(r"  # --- (.+) ---", line))]
    assert headings == TAGS[api.name]

    document = load(api.spec, keep_comments=False)
    heading = ""
    for line in paths:
        if match := re.fullmatch(r"  # --- (.+) ---", line):
            heading = match[1]
        elif match := re.fullmatch(r"  ['\"]?(/[^'\"]*)['\"]?:", line):
            item = document["paths"][match[1]]
            assert {item[method]["tags"][0] for method in METHODS if method in item} == {heading}, match[1]


def test_the_evidence_of_convert_routes() -> None:
    """6 routes were seen in real client code, 14 are reconstructed from those, 5 are guesses."""
    (api,) = (api for api in find_apis() if api.name == "convert-v1")
    routes = [operation["x-evidence"]["route"] for _, operation in operations(load(api.spec, keep_comments=False))]

    assert {route: routes.count(route) for route in set(routes)} == {"observed": 6, "reconstructed": 14, "guessed": 5}


@APIS
def test_a_guessed_route_names_the_other_plausible_ones(api: Api) -> None:
    for name, operation in operations(load(api.spec, keep_comments=False)):
        if operation["x-evidence"]["route"] == "guessed":
            assert re.search(r"/\w|plausible", operation["x-evidence"]["note"]), name


@APIS
def test_the_spec_holds_no_extension_for_the_generator(api: Api) -> None:
    """Such keys come from overlays: a spec says what the vendor says."""
    for pointer, node in walk(load(api.spec, keep_comments=False)):
        if isinstance(node, dict) and pointer:
            assert not [key for key in node if key.startswith("x-") and key != "x-evidence"], pointer


@APIS
def test_comments_of_the_spec_reach_the_effective_spec(api: Api) -> None:
    text = (api.spec.parent.parent / "generated" / "specs" / f"{api.name}.yaml").read_text(encoding="utf-8")

    assert [line for line in TAGS[api.name] if f"# --- {line} ---" not in text] == []


@APIS
def test_reading_with_and_without_comments_gives_the_same_data(api: Api) -> None:
    assert plain(load(api.spec)) == load(api.spec, keep_comments=False)
