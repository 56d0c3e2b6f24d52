"""Which kind of input brought a change about: the step from the base to the head in which it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scripts.diff.contract.handling import Handling
from scripts.diff.contract.oasdiff import Finding
from scripts.diff.model.elements import Surface
from scripts.diff.model.report import Cause


@dataclass(frozen=True)
class Stretch:
    """What changed in one step.

    Attributes:
        causes: the kinds of input that it took.
        findings: how the contract changed.
        handlings: how the behaviour changed.
        before: the Python surface before it.
        after: the Python surface after it.
    """

    causes: tuple[Cause, ...]
    findings: Sequence[Finding]
    handlings: Sequence[Handling]
    before: Surface
    after: Surface


class Causes:
    """The causes of the changes of one API.

    A change that shows in none of the steps came about in several of them, and is caused by all.

    Args:
        causes: all kinds of input that differ.
        stretches: what changed in each step; none if there is but one kind.
    """

    def __init__(self, causes: tuple[Cause, ...], stretches: Sequence[Stretch]) -> None:
        self._causes = causes
        self._stretches = stretches

    def of_finding(self, finding: Finding) -> tuple[Cause, ...]:
        """The causes of a change of the contract."""
        operations = set(finding.operations)
        return (
            self._where(lambda step: any(finding.fingerprints & found.fingerprints for found in step.findings))
            or self._where(lambda step: any(operations & {*found.operations} for found in step.findings))
            or self._causes
        )

    def of_handling(self, handling: Handling) -> tuple[Cause, ...]:
        """The causes of a change of the behaviour."""
        place = handling.key, handling.pointer
        shows = self._where(lambda step: any((found.key, found.pointer) == place for found in step.handlings))
        return shows or self._causes

    def of_elements(self, paths: Iterable[str]) -> tuple[Cause, ...]:
        """The causes of a change of the Python surface, by the elements that it was found in."""
        wanted = list(paths)
        shows = self._where(lambda step: any(step.before.get(path) != step.after.get(path) for path in wanted))
        return shows or self._causes

    def _where(self, shows: Callable[[Stretch], bool]) -> tuple[Cause, ...]:
        found = (cause for step in self._stretches if shows(step) for cause in step.causes)
        return tuple(dict.fromkeys(found))
