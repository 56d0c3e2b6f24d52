"""The benchmarks: what they measure with is the same every time, and valid; what they write says what they found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import report, rivals
from bench.answers import Answers
from bench.measures import CONVERT, KAMELEOON, Bench, Result, Subject
from tests.client.apis import Api, api

SUBJECTS = pytest.mark.parametrize("subject", [CONVERT, KAMELEOON], ids=lambda subject: subject.api)


def _api(subject: Subject) -> Api:
    return api(subject.api.replace("_", "-"))


@SUBJECTS
def test_pages_are_the_same_every_time(subject: Subject) -> None:
    document = _api(subject).document
    pages = [Answers(document, seed).page(subject.model, 3) for seed in (1, 1, 2)]

    assert json.dumps(pages[0]) == json.dumps(pages[1])
    assert pages[0] != pages[2]


@SUBJECTS
def test_pages_are_what_the_client_reads_and_writes(subject: Subject) -> None:
    model = getattr(_api(subject).models, subject.model)

    for made in Answers(_api(subject).document).page(subject.model, 50):
        assert len(made) > 15
        assert model.from_dict(made).to_dict() == made


def test_a_page_of_convert_experiences_is_as_large_as_one_of_the_server() -> None:
    page = Answers(_api(CONVERT).document).page(CONVERT.model, 50)

    assert 80_000 < len(json.dumps(page, separators=(",", ":"))) < 120_000


def test_a_page_is_written_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {CONVERT.api: _api(CONVERT).document})

    path = bench.page(CONVERT, 2)
    written = path.read_bytes()
    path.write_bytes(written + b" ")

    assert len(json.loads(written)) == 2
    assert bench.page(CONVERT, 2).read_bytes() == written + b" "


def test_a_row_has_both_numbers_their_ratio_and_whether_the_aim_is_reached() -> None:
    results = {"abwire": Result.of([0.003, 0.001, 0.002]), "stock": Result.of([0.004, 0.002, 0.005])}

    rows = [report.Comparison("decode", results, "stock", aim).row() for aim in (0.5, 0.49, None)]

    assert rows[0] == (
        "decode",
        "1.00 ms / 2.00 ms",
        "openapi-python-client",
        "2.00 ms / 4.00 ms",
        "0.50 / 0.50",
        "at most 0.50",
        "yes",
    )
    assert rows[1][5:] == ("at most 0.49", "no")
    assert rows[2][5:] == ("", "")


def test_what_was_measured_once_is_one_number() -> None:
    held = {"abwire": Result.of([44_000_000]), "stock": Result.of([77_000_000])}

    assert report.Comparison("memory", held, "stock", 1, report.megabytes).row()[1:5] == (
        "44.0 MB",
        "openapi-python-client",
        "77.0 MB",
        "0.57 / 0.57",
    )


def test_growth_is_a_row_for_each_size() -> None:
    results = {"50": {"abwire": Result(0.001, 0.002), "json": Result(0.001, 0.0015)}}

    assert report.growth(results, "experiences") == (
        "| experiences | abwire | json alone |\n| --- | --- | --- |\n| 50 | 2.00 ms | 1.50 ms |\n"
    )


def test_what_a_rival_leaves_out_is_said() -> None:
    assert report.dropped(rivals.Dropped("a", 0, 25, ())) == (
        "From the spec of `a` openapi-python-client makes all 25 operations.\n"
    )
    text = " ".join(report.dropped(rivals.Dropped("a", 19, 87, ("no `Filter`",))).split())
    assert "makes 68 of 87 operations. The others it leaves out with a warning (no `Filter`)" in text
