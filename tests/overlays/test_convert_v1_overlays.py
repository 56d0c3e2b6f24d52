"""What each Convert v1 overlay buys: a contract that breaks when the overlay is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.overlays.necessity import EffectiveSpec, necessity

PIE = {"potential": 3, "importance": 4, "ease": 5}
ICE = {"impact": 3, "confidence": 4, "ease": 5}
WRITES = {
    "createProject",
    "updateProject",
    "createExperience",
    "updateExperience",
    "addExperienceVariation",
    "createGoal",
    "updateGoal",
    "createHypothesis",
    "updateHypothesis",
    "updateHypothesisStatus",
    "createAudience",
    "updateAudience",
}
"""The operations that send what is to be stored."""


def operations(spec: EffectiveSpec) -> Iterator[dict[str, Any]]:
    """Every operation."""
    for path_item in spec.at("paths").values():
        yield from path_item.values()


def properties(spec: EffectiveSpec, schema: str) -> dict[str, dict[str, Any]]:
    """The properties of a component schema."""
    found: dict[str, dict[str, Any]] = spec.schema(schema)["properties"]
    return found


def rule(**element: Any) -> dict[str, Any]:
    """The tree of rules around one rule."""
    return {"OR": [{"AND": [{"OR_WHEN": [element]}]}]}


@necessity("convert-v1/fix-d02-hypothesis-score.overlay.yaml")
def test_d2_a_score_is_a_number_in_both_directions(spec: EffectiveSpec) -> None:
    """The score that is read may be a number, a decimal string or empty; in Python it has the type of the one sent."""
    assert spec.accepts("HypothesisWrite", {"prioritization_score": 3.7})
    for score in (3.7, "3.7", "-1", ""):
        assert spec.accepts("Hypothesis", {"prioritization_score": score})
    for wrong in ("high", " 3.7", "3.", None, True):
        assert not spec.accepts("Hypothesis", {"prioritization_score": wrong})
    assert properties(spec, "Hypothesis")["prioritization_score"]["x-sdk-type"] == "number"


@necessity("convert-v1/fix-d03-score-bounds.overlay.yaml")
def test_d3_the_bounds_of_a_score_are_integers_from_0_to_5(spec: EffectiveSpec) -> None:
    """A list can be limited by score at all, by the whole numbers that a score can have."""
    for bound in ("scoreMin", "scoreMax"):
        for score in range(6):
            assert spec.accepts("HypothesisListRequest", {bound: score})
        for wrong in ("0", -1, 6, 2.5):
            assert not spec.accepts("HypothesisListRequest", {bound: wrong})


@necessity("convert-v1/fix-d04-hypothesis-score-attributes.overlay.yaml")
def test_d4_the_attributes_of_a_score_are_those_of_its_model(spec: EffectiveSpec) -> None:
    """A hypothesis holds PIE or ICE attributes, no literal reference, and the model beside them decides."""
    for schema in ("Hypothesis", "HypothesisWrite"):
        for model, attributes in (("PIE", PIE), ("ICE", ICE)):
            hypothesis = {"prioritization_score_type": model, "prioritization_score_attributes": attributes}
            assert spec.accepts(schema, hypothesis)
        assert not spec.accepts(schema, {"prioritization_score_attributes": {"ease": 5}})
        literal = {"$ref": "#/components/schemas/PIE_Attributes"}
        assert not spec.accepts(schema, {"prioritization_score_attributes": literal})
        union = properties(spec, schema)["prioritization_score_attributes"]["x-sdk-discriminator"]
        assert union["parentProperty"] == "prioritization_score_type"
        assert set(union["mapping"]) == set(spec.schema("PrioritizationScoreType")["enum"])


@necessity("convert-v1/fix-d05-score-attribute-schemas.overlay.yaml")
def test_d5_the_attributes_of_both_models_are_known(spec: EffectiveSpec) -> None:
    """Each model has its own three attributes, whole numbers from 1 to 5, and no object fits both models."""
    for schema, attributes, others in (("PIE_Attributes", PIE, ICE), ("ICE_Attributes", ICE, PIE)):
        assert spec.accepts(schema, attributes)
        assert not spec.accepts(schema, others)
        for name in attributes:
            for wrong in (0, 6, 2.5, "3"):
                assert not spec.accepts(schema, {**attributes, name: wrong})


@necessity("convert-v1/fix-d06-hypothesis-status.overlay.yaml")
def test_d6_hypotheses_have_statuses_of_their_own(spec: EffectiveSpec) -> None:
    """What a hypothesis can become is accepted wherever its status stands; experiences keep their six."""
    for status in ("draft", "completed", "archived", "applied", "proven", "disproven"):
        for schema in ("Hypothesis", "HypothesisWrite", "HypothesisStatusUpdate"):
            assert spec.accepts(schema, {"status": status})
        assert spec.accepts("HypothesisListRequest", {"status": [status]})
    assert not spec.accepts("Experience", {"experience_status": "proven"})


@necessity("convert-v1/fix-d07-experience-type-multipage.overlay.yaml")
def test_d7_there_are_six_types_of_experiences(spec: EffectiveSpec) -> None:
    """A multi-page test is a type of experience, in the list's filter and in the experience."""
    assert spec.accepts("ExperienceListRequest", {"experience_types": ["a/b", "multipage"]})
    assert spec.accepts("Experience", {"experience_type": "multipage"})
    assert len(spec.schema("ExperienceType")["enum"]) == 6


@necessity("convert-v1/fix-d09-experience-list-page.overlay.yaml")
def test_d9_every_list_starts_at_page_1(spec: EffectiveSpec) -> None:
    """Every list has the default page 1."""
    for entity in ("Experience", "Goal", "Hypothesis", "Audience"):
        assert properties(spec, f"{entity}ListRequest")["page"]["default"] == 1


@necessity("convert-v1/fix-d15-timestamps.overlay.yaml")
def test_d15_timestamps_are_whole_numbers(spec: EffectiveSpec) -> None:
    """Times are integers that may exceed 32 bits, and 0 stands for none."""
    for schema, names in (
        ("Experience", ("start_time", "end_time")),
        ("ReportRange", ("start_timestamp", "end_timestamp")),
    ):
        for name in names:
            assert spec.accepts(schema, {name: 0})
            assert spec.accepts(schema, {name: 1700000000})
            assert not spec.accepts(schema, {name: 1700000000.5})
            assert properties(spec, schema)[name]["format"] == "int64"


@necessity("convert-v1/fix-d18-project-created-at.overlay.yaml")
def test_d18_a_project_is_created_on_a_date(spec: EffectiveSpec) -> None:
    """The day of creation is a date."""
    assert properties(spec, "Project")["created_at"]["format"] == "date"


@necessity("convert-v1/fix-d19-hypothesis-dates.overlay.yaml")
def test_d19_a_hypothesis_starts_and_ends_on_dates(spec: EffectiveSpec) -> None:
    """Start and end are dates, in the response and in the request."""
    for schema in ("Hypothesis", "HypothesisWrite"):
        for name in ("start_date", "end_date"):
            assert properties(spec, schema)[name]["format"] == "date"


@necessity("convert-v1/fix-d20-prose-enums.overlay.yaml")
def test_d20_values_listed_in_prose_are_enums(spec: EffectiveSpec) -> None:
    """The status of a project and the type of an audience are one of the listed values."""
    for schema, name, values in (
        ("Project", "status", ("active", "inactive", "suspended")),
        ("Audience", "audience_type", ("permanent", "segmentation", "transient")),
    ):
        for value in values:
            assert spec.accepts(schema, {name: value})
        assert not spec.accepts(schema, {name: "something else"})


@necessity("convert-v1/fix-d26-server-set-fields.overlay.yaml")
def test_d26_fields_that_the_server_sets_say_so(spec: EffectiveSpec) -> None:
    """A user can read which fields the server sets; none is readOnly, so what was read can be sent back."""
    for schema, names in (
        ("Project", ("id", "account_id", "tracking_snippet", "created_at")),
        ("Experience", ("id", "start_time", "end_time")),
        ("HypothesisWrite", ("prioritization_score",)),
    ):
        for name in names:
            assert "set by the server" in properties(spec, schema)[name]["description"].lower()
            assert "readOnly" not in properties(spec, schema)[name]


@necessity("convert-v1/fix-d27-required.overlay.yaml")
def test_d27_a_write_needs_its_body_and_a_status_update_its_status(spec: EffectiveSpec) -> None:
    """No write goes without a body, no status update without a status; lists and reports need neither."""
    required = {
        operation["operationId"]
        for operation in operations(spec)
        if operation.get("requestBody", {}).get("required", False)
    }
    assert required == WRITES
    assert spec.accepts("HypothesisStatusUpdate", {"status": "draft"})
    assert not spec.accepts("HypothesisStatusUpdate", {})


@necessity("convert-v1/fix-d30-rule-value.overlay.yaml")
def test_d30_rules_compare_with_text_numbers_and_booleans(spec: EffectiveSpec) -> None:
    """The value of a rule has the type that its kind compares with, and a rule on a cookie names it."""
    for value in ("https://example.com", 3, 2.5, True):
        assert spec.accepts("RuleObject", rule(rule_type="any", value=value))
    assert not spec.accepts("RuleObject", rule(rule_type="any", value=["https://example.com"]))
    assert spec.accepts("RuleObject", rule(rule_type="cookie", key="theme", value="dark"))
    assert not spec.accepts("RuleObject", rule(rule_type="cookie", key=1))


@necessity("convert-v1/fix-d36-error-responses.overlay.yaml")
def test_d36_every_operation_describes_its_errors(spec: EffectiveSpec) -> None:
    """Whatever the status, an error has a body of the candidate form, or of any other."""
    for operation in operations(spec):
        response = spec.resolve(operation["responses"]["default"])
        schema = response["content"]["application/json"]["schema"]
        assert spec.accepts_schema(schema, {})
        assert spec.accepts_schema(schema, {"parameters": ["name"]})
        for text in ("wrong", ["wrong", "very wrong"]):
            assert spec.accepts_schema(schema, {"code": 422, "message": text, "fields": text})


@necessity("convert-v1/fix-d38-audience-is-segment.overlay.yaml")
def test_d38_an_audience_may_be_a_segment(spec: EffectiveSpec) -> None:
    """The undocumented field is known, as the boolean that clients send."""
    assert spec.accepts("Audience", {"is_segment": True})
    assert not spec.accepts("Audience", {"is_segment": "yes"})


@necessity("convert-v1/fix-d44-variation-wrapper.overlay.yaml")
def test_d44_bare_variations_are_told_from_wrapped_ones(spec: EffectiveSpec) -> None:
    """Only the documented form is valid; a bare variation is read into it with its share of the traffic."""
    assert spec.accepts("ExperienceVariation", {"variation": {"id": "1"}, "percentage": 50})
    assert not spec.accepts("ExperienceVariation", {"id": "1", "percentage": 50})
    bare = spec.schema("ExperienceVariation")["x-sdk-accepts-bare"]
    assert [bare["into"]] == spec.schema("ExperienceVariation")["required"]
    assert set(bare["lift"]) == properties(spec, "ExperienceVariation").keys() & properties(spec, "Variation")


@necessity("convert-v1/fix-d50-site-area-rule-types.overlay.yaml")
def test_d50_rules_of_a_site_area_have_the_listed_types(spec: EffectiveSpec) -> None:
    """A site area has rules of the fourteen types, with all other fields of a rule; goals and audiences have more."""
    for value in ("url", "query_string", "page_tag_custom_4"):
        assert spec.accepts("SiteArea", {"include": [{"rule_type": value, "value": "/", "matching": {}}]})
    for name in ("include", "exclude"):
        assert not spec.accepts("SiteArea", {name: [{"rule_type": "cookie"}]})
        assert not spec.accepts("SiteArea", {name: [{"rule_type": "url", "value": ["/"]}]})
    assert spec.accepts("RuleObject", rule(rule_type="cookie"))


@necessity("convert-v1/fix-d51-deprecated-operations.overlay.yaml")
def test_d51_every_operation_is_deprecated(spec: EffectiveSpec) -> None:
    """Tools see that the whole version has a successor."""
    assert all(operation["deprecated"] is True for operation in operations(spec))


@necessity("convert-v1/fix-d52-page-minimum.overlay.yaml")
def test_d52_pages_count_from_1(spec: EffectiveSpec) -> None:
    """No list has a page 0."""
    for schema in ("ListPaging", *(f"{kind}ListRequest" for kind in ("Experience", "Goal", "Hypothesis", "Audience"))):
        assert spec.accepts(schema, {"page": 1})
        assert not spec.accepts(schema, {"page": 0})


@necessity("convert-v1/sdk-d13-misspelt-names.overlay.yaml")
def test_d13_misspelt_names_are_right_in_python(spec: EffectiveSpec) -> None:
    """Python has the right spelling of what the wire spells wrong."""
    for schema, wire, name in (
        ("ReportingSettings", "curency_symbol", "currency_symbol"),
        ("Experience", "stop_looser", "stop_loser"),
    ):
        assert wire in properties(spec, schema)
        assert spec.schema(schema)["x-sdk-names"][wire] == name


@necessity("convert-v1/sdk-d14-cryptic-names.overlay.yaml")
def test_d14_settings_of_an_experience_have_telling_names(spec: EffectiveSpec) -> None:
    """Python has no abbreviated name, and calls the same thing the same in an experience and in a project."""
    names = spec.schema("Experience")["x-sdk-names"]
    cryptic = {wire for wire in properties(spec, "Experience") if wire.startswith(("min", "max"))}
    assert cryptic == {"minrun", "maxrun", "minordv", "maxordv", "minconv", "minvis", "maxvis"}
    assert cryptic <= set(names)
    alike = {names[wire] for wire in cryptic} & set(properties(spec, "ReportingSettings"))
    assert cryptic - {wire for wire in cryptic if names[wire] in alike} == {"maxrun", "maxvis"}


@necessity("convert-v1/sdk-d17-zero-one-booleans.overlay.yaml")
def test_d17_switches_are_booleans_in_python_and_0_or_1_on_the_wire(spec: EffectiveSpec) -> None:
    """Each integer that only 0 and 1 fit is a boolean in Python."""
    for name in ("include_jquery", "allow_crossdomain_tracking", "data_anonymization"):
        assert spec.accepts("Project", {name: 0})
        assert spec.accepts("Project", {name: 1})
        assert not spec.accepts("Project", {name: 2})
        assert properties(spec, "Project")[name]["x-sdk-type"] == "boolean"


@necessity("convert-v1/fix-d21-identifiers.overlay.yaml")
def test_d21_identifiers_are_strings_and_integers(spec: EffectiveSpec) -> None:
    """Every identifier in a body may have either form on the wire, and has one type in Python."""
    identifiers = [
        schema
        for name in spec.at("components", "schemas")
        for key, schema in spec.schema(name).get("properties", {}).items()
        if key == "id" or key.endswith("_id")
    ]
    assert {schema["x-sdk-type"] for schema in identifiers} == {"string", "integer"}
    for schema in identifiers:
        assert spec.accepts_schema(schema, 7)
        assert spec.accepts_schema(schema, "7")
        assert not spec.accepts_schema(schema, 0.5)


@necessity("convert-v1/sdk-d22-goal-type-names.overlay.yaml")
def test_d22_no_two_types_of_goals_have_the_same_python_name(spec: EffectiveSpec) -> None:
    """Every type of goal has a name of its own, and the plain one leads to the spelling of version 2."""
    values, names = spec.schema("GoalType")["enum"], spec.schema("GoalType")["x-enum-varnames"]
    assert len(set(names)) == len(values)
    assert dict(zip(names, values, strict=True))["DOM_INTERACTION"] == "dom_interaction"


@necessity("convert-v1/sdk-d45-client.overlay.yaml")
def test_d45_the_client_has_a_name_and_a_way_to_authenticate(spec: EffectiveSpec) -> None:
    """The entry class, its authentication and its variables are data; and users are told of version 2."""
    client = spec.at("x-sdk-client")
    assert (client["name"], client["auth"]["kind"], client["environment"]) == ("Convert", "signing", "CONVERT")
    assert client["auth"]["headers"]["application"] == "Convert-Application-ID"
    assert "version 2" in client["deprecated"]


@necessity("convert-v1/sdk-d46-groups.overlay.yaml")
def test_d46_every_operation_is_in_a_group(spec: EffectiveSpec) -> None:
    """The groups are those of the tags."""
    for operation in operations(spec):
        assert operation["x-sdk-group"] == operation["tags"][0].lower()


@necessity("convert-v1/sdk-d47-methods.overlay.yaml")
def test_d47_every_operation_is_a_method(spec: EffectiveSpec) -> None:
    """No two operations of a group have the same name."""
    methods = [(operation["x-sdk-group"], operation["x-sdk-method"]) for operation in operations(spec)]
    assert len(set(methods)) == len(methods)
    assert ("experiences", "add_variation") in methods


@necessity("convert-v1/sdk-d48-pagination.overlay.yaml")
def test_d48_lists_come_in_pages(spec: EffectiveSpec) -> None:
    """Every list says which fields of its body are the page and its size, and the body has them."""
    lists = [operation for operation in operations(spec) if operation["operationId"].endswith("List")]
    assert len(lists) == 5
    for operation in lists:
        rule = operation["x-sdk-pagination"]
        body = spec.resolve(operation["requestBody"]["content"]["application/json"]["schema"])
        assert rule["in"] == "body"
        assert {rule["page"], rule["size"]} <= body["properties"].keys()


@necessity("convert-v1/sdk-d49-idempotent.overlay.yaml")
def test_d49_what_only_reads_may_be_sent_again(spec: EffectiveSpec) -> None:
    """Lists and reports are POST operations that change nothing; what changes something is not marked."""
    for operation in operations(spec):
        assert operation.get("x-sdk-idempotent", False) == operation["operationId"].startswith("get")
