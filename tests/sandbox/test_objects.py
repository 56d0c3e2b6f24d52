"""What objects do beyond being created, read, updated and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from abwire import File
from abwire.convert_v1 import models as convert_models
from abwire.kameleoon import models

from abwire_core.errors import ApiStatusError, BadRequestError, NotFoundError, UnprocessableError
from abwire_sandbox import Sandbox
from tests.sandbox.callers import SyncCaller

pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]


# --- merge patches ---


def test_a_patch_removes_by_null_and_leaves_the_rest(call: SyncCaller) -> None:
    before = call("kameleoon.goals.get", 30001)
    after = call("kameleoon.goals.update", 30001, models.GoalUpdate(description=None))

    assert not after.description
    assert after.name == before.name


def test_a_patch_merges_objects_and_replaces_arrays(call: SyncCaller) -> None:
    experiment = call("kameleoon.experiments.list", optional_fields=["tags", "goals"])[0]
    variation = call("kameleoon.variations.create", models.VariationCreate(name="New", site_id=experiment.site_id))
    shares = {str(variation.id): 0.25}
    update = models.ExperimentUpdate(tags=["one"], deviations=models.ExperimentDeviations.from_dict(shares))
    after = call("kameleoon.experiments.update", experiment.id, update)

    assert after.tags == ["one"]
    assert after.deviations.to_dict() == {**experiment.deviations.to_dict(), **shares}
    assert after.goals == experiment.goals


def test_what_answers_must_have_cannot_be_removed(call: SyncCaller) -> None:
    number = call("kameleoon.experiments.list")[0].id
    with pytest.raises(UnprocessableError, match="name cannot be removed"):
        call("kameleoon.experiments.update", number, models.ExperimentUpdate(name=None))


def test_the_status_of_a_goal_says_whether_it_is_active(call: SyncCaller) -> None:
    goal = call("kameleoon.goals.update", 30001, models.GoalUpdate(status=models.GoalStatus.INACTIVE))
    assert goal.is_active is False
    assert (
        call("kameleoon.goals.replace", 30001, models.GoalReplace(name="x", status=models.GoalStatus.ACTIVE)).is_active
        is True
    )


def test_a_change_is_dated(call: SyncCaller) -> None:
    before = call("kameleoon.experiments.list")[0]
    after = call("kameleoon.experiments.update", before.id, models.ExperimentUpdate(description="x"))

    assert after.date_modified > before.date_modified
    assert after.date_created == before.date_created


# --- identifiers and references ---


def test_identifiers_are_not_given_twice(call: SyncCaller) -> None:
    site = call("kameleoon.sites.list")[0].id
    body = models.GoalCreate(name="x", site_id=site, type_=models.GoalType.CUSTOM, has_multiple_conversions=False)
    first = call("kameleoon.goals.create", body).id
    call("kameleoon.goals.delete", first)

    assert call("kameleoon.goals.create", body).id == first + 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("kameleoon.goals.get", (17,)),
        ("kameleoon.goals.delete", (17,)),
        ("kameleoon.sites.get_by_code", ("abcdefghij",)),
        ("kameleoon.feature_flags.get", ("abcdefghij", "nothing")),
        ("kameleoon.segments.get_condition", (60001, 17)),
        ("kameleoon.segments.get_condition", (17, 17)),
        ("kameleoon.feature_flags.update_rule", (17, models.FeatureFlagRuleUpdate())),
        ("convert.projects.get", ("17",)),
        ("convert.goals.list", ("17",)),
        ("convert.goals.get", ("10010", "17")),
        ("convert.goals.get", ("10011", "100300")),
        ("convert.experiences.delete_variation", ("10010", "100200300", "17")),
        ("convert.reports.experience", ("10010", "17")),
        ("convert.reports.goal", ("10010", "100200300", "17")),
    ],
)
def test_what_is_not_there_is_not_found(call: SyncCaller, name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(NotFoundError) as raised:
        call(name, *arguments)
    assert raised.value.body.message


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        (
            "kameleoon.goals.create",
            (models.GoalCreate(name="x", site_id=17, type_=models.GoalType.CUSTOM, has_multiple_conversions=False),),
            "siteId: there is no site 17",
        ),
        ("kameleoon.experiments.update", (188001, models.ExperimentUpdate(goals=[17])), "goals: there is no goal 17"),
        (
            "kameleoon.variations.update",
            (900001, models.VariationUpdate(experiment_id=17)),
            "there is no experiment 17",
        ),
        (
            "kameleoon.feature_flags.create",
            (models.FeatureFlagCreate(feature_key="x", name="x", site_code="abcdefghij"),),
            "there is no site abcdefghij",
        ),
        (
            "convert.experiences.create",
            ("10010", convert_models.Experience(goals=[convert_models.EntityRef(id="17")])),
            "goals: the project has no 17",
        ),
        (
            "convert.experiences.create",
            ("10011", convert_models.Experience(goals=[convert_models.EntityRef(id="100300")])),
            "goals: the project has no 100300",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused(call: SyncCaller, name: str, arguments: Any, said: str) -> None:
    with pytest.raises(UnprocessableError, match=said):
        call(name, *arguments)


def test_a_site_takes_all_that_belongs_to_it_with_it(call: SyncCaller, sandbox: Sandbox) -> None:
    first, second = call("kameleoon.sites.list")[:2]
    call("kameleoon.sites.delete", first.id)

    items = [item for name, found in sandbox.dump().items() if name.startswith("kameleoon.") for item in found.values()]
    assert not [item for item in items if item.get("siteId") == first.id or item.get("siteCode") == first.code]
    assert [item for item in items if item.get("siteId") == second.id]


# --- accounts ---


def account(again: str = "x") -> models.AccountCreate:
    return models.AccountCreate(
        email="a@example.org", first_name="A", last_name="B", password="x", password_confirm=again
    )


def test_an_account_needs_its_password_twice_and_an_email_of_its_own(call: SyncCaller, sandbox: Sandbox) -> None:
    with pytest.raises(UnprocessableError, match="password and passwordConfirm differ"):
        call("kameleoon.accounts.create", account("y"))
    number = call("kameleoon.accounts.create", account()).id
    with pytest.raises(UnprocessableError, match="another account has this email"):
        call("kameleoon.accounts.create", account())
    assert call("kameleoon.accounts.update", number, models.AccountUpdate(email="a@example.org")).id == number
    assert "password" not in str(sandbox.dump()["kameleoon.accounts"][str(number)]).replace("passwordBlocked", "")


# --- experiments and variations ---


@pytest.mark.parametrize("action", ["PAUSE", "RESUME", "STOP"])
def test_a_draft_cannot_do_what_only_a_running_experiment_can(call: SyncCaller, action: str) -> None:
    draft = [found for found in call("kameleoon.experiments.list") if found.status == "DRAFT"][-1]
    with pytest.raises(UnprocessableError, match=f"{action} is for experiments that are"):
        call(
            "kameleoon.experiments.update",
            draft.id,
            models.ExperimentUpdate(),
            action=models.ExperimentAction(action),
        )


def test_a_running_experiment_can_be_neither_deleted_nor_restarted(call: SyncCaller) -> None:
    running = next(found for found in call("kameleoon.experiments.list") if found.status == "ACTIVE")
    with pytest.raises(BadRequestError, match="only a draft or a stopped experiment"):
        call("kameleoon.experiments.delete", running.id)
    with pytest.raises(UnprocessableError, match="only a stopped experiment"):
        call("kameleoon.experiments.restart", running.id, models.ExperimentRestart())


def test_there_are_experiments_of_every_status(call: SyncCaller) -> None:
    expected = {"ACTIVE", "STOPPED", "DRAFT", "PAUSED", "SCHEDULED", "DEACTIVATED", "ARCHIVED", "FINISHED"}
    assert {found.status for found in call("kameleoon.experiments.list")} == expected


def test_a_variation_moves_and_leaves_with_its_experiment(call: SyncCaller) -> None:
    one, other = [found for found in call("kameleoon.experiments.list") if found.variations][1:3]
    (number, *rest) = one.variations
    moved = call("kameleoon.variations.update", number, models.VariationUpdate(experiment_id=other.id))

    assert moved.experiment_id == other.id
    assert call("kameleoon.experiments.get", one.id).variations == rest
    assert call("kameleoon.experiments.get", other.id).variations == [*other.variations, number]
    call("kameleoon.variations.delete", number)
    assert call("kameleoon.experiments.get", other.id).variations == other.variations


def test_the_experiment_of_a_new_variation_is_ignored(call: SyncCaller, sandbox: Sandbox) -> None:
    """As public client code found: a variation is attached by an update of the experiment."""
    site = call("kameleoon.sites.list")[0].id
    body = models.VariationCreate(name="x", site_id=site)

    created = call("kameleoon.variations.create", body)

    assert not created.experiment_id


# --- feature flags ---


def test_flags_have_rules_of_every_kind(call: SyncCaller) -> None:
    rules = [
        rule
        for flag in call("kameleoon.feature_flags.list")
        for environment in flag.environment_configurations
        for rule in environment.rollout_rules
    ]

    assert {type(rule) for rule in rules} == {
        models.FeatureRolloutExperimentationRule,
        models.FeatureRolloutProgressiveRule,
        models.FeatureRolloutTargetedRule,
    }


def test_a_feature_key_is_unique_within_its_site(call: SyncCaller) -> None:
    one, other = call("kameleoon.feature_flags.list")[:2]
    body = models.FeatureFlagCreate(feature_key=one.feature_key, name="x", site_code=one.site_code)
    with pytest.raises(UnprocessableError, match="has a feature flag 'checkout_express' already"):
        call("kameleoon.feature_flags.create", body)
    body.site_code = other.site_code
    assert call("kameleoon.feature_flags.create", body).feature_key == one.feature_key


def test_rules_keep_what_only_the_server_sets(call: SyncCaller) -> None:
    flag = call("kameleoon.feature_flags.list")[0]
    (rule,) = [rule for rule in flag.environment_configurations[2].rollout_rules if rule.type_ == "EXPERIMENTATION"]
    request = models.ExperimentationRuleRequest(
        id=rule.id, state=models.RolloutRuleRequestState.PAUSED, order_index=1, reallocation=True
    )
    environment = models.EnvironmentConfigurationRequest(
        environment_key="production", default_variation_key="off", feature_enabled=True, rollout_rules=[request]
    )
    update = models.FeatureFlagUpdate(feature_key=flag.feature_key, environment_configurations=[environment])
    after = call("kameleoon.feature_flags.update", flag.site_code, flag.feature_key, update)

    ((new,),) = [found.rollout_rules for found in after.environment_configurations]
    assert (new.id, new.experiment_id, new.name, new.status) == (rule.id, rule.experiment_id, rule.name, "PAUSED")
    assert new.additional_properties == {}


def test_a_rule_is_patched_by_the_body_of_its_flag(call: SyncCaller) -> None:
    flag = call("kameleoon.feature_flags.list")[0]
    (rule,) = [rule for rule in flag.environment_configurations[2].rollout_rules if rule.type_ == "EXPERIMENTATION"]
    changed = models.ExperimentationRuleRequest(
        id=rule.id, rollback_conditions=[models.RollbackCondition(match_value=7.5)]
    )
    environment = models.EnvironmentConfigurationRequest(
        environment_key="production", default_variation_key="off", feature_enabled=True, rollout_rules=[changed]
    )
    body = models.FeatureFlagRuleUpdate(feature_key=flag.feature_key, environment_configurations=[environment])
    after = call("kameleoon.feature_flags.update_rule", rule.id, body)

    rules = {found.id: found for found in after.environment_configurations[2].rollout_rules}
    assert rules[rule.id].rollback_conditions[0].match_value == 7.5
    assert rules[rule.id].exposition == rule.exposition
    assert rules.keys() == {found.id for found in flag.environment_configurations[2].rollout_rules}


@pytest.mark.parametrize(
    "change",
    [
        {"default_variation_key": "nothing"},
        {"rollout_rules": [models.TargetedRuleRequest(variation_key="nothing")]},
        {"rollout_rules": [models.TargetedRuleRequest(segment_id=17)]},
    ],
)
def test_a_flag_names_only_what_there_is(call: SyncCaller, change: dict[str, Any]) -> None:
    given = {"environment_key": "production", "default_variation_key": "off", "feature_enabled": True}
    flag = call("kameleoon.feature_flags.list")[0]
    environment = models.EnvironmentConfigurationRequest(**{**given, **change})
    update = models.FeatureFlagUpdate(feature_key=flag.feature_key, environment_configurations=[environment])
    with pytest.raises(UnprocessableError, match=r"there is no (variation|segment)"):
        call("kameleoon.feature_flags.update", flag.site_code, flag.feature_key, update)


def test_an_unknown_environment_is_not_found(call: SyncCaller) -> None:
    flag = call("kameleoon.feature_flags.list")[0]
    body = models.FeatureFlagEnvironmentUpdate(
        feature_key=flag.feature_key,
        name="x",
        integrations=models.EnvironmentIntegrations(),
        rollout_rules=[],
        secondary_goal_ids=[],
        tags=[],
        variables=[],
        variations=[],
    )
    with pytest.raises(NotFoundError, match="it has development, staging, production"):
        call("kameleoon.feature_flags.update_environment", flag.site_code, flag.feature_key, "moon", body)


# --- segments ---


def test_the_three_forms_of_conditions_agree(call: SyncCaller) -> None:
    for segment in call("kameleoon.segments.list"):
        groups = [[found.id for found in group.conditions] for group in segment.conditions_data.first_level]
        tree = [[leaf["id"] for leaf in block.condition_data] for block in segment.condition_data_tree.condition_data]
        entries = [
            entry.targeting_condition.id for entry in segment.condition_data_list if not entry.is_condition_block
        ]
        assert groups == tree
        assert [number for group in groups for number in group] == entries


def test_a_replaced_segment_has_new_conditions(call: SyncCaller) -> None:
    segment = call("kameleoon.segments.list")[0]
    js_code = models.JsCodeTargetingCondition(js_code="1", applied="IMMEDIATE")
    body = models.SegmentReplace(
        name="x",
        site_id=segment.site_id,
        segment_type=models.SegmentType.STANDARD,
        conditions_data=models.ConditionsData(first_level=[models.ConditionsGroup(conditions=[js_code])]),
    )
    after = call("kameleoon.segments.replace", segment.id, body)

    assert (after.id, after.date_created) == (segment.id, segment.date_created)
    (condition,) = after.conditions_data.first_level[0].conditions
    assert condition.js_code == "1"
    assert condition.id not in [found.id for found in segment.conditions_data.first_level[0].conditions]


# --- images ---


def test_an_image_may_have_five_mebibytes_and_no_more(call: SyncCaller) -> None:
    site = call("kameleoon.sites.list")[0].id
    largest = bytes(5 * 1024 * 1024)
    body = models.UploadImageBody(image=File(payload=largest, file_name="zero.gif", mime_type="image/gif"))
    assert call("kameleoon.images.upload", site, body).size == len(largest)

    body = models.UploadImageBody(image=File(payload=largest + b"0", file_name="zero.gif", mime_type="image/gif"))
    with pytest.raises(UnprocessableError, match="5 MiB at most"):
        call("kameleoon.images.upload", site, body)


def test_an_image_for_no_site_is_refused(call: SyncCaller) -> None:
    body = models.UploadImageBody(image=File(payload=b"GIF89a\x01\x00\x02\x00", file_name="dot.gif"))
    with pytest.raises(NotFoundError):
        call("kameleoon.images.upload", 17, body)
    details = models.UploadImageMultipleBody(image=body.image, metadata=models.ImageUpload(site_ids=[17]))
    with pytest.raises(ApiStatusError):
        call("kameleoon.images.upload_multiple", details)


# --- Convert ---


def test_scores_are_strings_on_the_wire_and_follow_from_the_attributes(call: SyncCaller, sandbox: Sandbox) -> None:
    seeded = list(sandbox.dump()["convert-v1.hypotheses"].values())
    assert all(isinstance(item["prioritization_score"], str) for item in seeded)
    for item in seeded:
        mean = sum(item["prioritization_score_attributes"].values()) / 3
        assert float(item["prioritization_score"]) == pytest.approx(mean, abs=0.051)


def test_the_attributes_of_a_score_are_those_of_its_model(call: SyncCaller) -> None:
    body = convert_models.HypothesisWrite(
        prioritization_score_type=convert_models.PrioritizationScoreType.ICE,
        prioritization_score_attributes=convert_models.PIEAttributes(potential=1, importance=1, ease=1),
    )
    with pytest.raises(UnprocessableError, match="the attributes of ICE are impact, confidence, ease"):
        call("convert.hypotheses.create", "10010", body)


def test_there_are_experiences_of_every_type_and_status(call: SyncCaller) -> None:
    found = call("convert.experiences.list", "10010")

    assert {item.experience_type for item in found} == set(convert_models.ExperienceType)
    assert {item.experience_status for item in found} == set(convert_models.ExperienceStatus)


def test_a_variation_with_an_identifier_is_written_in_its_place(call: SyncCaller) -> None:
    experience = call("convert.experiences.list", "10010")[0]
    number = experience.variations[0].variation.id
    body = convert_models.Variation(id=number, name="Control", percentage=10)
    after = call("convert.experiences.add_variation", "10010", experience.id, body)

    assert [found.variation.id for found in after.variations] == [found.variation.id for found in experience.variations]
    assert (after.variations[0].variation.name, after.variations[0].percentage) == ("Control", 10)


@pytest.mark.parametrize(("status", "has_start", "has_end"), [("draft", False, False), ("active", True, False)])
def test_the_times_of_an_experience_follow_from_its_status(
    call: SyncCaller, status: str, has_start: bool, has_end: bool
) -> None:
    body = convert_models.Experience(name="x", experience_status=convert_models.ExperienceStatus(status))
    created = call("convert.experiences.create", "10010", body)
    assert (created.start_time > 0, created.end_time > 0) == (has_start, has_end)
    body = convert_models.Experience(experience_status=convert_models.ExperienceStatus.COMPLETED)
    ended = call("convert.experiences.update", "10010", created.id, body)
    assert (ended.start_time > 0, ended.end_time > 0) == (has_start, has_start)
