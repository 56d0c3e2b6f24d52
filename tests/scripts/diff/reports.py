"""Reports for the tests of what shows them: made up, but as they would be."""

from __future__ import annotations

import itertools
from typing import Any

from scripts.diff.assembly.verdict import judge
from scripts.diff.model.report import (
    ApiSummary,
    Bump,
    Cause,
    Change,
    Note,
    OverlayChange,
    Place,
    Report,
    Severity,
    Source,
    State,
    Verdict,
    ordered,
)

BASE = State("main", "4e29d43fca8a5a0b1f4f6e2d6a4e0c6f4b1d2a39", "`main`")
HEAD = State("HEAD", None, "the work tree, with changes that are not committed")
API = ApiSummary("kameleoon", "abwire.kameleoon", "changed", "3 operations, 5 schemas")
STALE = OverlayChange("overlays/kameleoon/fix-1.overlay.yaml", "A defect", "stale", "no longer fits the spec: gone")


def change(subject: str = "Goal.name", text: str = "was removed", **more: Any) -> Change:
    """A change of one place that breaks code, unless it is said otherwise."""
    python = more.pop("python", Severity.BREAKING)
    wire = more.pop("wire", None)
    found = [severity for severity in Severity if severity in (wire, python)]
    return Change(
        **{
            "api": "kameleoon",
            "severity": found[0],
            "checks": ("python-field-removed",),
            "causes": (Cause.SPEC,),
            "places": (Place(subject, ("GET /goals",), ("goals.list()",), Source("specs/kameleoon.yaml", 42)),),
            "bump": Bump.MAJOR if python is Severity.BREAKING else Bump.PATCH,
            **more,
        },
        text=text,
        wire=wire,
        python=python,
    )


def report(*changes: Change, overlays: tuple[OverlayChange, ...] = (), **more: Any) -> Report:
    """A report on one API in which something changed, after 0.1.0."""
    api = ApiSummary(API.name, API.package, "changed" if changes else "unchanged", API.summary, overlays)
    verdict = judge(ordered(changes), released="0.1.0", actual="0.1.0")
    return Report(**{"base": BASE, "head": HEAD, "verdict": verdict, "apis": (api,), **more}, changes=ordered(changes))


def empty() -> Report:
    """Nothing changed."""
    return report()


def four_changes() -> Report:
    """A pull request that follows three changes of a vendor, and drops one of our overlays."""
    info, breaking, warning = Severity.INFO, Severity.BREAKING, Severity.WARNING
    return report(
        change("goals.list(site_id)", "has to be given now", wire=breaking),
        change(
            "Goal.counts_all", "was renamed to `counts_every`", wire=warning, before="counts_all", after="counts_every"
        ),
        change("GoalType", "value `SCROLL_DEPTH` was added", wire=info, python=info, bump=Bump.MINOR),
        change(
            "Hypothesis.score",
            "is `str`, and was `float`",
            wire=breaking,
            causes=(Cause.OVERLAY,),
            before="float",
            after="str",
        ),
        change("goals.search()", "moved from `POST /a` to `POST /b`", wire=breaking, python=None, bump=Bump.PATCH),
        change("Goal.cost", "has `x-cost` `3` now (changed, not judged)", wire=Severity.UNJUDGED, python=None),
        overlays=(
            OverlayChange(
                "overlays/convert-v1/fix-d02.overlay.yaml", "A score is a number", "removed", "would still apply"
            ),
        ),
        migration=(
            Note(
                "`goals.list(site_id)` has to be given now",
                "Give it.",
                "kameleoon.goals.list()\n",
                "kameleoon.goals.list(site_id=42)\n",
                (Cause.SPEC,),
            ),
            Note(
                "`Goal.counts_all` was renamed",
                "Use the new name.",
                "print(goal.counts_all)\n",
                "print(goal.counts_every)\n",
                (Cause.SPEC,),
            ),
        ),
        changelog="## 0.2.0\n\n* **Breaking**: much.\n",
        notes=("The client of the head was out of date.",),
    )


def repeated(number: int = 87) -> Report:
    """A report of one change that is the same in many operations, and of another that is not."""
    places = tuple(
        Place(f"things{n}.get()", (f"GET /things/{n}",), (), Source("specs/kameleoon.yaml", n + 1))
        for n in range(number)
    )
    return report(
        change(text="may answer with status 429 now", python=None, wire=Severity.INFO, places=places),
        change("Thing.size"),
    )


def large(number: int = 3_000) -> Report:
    """A report of many changes that are all different."""
    severities = list(Severity)
    changes = [
        change(f"Thing{n}.size", f"changed in way {n}", python=severities[n % 4], before="int", after="str")
        for n in range(number)
    ]
    notes = tuple(
        Note(f"Thing{n} is of another type", "Use a string.", "x = 1\n" * 9, "x = '1'\n" * 9) for n in range(99)
    )
    return report(*changes, migration=notes, changelog="* **Breaking**: very much.\n" * 99, notes=("A note.",))


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
    changes = [
        Change(
            api=next(texts),
            text=next(texts),
            severity=severity,
            wire=severity,
            python=None if number % 2 else severity,
            checks=(next(texts),),
            causes=tuple(Cause),
            places=tuple(
                Place(next(texts), (next(texts),), (next(texts),), Source(next(texts), 1))
                for _ in range(1 + number % 3)
            ),
            before=next(texts),
            after=next(texts),
            details=(next(texts), next(texts)),
        )
        for severity in Severity
        for number in range(len(NASTY) + 1)
    ]
    statuses = ("added", "removed", "changed", "renamed", "stale")
    overlays = tuple(OverlayChange(text, next(texts), statuses[n % 5], next(texts)) for n, text in enumerate(NASTY))
    return Report(
        base=State(next(texts), next(texts), next(texts)),
        head=State(next(texts), None, next(texts)),
        verdict=Verdict(Bump.MAJOR, next(texts), next(texts), next(texts), False, "breaks users", next(texts)),
        apis=(ApiSummary(next(texts), next(texts), "changed", next(texts), overlays, 3),),
        changes=tuple(changes),
        migration=tuple(Note(next(texts), next(texts), text, next(texts), tuple(Cause)) for text in NASTY),
        changelog="\n".join(NASTY),
        notes=NASTY,
    )
