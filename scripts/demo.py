"""The tour of ``make demo``: regenerate both clients, then call both APIs on a server of this machine.

    python -m scripts.demo

The server answers from the effective specs and refuses what they do not allow. Nothing leaves the machine.
"""

from __future__ import annotations

import datetime
import json
import sys
import warnings

from scripts import generate
from scripts.build_specs import ROOT
from scripts.documents import load
from scripts.sample_server import SampleServer


def main() -> int:
    """Run the tour; returns the exit status."""
    print("1. Regenerate both clients from specs/ and overlays/\n")
    status = generate.main([])
    if status:
        return status
    for number, (name, tour) in enumerate((("kameleoon", _tour_kameleoon), ("convert-v1", _tour_convert)), 2):
        effective = load(ROOT / "generated" / "specs" / f"{name}.yaml", keep_comments=False)
        with SampleServer(effective) as server:
            print(f"\n{number}. Call the {effective['info']['title']} at {server.url}")
            tour(server)
    return 0


# The generated package is imported after it has been regenerated.


def _tour_kameleoon(server: SampleServer) -> None:
    from abwire.kameleoon import Kameleoon, models  # noqa: PLC0415

    with Kameleoon(token="made-up-token", base_url=server.url) as kameleoon:  # noqa: S106
        print("\n   Start the statistics of a site's audience, with a filter of each kind:")
        code = kameleoon.audiences.request_global(
            site_id=4711,
            start_date=datetime.date(2026, 11, 1),
            end_date=datetime.date(2026, 11, 20),
            analytics_level=models.AnalyticsLevel.VISITOR,
            filters=[
                models.ExperimentAudienceFilter(id=12, variation_ids=[34, 56], include=True),
                models.FavoriteAudienceFilter(include=True),
                models.GoalAudienceFilter(ids=[1]),
                models.PersonalizationAudienceFilter(
                    id=7, exposition=models.PersonalizationAudienceFilterExposition.EXPOSED
                ),
                models.SegmentAudienceFilter(ids=[3], include=False),
                models.SegmentCriteriaAudienceFilter(criterias=[]),
            ],
        )
        print("   what went over the wire:")
        query = dict(server.received[-1].query)
        for sent in json.loads(query.pop("filters")):
            print(f"     filters: {json.dumps(sent)}")
        print(f"     {query}")
        _show("code", code.data_code)

        print("\n   Read a feature flag; each rollout rule has the class that its type says, an unknown one too:")
        flag = kameleoon.feature_flags.get("abcdefghij", "checkout")
        _show("flag.feature_key", flag.feature_key)
        _show("flag.date_created", flag.date_created)
        _show("flag.health", flag.health)
        for environment in flag.environment_configurations or []:
            for rule in environment.rollout_rules or []:
                _show("rule", rule, f"type={rule.type_!r}")


def _tour_convert(server: SampleServer) -> None:
    from abwire.convert_v1 import Convert, models  # noqa: PLC0415
    from abwire.convert_v1.api.hypotheses import get_hypothesis  # noqa: PLC0415

    warnings.simplefilter("ignore", DeprecationWarning)
    with Convert("made-up-id", "made-up-secret", base_url=server.url) as convert:
        print("\n   Read a hypothesis; its score is a float, though the wire says a string:")
        raw = get_hypothesis.sync_detailed("10010", "7", client=convert.client)
        hypothesis = convert.hypotheses.get("10010", "7")
        _show("on the wire", json.loads(raw.content)["prioritization_score"])
        _show("hypothesis.prioritization_score", hypothesis.prioritization_score)
        _show("hypothesis.prioritization_score_attributes", hypothesis.prioritization_score_attributes)
        _show("hypothesis.status", hypothesis.status)
        _show("hypothesis.start_date", hypothesis.start_date)

        print("\n   List the hypotheses with a score from 3 to 5:")
        listed = convert.hypotheses.list(
            "10010", score_min=3, score_max=5, status=[models.HypothesisStatus.DRAFT]
        ).to_list()
        print(f"     sent: {server.received[2].body.decode()}")
        for item in listed:
            _show("item", item, f"score={item.prioritization_score!r}")


def _show(name: str, value: object, detail: str | None = None) -> None:
    print(f"     {name}: {type(value).__name__} {detail or repr(value)}")


if __name__ == "__main__":
    sys.exit(main())
