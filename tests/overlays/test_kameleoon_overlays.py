"""What each Kameleoon overlay buys: a contract that breaks when the overlay is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.specs.documents import walk
from tests.overlays.necessity import EffectiveSpec, necessity

AUDIENCE_FILTERS: dict[str, dict[str, Any]] = {
    "ExperimentAudienceFilter": {"type": "EXPERIMENT", "id": 1},
    "FavoriteAudienceFilter": {"type": "FAVORITE"},
    "GoalAudienceFilter": {"type": "GOAL"},
    "PersonalizationAudienceFilter": {"type": "PERSONALIZATION", "id": 1, "exposition": "ALL"},
    "SegmentAudienceFilter": {"type": "SEGMENT", "ids": [1]},
    "SegmentCriteriaAudienceFilter": {"type": "SEGMENT_CRITERIA", "criterias": [{"type": "PAGE_URL"}]},
}
"""The least that each filter needs."""

LISTS = (
    "get-all-accounts",
    "get-all-custom-data",
    "get-all-experiments",
    "get-all-feature-flags",
    "get-all-goals",
    "get-all-images",
    "get-all-key-moments",
    "get-all-key-pages",
    "get-all-personalizations",
    "get-all-referrers",
    "get-all-segments",
    "get-all-sites",
    "get-all-studio-recommender-blocks",
    "get-all-tags",
    "get-all-targeting-rules",
    "get-all-variations",
    "get-all-widget-studio-templates",
    "get-all-widget-studios",
    "get-all-widget-templates",
)
"""The operations that take a page, a filter and an order."""

REPORT = {"conversionType": "ALL_CONVERSION", "dateIntervals": []}
"""The least that a request for results needs, as published."""


def operations(spec: EffectiveSpec) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with its path and its method."""
    for path, path_item in spec.at("paths").items():
        for method, operation in path_item.items():
            yield path, method, operation


def filter_properties(spec: EffectiveSpec) -> Iterator[dict[str, Any]]:
    """Every property that an audience filter adds to those of its base."""
    for name in AUDIENCE_FILTERS:
        yield from spec.schema(name)["allOf"][1]["properties"].values()


def body(spec: EffectiveSpec, operation_id: str) -> dict[str, Any]:
    """The schema of an operation's request body."""
    content = spec.operation(operation_id)["requestBody"]["content"]
    schema: dict[str, Any] = content["application/json"]["schema"]
    return schema


def form(spec: EffectiveSpec, operation_id: str) -> dict[str, Any]:
    """The form that an operation takes: its schema, and how its parts are encoded."""
    found: dict[str, Any] = spec.operation(operation_id)["requestBody"]["content"]["multipart/form-data"]
    return found


def json_parameter(spec: EffectiveSpec, operation_id: str, name: str) -> dict[str, Any]:
    """The schema of a parameter that is sent as JSON text."""
    schema: dict[str, Any] = spec.parameters(operation_id)[name]["content"]["application/json"]["schema"]
    return schema


@necessity("kameleoon/fix-01-audience-request-parameter.overlay.yaml")
def test_1_global_audience_takes_its_parameters_one_by_one(spec: EffectiveSpec) -> None:
    """Each member of the request object is a parameter, and the filters are one JSON value."""
    parameters = spec.parameters("get-global-audience")
    required = {name for name, parameter in parameters.items() if parameter.get("required")}
    assert required == {"siteId", "startDate", "endDate", "analyticsLevel"}
    assert spec.accepts_schema(parameters["analyticsLevel"]["schema"], "VISIT")
    filters = json_parameter(spec, "get-global-audience", "filters")
    assert filters["type"] == "array"
    for least in AUDIENCE_FILTERS.values():
        assert spec.accepts_schema({"anyOf": filters["items"]["oneOf"]}, least)


@necessity("kameleoon/fix-02-params-io.overlay.yaml")
def test_2_lists_take_page_filter_and_order_one_by_one(spec: EffectiveSpec) -> None:
    """Every list has the four optional parameters that are sent, and none has the object that hides them."""
    condition = {"field": "siteId", "operator": "EQUAL", "parameters": [123]}
    for operation_id in LISTS:
        parameters = spec.parameters(operation_id)
        assert "paramsIO" not in parameters
        assert not any(parameters[name].get("required") for name in ("page", "perPage", "filter", "sort"))
        assert spec.accepts_schema(parameters["page"]["schema"], 1)
        assert spec.accepts_schema(parameters["perPage"]["schema"], 50)
        assert spec.accepts_schema(json_parameter(spec, operation_id, "filter"), [condition])
        sort = json_parameter(spec, operation_id, "sort")
        assert spec.accepts_schema(sort, [{"field": "name", "direction": "DESC"}])
        assert not spec.accepts_schema(sort, [{"direction": "DESC"}])


@necessity("kameleoon/fix-03-response-media-type.overlay.yaml")
def test_3_every_body_is_json(spec: EffectiveSpec) -> None:
    """No body has another media type than JSON, but for files to upload and the text of a link."""
    contents = [node for keys, node in walk(spec.document) if keys and keys[-1] == "content"]
    assert contents
    media_types = ["application/json"], ["multipart/form-data"], ["text/plain"]
    assert all(list(content) in media_types for content in contents)


@necessity("kameleoon/fix-04-security.overlay.yaml")
def test_4_every_operation_needs_a_token(spec: EffectiveSpec) -> None:
    """Each operation can be called with a bearer token or through OAuth 2, and none without either."""
    for _, _, operation in operations(spec):
        demands = operation.get("security", spec.at("security"))
        assert demands == [{"bearerAuth": []}, {"oauth2": []}]


@necessity("kameleoon/fix-07-audience-filter-discriminator.overlay.yaml")
def test_7_audience_filters_are_told_apart_by_type(spec: EffectiveSpec) -> None:
    """The union says which type leads to which filter, and leaves none out."""
    union = json_parameter(spec, "get-global-audience", "filters")["items"]
    assert union["discriminator"]["propertyName"] == "type"
    expected = {least["type"]: f"#/components/schemas/{name}" for name, least in AUDIENCE_FILTERS.items()}
    assert union["discriminator"]["mapping"] == expected
    assert {member["$ref"] for member in union["oneOf"]} == set(expected.values())


@necessity("kameleoon/fix-08-audience-filter-base-mapping.overlay.yaml")
def test_8_base_audience_filter_maps_every_type(spec: EffectiveSpec) -> None:
    """Every value of the base's type leads to a schema that is derived from the base."""
    base = spec.schema("AudienceFilter")
    mapping = base["discriminator"]["mapping"]
    assert set(mapping) == set(base["properties"]["type"]["enum"])
    for reference in mapping.values():
        derived = spec.resolve({"$ref": reference})
        assert derived["allOf"][0] == {"$ref": "#/components/schemas/AudienceFilter"}


@necessity("kameleoon/fix-09-audience-filter-type-values.overlay.yaml")
def test_9_audience_filter_has_its_own_type_only(spec: EffectiveSpec) -> None:
    """A filter belongs to exactly one member of the union."""
    for least in AUDIENCE_FILTERS.values():
        assert sum(spec.accepts(name, least) for name in AUDIENCE_FILTERS) == 1
    for name, least in AUDIENCE_FILTERS.items():
        assert spec.schema(name)["allOf"][1]["properties"]["type"]["default"] == least["type"]


@necessity("kameleoon/fix-10-audience-filter-all-of.overlay.yaml")
def test_10_audience_filter_requires_its_fields_where_it_declares_them(spec: EffectiveSpec) -> None:
    """What a filter adds to its base can be read, requirements included, without looking beside allOf."""
    for name, least in AUDIENCE_FILTERS.items():
        assert not {"required", "type"} & set(spec.schema(name))
        own = spec.schema(name)["allOf"][1]
        assert spec.accepts_schema(own, least)
        for field in least:
            assert not spec.accepts_schema(own, {key: value for key, value in least.items() if key != field})


@necessity("kameleoon/fix-11-audience-filter-read-only.overlay.yaml")
def test_11_audience_filter_can_be_sent(spec: EffectiveSpec) -> None:
    """No field of a filter, which only a request has, is reserved for responses."""
    assert not any(schema.get("readOnly") for schema in filter_properties(spec))


@necessity("kameleoon/fix-12-array-items.overlay.yaml")
def test_12_array_items_say_what_an_item_is(spec: EffectiveSpec) -> None:
    """The items of a list of identifiers are plain integers, without what belongs to the list."""
    goals = [spec.schema("ResultsRequest")["properties"][name] for name in ("goalsIds", "goalIdsCuped")]
    lists = [schema for schema in (*filter_properties(spec), *goals) if "items" in schema]
    identifiers = [schema["items"] for schema in lists if "$ref" not in schema["items"]]
    assert identifiers == [{"type": "integer", "format": "int64"}] * 5


@necessity("kameleoon/fix-13-segment-criterion.overlay.yaml")
def test_13_segment_criterion_is_an_open_object(spec: EffectiveSpec) -> None:
    """A criterion promises no subtypes, and takes the fields of any type."""
    assert "discriminator" not in spec.schema("Filter")
    assert spec.schema("Filter")["additionalProperties"] is True
    assert spec.accepts("Filter", {"type": "PAGE_URL", "include": True})
    assert not spec.accepts("Filter", {"include": True})


@necessity("kameleoon/fix-15-audience-filter-include.overlay.yaml")
def test_15_include_is_described(spec: EffectiveSpec) -> None:
    """Every filter with include says what it does."""
    properties = [spec.schema(name)["allOf"][1]["properties"] for name in AUDIENCE_FILTERS]
    assert all(found["include"]["description"] for found in properties if "include" in found)


@necessity("kameleoon/fix-17-data-code-required.overlay.yaml")
def test_17_request_for_a_computation_yields_a_code(spec: EffectiveSpec) -> None:
    """An answer without a code is invalid; a code may hold a vertical bar."""
    assert spec.accepts("DataCodeResponseIO", {"dataCode": "123|456"})
    assert not spec.accepts("DataCodeResponseIO", {})


@necessity("kameleoon/fix-19-error-responses.overlay.yaml")
def test_19_operations_declare_their_errors(spec: EffectiveSpec) -> None:
    """Every operation declares the errors that it can answer with, each with a JSON body."""
    changes = ("create", "delete", "duplicate", "partial-update", "restart", "update", "upload")
    for path, _, operation in operations(spec):
        expected = {"400", "401", "403", "429", "500"}
        if "{" in path:
            expected.add("404")
        if "requestBody" in operation:
            expected.add("422")
        if operation["operationId"].startswith(changes):
            expected.add("423")
        assert expected <= set(operation["responses"])
        for status in expected:
            assert "application/json" in spec.resolve(operation["responses"][status])["content"]


@necessity("kameleoon/fix-24-results-goals-null.overlay.yaml")
def test_24_null_asks_for_all_goals(spec: EffectiveSpec) -> None:
    """Both lists of goals can be null, which is not the same as empty or absent."""
    for name in ("goalsIds", "goalIdsCuped"):
        for value in (None, [], [123]):
            assert spec.accepts("ResultsRequest", {**REPORT, name: value})
            assert spec.accepts("ExperimentResultsRequest", {**REPORT, name: value})


@necessity("kameleoon/fix-25-experiment-results-request.overlay.yaml")
def test_25_experiment_report_needs_no_dates(spec: EffectiveSpec) -> None:
    """A report on an experiment may leave the dates out, one on a feature flag may not."""
    undated = {"conversionType": "ALL_CONVERSION"}
    assert spec.accepts_schema(body(spec, "request-experiment-results"), undated)
    assert not spec.accepts_schema(body(spec, "request-experiment-results"), {})
    assert not spec.accepts_schema(body(spec, "request-feature-flag-results"), undated)
    flags, experiments = spec.schema("ResultsRequest"), spec.schema("ExperimentResultsRequest")
    assert set(flags["properties"]) == set(experiments["properties"])


@necessity("kameleoon/fix-26-results-breakdown-and-filters.overlay.yaml")
def test_26_breakdowns_and_report_filters_keep_their_kinds(spec: EffectiveSpec) -> None:
    """The known kinds have their fields, and a kind that is not known is taken as it is."""
    assert spec.accepts("IntervalBreakdown", {"type": "INTERVAL", "interval": "DAY"})
    assert not spec.accepts("IntervalBreakdown", {"type": "INTERVAL", "interval": "DECADE"})
    assert not spec.accepts("CustomDatumBreakdown", {"type": "CUSTOM_DATUM"})
    assert not spec.accepts("CrossCampaignBreakdown", {"type": "CROSS_CAMPAIGN", "experiments": ["a"]})
    assert not spec.accepts("DeviceTypeReportFilter", {"type": "DEVICE_TYPE", "values": "PHONE"})
    unknown = {"breakdown": {"type": "MOON_PHASE", "north": True}, "filters": [{"type": "WEATHER", "sky": "BLUE"}]}
    for request in ("ResultsRequest", "ExperimentResultsRequest"):
        assert spec.accepts(request, {**REPORT, **unknown})
        properties = spec.schema(request)["properties"]
        for union in (properties["breakdown"], properties["filters"]["items"]):
            discriminator = union["x-sdk-discriminator"]
            for value, reference in discriminator["mapping"].items():
                assert spec.resolve({"$ref": reference})["properties"]["type"]["enum"] == [value]
            members = {*discriminator["mapping"].values(), discriminator["defaultMapping"]}
            assert {member["$ref"] for member in union["anyOf"]} == members


@necessity("kameleoon/fix-28-traffic-allocation-method.overlay.yaml")
def test_28_traffic_allocation_method_is_one_of_three(spec: EffectiveSpec) -> None:
    """A rule in a request takes one method, and not the three of them in one string."""
    rule = {"type": "EXPERIMENTATION"}
    assert spec.accepts("ExperimentationRuleRequest", {**rule, "trafficAllocationMethod": "MANUAL"})
    published = "CONTEXTUAL_BANDIT, MANUAL, MULTI_ARMED_BANDIT"
    assert not spec.accepts("ExperimentationRuleRequest", {**rule, "trafficAllocationMethod": published})


@necessity("kameleoon/fix-29-flag-integrations.overlay.yaml")
def test_29_integrations_are_lists(spec: EffectiveSpec) -> None:
    """An environment has lists of integrations, whose further fields are kept."""
    integration = {"integrationName": "MIXPANEL", "customVariable": 1, "region": "EU"}
    for name in ("deliveryRules", "experimentRules"):
        assert spec.accepts("EnvironmentIntegrations", {name: [integration]})
        assert not spec.accepts("EnvironmentIntegrations", {name: [{"integrationName": "NO_SUCH_TOOL"}]})
        assert not spec.accepts("EnvironmentIntegrations", {name: "<array>"})


@necessity("kameleoon/fix-31-account-update-fields.overlay.yaml")
def test_31_account_update_names_its_fields(spec: EffectiveSpec) -> None:
    """An update may send any of the known fields, each with the type that a new account has."""
    update = spec.schema("AccountUpdate")
    create = spec.schema("AccountCreate")["properties"]
    fields = {"email", "firstName", "lastName", "password", "passwordConfirm"}
    assert set(update["properties"]) == fields | {"preferredLocale", "roles", "solutions", "status"}
    assert set(update["properties"]) <= set(create)
    role = {"name": "ROLE_SITE_ADMIN", "sites": [1], "customers": [], "privileges": ["GETONE_SITE"]}
    assert spec.accepts("AccountUpdate", {"status": "DEACTIVATED", "preferredLocale": "de", "roles": [role]})
    assert spec.accepts("AccountUpdate", {})
    assert not spec.accepts("AccountUpdate", {"preferredLocale": "klingon"})
    assert not spec.accepts("AccountUpdate", {"roles": ["ROLE_SITE_ADMIN"]})
    assert spec.operation("partial-update-account")["x-evidence"]["schema"] == "observed"


@necessity("kameleoon/fix-32-main-goal-id.overlay.yaml")
def test_32_main_goal_can_be_sent_as_it_was_read(spec: EffectiveSpec) -> None:
    """The main goal of a personalization has one type, in responses and in requests."""
    personalization = {"baseURL": "https://www.example.com", "name": "Banner", "siteId": 1}
    for schema in ("Personalization", "PersonalizationCreate", "PersonalizationUpdate"):
        assert spec.accepts(schema, {**personalization, "mainGoalId": 4077})
        assert not spec.accepts(schema, {**personalization, "mainGoalId": "4077"})


@necessity("kameleoon/fix-34-image-details-part.overlay.yaml")
def test_34_the_details_of_an_image_are_one_json_object(spec: EffectiveSpec) -> None:
    """What is said about an image is one object beside the file, sent as JSON; the file alone is enough."""
    details = {"siteIds": [123], "altText": "A chameleon", "tags": ["animals"]}
    upload = form(spec, "upload-image-multiple")
    assert spec.accepts_schema(upload["schema"], {"image-to-upload": "bytes", "arg0": details})
    assert spec.accepts_schema(upload["schema"], {"image-to-upload": "bytes"})
    assert not spec.accepts_schema(upload["schema"], {"image-to-upload": "bytes", "arg0": [details]})
    assert not spec.accepts_schema(upload["schema"], {"arg0": details})
    assert upload["encoding"] == {"arg0": {"contentType": "application/json"}}
    assert upload["schema"]["x-sdk-names"] == {"image-to-upload": "image", "arg0": "metadata"}


@necessity("kameleoon/fix-35-image-upload-form.overlay.yaml")
def test_35_an_image_is_uploaded_as_a_file(spec: EffectiveSpec) -> None:
    """The upload to one site takes a form with the file, as the one to several sites does."""
    assert spec.operation("upload-image")["requestBody"]["required"] is True
    one, several = form(spec, "upload-image")["schema"], form(spec, "upload-image-multiple")["schema"]
    assert one["properties"] == {"image-to-upload": several["properties"]["image-to-upload"]}
    assert one["properties"]["image-to-upload"]["format"] == "binary"
    assert not spec.accepts_schema(one, {})


@necessity("kameleoon/fix-37-deprecated-fields.overlay.yaml")
def test_37_superseded_fields_are_deprecated(spec: EffectiveSpec) -> None:
    """Tools see that the two fields have successors, in every schema."""
    for name in ("autoOptimized", "redirectionStrings"):
        schemas = spec.at("components", "schemas").values()
        found = [schema["properties"][name] for schema in schemas if name in schema.get("properties", {})]
        assert found
        assert all(field["deprecated"] is True for field in found)


@necessity("kameleoon/fix-38-targeting-configuration.overlay.yaml")
def test_38_update_takes_every_targeting_configuration(spec: EffectiveSpec) -> None:
    """What an experiment can be read with, it can be updated with."""
    for value in spec.schema("TargetingConfiguration")["enum"]:
        assert spec.accepts("ExperimentUpdate", {"targetingConfiguration": value})
    assert not spec.accepts("ExperimentUpdate", {"targetingConfiguration": "MOON"})


@necessity("kameleoon/fix-39-optional-fields-encoding.overlay.yaml")
def test_39_optional_fields_are_joined_by_commas(spec: EffectiveSpec) -> None:
    """Every operation with optional fields sends them as one parameter."""
    found = [
        parameter
        for _, _, operation in operations(spec)
        for name, parameter in spec.parameters(operation["operationId"]).items()
        if name == "optionalFields"
    ]
    assert found
    assert all((parameter["style"], parameter["explode"]) == ("form", False) for parameter in found)


@necessity("kameleoon/fix-40-rollout-rule-unions.overlay.yaml")
def test_40_rollout_rules_are_told_apart_by_type(spec: EffectiveSpec) -> None:
    """A rule of a known type is that type's only; one of a new type is taken as it is."""
    environment = {"defaultVariationKey": "off", "environmentKey": "production", "featureEnabled": True}
    for configuration in ("EnvironmentConfiguration", "EnvironmentConfigurationRequest"):
        rules = spec.schema(configuration)["properties"]["rolloutRules"]["items"]
        mapping = rules["x-sdk-discriminator"]["mapping"]
        members = {*mapping.values(), rules["x-sdk-discriminator"]["defaultMapping"]}
        assert {member["$ref"] for member in rules["anyOf"]} == members
        for value, reference in mapping.items():
            owners = [own for own in mapping.values() if spec.accepts_schema({"$ref": own}, {"type": value})]
            assert owners == [reference]
        for value in (*mapping, "SOMETHING_NEW"):
            assert spec.accepts(configuration, {**environment, "rolloutRules": [{"type": value}]})
        assert not spec.accepts(configuration, {**environment, "rolloutRules": [{"id": 1}]})
    items = (
        spec.schema(request)["properties"]["rolloutRules"]["items"]
        for request in ("EnvironmentConfigurationRequest", "FeatureFlagEnvironmentUpdate")
    )
    assert next(items) == next(items)


@necessity("kameleoon/fix-41-bucketing-key-union.overlay.yaml")
def test_41_bucketing_keys_are_told_apart(spec: EffectiveSpec) -> None:
    """Both keys are valid, and each is one of the two only."""
    assert spec.accepts("BucketingKey", {"bucketingKeyType": "VISITOR_CODE"})
    assert spec.accepts("BucketingKey", {"bucketingKeyType": "CUSTOM_DATA", "customDataId": 1})
    assert not spec.accepts("BucketingKeyVisitorCodeDto", {"bucketingKeyType": "CUSTOM_DATA"})
    assert not spec.accepts("BucketingKeyCustomDataDto", {"customDataId": 1})
    assert set(spec.schema("BucketingKey")["discriminator"]["mapping"]) == {"VISITOR_CODE", "CUSTOM_DATA"}


@necessity("kameleoon/fix-42-search-filter-union.overlay.yaml")
def test_42_search_filter_is_a_condition_or_a_group(spec: EffectiveSpec) -> None:
    """A condition and a group of any depth are valid; what is neither is not."""
    condition = {"field": "name", "operator": "LIKE", "parameters": ["checkout"]}
    group = {"conditionalOperator": "OR", "expressions": [condition, {"field": "tags", "operator": "IS_EMPTY"}]}
    nested = {"conditionalOperator": "AND", "expressions": [condition, group]}
    for valid in (condition, group, nested):
        assert spec.accepts("SearchRequest", {"filter": valid})
    for invalid in ({}, {"operator": "IS_EMPTY"}, {"conditionalOperator": "OR"}):
        assert not spec.accepts("SearchRequest", {"filter": invalid})
    presence = spec.schema("SearchFilter")["x-sdk-discriminator"]["presence"]
    assert {member["$ref"] for member in spec.schema("SearchFilter")["oneOf"]} == set(presence.values())
    for key, reference in presence.items():
        assert key in spec.resolve({"$ref": reference})["required"]


@necessity("kameleoon/fix-43-feature-flag-site-code.overlay.yaml")
def test_43_feature_flag_may_come_without_its_site_code(spec: EffectiveSpec) -> None:
    """A flag is valid without the field that must be asked for, and with it left empty."""
    flag = {"featureKey": "checkout", "id": 1, "name": "Checkout"}
    assert spec.accepts("FeatureFlag", flag)
    assert spec.accepts("FeatureFlag", {**flag, "siteCode": ""})
    assert spec.accepts("FeatureFlag", {**flag, "siteCode": "abcdefghij"})


@necessity("kameleoon/fix-44-audience-poll-status.overlay.yaml")
def test_44_audience_poll_has_a_status(spec: EffectiveSpec) -> None:
    """There is always a status to decide by whether to poll again."""
    assert spec.accepts("AudiencePoll", {"status": "WAITING"})
    assert not spec.accepts("AudiencePoll", {"data": {}})


@necessity("kameleoon/fix-45-merge-patch-null.overlay.yaml")
def test_45_a_patch_can_set_null(spec: EffectiveSpec) -> None:
    """Every field of a PATCH body can be null."""
    bodies = [body(spec, operation["operationId"]) for _, method, operation in operations(spec) if method == "patch"]
    assert len(bodies) > 3
    for schema in (spec.resolve(found) for found in bodies):
        for name, field in schema.get("properties", {}).items():
            assert spec.accepts_schema(field, None), name


@necessity("kameleoon/fix-46-targeting-condition-union.overlay.yaml")
def test_46_targeting_conditions_are_told_apart_by_type(spec: EffectiveSpec) -> None:
    """A condition of a known type is that type's only; one of any other type, listed or not, is taken as it is."""
    union = spec.schema("TargetingConditionIO")
    discriminator = union["x-sdk-discriminator"]
    members = {*discriminator["mapping"].values(), discriminator["defaultMapping"]}
    assert {member["$ref"] for member in union["anyOf"]} == members
    for value, reference in discriminator["mapping"].items():
        least = {"targetingType": value, "weight": 1}
        owners = [own for own in discriminator["mapping"].values() if spec.accepts_schema({"$ref": own}, least)]
        assert owners == [reference]
    for value in (*discriminator["mapping"], "KEY_PAGES", "SOMETHING_NEW"):
        assert spec.accepts("TargetingConditionIO", {"targetingType": value, "weight": 1, "novelty": [1]})
    assert not spec.accepts("TargetingConditionIO", {"weight": 1})
    assert spec.schema("TargetingCondition")["additionalProperties"] is True
    assert "TargetingType" not in spec.at("components", "schemas")


@necessity("kameleoon/fix-47-condition-tree.overlay.yaml")
def test_47_tree_of_conditions_has_any_depth(spec: EffectiveSpec) -> None:
    """Nodes are checked on every level; a block needs no type, a condition keeps its fields."""
    leaf: dict[str, Any] = {"targetingType": "PAGE_TITLE", "weight": 1, "title": "Checkout"}
    for _ in range(4):
        assert spec.accepts("ConditionTreeNode", leaf)
        leaf = {"logicalOperator": "AND", "conditionData": [leaf]}
    wrong: dict[str, Any] = {"conditionData": "PAGE_TITLE"}
    for _ in range(4):
        assert not spec.accepts("ConditionTreeNode", wrong)
        wrong = {"logicalOperator": "AND", "conditionData": [wrong]}
    assert spec.schema("ConditionTreeNode")["additionalProperties"] is True


@necessity("kameleoon/fix-48-targeting-condition-weight.overlay.yaml")
def test_48_targeting_condition_needs_no_weight(spec: EffectiveSpec) -> None:
    """A condition of any type, known or not, is valid without the weight that it has by default."""
    for value in ("ACTIVE_SESSION", "JS_CODE", "KEY_PAGES"):
        assert spec.accepts("TargetingConditionIO", {"targetingType": value})
        assert not spec.accepts("TargetingConditionIO", {"targetingType": value, "weight": "high"})


@necessity("kameleoon/fix-49-base-url-null.overlay.yaml")
def test_49_experiments_and_personalizations_may_have_no_address(spec: EffectiveSpec) -> None:
    """What has no address yet can be read, whether the field is null or absent."""
    least = {"Experiment": {"name": "Test", "siteCode": "abcdefghij", "siteId": 1}}
    least["Personalization"] = {"name": "Banner", "siteId": 1}
    for schema, instance in least.items():
        assert spec.accepts(schema, instance)
        assert spec.accepts(schema, {**instance, "baseURL": None})
        assert spec.accepts(schema, {**instance, "baseURL": "https://www.example.com"})
        assert not spec.accepts(schema, {**instance, "baseURL": 1})


@necessity("kameleoon/fix-50-account-create-server-fields.overlay.yaml")
def test_50_new_account_lacks_what_the_server_gives(spec: EffectiveSpec) -> None:
    """What creates an account has the fields of an account but for those that only the server can know."""
    sent, read = (set(spec.schema(name)["properties"]) for name in ("AccountCreate", "Account"))
    assert read - sent == {"dateCreated", "id"}
    assert sent - read == {"password", "passwordConfirm"}


@necessity("kameleoon/fix-57-merge-patch-required.overlay.yaml")
def test_57_a_patch_holds_only_what_it_changes(spec: EffectiveSpec) -> None:
    """Every PATCH body is valid with any one of its fields, and with none."""
    for schema in (body(spec, found["operationId"]) for _, method, found in operations(spec) if method == "patch"):
        assert spec.accepts_schema(schema, {})
    assert spec.accepts("FeatureFlagEnvironmentUpdate", {"featureEnabled": False})


@necessity("kameleoon/fix-58-account-create-password.overlay.yaml")
def test_58_new_account_needs_no_password(spec: EffectiveSpec) -> None:
    """An account can be created with and without a password, and not without a name."""
    account = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"}
    assert spec.accepts("AccountCreate", account)
    assert spec.accepts("AccountCreate", {**account, "password": "made-up", "passwordConfirm": "made-up"})
    assert not spec.accepts("AccountCreate", {"email": "ada@example.com"})


@necessity("kameleoon/fix-59-page-minimum.overlay.yaml")
def test_59_pages_count_from_1(spec: EffectiveSpec) -> None:
    """No list and no search has a page 0."""
    pages = [spec.parameters(operation_id)["page"]["schema"] for operation_id in LISTS]
    for page in (*pages, spec.schema("SearchRequest")["properties"]["page"]):
        assert spec.accepts_schema(page, 1)
        assert not spec.accepts_schema(page, 0)


@necessity("kameleoon/fix-60-deviation-shares.overlay.yaml")
def test_60_shares_are_numbers_and_decimal_strings(spec: EffectiveSpec) -> None:
    """A share of the traffic has either form on the wire, and is a number in Python."""
    assert spec.accepts("ExperimentDeviations", {"origin": 0.5, "12345": "0.50000000"})
    assert not spec.accepts("ExperimentDeviations", {"origin": "half"})
    assert spec.schema("ExperimentDeviations")["additionalProperties"]["x-sdk-type"] == "number"


@necessity("kameleoon/sdk-51-client.overlay.yaml")
def test_51_the_client_has_a_name_and_a_way_to_authenticate(spec: EffectiveSpec) -> None:
    """The entry class, its authentication, its variables and the published rate limits are data."""
    client = spec.at("x-sdk-client")
    assert (client["name"], client["auth"], client["environment"]) == ("Kameleoon", "oauth", "KAMELEOON")
    assert client["rates"] == {"10": 50, "3600": 1000}


@necessity("kameleoon/sdk-52-groups.overlay.yaml")
def test_52_every_operation_is_in_a_group(spec: EffectiveSpec) -> None:
    """Every tag has a group of its own."""
    groups = {operation["tags"][0]: operation["x-sdk-group"] for _, _, operation in operations(spec)}
    assert len(set(groups.values())) == len(groups)
    assert all(operation["x-sdk-group"] == groups[operation["tags"][0]] for _, _, operation in operations(spec))


@necessity("kameleoon/sdk-53-methods.overlay.yaml")
def test_53_every_operation_is_a_method(spec: EffectiveSpec) -> None:
    """No two operations of a group have the same name, and PATCH is update where PUT is replace."""
    methods = [(operation["x-sdk-group"], operation["x-sdk-method"]) for _, _, operation in operations(spec)]
    assert len(set(methods)) == len(methods)
    for _, http_method, operation in operations(spec):
        if http_method in ("put", "patch"):
            assert operation["x-sdk-method"].startswith("replace" if http_method == "put" else "update")


@necessity("kameleoon/sdk-54-pagination.overlay.yaml")
def test_54_lists_and_searches_come_in_pages(spec: EffectiveSpec) -> None:
    """Every list and every search says what its page and its page size are, has both, and says how many there are."""
    paged = [operation for _, _, operation in operations(spec) if operation["x-sdk-method"] in ("list", "search")]
    assert paged
    for operation in paged:
        rule = operation["x-sdk-pagination"]
        if rule["in"] == "query":
            names = spec.parameters(operation["operationId"]).keys()
        else:
            names = spec.resolve(operation["requestBody"]["content"]["application/json"]["schema"])["properties"].keys()
        assert {rule["page"], rule["size"]} <= names
        assert rule["count"] == {"header": "X-Pagination-Page-Count"}


@necessity("kameleoon/sdk-55-results.overlay.yaml")
def test_55_requests_for_results_lead_to_their_polls(spec: EffectiveSpec) -> None:
    """Whatever answers with a data code says which operation takes it, and what its states mean."""
    code = "#/components/schemas/DataCodeResponseIO"
    requests = [
        operation
        for _, _, operation in operations(spec)
        if operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema")
        == {"$ref": code}
    ]
    assert len(requests) == 3
    for operation in requests:
        rule = operation["x-sdk-poll"]
        poll = spec.operation(rule["operation"])
        answer = spec.resolve(poll["responses"]["200"]["content"]["application/json"]["schema"])
        assert rule["code"] in spec.parameters(rule["operation"])
        assert {rule["state"], rule["outcome"]} <= answer["properties"].keys()
        assert set(rule["states"]) == set(spec.schema("PollStatus")["enum"])


@necessity("kameleoon/sdk-56-idempotent.overlay.yaml")
def test_56_what_only_reads_may_be_sent_again(spec: EffectiveSpec) -> None:
    """Searches and requests for results are POST operations that change nothing; no other is marked."""
    marked = {operation["operationId"] for _, _, operation in operations(spec) if operation.get("x-sdk-idempotent")}
    assert marked == {
        "request-experiment-results",
        "request-feature-flag-results",
        "search-feature-flags",
        "search-segments",
        "search-variations",
    }


@necessity("kameleoon/sdk-61-feature-flag-fields.overlay.yaml")
def test_61_feature_flags_are_read_with_what_they_are_addressed_by(spec: EffectiveSpec) -> None:
    """Every operation that can be asked for fields of feature flags is asked for those in their path."""
    fields = [
        spec.parameters(operation["operationId"])["optionalFields"]
        for _, _, operation in operations(spec)
        if operation["tags"] == ["FeatureFlag"] and "optionalFields" in spec.parameters(operation["operationId"])
    ]
    assert len(fields) > 2
    for parameter in fields:
        assert parameter["x-sdk-default"] == ["siteCode"]
        assert (parameter["style"], parameter["explode"]) == ("form", False)


@necessity("kameleoon/sdk-70-result-rows.overlay.yaml")
def test_70_results_are_a_table(spec: EffectiveSpec) -> None:
    """The rows of a report are those of its goals, by variation and breakdown."""
    steps = spec.at("components", "schemas", "ResultsData", "x-sdk-rows")
    assert [step.get("key") for step in steps] == ["variation", "breakdown", None, "goal"]
