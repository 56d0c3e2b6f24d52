"""What users of the generated models rely on, each contract with the values that the vendors send."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
from typing import Any

import httpx
import pytest
from abwire.convert_v1 import Convert
from abwire.convert_v1 import models as convert
from abwire.kameleoon import Kameleoon, models

from abwire_core.errors import ApiStatusError, DecodeError
from abwire_core.types import UNSET

pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]

AUDIENCE_FILTERS: dict[str, tuple[dict[str, Any], type]] = {
    "experiment": ({"type": "EXPERIMENT", "id": 1, "variationIds": [2]}, models.ExperimentAudienceFilter),
    "favorite": ({"type": "FAVORITE", "include": True}, models.FavoriteAudienceFilter),
    "goal": ({"type": "GOAL", "ids": [1]}, models.GoalAudienceFilter),
    "personalization": (
        {"type": "PERSONALIZATION", "id": 1, "exposition": "EXPOSED"},
        models.PersonalizationAudienceFilter,
    ),
    "segment": ({"type": "SEGMENT", "ids": [1]}, models.SegmentAudienceFilter),
    "segment criteria": (
        {"type": "SEGMENT_CRITERIA", "criterias": [{"type": "COUNTRY", "values": ["FR"]}]},
        models.SegmentCriteriaAudienceFilter,
    ),
}


class Recorder:
    """A transport that keeps the requests and gives one answer."""

    def __init__(self, status: int = 200, answer: object = None, content: bytes | None = None) -> None:
        self.status = status
        self.content = json.dumps(answer).encode() if content is None else content
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, content=self.content)

    def kameleoon(self) -> Kameleoon:
        transport = httpx.MockTransport(self)
        return Kameleoon(token="made-up-token", rate_limiter=None, max_retries=0, transport=transport)

    def convert(self) -> Convert:
        return Convert("made-up-application", "made-up-key", max_retries=0, transport=httpx.MockTransport(self))


# --- unions ---


@pytest.mark.parametrize(("data", "kind"), AUDIENCE_FILTERS.values(), ids=AUDIENCE_FILTERS)
def test_an_audience_filter_is_the_class_that_its_type_says_and_no_other(data: dict[str, Any], kind: type) -> None:
    accepting = []
    for candidate in (kind for _, kind in AUDIENCE_FILTERS.values()):
        try:
            candidate.from_dict(data)  # type: ignore[attr-defined]
        except DecodeError:
            continue
        accepting.append(candidate)

    assert accepting == [kind]


def test_the_discriminator_of_an_audience_filter_need_not_be_written() -> None:
    assert models.GoalAudienceFilter(ids=[1]).to_dict() == {"type": "GOAL", "ids": [1]}


def test_audience_filters_go_over_the_wire_as_one_json_text() -> None:
    recorder = Recorder(answer={"dataCode": "1|2"})
    with recorder.kameleoon() as client:
        answer = client.audiences.request_global(
            site_id=1,
            start_date=datetime.date(2026, 11, 1),
            end_date=datetime.date(2026, 11, 2),
            analytics_level=models.AnalyticsLevel.VISIT,
            filters=[models.GoalAudienceFilter(ids=[1]), models.FavoriteAudienceFilter(include=False)],
        )

    assert recorder.requests[0].url.query == (
        b"siteId=1&startDate=2026-11-01&endDate=2026-11-02&analyticsLevel=VISIT&filters="
        b"%5B%7B%22type%22%3A%22GOAL%22%2C%22ids%22%3A%5B1%5D%7D%2C%7B%22type%22%3A%22FAVORITE%22%2C%22include%22%3Afalse%7D%5D"
    )
    assert answer == models.DataCodeResponseIO(data_code="1|2")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"type": "INTERVAL", "interval": "DAY"}, models.IntervalBreakdown),
        ({"type": "CUSTOM_DATUM", "index": 3}, models.CustomDatumBreakdown),
        ({"type": "CROSS_CAMPAIGN", "experiments": [1]}, models.CrossCampaignBreakdown),
        ({"type": "BROWSER"}, models.Breakdown),
        ({"type": "SOMETHING_NEW", "depth": 4}, models.Breakdown),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_breakdown_of_any_kind_is_read_and_written_whole(data: dict[str, Any], kind: type) -> None:
    source = {"dateIntervals": [], "conversionType": "ALL_CONVERSION", "breakdown": data}
    request = models.ResultsRequest.from_dict(source)

    assert type(request.breakdown) is kind
    assert request.to_dict() == source


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("EXPERIMENTATION", models.FeatureRolloutExperimentationRule),
        ("PROGRESSIVE_DELIVERY", models.FeatureRolloutProgressiveRule),
        ("TARGETED_DELIVERY", models.FeatureRolloutTargetedRule),
        ("SOMETHING_NEW", models.FeatureRolloutRule),
    ],
)
def test_a_rollout_rule_has_the_class_of_its_type_and_an_unknown_one_the_open_class(kind: str, expected: type) -> None:
    environment = models.EnvironmentConfiguration.from_dict({"rolloutRules": [{"type": kind, "novelty": 1}]})

    assert isinstance(environment.rollout_rules, list)
    assert type(environment.rollout_rules[0]) is expected
    assert environment.rollout_rules[0]["novelty"] == 1


def test_a_search_filter_is_a_tree_in_both_directions() -> None:
    leaf = {"field": "name", "operator": "LIKE", "parameters": ["check"]}
    tree = {"conditionalOperator": "OR", "expressions": [leaf, {"conditionalOperator": "AND", "expressions": [leaf]}]}
    request = models.SearchRequest.from_dict({"filter": tree})

    assert isinstance(request.filter_, models.FilterGroup)
    assert isinstance(request.filter_.expressions, list)
    assert [type(part) for part in request.filter_.expressions] == [models.FilterCondition, models.FilterGroup]
    assert request.to_dict() == {"filter": tree}


# --- the hypothesis score ---


@pytest.mark.parametrize("wire", ["3.7", 3.7, "3.70"])
def test_the_score_of_a_hypothesis_is_a_float_however_it_is_sent(wire: object) -> None:
    hypothesis = convert.Hypothesis.from_dict({"prioritization_score": wire})

    assert hypothesis.prioritization_score == 3.7
    assert type(hypothesis.prioritization_score) is float
    assert hypothesis.to_dict() == {"prioritization_score": 3.7}


def test_a_whole_score_is_a_float_too() -> None:
    assert type(convert.Hypothesis.from_dict({"prioritization_score": 4}).prioritization_score) is float


def test_a_score_is_sent_as_a_number() -> None:
    assert json.dumps(convert.HypothesisWrite(prioritization_score=3.7).to_dict()) == '{"prioritization_score": 3.7}'


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(DecodeError, match=r"^/prioritization_score: expected a number or a decimal string, "):
        convert.Hypothesis.from_dict({"prioritization_score": "high"})


def test_bounds_of_a_score_are_sent_as_integers() -> None:
    recorder = Recorder(answer=[])
    with recorder.convert() as client:
        client.hypotheses.list("1", score_min=0, score_max=5).to_list()

    assert json.loads(recorder.requests[0].content) == {"scoreMin": 0, "scoreMax": 5}


PIE = {"potential": 3, "importance": 4, "ease": 5}
ICE = {"impact": 3, "confidence": 4, "ease": 5}


@pytest.mark.parametrize(
    ("model", "attributes", "expected"),
    [
        pytest.param("PIE", PIE, convert.PIEAttributes, id="PIE"),
        pytest.param("ICE", ICE, convert.ICEAttributes, id="ICE"),
        pytest.param("PIE", ICE, dict, id="of the other model"),
        pytest.param("RICE", PIE, dict, id="of an unknown model"),
        pytest.param("ICE", {"ease": 5}, dict, id="incomplete"),
        pytest.param("ICE", {}, dict, id="empty"),
    ],
)
def test_the_attributes_of_a_score_follow_from_the_scoring_model(
    model: str, attributes: dict[str, int], expected: type
) -> None:
    source = {"prioritization_score_type": model, "prioritization_score_attributes": attributes}
    hypothesis = convert.Hypothesis.from_dict(source)

    assert type(hypothesis.prioritization_score_attributes) is expected
    assert hypothesis.to_dict() == source


def test_attributes_without_a_scoring_model_are_not_guessed() -> None:
    hypothesis = convert.Hypothesis.from_dict({"prioritization_score_attributes": PIE})

    assert hypothesis.prioritization_score_attributes == PIE


# --- what vendors send in more than one shape ---


def test_a_variation_without_its_wrapper_is_read_as_if_it_had_one() -> None:
    wrapped = {"variations": [{"variation": {"id": "7", "name": "B", "percentage": 50}, "percentage": 50}]}
    bare = {"variations": [{"id": 7, "name": "B", "percentage": 50}]}

    assert convert.Experience.from_dict(bare) == convert.Experience.from_dict(wrapped)
    assert convert.Experience.from_dict(bare).to_dict() == wrapped


def test_zeros_and_ones_are_booleans_in_python_and_integers_on_the_wire() -> None:
    project = convert.Project.from_dict({"include_jquery": 1, "data_anonymization": 0})

    assert project.include_jquery is True
    assert project.data_anonymization is False
    assert json.dumps(convert.Project(include_jquery=True, data_anonymization=False).to_dict()) == (
        '{"include_jquery": 1, "data_anonymization": 0}'
    )


def test_misspelt_and_cryptic_names_stay_on_the_wire() -> None:
    experience = convert.Experience(stop_loser=True, min_running_time=7)

    assert experience.to_dict() == {"stop_looser": True, "minrun": 7}


def test_an_enum_value_nobody_knows_is_kept() -> None:
    experience = convert.Experience.from_dict({"experience_type": "bandit"})

    assert experience.experience_type == "bandit"
    assert isinstance(experience.experience_type, convert.ExperienceType)
    assert not experience.experience_type.is_known
    assert experience.to_dict() == {"experience_type": "bandit"}


def test_values_that_differ_in_case_only_are_two_members() -> None:
    assert convert.GoalType("DOM_interaction") is not convert.GoalType("dom_interaction")
    assert {"DOM_interaction", "dom_interaction"} <= {goal_type.value for goal_type in convert.GoalType}


@pytest.mark.parametrize(
    "text", ["2023-11-07T05:31:56Z", "2026-10-07T00:00:00", "20231107T053156Z", "2023-11-07T05:31:56,5Z"]
)
def test_date_times_are_read_in_every_iso_form(text: str) -> None:
    flag = models.FeatureFlag.from_dict(
        {"featureKey": "k", "id": 1, "name": "n", "siteCode": "abcdefghij", "dateCreated": text}
    )

    assert isinstance(flag.date_created, datetime.datetime)


def test_date_times_are_sent_in_iso_form_and_with_a_time_zone() -> None:
    moment = datetime.datetime(2026, 10, 7, tzinfo=datetime.UTC)

    assert models.DateInterval(start=moment, end=moment).to_dict() == {
        "start": "2026-10-07T00:00:00Z",
        "end": "2026-10-07T00:00:00Z",
    }
    with pytest.raises(ValueError, match="DateInterval: end must have a time zone"):
        models.DateInterval(start=moment, end=moment.replace(tzinfo=None))


def test_date_times_without_a_time_zone_that_were_read_are_written_as_they_came() -> None:
    data = {"start": "2026-10-07T00:00:00", "end": "2026-10-07T00:00:00"}

    assert models.DateInterval.from_dict(data).to_dict() == data


# --- absent, null, empty ---


def test_absent_null_and_empty_goals_are_three_things() -> None:
    def sent(**goals: Any) -> dict[str, Any]:
        request = models.ResultsRequest(
            date_intervals=[], conversion_type=models.ConversionType.ALL_CONVERSION, **goals
        )
        return {key: value for key, value in request.to_dict().items() if key == "goalsIds"}

    assert sent() == {}
    assert sent(goals_ids=None) == {"goalsIds": None}
    assert sent(goals_ids=[]) == {"goalsIds": []}


def test_a_patch_sends_what_was_set_and_nothing_else() -> None:
    recorder = Recorder(answer={"name": "B", "siteId": 1})
    with recorder.kameleoon() as client:
        client.variations.update(5, body=models.VariationUpdate(name="B"))

    assert json.loads(recorder.requests[0].content) == {"name": "B"}


def test_unset_is_one_object_through_copies_and_pickles() -> None:
    model = models.GoalAudienceFilter()

    for copied in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert copied == model
        assert copied.ids is UNSET
        assert copied.to_dict() == {"type": "GOAL"}


def test_an_optional_body_that_is_not_given_is_not_sent() -> None:
    recorder = Recorder(answer=[])
    with recorder.convert() as client:
        client.hypotheses.list("1").to_list()

    assert recorder.requests[0].content == b""
    assert "Content-Type" not in recorder.requests[0].headers


# --- requests ---


def test_the_project_list_is_a_get_without_a_body() -> None:
    recorder = Recorder(answer=[])
    with recorder.convert() as client:
        client.projects.list().to_list()

    (request,) = recorder.requests
    assert (request.method, str(request.url), request.content) == (
        "GET",
        "https://api.convert.com/api/v1/projects/",
        b"",
    )


def test_the_parameters_of_a_list() -> None:
    recorder = Recorder(answer=[])
    with recorder.kameleoon() as client:
        client.feature_flags.list(
            page=2,
            per_page=50,
            optional_fields=["tags", "description"],
            filter_=[
                models.FilterCondition(field="siteId", operator=models.FilterOperator.EQUAL, parameters=[123]),
            ],
            sort=[models.SortOrder(field="name", direction=models.SortOrderDirection.ASC)],
        ).to_list()

    assert dict(recorder.requests[0].url.params) == {
        "page": "2",
        "perPage": "50",
        "optionalFields": "tags,description",
        "filter": '[{"field":"siteId","operator":"EQUAL","parameters":[123]}]',
        "sort": '[{"field":"name","direction":"ASC"}]',
    }


def test_a_data_code_with_a_bar_is_percent_encoded() -> None:
    recorder = Recorder(answer={"status": "WAITING"})
    with recorder.kameleoon() as client:
        client.results.poll(data_code="1|2")

    assert recorder.requests[0].url.raw_path == b"/results?dataCode=1%7C2"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_path_argument_that_would_lead_elsewhere_is_refused_before_anything_is_sent(segment: str) -> None:
    recorder = Recorder()
    with recorder.kameleoon() as client, pytest.raises(ValueError, match="feature_key"):
        client.feature_flags.get("abcdefghij", segment)

    assert recorder.requests == []


def test_a_path_argument_stays_one_segment() -> None:
    recorder = Recorder(answer={})
    with recorder.convert() as client:
        client.experiences.add_variation("a/b?c#d%é", "../x", body=convert.Variation(name="B"))

    assert recorder.requests[0].url.raw_path.startswith(b"/api/v1/variations/add/a%2Fb%3Fc%23d%25%C3%A9/..%2Fx")


# --- answers ---


@pytest.mark.parametrize("status", [200, 201])
def test_a_create_is_read_whether_it_answers_200_or_201(status: int) -> None:
    recorder = Recorder(status, {"id": "1", "name": "Shop"})
    with recorder.convert() as client:
        project = client.projects.create(body=convert.Project(name="Shop"))

    assert project == convert.Project(id="1", name="Shop")


@pytest.mark.parametrize(
    ("status", "content"),
    [(400, b""), (500, b"<html>Bad gateway</html>"), (520, b"{}"), (502, b"[]"), (418, b'"teapot"')],
)
def test_an_error_that_is_no_json_object_does_not_hide_its_status(status: int, content: bytes) -> None:
    recorder = Recorder(status, content=content)
    with recorder.kameleoon() as client, pytest.raises(ApiStatusError) as raised:
        client.experiments.delete(1)

    assert raised.value.status_code == status
    assert raised.value.content == content


@pytest.mark.parametrize(("status", "content"), [(200, b""), (204, b""), (200, b"deleted"), (202, b"<p>later</p>")])
def test_a_delete_returns_none_whatever_its_success_looks_like(status: int, content: bytes) -> None:
    recorder = Recorder(status, content=content)
    with recorder.kameleoon() as client:
        response = client.experiments.with_raw_response.delete(1)

    assert response.status_code == status
    assert response.content == content
    assert response.parsed is None
