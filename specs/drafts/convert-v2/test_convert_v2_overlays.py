"""Necessity tests of the Convert v2 overlays: one contract each, which breaks when the overlay is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.overlays.necessity import EffectiveSpec, necessity

PROJECT = "/accounts/{account_id}/projects/{project_id}"
CHANGE = {"type": "defaultCode", "data": {"css": None, "js": "x()", "custom_js": None}}


def operations(spec: EffectiveSpec) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every operation with its route."""
    for route, path_item in spec.at("paths").items():
        for operation in path_item.values():
            yield route, operation


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from objects(child)


def body(spec: EffectiveSpec, operation_id: str) -> dict[str, Any]:
    """Return the schema of a JSON body."""
    found: dict[str, Any] = spec.operation(operation_id)["requestBody"]["content"]["application/json"]["schema"]
    return found


def response(spec: EffectiveSpec, operation_id: str, status: str = "200") -> dict[str, Any]:
    """Return the schema of a JSON response."""
    node = spec.resolve(spec.operation(operation_id)["responses"][status])
    found: dict[str, Any] = node["content"]["application/json"]["schema"]
    return found


def members(spec: EffectiveSpec, schema: str) -> list[str]:
    """Return the names of the schemas that a union refers to."""
    union = spec.schema(schema)
    return [
        member["$ref"].rsplit("/", 1)[1] for member in union.get("oneOf", union.get("anyOf", ())) if "$ref" in member
    ]


def fitting(spec: EffectiveSpec, schema: str, instance: object) -> list[str]:
    """Return the members of a union that accept an instance."""
    return [name for name in members(spec, schema) if spec.accepts(name, instance)]


@necessity("convert-v2/fix-01-openapi-version.overlay.yaml")
def test_1_null_is_marked_as_the_version_marks_it(spec: EffectiveSpec) -> None:
    """The version is one in which nullable has an effect."""
    assert any(node.get("nullable") is True for node in objects(spec.document))
    assert spec.at("openapi").startswith("3.0.")


@necessity("convert-v2/fix-02-security.overlay.yaml")
def test_2_a_request_is_signed_with_three_headers_or_sends_a_secret_key(spec: EffectiveSpec) -> None:
    """One of two ways applies to every operation, and signing names all of its headers."""
    signed, secret = spec.at("security")
    schemes = spec.at("components", "securitySchemes")
    assert {schemes[name]["name"] for name in signed} == {"Authorization", "Convert-Application-ID", "Expires"}
    assert [schemes[name]["scheme"] for name in secret] == ["bearer"]


@necessity("convert-v2/fix-03-ambiguous-templates.overlay.yaml")
def test_3_no_two_templates_match_the_same_path(spec: EffectiveSpec) -> None:
    """Every template differs from the others in its fixed parts, and takes an identifier or a key where both are."""
    shapes = Counter(re.sub(r"\{\w+\}", "{}", route) for route in spec.at("paths"))
    assert [shape for shape, count in shapes.items() if count > 1] == []
    for operation_id, name in (
        ("getExperience", "experience_id"),
        ("getGoal", "goal_id"),
        ("getFeature", "feature_id"),
    ):
        schema = spec.parameters(operation_id)[name]["schema"]
        assert spec.accepts_schema(schema, 100140422)
        assert spec.accepts_schema(schema, "homepage_headline")


@necessity("convert-v2/fix-04-placeholder-template.overlay.yaml")
def test_4_every_template_names_its_parameters(spec: EffectiveSpec) -> None:
    """The names in a template are those of the operation's path parameters."""
    for route, operation in operations(spec):
        parameters = spec.parameters(operation["operationId"]).values()
        in_path = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        assert set(re.findall(r"\{(\w+)\}", route)) == in_path, route


@necessity("convert-v2/fix-05-error-parameters.overlay.yaml")
def test_5_an_error_names_fields_or_parameters(spec: EffectiveSpec) -> None:
    """Both documented names of the fields at fault are known, as one name or several."""
    for name in ("fields", "parameters"):
        for value in ("include", ["include", "expand"]):
            assert spec.accepts("ErrorData", {"code": 422, "message": ["wrong"], name: value})
        assert not spec.accepts("ErrorData", {name: 1})


@necessity("convert-v2/fix-06-statuses.overlay.yaml")
def test_6_operations_of_a_kind_have_the_status_of_that_kind(spec: EffectiveSpec) -> None:
    """Creates may respond with 201 and updates with 200, with the body of the documented status."""
    for operation_id, documented, other in (
        ("updateProject", "201", "200"),
        ("convertExperienceVariation", "200", "201"),
        ("uploadExperienceVariationScreenshot", "200", "201"),
        ("createSubAccount", "200", "201"),
    ):
        assert response(spec, operation_id, other) == response(spec, operation_id, documented)


@necessity("convert-v2/fix-07-error-responses.overlay.yaml")
def test_7_every_operation_describes_its_errors(spec: EffectiveSpec) -> None:
    """Errors have the same body for every status."""
    for _, operation in operations(spec):
        assert response(spec, operation["operationId"], "default") == {"$ref": "#/components/schemas/ErrorData"}


@necessity("convert-v2/fix-10-daily-report-goal.overlay.yaml")
def test_10_the_goal_of_a_daily_report_has_both_names(spec: EffectiveSpec) -> None:
    """The documented name and that of a working client are known, and hold an identifier."""
    for name in ("goal", "goal_id"):
        assert spec.accepts("GetExperienceDailyReportRequestData", {name: 1001})
        assert not spec.accepts("GetExperienceDailyReportRequestData", {name: "checkout"})


@necessity("convert-v2/fix-11-hypothesis-score.overlay.yaml")
def test_11_a_score_is_a_number_or_a_string_that_holds_one(spec: EffectiveSpec) -> None:
    """The wire may have either form, and Python has a number."""
    for score in ("3.7", 3.7):
        hypothesis = {"prioritization_score_type": "PIE", "prioritization_score": score}
        assert spec.accepts("Hypothesis", hypothesis)
        assert spec.accepts("HypothesisData", hypothesis)
    assert spec.schema("HypothesisBase")["properties"]["prioritization_score"]["x-sdk-type"] == "number"


@necessity("convert-v2/fix-12-union-keys.overlay.yaml")
def test_12_the_key_that_decides_a_union_is_required(spec: EffectiveSpec) -> None:
    """No member of a union that a property decides accepts an object without the property."""
    for name, schema in spec.at("components", "schemas").items():
        if "discriminator" in schema:
            for member in members(spec, name):
                assert not spec.accepts(member, {}), f"{member} of {name}"
    for schema, key, values in (
        ("Goal", "type", ("advanced", "visits_page", "revenue", "ga_import", "code_trigger")),
        ("Audience", "type", ("permanent", "transient", "segmentation")),
        ("SE_ProcSettings", "stats_type", ("frequentist", "bayesian")),
        ("Account", "accountType", ("main", "sub")),
        ("ExperienceChange", "type", ("defaultCode", "customCode", "fullStackFeature")),
    ):
        for value in values:
            assert len(fitting(spec, schema, {key: value})) == 1


@necessity("convert-v2/fix-14-goal-rule-mapping.overlay.yaml")
def test_14_rules_of_goals_include_those_of_audiences(spec: EffectiveSpec) -> None:
    """Each rule type that an audience can have leads to a member in goals too."""
    goals, audiences = (
        spec.schema(name)["discriminator"]["mapping"] for name in ("RuleElement", "RuleElementAudience")
    )
    assert goals == audiences
    assert set(members(spec, "RuleElement")) == set(members(spec, "RuleElementAudience"))
    assert spec.accepts("RuleElement", {"rule_type": "visitor_data_exists", "value": True})


@necessity("convert-v2/fix-15-variation-union.overlay.yaml")
def test_15_a_variation_is_an_identifier_or_one_object(spec: EffectiveSpec) -> None:
    """An object fits one form, with all fields or with its identifier and changes alone."""
    assert spec.accepts("ExperienceVariation", 1001218068)
    for variation in ({"id": 1, "changes": [2]}, {"id": 1, "name": "B", "status": "running", "changes": [CHANGE]}):
        assert spec.accepts("ExperienceVariation", variation)
        assert len(fitting(spec, "ExperienceVariation", variation)) == 1


@necessity("convert-v2/fix-16-integrations-union.overlay.yaml")
def test_16_the_provider_decides_which_integration_it_is(spec: EffectiveSpec) -> None:
    """Each provider leads to one member of the union, which no integration of another provider fits."""
    items = spec.schema("ExperienceBase")["properties"]["integrations"]["items"]
    mapping = items["discriminator"]["mapping"]
    assert set(mapping) == set(spec.schema("IntegrationProvider")["enum"])
    needed = {"custom_dimension": "1", "evar": "1", "type": "ga4"}
    for provider, reference in mapping.items():
        integration = {"provider": provider, "enabled": True, **needed}
        accepting = [member["$ref"] for member in items["oneOf"] if spec.accepts_schema(member, integration)]
        assert accepting == [reference]


@necessity("convert-v2/fix-17-number-types.overlay.yaml")
def test_17_revenue_is_a_number_and_identifiers_are_whole_numbers(spec: EffectiveSpec) -> None:
    """A sum may have a fraction; an identifier or a point in time may not."""
    revenue = {"metric_type": "avg_revenue_visitor", "metric_total": 12.5}
    assert spec.accepts("ExperienceAggregatedMetricFrequentist", revenue)
    for schema, instance in (
        ("TimeRange", {"start_time": 1700000000.5}),
        ("TimeRangeRequestData", {"end_time": 1700000000.5}),
        ("ExperienceDailyReport", {"reportData": {"variations": [{"id": 1.5}]}}),
        ("ExperienceDailyTrafficAllocationReport", {"reportData": {"variations": [{"id": 1.5}]}}),
        ("StatsDataPoint", {"timestamp": 1700000000.5}),
        ("GetExperienceDailyReportRequestData", {"goal": 1.5}),
        ("ExperienceBase", {"screenshots_info": [{"variation_id": 1.5}]}),
        ("TriggerExperienceScreenshotsRequestData", {"variations": [1.5]}),
        ("GetExperienceHistoryRequestData", {"changes": [1.5]}),
        ("ApiKey", {"projects": [1.5]}),
        ("RuleElement", {"rule_type": "goal_triggered", "value": 1.5}),
        ("PlanUpdateBody", {"plan_id": 1.5}),
    ):
        assert not spec.accepts(schema, instance), schema


@necessity("convert-v2/fix-18-null-defaults.overlay.yaml")
def test_18_what_defaults_to_null_may_be_null(spec: EffectiveSpec) -> None:
    """No schema has a default that it refuses."""
    for node in objects(spec.at("components", "schemas")):
        if "default" in node and ("type" in node or "enum" in node):
            assert spec.accepts_schema(node, node["default"]), node


@necessity("convert-v2/fix-19-nullable-enums.overlay.yaml")
def test_19_null_is_among_the_values_of_what_may_be_null(spec: EffectiveSpec) -> None:
    """A nullable schema accepts null, if it lists its values too."""
    nullable = [node for node in objects(spec.at("components", "schemas")) if node.get("nullable") is True]
    for node in nullable:
        if isinstance(node.get("enum"), list):
            assert spec.accepts_schema(node, None), node
    for schema in ("GetGoalsRequestData", "GetAudiencesListRequestData"):
        assert spec.accepts(schema, {"sort_by": None, "usage": None, "sort_direction": None})


@necessity("convert-v2/fix-20-read-only.overlay.yaml")
def test_20_what_the_server_sets_is_read_only(spec: EffectiveSpec) -> None:
    """Identifiers of projects and experiences, and the time of a hypothesis, are marked as those of other objects."""
    for schema in ("Project", "Experience"):
        (own,) = (member for member in spec.schema(schema)["allOf"] if "properties" in member)
        assert own["properties"]["id"]["readOnly"] is True
    assert spec.schema("HypothesisBase")["properties"]["created_at"]["readOnly"] is True


@necessity("convert-v2/fix-21-required-beside-all-of.overlay.yaml")
def test_21_required_fields_are_part_of_all_of(spec: EffectiveSpec) -> None:
    """No schema has required fields beside allOf, and the fields are still required."""
    assert [node for node in objects(spec.at("components", "schemas")) if "allOf" in node and "required" in node] == []
    for schema, instance, required in (
        ("DomainToCreate", {"url": "https://example.com"}, ["url"]),
        ("TagToCreate", {"name": "Q3"}, ["name"]),
        ("LocationCreate", {"name": "Home", "rules": {"OR": []}}, ["name", "rules"]),
        ("CreateGaGoal", {"name": "Import", "type": "ga_import"}, ["name", "type"]),
        ("RemoveExperienceReportRequestData", {"start_time": 1, "end_time": 2}, ["start_time", "end_time"]),
    ):
        assert spec.accepts(schema, instance), schema
        for name in required:
            assert not spec.accepts(schema, {key: value for key, value in instance.items() if key != name})


@necessity("convert-v2/fix-22-score-attributes.overlay.yaml")
def test_22_a_score_needs_all_attributes_of_its_model(spec: EffectiveSpec) -> None:
    """Each model has three attributes, and none of them can be left out."""
    for schema, names in (
        ("PIE_Attributes", ("potential", "importance", "ease")),
        ("ICE_Attributes", ("impact", "confidence", "ease")),
    ):
        attributes = dict.fromkeys(names, 3)
        assert spec.accepts(schema, attributes)
        for name in names:
            assert not spec.accepts(schema, {key: value for key, value in attributes.items() if key != name})


@necessity("convert-v2/fix-23-tags.overlay.yaml")
def test_23_every_operation_has_one_tag_which_is_declared(spec: EffectiveSpec) -> None:
    """The tags that are declared are those that are used."""
    assert {len(operation["tags"]) for _, operation in operations(spec)} == {1}
    assert {tag["name"] for tag in spec.at("tags")} == {operation["tags"][0] for _, operation in operations(spec)}


@necessity("convert-v2/fix-24-section-expand.overlay.yaml")
def test_24_sections_are_expanded_by_the_list_that_is_meant_for_it(spec: EffectiveSpec) -> None:
    """The values of expand are those for expanding, not those for including."""
    items = spec.at("components", "parameters", "SectionExpand", "schema", "items")
    assert items == {"$ref": "#/components/schemas/ExperienceSectionExpandFields"}


@necessity("convert-v2/fix-25-file-url.overlay.yaml")
def test_25_a_file_that_was_read_can_be_sent_back(spec: EffectiveSpec) -> None:
    """No field of a file is read only, and no other field is allowed."""
    file = spec.schema("UploadedFileData")
    assert not any("readOnly" in field for field in file["properties"].values())
    assert spec.accepts("UploadedFileData", {"key": "a", "name": "a.png", "url": "https://example.com/a.png"})
    assert not spec.accepts("UploadedFileData", {"size": 1})


@necessity("convert-v2/fix-27-list-parameters.overlay.yaml")
def test_27_lists_in_the_query_have_brackets(spec: EffectiveSpec) -> None:
    """Every query parameter that takes a list has a name that ends in brackets, and no other has."""
    for parameter in spec.at("components", "parameters").values():
        if parameter["in"] == "query":
            assert parameter["name"].endswith("[]") == (parameter["schema"].get("type") == "array"), parameter["name"]


@necessity("convert-v2/fix-28-required-bodies.overlay.yaml")
def test_28_a_body_that_needs_a_field_is_required(spec: EffectiveSpec) -> None:
    """A body may be left out only if an empty object would be accepted."""
    for _, operation in operations(spec):
        request = operation.get("requestBody", {})
        for content in request.get("content", {}).values():
            if not spec.accepts_schema(content["schema"], {}):
                assert request.get("required") is True, operation["operationId"]


@necessity("convert-v2/fix-29-required-fields.overlay.yaml")
def test_29_an_operation_needs_the_field_that_it_is_about(spec: EffectiveSpec) -> None:
    """A status update needs its status, a search its URL, and visitor data a visitor and the data."""
    for schema, instance in (
        ("UpdateHypothesisStatusRequestData", {"status": "proven"}),
        ("GetDomainByUrlRequestData", {"url": "https://example.com"}),
        ("CheckCodeDomainRequestData", {"url": "https://example.com/a"}),
        ("UpdateVisitorDataItemRequestData", {"data": {"city": "Paris"}}),
        ("CreateVisitorDataItemRequestData", {"visitor_id": "1", "data": {}}),
    ):
        assert spec.accepts(schema, instance)
        for name in instance:
            assert not spec.accepts(schema, {key: value for key, value in instance.items() if key != name})


@necessity("convert-v2/fix-30-user-keys.overlay.yaml")
def test_30_a_user_is_found_by_one_of_two_keys(spec: EffectiveSpec) -> None:
    """Each key fits one form, which the unions name by the key."""
    accesses = [{"project": 10010}]
    for schema in ("AccountUserAccessesUpdateRequestData", "AccountUserAccessesDelete"):
        presence = spec.schema(schema)["x-sdk-discriminator"]["presence"]
        for key, value in (("user_id", "u1"), ("email", "a@example.com")):
            request = {key: value, "accesses": accesses}
            assert spec.accepts(schema, request)
            assert fitting(spec, schema, request) == [presence[key].rsplit("/", 1)[1]]
        assert not spec.accepts(schema, {"accesses": accesses})


@necessity("convert-v2/fix-31-metric-types.overlay.yaml")
def test_31_a_metric_fits_one_schema(spec: EffectiveSpec) -> None:
    """Every type of metric leads to the one member of the union that accepts it."""
    for schema in ("ExperienceAggregatedMetricReportFrequentist", "ExperienceAggregatedMetricReportBayesian"):
        mapping = spec.schema(schema)["discriminator"]["mapping"]
        assert set(mapping) == set(spec.schema("MetricTypes")["enum"])
        for metric_type, reference in mapping.items():
            metric = {"metric_type": metric_type, "metric_value": 0.5}
            assert spec.accepts(schema, metric)
            assert fitting(spec, schema, metric) == [reference.rsplit("/", 1)[1]]


@necessity("convert-v2/fix-32-simple-experience.overlay.yaml")
def test_32_the_experience_of_a_live_event_may_have_a_name(spec: EffectiveSpec) -> None:
    """An experience is accepted with its name and without."""
    for experience in ({"id": 1, "variation": 2}, {"id": 1, "name": "Home", "variation": {"id": 2, "name": "B"}}):
        assert spec.accepts("LiveDataEvent", {"event_type": "conversion", "experiences": [experience]})


@necessity("convert-v2/fix-33-export-media-type.overlay.yaml")
def test_33_an_export_is_json(spec: EffectiveSpec) -> None:
    """All responses have media types that exist."""
    types = {
        media_type
        for _, operation in operations(spec)
        for node in operation["responses"].values()
        for media_type in spec.resolve(node)["content"]
    }
    assert types == {"application/json", "text/event-stream"}


@necessity("convert-v2/fix-34-history-method.overlay.yaml")
def test_34_a_change_was_made_by_the_api_or_the_application(spec: EffectiveSpec) -> None:
    """The way of a change is one of two values, those of the filter."""
    for method in spec.schema("ChangeHistoryMethods")["enum"]:
        assert spec.accepts("ChangeHistory", {"method": method})
    assert not spec.accepts("ChangeHistory", {"method": "mail"})


@necessity("convert-v2/fix-35-boolean-values.overlay.yaml")
def test_35_a_boolean_lists_no_values(spec: EffectiveSpec) -> None:
    """No boolean has an enum."""
    assert [node for node in objects(spec.document) if node.get("type") == "boolean" and "enum" in node] == []


@necessity("convert-v2/fix-36-import-file.overlay.yaml")
def test_36_what_is_imported_is_a_file(spec: EffectiveSpec) -> None:
    """Every form has a part that is a file."""
    for _, operation in operations(spec):
        form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data")
        if form is not None:
            properties = spec.resolve(form["schema"])["properties"]
            assert [part for part in properties.values() if part.get("format") == "binary"], operation["operationId"]


@necessity("convert-v2/fix-37-nullable-references.overlay.yaml")
def test_37_references_that_may_be_null_accept_null(spec: EffectiveSpec) -> None:
    """Null is accepted wherever the vendor marks a reference or a union as nullable."""
    for schema, instance in (
        ("AccountPlans", {"experiences": {"plan": None}, "addons": [{"plan": None}]}),
        ("SubAccountPlans", {"deploy": {"plan": None}}),
        ("SE_ProcSettings", {"stats_type": "frequentist", "mab_settings": None}),
        ("AccountLiveDataRequestData", {"segments": None}),
        ("GetProjectLiveDataRequestData", {"segments": None}),
        ("GetExperienceLiveDataRequestData", {"segments": None}),
        ("LiveDataEvent", {"campaign": None}),
        ("ChangeHistory", {"project": None}),
        ("GetAudiencesListRequestData", {"type": None}),
        ("AccountSettings", {"setup_plan": {"settings": {"initiator": None, "consumer": None}}}),
        ("UserCustomization", {"key": "a", "value": None}),
        ("AccountUserAccesses", {"accesses": [{"project": None}]}),
    ):
        assert spec.accepts(schema, instance), schema
    for node in objects(spec.at("components", "schemas")):
        assert "type" in node or node.get("nullable") is not True, node


@necessity("convert-v2/fix-38-decimal-steps.overlay.yaml")
def test_38_shares_of_the_traffic_are_valid(spec: EffectiveSpec) -> None:
    """Every share with four decimals is accepted, those included that binary fractions miss."""
    for share in (12.3456, 33.3333, 100):
        assert spec.accepts("ExperienceBase", {"traffic_distribution": share})
        assert spec.accepts("ExperienceVariationBase", {"traffic_distribution": share})
    assert not spec.accepts("ExperienceBase", {"traffic_distribution": 100.5})


@necessity("convert-v2/fix-39-change-union.overlay.yaml")
def test_39_one_union_holds_all_forms_of_changes_that_are_sent(spec: EffectiveSpec) -> None:
    """A new change, a changed one and one that stays each fit one member."""
    for schema in ("ExperienceVariationUpdate", "UpdateExperienceVariationRequestData", "SectionVersionUpdate"):
        for change in ({"id": 1}, CHANGE, {"id": 1, "type": "customCode", "data": {"css": "a{}"}}):
            assert spec.accepts(schema, {"changes": [change]}), schema
            assert len(fitting(spec, "ExperienceChangeWrite", change)) == 1
    union = spec.schema("ExperienceChangeWrite")["x-sdk-discriminator"]
    assert set(union["mapping"]) == set(spec.schema("ExperienceChange")["discriminator"]["mapping"])
    assert union["defaultMapping"].endswith("/ExperienceChangeId")


@necessity("convert-v2/fix-40-untyped-values.overlay.yaml")
def test_40_lists_of_values_have_a_type(spec: EffectiveSpec) -> None:
    """Every enum has a type, but for those that hold null alone."""
    for node in objects(spec.document):
        if isinstance(node.get("enum"), list) and node["enum"] != [None]:
            assert "type" in node, node


@necessity("convert-v2/fix-41-nullable-objects.overlay.yaml")
def test_41_objects_may_be_null_where_they_are_referred_to(spec: EffectiveSpec) -> None:
    """No component that is an object is nullable, and its references accept null."""
    nullable = [name for name, schema in spec.at("components", "schemas").items() if schema.get("nullable") is True]
    assert [name for name in nullable if spec.schema(name).get("type") == "object"] == []
    for schema, instance in (
        ("Goal", {"type": "visits_page", "triggering_rule": None}),
        ("Audience", {"type": "permanent", "rules": None}),
        ("Audience", {"type": "segmentation", "rules": None}),
        ("Location", {"rules": None}),
        ("Account", {"accountType": "main", "billing": {"contract": None}}),
        ("AccountDetails", {"accountType": "main", "billing": {"payment": None}}),
        ("AccountDetails", {"accountType": "main", "stats": None}),
        ("AccountDetails", {"accountType": "sub", "stats": None}),
        ("Project", {"custom_domain": None}),
        ("GetSignalSessionsListRequestData", {"country": None, "duration": None}),
    ):
        assert spec.accepts(schema, instance), schema


@necessity("convert-v2/fix-42-exploration-rate.overlay.yaml")
def test_42_values_of_a_list_are_of_one_kind(spec: EffectiveSpec) -> None:
    """No enum has fractions, and the rate has its bounds."""
    for node in objects(spec.at("components", "schemas")):
        if isinstance(node.get("enum"), list):
            assert not [value for value in node["enum"] if isinstance(value, float)], node
    for rate in (0, 0.3, 1):
        assert spec.accepts("SE_MabSettings", {"exploration_rate": rate})
    assert not spec.accepts("SE_MabSettings", {"exploration_rate": 1.1})


@necessity("convert-v2/sdk-09-metric-names.overlay.yaml")
def test_9_a_metric_has_one_name_in_python(spec: EffectiveSpec) -> None:
    """The metrics of both reports have the same names in the same order, whatever the wire calls them."""
    names = [value.upper() for value in spec.schema("MetricTypes")["enum"]]
    assert spec.schema("DailyReportMetrics")["x-enum-varnames"] == names
    extra = spec.schema("ReportExtraStatsTypes")
    assert len(extra["x-enum-varnames"]) == len(extra["enum"])
    assert {"AVG_REVENUE_VISITOR", "AVG_PRODUCTS_ORDERED_VISITOR"} <= set(extra["x-enum-varnames"]) & set(names)


@necessity("convert-v2/sdk-51-client.overlay.yaml")
def test_51_the_client_has_a_name_and_variables(spec: EffectiveSpec) -> None:
    """The entry class and what its variables begin with are data."""
    client = spec.at("x-sdk-client")
    assert (client["name"], client["environment"]) == ("Convert", "CONVERT")


@necessity("convert-v2/sdk-52-groups.overlay.yaml")
def test_52_every_operation_is_in_a_group(spec: EffectiveSpec) -> None:
    """Operations of one tag are in one group, and each tag has its own."""
    groups = {(operation["tags"][0], operation["x-sdk-group"]) for _, operation in operations(spec)}
    assert len(groups) == len({tag for tag, _ in groups}) == len({group for _, group in groups})


@necessity("convert-v2/sdk-53-methods.overlay.yaml")
def test_53_every_operation_is_a_method(spec: EffectiveSpec) -> None:
    """No two operations of a group have the same name, and the usual verbs mean the same everywhere."""
    found = [(operation["x-sdk-group"], operation["x-sdk-method"]) for _, operation in operations(spec)]
    assert len(set(found)) == len(found)
    methods = {operation["operationId"]: operation["x-sdk-method"] for _, operation in operations(spec)}
    for prefix, method in (("clone", "duplicate"), ("delete", "delete")):
        assert {name for key, name in methods.items() if key.startswith(prefix)} == {method}
    assert methods["getExperienceAggregatedReport"] == "aggregated"
    assert methods["getExperienceDailyReport"] == "daily"


@necessity("convert-v2/sdk-54-idempotent.overlay.yaml")
def test_54_what_only_reads_may_be_sent_again(spec: EffectiveSpec) -> None:
    """Operations that say that nothing is changed are marked; other POST operations are not."""
    for path_item in spec.at("paths").values():
        if (operation := path_item.get("post")) is not None:
            reads = "Nothing is changed." in operation["description"]
            assert operation.get("x-sdk-idempotent", False) == reads, operation["operationId"]


@necessity("convert-v2/sdk-91-pagination.overlay.yaml")
def test_91_lists_come_in_pages(spec: EffectiveSpec) -> None:
    """An operation that takes a page names its arguments, and the places of items and number of pages."""
    for _, operation in operations(spec):
        if "a page at a time" in operation["description"]:
            pagination = operation["x-sdk-pagination"]
            request = {pagination["page"]: 1, pagination["size"]: 50}
            assert spec.accepts_schema(body(spec, operation["operationId"]), request)
            assert not spec.accepts_schema(body(spec, operation["operationId"]), {pagination["page"]: 0})
            listed = response(spec, operation["operationId"])
            assert not spec.accepts_schema(listed, {pagination["items"]: {}})
            assert not spec.accepts_schema(listed, {"extra": {"pagination": {"pages_count": "1"}}})
            assert pagination["pages"] == "extra.pagination.pages_count"
    images = spec.operation("getCdnImagesList")["x-sdk-pagination"]
    assert spec.accepts_schema(body(spec, "getCdnImagesList"), {images["cursor"]: "a", images["size"]: 100})


@necessity("convert-v2/sdk-92-unwrap.overlay.yaml")
def test_92_objects_in_data_are_taken_out(spec: EffectiveSpec) -> None:
    """Responses of one member, data, say so; those with more members do not."""
    for _, operation in operations(spec):
        for status in {"200", "201"} & operation["responses"].keys():
            schema = spec.resolve(response(spec, operation["operationId"], status))
            alone = schema.get("properties", {}).keys() == {"data"}
            assert (schema.get("x-sdk-unwrap") == "data") == alone, operation["operationId"]


@necessity("convert-v2/sdk-93-bind.overlay.yaml")
def test_93_account_and_project_are_given_once(spec: EffectiveSpec) -> None:
    """The bound parameters are those with which the routes start."""
    bind = spec.at("x-sdk-client", "bind")
    assert bind == {"account": ["account_id"], "project": ["account_id", "project_id"]}
    assert "/" + "/".join(f"{name.removesuffix('_id')}s/{{{name}}}" for name in bind["project"]) == PROJECT


@necessity("convert-v2/sdk-94-authentication.overlay.yaml")
def test_94_the_credentials_decide_how_requests_are_authenticated(spec: EffectiveSpec) -> None:
    """No two ways take the same credentials, and each is a security scheme that applies."""
    ways = spec.at("x-sdk-client", "auth")
    assert isinstance(ways, list)
    assert len({tuple(way["credentials"]) for way in ways}) == len(ways)
    applied = {name for requirement in spec.at("security") for name in requirement}
    assert {way["scheme"] for way in ways} <= applied


@necessity("convert-v2/sdk-95-concurrency.overlay.yaml")
def test_95_updates_take_the_key_of_the_object_that_was_read(spec: EffectiveSpec) -> None:
    """The operations that are marked are those updates whose body has the field."""
    for _, operation in operations(spec):
        key = operation.get("x-sdk-concurrency")
        if key is not None:
            assert spec.accepts_schema(body(spec, operation["operationId"]), {key: "a", "versions": [], "sections": []})
            assert not spec.accepts_schema(body(spec, operation["operationId"]), {key: 1, "versions": []})
    assert spec.operation("updateExperience")["x-sdk-concurrency"] == "concurrency_key"


@necessity("convert-v2/sdk-96-stream.overlay.yaml")
def test_96_generated_code_comes_as_a_stream_if_asked(spec: EffectiveSpec) -> None:
    """The argument that asks for the stream is part of the body, and its media type of the response."""
    operation = spec.operation("generateCodeVariant")
    stream = operation["x-sdk-stream"]
    assert spec.accepts_schema(body(spec, "generateCodeVariant"), {"content": "x", stream["argument"]: True})
    assert stream["mediaType"] in spec.resolve(operation["responses"]["200"])["content"]
