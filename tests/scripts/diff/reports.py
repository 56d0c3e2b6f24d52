"""Reports for the tests of what shows them: made up, but as they would be."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from typing import Any

from scripts.diff.model.report import (
    ApiChange,
    Bump,
    Cause,
    Layer,
    MigrationNote,
    OverlayChange,
    Report,
    Row,
    Section,
    Severity,
    State,
    Verdict,
)

BASE = State("main", "4e29d43fca8a5a0b1f4f6e2d6a4e0c6f4b1d2a39", "main (4e29d43)")
HEAD = State("HEAD", None, "the work tree, with changes that are not committed")
NOTHING = Verdict(Bump.NONE, "0.1.0", "0.1.0", "0.1.0", True, "Nothing changes for users, so 0.1.0 may stay.")
BROKEN = Verdict(
    Bump.MINOR,
    "0.1.0",
    "0.2.0",
    "0.1.0",
    False,
    "This breaks users without announcing it: it needs at least 0.2.0 after 0.1.0, and pyproject.toml says 0.1.0. "
    "Raise the version, or keep what breaks.",
)
KAMELEOON = ("kameleoon", "abwire.kameleoon")
SIZE = "87 operations, 192 models and enums"


def row(subject: str = "models.Goal.name", text: str = "was removed", **more: Any) -> Row:
    """A change that breaks users of a Python name, unless it is said otherwise."""
    return Row(
        **{"layer": Layer.PYTHON, "severity": Severity.BREAKING, "check": "field-removed", **more},
        subject=subject,
        text=text,
    )


def section(
    title: str, *rows: Row, kind: str = "operation", python: str | None = None, used_by: Sequence[str] = ()
) -> Section:
    """The changes of one thing."""
    return Section(kind, title, python, tuple(used_by), rows)


def report(*sections: Section, overlays: Sequence[OverlayChange] = (), status: str = "changed", **more: Any) -> Report:
    """A report on one API in which something changed."""
    api = ApiChange(*KAMELEOON, status, SIZE, sections, tuple(overlays))
    breaks = any(found.severity is Severity.BREAKING for part in sections for found in part.rows)
    return Report(**{"base": BASE, "head": HEAD, "verdict": BROKEN if breaks else NOTHING, "apis": (api,), **more})


def empty() -> Report:
    """Nothing changed."""
    unchanged = [
        ApiChange(*KAMELEOON, "unchanged", SIZE),
        ApiChange("convert-v1", "abwire.convert_v1", "unchanged", "25 operations"),
    ]
    return Report(BASE, HEAD, NOTHING, tuple(unchanged))


def four_changes() -> Report:
    """A pull request that follows three changes of a vendor, and drops one of our overlays.

    Kameleoon renames a field of goals, has a new type of goals, and wants a site for the list of goals. The overlay
    that made the score of Convert's hypotheses a number is gone.
    """
    goals = ("GET /goals", "POST /goals", "GET /goals/{goalId}", "PUT /goals/{goalId}", "PATCH /goals/{goalId}")
    hypotheses = ("POST /projects/{projectId}/hypotheses/list", "GET /projects/{projectId}/hypotheses/{hypothesisId}")
    vendor, fix, naming = (Cause.SPEC,), (Cause.OVERLAY,), (Cause.NAMING,)
    kameleoon = (
        section(
            "GET /goals",
            row(
                "GET /goals",
                "has the query parameter `siteId`, which became required",
                layer=Layer.HTTP,
                check="request-parameter-became-required",
                causes=vendor,
                before="optional",
                after="required",
                pointer="/paths/~1goals/get/parameters/2",
            ),
            row(
                "goals.list(site_id)",
                "has to be given now",
                check="parameter-became-required",
                causes=vendor,
                before="site_id: int | Unset = UNSET",
                after="site_id: int",
                also=(
                    "AsyncKameleoon.goals.list(site_id)",
                    "api.goal.get_all_goals.sync(site_id)",
                    "api.goal.get_all_goals.asyncio(site_id)",
                    "api.goal.get_all_goals.sync_detailed(site_id)",
                    "api.goal.get_all_goals.asyncio_detailed(site_id)",
                ),
                pointer="/paths/~1goals/get/parameters/2",
            ),
            row(
                "goals.list",
                "is told by another key how pages are asked for",
                layer=Layer.BEHAVIOUR,
                severity=Severity.WARNING,
                check="x-sdk-pagination-changed",
                causes=(Cause.SPEC, Cause.NAMING),
                before='{"page": "page", "size": "perPage"}',
                after='{"page": "page", "size": "pageSize"}',
                pointer="/paths/~1goals/get",
            ),
            python="Kameleoon.goals.list",
        ),
        section(
            "models.Goal",
            row(
                "Goal.hasMultipleConversions",
                "was removed from answers",
                layer=Layer.HTTP,
                check="response-optional-property-removed",
                causes=vendor,
                before="boolean",
                hint="It seems to be called `countsEveryConversion` now.",
                operations=goals,
                pointer="/components/schemas/Goal/properties/hasMultipleConversions",
            ),
            row(
                "models.Goal.has_multiple_conversions",
                "was removed",
                check="field-removed",
                causes=vendor,
                before="bool | Unset",
                hint="It seems to be called `counts_every_conversion` now.",
                pointer="/components/schemas/Goal/properties/hasMultipleConversions",
            ),
            row(
                "Goal.countsEveryConversion",
                "was added to answers",
                layer=Layer.HTTP,
                severity=Severity.INFO,
                check="response-optional-property-added",
                causes=vendor,
                after="boolean",
                pointer="/components/schemas/Goal/properties/countsEveryConversion",
            ),
            row(
                "models.Goal.counts_every_conversion",
                "was added",
                severity=Severity.INFO,
                check="field-added",
                causes=vendor,
                after="bool | Unset",
                pointer="/components/schemas/Goal/properties/countsEveryConversion",
            ),
            kind="model",
            used_by=goals,
        ),
        section(
            "models.GoalType",
            row(
                "GoalType",
                "has the new value `SCROLL_DEPTH` in answers",
                layer=Layer.HTTP,
                severity=Severity.INFO,
                check="response-property-enum-value-added",
                causes=vendor,
                after="SCROLL_DEPTH",
                operations=("GET /goals", "GET /goals/{goalId}"),
                pointer="/components/schemas/GoalType",
            ),
            row(
                "models.GoalType.SCROLL_DEPTH",
                "was added",
                severity=Severity.INFO,
                check="enum-member-added",
                causes=vendor,
                after='"SCROLL_DEPTH"',
                hint="A `match` without a case for others does not know it.",
                pointer="/components/schemas/GoalType",
            ),
            kind="model",
            used_by=goals,
        ),
    )
    convert = (
        section(
            "models.Hypothesis",
            row(
                "Hypothesis.prioritization_score",
                "is of another type in answers",
                layer=Layer.HTTP,
                check="response-property-type-changed",
                causes=fix,
                before="number",
                after="string",
                operations=hypotheses,
                pointer="/components/schemas/Hypothesis/properties/prioritization_score",
            ),
            row(
                "models.Hypothesis.prioritization_score",
                "is of another type",
                check="type-changed",
                causes=fix,
                before="float | Unset",
                after="str | Unset",
                hint="The overlay fix-d02-hypothesis-score is gone; what it mended is as the vendor has it.",
                pointer="/components/schemas/Hypothesis/properties/prioritization_score",
            ),
            row(
                "models.Hypothesis.prioritization_score",
                "what is read as this value has changed",
                layer=Layer.BEHAVIOUR,
                severity=Severity.WARNING,
                check="x-sdk-type-removed",
                causes=fix,
                before='"number"',
                pointer="/components/schemas/Hypothesis/properties/prioritization_score",
            ),
            kind="model",
            used_by=hypotheses,
        ),
        section(
            "hypotheses.update_status",
            row(
                "hypotheses.update_status",
                "says in its docstring that it is deprecated",
                severity=Severity.WARNING,
                check="method-deprecated",
                causes=naming,
            ),
            kind="client",
        ),
    )
    return Report(
        base=BASE,
        head=HEAD,
        verdict=BROKEN,
        apis=(
            ApiChange(
                "convert-v1",
                "abwire.convert_v1",
                "changed",
                "25 operations, 75 models and enums",
                convert,
                (
                    OverlayChange(
                        "overlays/convert-v1/fix-d02-hypothesis-score.overlay.yaml",
                        "The score of a hypothesis is a number in requests and a string in responses",
                        "fix",
                        "removed",
                        "would still apply: what it mended is as the vendor has it again",
                    ),
                ),
            ),
            ApiChange(
                *KAMELEOON,
                "changed",
                SIZE,
                kameleoon,
                (
                    OverlayChange(
                        "overlays/kameleoon/sdk-54-pagination.overlay.yaml",
                        "Nothing says that lists come in pages",
                        "sdk",
                        "changed",
                        "1 new or other actions, 1 that are gone; 13 in all",
                    ),
                ),
            ),
        ),
        migration=(
            MigrationNote(
                "`goals.list` needs a `site_id`",
                "List the goals of one site at a time.",
                GOALS_BEFORE,
                GOALS_AFTER,
                vendor,
            ),
            MigrationNote(
                "`Goal.has_multiple_conversions` is gone",
                "Read `counts_every_conversion` instead.",
                FIELD_BEFORE,
                FIELD_AFTER,
                vendor,
            ),
            MigrationNote(
                "`Hypothesis.prioritization_score` is a string",
                "Convert it where you calculate with it.",
                SCORE_BEFORE,
                SCORE_AFTER,
                fix,
            ),
        ),
        changelog=CHANGELOG,
        notes=("The client of the head was out of date, and was made anew for this comparison.",),
    )


GOALS_BEFORE = """\
from abwire.kameleoon import Kameleoon

with Kameleoon.from_env() as kameleoon:
    for goal in kameleoon.goals.list():
        print(goal.name)
"""
GOALS_AFTER = GOALS_BEFORE.replace("list()", "list(site_id=42)")
FIELD_BEFORE = """\
from abwire.kameleoon import models


def counts_all(goal: models.Goal) -> bool:
    return bool(goal.has_multiple_conversions)
"""
FIELD_AFTER = FIELD_BEFORE.replace("has_multiple_conversions", "counts_every_conversion")
SCORE_BEFORE = """\
from abwire.convert_v1 import models


def weight(hypothesis: models.Hypothesis) -> float:
    return hypothesis.prioritization_score or 0.0
"""
SCORE_AFTER = SCORE_BEFORE.replace(
    "hypothesis.prioritization_score or 0.0", "float(hypothesis.prioritization_score or 0)"
)
CHANGELOG = """\
## 0.2.0

* **Breaking**: `goals.list` of Kameleoon needs a `site_id`.

  ```python
  kameleoon.goals.list(site_id=42)
  ```

* **Breaking**: `Goal.has_multiple_conversions` of Kameleoon is gone; read `counts_every_conversion`.
* **Breaking**: `Hypothesis.prioritization_score` of Convert is a string.
* `GoalType.SCROLL_DEPTH` of Kameleoon.
"""

NASTY = (
    "</details></td></table>",
    "<details><summary>open",
    "<script>alert(1)</script>",
    "<!-- never closed",
    "<img src=x onerror=alert(1)>",
    "<style>*{display:none}</style>",
    "{{ 7 * 7 }} {% raw %}",
    "```\n</details>\n\n# Out of the fence\n",
    "~~~\nout",
    "``a` @b `c``` @d",
    "`a`@user`b`",
    "`a``@user`",
    "| a | b |\n|---|---|",
    "a \\| b \\\\| c",
    "ends with a backslash \\",
    "@user @org/team, please see #1, GH-2 and owner/repo#3",
    "commit 4e29d43fca8a5a0b1f4f6e2d6a4e0c6f4b1d2a39",
    "[click](https://evil.example) ![](https://evil.example/x.png)",
    "[click]: https://evil.example",
    "https://evil.example, www.evil.example and somebody@evil.example",
    "<https://evil.example>",
    "**bold** _em_ ~~gone~~ $x$ :smile: [^1] [ ] \\* &lt; &#64;user",
    "1. one",
    "- [ ] one",
    "# one",
    "> one",
    "---",
    "===",
    "    indented",
    "\u202eright to left\u202c, \u200bno width, \x00, \x1b[31m, \ud800, \u2028, \x85, \ufeff",
    "é" * 60 + "@",
    "\"'<&>",
    "",
    " ",
    "`",
    "```",
    "\n\n\n",
    "x" * 5_000,
    "@ " * 2_000,
)
"""Texts that try to be something else than texts."""


def nasty() -> Report:
    """A report whose every text is one of those."""
    texts = itertools.cycle(NASTY)
    rows = [
        Row(
            layer,
            severity,
            next(texts),
            next(texts),
            next(texts),
            tuple(Cause),
            next(texts),
            next(texts),
            next(texts),
            (next(texts), next(texts)),
            (next(texts), next(texts)),
            next(texts),
        )
        for severity in Severity
        for layer in Layer
        for _ in NASTY[:13]
    ]
    kinds = ("operation", "model", "client")
    sections = [
        Section(kinds[number % 3], next(texts), next(texts), (next(texts), next(texts)), tuple(rows[number::40]))
        for number in range(40)
    ]
    statuses = ("added", "removed", "changed", "renamed", "stale")
    overlays = [
        OverlayChange(text, next(texts), "fix", statuses[number % 5], next(texts)) for number, text in enumerate(NASTY)
    ]
    return Report(
        base=State(next(texts), next(texts), next(texts)),
        head=State(next(texts), None, next(texts)),
        verdict=Verdict(Bump.MAJOR, next(texts), next(texts), next(texts), False, next(texts)),
        apis=(
            ApiChange(next(texts), next(texts), "changed", next(texts), tuple(sections), tuple(overlays)),
            ApiChange(next(texts), next(texts), "added", next(texts)),
            ApiChange(next(texts), next(texts), "removed", next(texts)),
        ),
        runtime=(Section("client", next(texts), None, (), tuple(rows[:3])),),
        migration=tuple(MigrationNote(next(texts), next(texts), text, next(texts), tuple(Cause)) for text in NASTY),
        changelog="\n".join(NASTY),
        notes=NASTY,
    )


def large(number: int = 3_000) -> Report:
    """A report of many changes: a third breaks, a third is warned of, a third is new."""
    sections = []
    for position in range(number // 6):
        name, path = f"Thing{position}", f"/things/{position}"
        rows = [
            row(
                subject,
                f"changed in way {position}",
                layer=layer,
                severity=severity,
                causes=(Cause.SPEC,),
                before="int",
                after="str",
            )
            for severity in Severity
            for layer, subject in ((Layer.HTTP, f"{name}.size"), (Layer.PYTHON, f"models.{name}.size"))
        ]
        part = rows if position % 2 else rows[2:]
        sections.append(section(f"models.{name}", *part, kind="model", used_by=(f"GET {path}", f"POST {path}")))
        if not position % 2:
            sections.append(section(f"GET {path}", *rows[:2], python=f"Kameleoon.things{position}.get"))
    notes = [
        MigrationNote(f"Thing{position} is of another type", "Use a string.", "x = 1\n" * 9, "x = '1'\n" * 9)
        for position in range(99)
    ]
    return report(*sections, migration=tuple(notes), changelog="* **Breaking**: very much.\n" * 99, notes=("A note.",))


def repeated(number: int = 87) -> Report:
    """A report of one change that is the same in many operations, and of another that is not."""
    sections = [
        section(
            f"GET /things/{position}",
            row(
                f"GET /things/{position}",
                "has the new response `429`",
                layer=Layer.HTTP,
                severity=Severity.WARNING,
                check="response-added",
            ),
            row(
                f"things{position}.get",
                "may raise `RateLimitError`",
                severity=Severity.WARNING,
                check="raises-added",
                also=(f"AsyncKameleoon.things{position}.get",),
            ),
        )
        for position in range(number)
    ]
    return report(*sections, section("models.Thing", row("models.Thing.size"), kind="model"))


if __name__ == "__main__":
    from scripts.diff.render.markdown import render

    sys.stdout.write(render(four_changes()))
