"""Measure everything, and write ``docs/benchmarks.md``.

    python -m bench [--turns N] [--output FILE]

Slowness is no error: the exit status is 0 whatever comes out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import calls, report, rivals
from bench.measures import CONVERT, KAMELEOON, ROOT, TURNS, Bench
from scripts.specs import documents

APIS = {"convert_v1": "convert-v1", "kameleoon": "kameleoon"}
SIZES = (50, 500, 5000)
INTRODUCTION = """\
# Benchmarks

Written by `make bench`, which makes the rivals from the same effective specs (`generated/specs/`) and runs all of them
in one go: every contestant in processes of its own, in turns, {turns} turns of many rounds each. Two numbers are the
minimum and the median of the rounds; ratios are of these, and an aim is reached if the median is within it. The pages
are made from the shape of the specs, always the same, without regard to what a contestant is good at.

Machine: {machine}
"""
DECODING = """\
Decoding is from the bytes of an answer to models, by the code that a call runs. It takes no less than `json.loads`
(*json alone*), which abwire and openapi-python-client both build on. pydantic parses JSON on its own, in Rust; as
datamodel-code-generator makes its models, it drops fields that the spec does not name, which the others keep, so it is
measured with models that keep them, too.
"""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure everything, beside rivals.")
    parser.add_argument("--turns", type=int, default=TURNS, help="how often each contestant has its turn")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks.md", help="the page to write")
    options = parser.parse_args()
    specs = ROOT / "generated" / "specs"
    loaded = {
        api: documents.plain(documents.load(specs / f"{name}.yaml", keep_comments=False)) for api, name in APIS.items()
    }
    folder = ROOT / ".cache" / "bench"
    left_out = [rivals.make(api, document, folder) for api, document in loaded.items()]
    for page in folder.glob("*-*.json"):
        page.unlink()
    options.output.write_text(_page(Bench(folder, loaded, options.turns), left_out), encoding="utf-8")
    print(f"{options.output} is written")


def _page(bench: Bench, left_out: list[rivals.Dropped]) -> str:
    first, decoded, encoded, held = (
        bench.first_calls(),
        bench.decoded(CONVERT),
        bench.encoded(CONVERT),
        bench.held(CONVERT),
    )
    page = bench.page(CONVERT, 50).stat().st_size / 1000
    words = f"a page of 50 Convert experiences ({page:.0f} kB)"
    comparisons = [
        report.Comparison("import abwire.kameleoon, make a client, ready to call", bench.ready(), "httpx", 1.25),
        report.Comparison("the same, and the first call made, to no server", first, "httpx", None),
        *(
            report.Comparison(
                f"one call to a server of this machine, {kind}", found, "httpx", 1.15, report.microseconds
            )
            for kind, found in calls.measure().items()
        ),
        report.Comparison(f"decode {words}", decoded, "stock", 0.5),
        report.Comparison(f"decode {words}", decoded, "pydantic", 1),
        report.Comparison(f"decode {words}", decoded, "pydantic_open", 1),
        report.Comparison(f"decode {words}", decoded, "json", None),
        report.Comparison("encode 50 Convert experiences to create", encoded, "stock", 1),
        report.Comparison("memory of 10,000 decoded Convert experiences", held, "stock", 1, report.megabytes),
        report.Comparison("memory of 10,000 decoded Convert experiences", held, "pydantic", None, report.megabytes),
    ]
    parts = [
        INTRODUCTION.format(turns=bench.turns, machine=report.machine()),
        report.table(report.HEAD, (comparison.row() for comparison in comparisons)),
        DECODING,
        *map(report.dropped, left_out),
        "## How decoding grows\n\nMedians, by the number of objects in an answer.\n",
    ]
    for subject in (CONVERT, KAMELEOON):
        sizes = {f"{size:,}": bench.decoded(subject, size, max(2, 2000 // size)) for size in SIZES}
        parts.append(report.growth(sizes, subject.words))
    parts.append("## How imports grow\n\nMedians, from httpx imported to what the row says imported.\n")
    parts += [report.growth(bench.imports(subject), f"abwire.{subject.api}") for subject in (CONVERT, KAMELEOON)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


if __name__ == "__main__":
    main()
