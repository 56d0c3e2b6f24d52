"""Results: computed from visits, consistent however they are split, and there after a few polls."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from abwire.convert_v1 import models as convert_models
from abwire.kameleoon import models

from abwire_core.errors import BadRequestError, NotFoundError, ResultsFailedError, UnprocessableError
from abwire_sandbox import Sandbox, serve
from tests.sandbox.callers import Caller, SyncCaller

pytestmark = [
    pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"),
]

UTC = datetime.UTC
OCTOBER = (datetime.datetime(2026, 10, 1, tzinfo=UTC), datetime.datetime(2026, 11, 1, tzinfo=UTC))
Kind = models.ConversionType


def interval(start: datetime.datetime, end: datetime.datetime) -> models.DateInterval:
    return models.DateInterval(start=start, end=end)


@pytest.fixture
def flag(call: SyncCaller) -> Any:
    """A flag whose production environment has an experiment."""
    return call("kameleoon.feature_flags.list")[0]


@pytest.fixture
def report(call: SyncCaller, flag: Any) -> Any:
    """Fetches a report on the flag, as plain JSON by variation, breakdown and goal."""

    def fetch(*intervals: tuple[datetime.datetime, datetime.datetime], **options: Any) -> dict[str, dict[str, Any]]:
        request = models.ResultsRequest(
            date_intervals=[interval(*each) for each in intervals or (OCTOBER,)],
            conversion_type=options.pop("conversion_type", Kind.CONVERTED_VISITS),
            **options,
        )
        found = call("kameleoon.feature_flags.fetch_results", flag.id, request, poll_interval=0.001)
        return {
            key: {value: row["generalData"] for value, row in rows["breakdownData"].items()}
            for key, rows in found.to_dict()["variationData"].items()
        }

    return fetch


def totals(rows: dict[str, Any]) -> tuple[int, int, dict[str, tuple[int, int]]]:
    """Visits, visitors, and by goal conversions and converted visits, of all rows together."""
    goals: dict[str, tuple[int, int]] = {}
    for row in rows.values():
        for goal, result in row["goalsData"].items():
            before = goals.get(goal, (0, 0))
            goals[goal] = (before[0] + result["conversionCount"], before[1] + result["convertedVisitCount"])
    return (
        sum(row["visitCount"] for row in rows.values()),
        sum(row["visitorCount"] for row in rows.values()),
        goals,
    )


def each_goal(found: dict[str, dict[str, Any]]) -> Iterator[tuple[Any, Any, Any, Any]]:
    """The rows of all variations, their results, and those of the reference."""
    for key, rows in found.items():
        if key != "_reference":
            for value, row in rows.items():
                reference = found["_reference"][value]
                for goal, result in row["goalsData"].items():
                    yield row, result, reference, reference["goalsData"][goal]


# --- consistency ---


BREAKDOWNS: list[Any] = [
    *(models.IntervalBreakdown(interval=length) for length in models.BreakdownInterval),
    *(models.Breakdown(type_=kind) for kind in ("BROWSER", "COUNTRY", "DEVICE_TYPE", "NEW_VISITOR")),
    models.CustomDatumBreakdown(index=0),
    models.CrossCampaignBreakdown(experiments=[188001, 188002]),
]


@pytest.mark.parametrize("breakdown", BREAKDOWNS, ids=lambda found: str(getattr(found, "interval", found.type_)))
def test_the_rows_of_a_breakdown_sum_up_to_the_totals(report: Any, breakdown: Any) -> None:
    split, whole = report(breakdown=breakdown), report()

    assert split.keys() == whole.keys()
    for key, rows in split.items():
        assert totals(rows) == totals(whole[key])
        assert rows.keys() == split["_reference"].keys()


def test_days_apart_and_days_together_are_the_same(report: Any) -> None:
    days = [OCTOBER[0] + datetime.timedelta(days=number) for number in range(5)]
    apart = [report(pair) for pair in pairwise(days)]
    together = report((days[0], days[-1]))

    for key, rows in together.items():
        parts = {str(number): found[key]["_reference"] for number, found in enumerate(apart)}
        assert totals(parts) == totals(rows)


def test_a_visit_in_two_intervals_counts_once(report: Any) -> None:
    first, second = (
        (OCTOBER[0], OCTOBER[0] + datetime.timedelta(days=3)),
        (OCTOBER[0], OCTOBER[0] + datetime.timedelta(2)),
    )

    assert report(first, second) == report(first)


def test_a_filter_and_its_opposite_sum_up_to_the_totals(report: Any) -> None:
    phones = report(filters=[models.DeviceTypeReportFilter(values=["PHONE"], include=True)])
    others = report(filters=[models.DeviceTypeReportFilter(values=["PHONE"], include=False)])
    by_device = report(breakdown=models.Breakdown(type_="DEVICE_TYPE"))

    for key, rows in report().items():
        assert totals({"phones": phones[key]["_reference"], "others": others[key]["_reference"]}) == totals(rows)
        assert totals({"phones": by_device[key]["PHONE"]}) == totals(phones[key])


def test_a_filter_and_a_breakdown_agree_with_the_breakdown_and_the_filter(report: Any) -> None:
    one = report(filters=[models.DeviceTypeReportFilter(values=["PHONE"])], breakdown=models.Breakdown(type_="COUNTRY"))
    country = models.ReportFilter(type_="COUNTRY")
    country["values"] = ["FR"]
    other = report(filters=[country], breakdown=models.Breakdown(type_="DEVICE_TYPE"))

    for key in one:
        assert totals({"": one[key]["FR"]}) == totals({"": other[key]["PHONE"]})


def test_a_day_is_named_by_its_beginning(report: Any) -> None:
    found = report(breakdown=models.IntervalBreakdown(interval=models.BreakdownInterval.DAY))

    days = [datetime.datetime.fromisoformat(value) for value in found["_reference"]]
    assert days == [OCTOBER[0] + datetime.timedelta(days=number) for number in range(31)]


# --- what is counted ---


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("by_visitor", [False, True])
def test_rates_follow_from_the_counts(report: Any, kind: Kind, by_visitor: bool) -> None:
    found = report(conversion_type=kind, visitor_data=by_visitor)
    count = "conversionCount" if kind == Kind.ALL_CONVERSION else "convertedVisitCount"
    total = "visitorCount" if by_visitor else "visitCount"

    for row, result, reference, compared in each_goal(found):
        rate, before = result[count] / row[total], compared[count] / reference[total]
        assert result["conversionRate"] == pytest.approx(100 * rate)
        assert result["improvementRate"] == pytest.approx(100 * (rate / before - 1))
        pooled = (result[count] + compared[count]) / (row[total] + reference[total])
        error = math.sqrt(pooled * (1 - pooled) * (1 / row[total] + 1 / reference[total]))
        p_value = math.erfc(abs(rate - before) / error / math.sqrt(2))
        assert result["reliability"] == pytest.approx(100 * (1 - p_value))
        assert result["convertedVisitCount"] <= min(result["conversionCount"], row["visitCount"])
        assert compared["improvementRate"] is None
        assert compared["reliability"] is None


def test_carts_follow_from_the_revenue(report: Any) -> None:
    found = report()
    carts = [result for row in found["_reference"].values() for result in row["goalsData"].values()]

    with_revenue = [cart for cart in carts if cart["revenueCount"]]
    assert with_revenue
    for cart in with_revenue:
        assert cart["averageCart"] == pytest.approx(cart["revenueCount"] / cart["conversionCount"])


def test_multiple_testing_makes_results_less_reliable(call: SyncCaller) -> None:
    flag = next(
        flag
        for flag in call("kameleoon.feature_flags.list")
        if len(flag.variations) > 2 and flag.environment_configurations[2].rollout_rules
    )
    request = models.ResultsRequest(date_intervals=[interval(*OCTOBER)], conversion_type=Kind.CONVERTED_VISITS)

    def values() -> list[float]:
        found = call("kameleoon.feature_flags.fetch_results", flag.id, request, poll_interval=0.001).to_dict()
        return [
            result["reliability"]
            for key, rows in found["variationData"].items()
            if key != "_reference"
            for result in rows["breakdownData"]["_reference"]["generalData"]["goalsData"].values()
        ]

    plain = values()
    request.enabled_multiple_testing = True
    assert values() == [pytest.approx(max(0.0, 100 - 2 * (100 - value))) for value in plain]


def test_goals_are_those_that_are_asked_for(report: Any, flag: Any) -> None:
    all_of_them = {flag.primary_goal_id, *flag.secondary_goal_ids}

    def goals(asked: list[int] | None) -> set[int]:
        found = report(goals_ids=asked)["_reference"]["_reference"]
        return {int(goal) for goal in found["goalsData"]}

    assert goals(None) == all_of_them
    assert goals([]) == set()
    assert goals([flag.primary_goal_id]) == {flag.primary_goal_id}
    assert (
        report(goals_ids=[flag.primary_goal_id])["_reference"]["_reference"]["goalsData"][str(flag.primary_goal_id)]
        == report()["_reference"]["_reference"]["goalsData"][str(flag.primary_goal_id)]
    )


def test_another_reference_may_be_compared_with(report: Any) -> None:
    number = next(key for key in report() if key != "_reference")
    found = report(reference_variation_id=number)

    row = found[number]["_reference"]
    assert all(result["reliability"] is None for result in row["goalsData"].values())
    assert all(result["reliability"] is not None for result in found["_reference"]["_reference"]["goalsData"].values())


def test_an_experiment_without_intervals_is_reported_on_as_a_whole(call: SyncCaller) -> None:
    experiment = next(found for found in call("kameleoon.experiments.list") if found.status == "STOPPED")
    request = models.ExperimentResultsRequest(conversion_type=Kind.ALL_CONVERSION)
    whole = call("kameleoon.experiments.fetch_results", experiment.id, request, poll_interval=0.001)
    request.date_intervals = [interval(experiment.date_started, experiment.date_ended)]
    run = call("kameleoon.experiments.fetch_results", experiment.id, request, poll_interval=0.001)

    assert whole == run
    numbers = {str(number) for number in experiment.variations}
    assert set(whole.variation_data.additional_keys) == {"_reference", *numbers}


def test_a_draft_has_no_visits_and_no_rates(call: SyncCaller) -> None:
    draft = next(found for found in call("kameleoon.experiments.list") if found.status == "DRAFT")
    request = models.ExperimentResultsRequest(conversion_type=Kind.ALL_CONVERSION)
    found = call("kameleoon.experiments.fetch_results", draft.id, request, poll_interval=0.001).to_dict()

    row = found["variationData"]["_reference"]["breakdownData"]["_reference"]["generalData"]
    assert row["visitCount"] == 0
    assert {result["conversionRate"] for result in row["goalsData"].values()} == {None}


def test_what_runs_has_visits_on_any_later_day(no_proxies: None) -> None:
    """So that the last weeks of a flag are never empty, however long ago its objects were made."""
    today = datetime.datetime(2028, 3, 1, tzinfo=UTC)
    with serve(now=lambda: today, waiting_polls=0, rate_limits=()) as sandbox, SyncCaller(sandbox) as call:
        week = interval(today - datetime.timedelta(days=7), today)
        request = models.ResultsRequest(date_intervals=[week], conversion_type=Kind.CONVERTED_VISITS)
        found = call("kameleoon.feature_flags.fetch_results", 9001, request).to_dict()

    rows = [variation["breakdownData"]["_reference"]["generalData"] for variation in found["variationData"].values()]
    assert all(row["visitCount"] > 500 for row in rows)


def test_the_experiment_of_a_rollout_rule_has_the_report_of_its_flag(call: SyncCaller, flag: Any) -> None:
    (rule,) = [rule for rule in flag.environment_configurations[2].rollout_rules if rule.type_ == "EXPERIMENTATION"]
    one = models.ExperimentResultsRequest(date_intervals=[interval(*OCTOBER)], conversion_type=Kind.ALL_CONVERSION)
    two = models.ResultsRequest(date_intervals=[interval(*OCTOBER)], conversion_type=Kind.ALL_CONVERSION)

    assert call("kameleoon.experiments.fetch_results", rule.experiment_id, one, poll_interval=0.001) == call(
        "kameleoon.feature_flags.fetch_results", flag.id, two, poll_interval=0.001
    )


# --- polls ---


def test_a_report_is_waiting_before_it_is_ready(any_call: Caller) -> None:
    flag = any_call("kameleoon.feature_flags.list")[0]
    request = models.ResultsRequest(date_intervals=[interval(*OCTOBER)], conversion_type=Kind.ALL_CONVERSION)
    code = any_call("kameleoon.feature_flags.request_results", flag.id, request).data_code

    assert code.isdigit()
    polls = [any_call("kameleoon.results.poll", data_code=code) for _ in range(3)]
    assert [poll.status for poll in polls] == ["WAITING", "READY", "READY"]
    assert polls[1] == polls[2]


def test_the_code_of_an_audience_has_a_bar(any_call: Caller) -> None:
    day = datetime.date(2026, 10, 1)
    site = any_call("kameleoon.sites.list")[0].id
    level = models.AnalyticsLevel.VISIT
    code = any_call(
        "kameleoon.audiences.request_global", site_id=site, start_date=day, end_date=day, analytics_level=level
    ).data_code

    assert [half.isdigit() for half in code.split("|")] == [True, True]
    states = [any_call("kameleoon.audiences.poll", data_code=code).status for _ in range(2)]
    assert states == ["WAITING", "READY"]


def test_a_code_is_good_for_its_own_kind_only(call: SyncCaller, flag: Any) -> None:
    request = models.ResultsRequest(date_intervals=[], conversion_type=Kind.ALL_CONVERSION)
    code = call("kameleoon.feature_flags.request_results", flag.id, request).data_code

    with pytest.raises(BadRequestError):
        call("kameleoon.audiences.poll", data_code=code)
    with pytest.raises(BadRequestError):
        call("kameleoon.results.poll", data_code="1")


def test_a_computation_can_be_made_to_fail(any_call: Caller, sandbox: Sandbox) -> None:
    flag = any_call("kameleoon.feature_flags.list")[0]
    sandbox.faults.add("failed_results")
    request = models.ResultsRequest(date_intervals=[], conversion_type=Kind.ALL_CONVERSION)

    with pytest.raises(ResultsFailedError):
        any_call("kameleoon.feature_flags.fetch_results", flag.id, request, poll_interval=0.001)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reference_variation_id": "17"}, "referenceVariationId is 0"),
        ({"goals_ids": [17]}, "there is no goal 17"),
        ({"breakdown": models.Breakdown(type_="MOON")}, "knows the breakdowns"),
        ({"filters": [models.ReportFilter(type_="MOON")]}, "knows filters"),
    ],
)
def test_what_cannot_be_reported_is_refused_at_once(report: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UnprocessableError, match=said):
        report(**options)


def test_there_is_no_report_on_what_is_not_there(call: SyncCaller) -> None:
    request = models.ResultsRequest(date_intervals=[], conversion_type=Kind.ALL_CONVERSION)
    with pytest.raises(NotFoundError):
        call("kameleoon.feature_flags.request_results", 17, request)


# --- audiences ---


def test_statistics_of_an_audience_are_consistent(call: SyncCaller) -> None:
    def fetch(first: int, last: int, level: models.AnalyticsLevel) -> Any:
        return call(
            "kameleoon.audiences.fetch_global",
            site_id=call("kameleoon.sites.list")[0].id,
            start_date=datetime.date(2026, 10, first),
            end_date=datetime.date(2026, 10, last),
            analytics_level=level,
            poll_interval=0.001,
        )

    by_visit = fetch(8, 14, models.AnalyticsLevel.VISIT)
    before = fetch(1, 7, models.AnalyticsLevel.VISIT)
    stats = by_visit.global_stats
    assert stats.conversion_rate == pytest.approx(stats.converted_element_count / stats.element_count)
    evolution = 100 * (stats.element_count / before.global_stats.element_count - 1)
    assert stats.element_count_evolution == pytest.approx(evolution)
    assert fetch(8, 14, models.AnalyticsLevel.VISITOR).global_stats.element_count < stats.element_count
    assert by_visit.segment_stats
    for segment in by_visit.segment_stats:
        assert 0 < segment.element_count < stats.element_count
    assert (by_visit.start_date_time.day, by_visit.end_date_time.day) == (8, 15)


@pytest.mark.parametrize(("first", "last"), [("2026-10-02", "2026-10-01"), ("2024-01-01", "2026-01-01")])
def test_an_audience_of_no_time_or_too_long_a_time_is_refused(call: SyncCaller, first: str, last: str) -> None:
    with pytest.raises(BadRequestError, match="at most 366 days") as raised:
        call(
            "kameleoon.audiences.request_global",
            site_id=call("kameleoon.sites.list")[0].id,
            start_date=datetime.date.fromisoformat(first),
            end_date=datetime.date.fromisoformat(last),
            analytics_level=models.AnalyticsLevel.VISIT,
        )
    assert isinstance(raised.value.body, models.ServiceError)


# --- Convert ---


def test_the_daily_report_of_a_goal_sums_up_to_the_report_on_all(call: SyncCaller) -> None:
    project = call("convert.projects.list")[0].id
    experience = next(found for found in call("convert.experiences.list", project) if found.goals)
    whole = call("convert.reports.experience", project, experience.id)["data"]["reportData"]
    goal = whole[0]["goal_id"]
    daily = call("convert.reports.goal", project, experience.id, goal)["data"]["reportData"]["variations"]

    summed = {
        found["id"]: (
            sum(day["visitors"] for day in found["stats"]),
            sum(day["conversions"] for day in found["stats"]),
        )
        for found in daily
    }
    assert summed == {
        found["id"]: (found["visitors"], found["conversion_data"]["conversions"]) for found in whole[0]["variations"]
    }
    original, other = whole[0]["variations"][:2]
    assert original["conversion_data"]["confidence"] is None
    assert 0 <= other["conversion_data"]["confidence"] <= 100


def test_a_report_of_convert_is_limited_to_its_range(call: SyncCaller) -> None:
    project = call("convert.projects.list")[0].id
    experience = next(
        found for found in call("convert.experiences.list", project) if found.experience_status == "completed"
    )
    goal = experience.goals[0].id
    start = experience.start_time + 86400 * 2 - (experience.start_time % 86400)
    body = convert_models.ReportRange(start_timestamp=start, end_timestamp=start + 86400 * 3)
    found = call("convert.reports.goal", project, experience.id, goal, body)["data"]["reportData"]["variations"]

    assert [day["timestamp"] for day in found[0]["stats"]] == [start, start + 86400, start + 2 * 86400]


def test_switching_a_flag_off_does_not_rewrite_what_it_has_measured(no_proxies: None) -> None:
    now = datetime.datetime(2026, 11, 2, 12, tzinfo=datetime.UTC)
    since = models.DateInterval(start=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    request = models.ResultsRequest(date_intervals=[since], conversion_type=models.ConversionType.ALL_CONVERSION)

    with serve(rate_limits=(), waiting_polls=0, now=lambda: now) as sandbox, SyncCaller(sandbox) as call:

        def visits() -> dict[str, int]:
            data = call("kameleoon.feature_flags.fetch_results", 9001, request).to_dict()["variationData"]
            return {
                key: found["breakdownData"]["_reference"]["generalData"]["visitCount"] for key, found in data.items()
            }

        flag = sandbox.dump()["kameleoon.feature_flags"]["9001"]
        before = visits()
        off = models.FeatureFlagEnvironmentUpdate.from_dict(
            {"featureKey": flag["featureKey"], "name": flag["name"], "featureEnabled": False}
            | {name: flag[name] for name in ("secondaryGoalIds", "tags", "variables", "variations")}
            | {name: flag["environmentConfigurations"][2][name] for name in ("integrations", "rolloutRules")}
        )
        call("kameleoon.feature_flags.update_environment", flag["siteCode"], flag["featureKey"], "production", off)
        assert visits() == before
        now += datetime.timedelta(days=9)
        assert visits() == before
    assert sum(before.values()) > 1000
