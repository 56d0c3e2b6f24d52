"""Every operation of both specs, through the clients and over real sockets, sync and async."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable

import pytest
from abwire import File
from abwire.convert_v1 import models as convert_models
from abwire.kameleoon import models

from abwire_core.errors import NotFoundError
from abwire_sandbox import Sandbox
from tests.client.apis import api
from tests.sandbox.callers import Caller

pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]

OCTOBER = models.DateInterval(
    start=datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC), end=datetime.datetime(2026, 10, 8, tzinfo=datetime.UTC)
)


def accounts(call: Caller) -> None:
    person = models.AccountCreate(
        email="new@example.org", first_name="New", last_name="Person", password="x", password_confirm="x"
    )
    created = call("kameleoon.accounts.create", person)
    assert call("kameleoon.accounts.get", created.id).email == "new@example.org"
    assert created.id in [account.id for account in call("kameleoon.accounts.list")]
    updated = call("kameleoon.accounts.update", created.id, models.AccountUpdate(first_name="Newer"))
    assert (updated.first_name, updated.last_name) == ("Newer", "Person")
    call("kameleoon.accounts.delete", created.id)
    with pytest.raises(NotFoundError):
        call("kameleoon.accounts.get", created.id)


def sites(call: Caller) -> None:
    created = call("kameleoon.sites.create", models.SiteCreate(name="Shop", url="https://shop.example"))
    assert len(created.code) == 10
    assert call("kameleoon.sites.get_by_code", created.code).id == created.id
    created.description = "ours"
    assert call("kameleoon.sites.replace", created.id, created).description == "ours"
    assert call("kameleoon.sites.update", created.id, models.SiteUpdate(name="Store")).name == "Store"
    assert call("kameleoon.sites.get", created.id).description == "ours"
    assert created.id in [site.id for site in call("kameleoon.sites.list")]
    call("kameleoon.sites.delete", created.id)
    with pytest.raises(NotFoundError):
        call("kameleoon.sites.get", created.id)


def custom_data(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    body = models.CustomDataCreate(name="tier", method=models.CustomDataMethod.SDK, site_id=site.id)
    created = call("kameleoon.custom_data.create", body)
    created.description = "ours"
    assert call("kameleoon.custom_data.replace", created.id, created).description == "ours"
    assert call("kameleoon.custom_data.update", created.id, models.CustomDataUpdate(name="rank")).name == "rank"
    assert call("kameleoon.custom_data.get", created.id).description == "ours"
    assert created.id in [found.id for found in call("kameleoon.custom_data.list")]
    call("kameleoon.custom_data.delete", created.id)
    with pytest.raises(NotFoundError):
        call("kameleoon.custom_data.get", created.id)


def goals(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    created = call(
        "kameleoon.goals.create",
        models.GoalCreate(name="Sold", site_id=site.id, type_=models.GoalType.CUSTOM, has_multiple_conversions=False),
    )
    assert created.is_active is True
    assert created.id in [goal.id for goal in call("kameleoon.goals.list", per_page=200)]
    updated = call("kameleoon.goals.update", created.id, models.GoalUpdate(description="a sale"))
    assert (updated.name, updated.description) == ("Sold", "a sale")
    replaced = call("kameleoon.goals.replace", created.id, models.GoalReplace(name="Sold again"))
    assert (replaced.name, replaced.site_id) == ("Sold again", site.id)
    assert call("kameleoon.goals.get", created.id) == replaced
    call("kameleoon.goals.delete", created.id)
    with pytest.raises(NotFoundError):
        call("kameleoon.goals.get", created.id)


def experiments(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    body = models.ExperimentCreate(name="Bigger button", site_id=site.id, base_url="https://example.org")
    created = call("kameleoon.experiments.create", body)
    assert (created.status, created.site_code) == ("DRAFT", site.code)
    variation = call("kameleoon.variations.create", models.VariationCreate(name="Big", site_id=site.id))
    updated = call("kameleoon.experiments.update", created.id, models.ExperimentUpdate(variations=[variation.id]))
    assert updated.variations == [variation.id]
    action = models.ExperimentAction
    status = [
        call("kameleoon.experiments.update", created.id, models.ExperimentUpdate(), action=step).status
        for step in (action.ACTIVATE, action.PAUSE, action.RESUME, action.STOP)
    ]
    assert status == ["ACTIVE", "PAUSED", "ACTIVE", "STOPPED"]
    call("kameleoon.experiments.restart", created.id, models.ExperimentRestart())
    assert call("kameleoon.experiments.get", created.id).status == "ACTIVE"
    assert str(created.id) in call("kameleoon.experiments.simulate", created.id)
    copied = call("kameleoon.experiments.duplicate", created.id)
    assert (copied.name, copied.status) == ("Bigger button (copy)", "DRAFT")
    assert copied.id in [found.id for found in call("kameleoon.experiments.list")]
    rule = models.TargetingRuleCreate(site_id=site.id, segment_configuration=models.TargetingConfiguration.ALL_VISITORS)
    made = call("kameleoon.targeting_rules.create", rule, experiment_id=created.id)
    assert call("kameleoon.targeting_rules.get", made.id) == made
    assert made.id in [found.id for found in call("kameleoon.targeting_rules.list")]
    assert call("kameleoon.experiments.get", created.id).targeting_rule_id == made.id
    call("kameleoon.experiments.delete", copied.id)
    with pytest.raises(NotFoundError):
        call("kameleoon.experiments.get", copied.id)


def variations(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    created = call("kameleoon.variations.create", models.VariationCreate(name="Blue", site_id=site.id))
    assert call("kameleoon.variations.update", created.id, models.VariationUpdate(css_code="a{}")).css_code == "a{}"
    replaced = call(
        "kameleoon.variations.replace", created.id, models.VariationReplace(name="Green", site_id=site.id, js_code="1")
    )
    assert (replaced.name, replaced.js_code) == ("Green", "1")
    assert call("kameleoon.variations.get", created.id).name == "Green"
    condition = models.FilterCondition(field="name", operator=models.FilterOperator.EQUAL, parameters=["Green"])
    assert [found.id for found in call("kameleoon.variations.search", filter_=condition)] == [created.id]
    assert created.id in [found.id for found in call("kameleoon.variations.list", per_page=100)]
    call("kameleoon.variations.delete", created.id)
    with pytest.raises(NotFoundError):
        call("kameleoon.variations.get", created.id)


def feature_flags(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    body = models.FeatureFlagCreate(feature_key="fast_lane", name="Fast lane", site_code=site.code)
    created = call("kameleoon.feature_flags.create", body)
    keys = [environment.environment_key for environment in created.environment_configurations]
    assert keys == ["development", "staging", "production"]
    updated = call(
        "kameleoon.feature_flags.update",
        site.code,
        "fast_lane",
        models.FeatureFlagUpdate(feature_key="fast_lane", is_archived=True),
    )
    assert updated.archived is True
    environment = models.FeatureFlagEnvironmentUpdate(
        feature_key="fast_lane",
        name="Fast lane",
        integrations=models.EnvironmentIntegrations(),
        rollout_rules=[
            models.ExperimentationRuleRequest(
                name="half",
                state=models.RolloutRuleRequestState.ACTIVE,
                exposition=50,
                rollback_conditions=[models.RollbackCondition(match_value=5)],
            )
        ],
        secondary_goal_ids=[],
        tags=["fast"],
        variables=[],
        variations=[models.FeatureFlagVariationRequest(key="off"), models.FeatureFlagVariationRequest(key="on")],
        feature_enabled=True,
    )
    changed = call("kameleoon.feature_flags.update_environment", site.code, "fast_lane", "production", environment)
    production = next(found for found in changed.environment_configurations if found.environment_key == "production")
    (rule,) = production.rollout_rules
    assert isinstance(rule, models.FeatureRolloutExperimentationRule)
    assert (production.feature_enabled, rule.status, rule.exposition) == (True, "ACTIVE", 50)
    patch = models.FeatureFlagRuleUpdate.from_dict({"featureKey": "fast_lane", "exposition": 70})
    patched = call("kameleoon.feature_flags.update_rule", rule.id, patch)
    found = [each.rollout_rules for each in patched.environment_configurations if each.rollout_rules]
    assert [rule.exposition for rules in found for rule in rules] == [70]
    copied = call("kameleoon.feature_flags.duplicate", site.code, "fast_lane")
    assert copied.feature_key == "fast_lane_copy"
    assert call("kameleoon.feature_flags.get", site.code, "fast_lane_copy").id == copied.id
    assert copied.id in [flag.id for flag in call("kameleoon.feature_flags.list")]
    condition = models.FilterCondition(field="id", operator=models.FilterOperator.EQUAL, parameters=[created.id])
    assert [flag.id for flag in call("kameleoon.feature_flags.search", filter_=condition)] == [created.id]


def segments(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    phone = models.TargetingCondition.from_dict({"targetingType": "DEVICE_TYPE", "device": "PHONE"})
    conditions = models.ConditionsData(first_level=[models.ConditionsGroup(conditions=[phone])])
    body = models.SegmentCreate(
        name="Phones", site_id=site.id, segment_type=models.SegmentType.STANDARD, conditions_data=conditions
    )
    created = call("kameleoon.segments.create", body)
    number = created.conditions_data.first_level[0].conditions[0].id
    assert call("kameleoon.segments.get_condition", created.id, number)["device"] == "PHONE"
    tablet = models.TargetingCondition.from_dict({"targetingType": "DEVICE_TYPE", "device": "TABLET"})
    assert call("kameleoon.segments.replace_condition", created.id, number, tablet).id == number
    changed = call("kameleoon.segments.get", created.id)
    assert changed.conditions_data.first_level[0].conditions[0]["device"] == "TABLET"
    assert call("kameleoon.segments.update", created.id, models.SegmentUpdate(is_favorite=True)).is_favorite is True
    replacement = models.SegmentReplace(
        name="Tablets", site_id=site.id, segment_type=models.SegmentType.STANDARD, conditions_data=conditions
    )
    assert call("kameleoon.segments.replace", created.id, replacement).name == "Tablets"
    assert created.id in [found.id for found in call("kameleoon.segments.list")]
    condition = models.FilterCondition(field="name", operator=models.FilterOperator.LIKE, parameters=["tablet"])
    assert [found.id for found in call("kameleoon.segments.search", filter_=condition)] == [created.id]
    call("kameleoon.segments.update", created.id, models.SegmentUpdate(is_deleted=True))
    with pytest.raises(NotFoundError):
        call("kameleoon.segments.get", created.id)
    moment = call("kameleoon.key_moments.create", models.KeyMomentCreate(name="Leaves", site_id=site.id))
    assert moment.id in [found.id for found in call("kameleoon.key_moments.list")]


def personalizations(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    body = models.PersonalizationCreate(name="Hello", site_id=site.id, base_url="https://example.org")
    created = call("kameleoon.personalizations.create", body)
    assert call("kameleoon.variations.get", created.variation_id).personalization_id == created.id
    updated = call("kameleoon.personalizations.update", created.id, models.PersonalizationUpdate(is_archived=True))
    assert (updated.name, updated.is_archived) == ("Hello", True)
    assert call("kameleoon.personalizations.get", created.id).is_archived is True
    assert "https://" in call("kameleoon.personalizations.simulate", created.id)
    assert created.id in [found.id for found in call("kameleoon.personalizations.list")]


def images(call: Caller) -> None:
    first, second = call("kameleoon.sites.list")[:2]
    picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03\r\n--" + bytes(range(256))
    file = File(payload=picture, file_name="dot.png", mime_type="image/png")
    one = call("kameleoon.images.upload", first.id, models.UploadImageBody(image=file))
    assert (one.size, one.width, one.height, one.file_name) == (len(picture), 2, 3, "dot.png")
    details = models.ImageUpload(site_ids=[first.id, second.id], name="Dot", tags=["new"])
    both = call("kameleoon.images.upload_multiple", models.UploadImageMultipleBody(image=file, metadata=details))
    assert [(image.site_id, image.name, image.tags) for image in both] == [
        (first.id, "Dot", ["new"]),
        (second.id, "Dot", ["new"]),
    ]
    copied = call("kameleoon.images.duplicate", one.id)
    assert (copied.name, copied.size) == ("dot (copy)", len(picture))
    numbers = [image.id for image in call("kameleoon.images.list", per_page=200)]
    assert {one.id, copied.id, *(image.id for image in both)} <= set(numbers)


def referrers_and_themes(call: Caller) -> None:
    site = call("kameleoon.sites.list")[0]
    created = call("kameleoon.referrers.create", models.ReferrerCreate(name="Ads", site_id=site.id))
    assert call("kameleoon.referrers.update", created.id, models.ReferrerUpdate(priority=9)).priority == 9
    assert call("kameleoon.referrers.get", created.id).name == "Ads"
    assert created.id in [found.id for found in call("kameleoon.referrers.list")]
    theme = call("kameleoon.themes.create", models.ThemeCreate(project_ids=[site.id], name="Dark"))
    config = models.ProjectThemeConfigCreate(project_id=site.id, theme_usage="MANDATORY", default_theme_id=theme.id)
    assert call("kameleoon.project_theme_configs.create", config).default_theme_id == theme.id


def widgets(call: Caller) -> None:
    template = call("kameleoon.widgets.list")[0]
    assert call("kameleoon.widgets.update", template.id, models.WidgetTemplateUpdate(name="Top")).name == "Top"
    studio = call("kameleoon.widget_studios.list")[0]
    replaced = call("kameleoon.widget_studios.replace", studio.widget_id, models.WidgetStudioReplace(version=3.5))
    assert (replaced.version, replaced.date_created) == (3.5, studio.date_created)
    assert call("kameleoon.widget_studios.get", studio.widget_id) == replaced
    for name in ("widget_studio_templates", "studio_recommender_blocks", "key_pages"):
        assert call(f"kameleoon.{name}.list")
    assert {tag.name for tag in call("kameleoon.tags.list", type_=models.TagType.EXPERIMENT)} >= {"checkout", "mobile"}


def results(call: Caller) -> None:
    flag = call("kameleoon.feature_flags.list")[0]
    experiment = next(found for found in call("kameleoon.experiments.list") if found.status == "ACTIVE")
    kind = models.ConversionType.ALL_CONVERSION
    report = call(
        "kameleoon.feature_flags.fetch_results",
        flag.id,
        models.ResultsRequest(date_intervals=[OCTOBER], conversion_type=kind),
        poll_interval=0.01,
    )
    assert len(report.variation_data.additional_keys) > 1
    report = call(
        "kameleoon.experiments.fetch_results",
        experiment.id,
        models.ExperimentResultsRequest(conversion_type=kind),
        poll_interval=0.01,
    )
    assert len(report.variation_data.additional_keys) > 1
    day = datetime.date(2026, 10, 1)
    audience = call(
        "kameleoon.audiences.fetch_global",
        site_id=experiment.site_id,
        start_date=day,
        end_date=day,
        analytics_level=models.AnalyticsLevel.VISIT,
        filters=[models.GoalAudienceFilter(ids=[1])],
        poll_interval=0.01,
    )
    assert audience.global_stats.element_count > 0


def convert_projects(call: Caller) -> None:
    created = call("convert.projects.create", convert_models.Project(name="Shop"))
    updated = call("convert.projects.update", created.id, convert_models.Project(global_javascript="1"))
    assert (updated.name, updated.global_javascript) == ("Shop", "1")
    assert call("convert.projects.get", created.id) == updated
    assert created.id in [project.id for project in call("convert.projects.list")]


def convert_experiences(call: Caller) -> None:
    project = call("convert.projects.list")[0].id
    original = convert_models.ExperienceVariation(variation=convert_models.Variation(name="Original"), percentage=50)
    body = convert_models.Experience(name="Test", variations=[original])
    created = call("convert.experiences.create", project, body)
    assert (created.experience_status, created.start_time) == ("draft", 0)
    active = convert_models.Experience(experience_status=convert_models.ExperienceStatus.ACTIVE)
    updated = call("convert.experiences.update", project, created.id, active)
    assert updated.name == "Test"
    assert updated.start_time > 0
    added = call("convert.experiences.add_variation", project, created.id, convert_models.Variation(name="Bold"))
    assert [found.variation.name for found in added.variations] == ["Original", "Bold"]
    number = added.variations[1].variation.id
    removed = call("convert.experiences.delete_variation", project, created.id, number)
    assert call("convert.experiences.get", project, created.id) == removed
    assert len(removed.variations) == 1
    assert created.id in [found.id for found in call("convert.experiences.list", project)]


def convert_goals_and_audiences(call: Caller) -> None:
    project = call("convert.projects.list")[0].id
    goal = call("convert.goals.create", project, convert_models.Goal(goal_name="Sold"))
    assert call("convert.goals.update", project, goal.goal_id, convert_models.Goal(description="x")).goal_name == "Sold"
    assert call("convert.goals.get", project, goal.goal_id).description == "x"
    assert goal.goal_id in [found.goal_id for found in call("convert.goals.list", project)]
    audience = call("convert.audiences.create", project, convert_models.Audience(audience_name="All"))
    change = convert_models.Audience(description="all of them")
    assert call("convert.audiences.update", project, audience.audience_id, change).audience_name == "All"
    assert call("convert.audiences.get", project, audience.audience_id).description == "all of them"
    assert audience.audience_id in [found.audience_id for found in call("convert.audiences.list", project)]


def convert_hypotheses(call: Caller) -> None:
    project = call("convert.projects.list")[0].id
    body = convert_models.HypothesisWrite(
        name="Red sells",
        prioritization_score_type=convert_models.PrioritizationScoreType.PIE,
        prioritization_score_attributes=convert_models.PIEAttributes(potential=5, importance=4, ease=2),
    )
    created = call("convert.hypotheses.create", project, body)
    assert created.prioritization_score == 3.7
    number = str(created.id)
    call("convert.hypotheses.update", project, number, convert_models.HypothesisWrite(summary="short"))
    proven = convert_models.HypothesisStatusUpdate(status=convert_models.HypothesisStatus.PROVEN)
    call("convert.hypotheses.update_status", project, number, proven)
    read = call("convert.hypotheses.get", project, number)
    assert (read.name, read.summary, read.status) == ("Red sells", "short", "proven")
    assert created.id in [found.id for found in call("convert.hypotheses.list", project, score_min=3, score_max=4)]


def convert_reports(call: Caller) -> None:
    project = call("convert.projects.list")[0].id
    experience = call("convert.experiences.list", project)[0]
    whole = call("convert.reports.experience", project, experience.id)
    assert len(whole["data"]["reportData"]) == len(experience.goals)
    goal = call("convert.reports.goal", project, experience.id, experience.goals[0].id)
    assert len(goal["data"]["reportData"]["variations"]) == len(experience.variations)


TOURS: list[Callable[[Caller], None]] = [
    accounts,
    sites,
    custom_data,
    goals,
    experiments,
    variations,
    feature_flags,
    segments,
    personalizations,
    images,
    referrers_and_themes,
    widgets,
    results,
    convert_projects,
    convert_experiences,
    convert_goals_and_audiences,
    convert_hypotheses,
    convert_reports,
]


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.__name__)
def test_objects_live_as_the_client_says(any_call: Caller, tour: Callable[[Caller], None]) -> None:
    tour(any_call)


def test_the_tours_see_every_operation_and_change_no_object_in_place(any_call: Caller, sandbox: Sandbox) -> None:
    before = json.dumps(sandbox.dump())
    for tour in TOURS:
        tour(any_call)

    expected = {
        operation.spec["operationId"] for name in ("kameleoon", "convert-v1") for operation in api(name).operations()
    }
    assert {entry.operation for entry in sandbox.requests if entry.status in (200, 201)} - {None} == expected
    sandbox.reset()
    assert json.dumps(sandbox.dump()) == before
