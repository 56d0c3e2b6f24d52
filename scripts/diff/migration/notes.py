"""What users have to do about each break: a note with code before and after it, which type-checks on either side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.diff.migration.snippets import Snippets
from scripts.diff.model.elements import FUNCTIONS, Kind, Surface, split
from scripts.diff.model.report import Layer, MigrationNote, Row, Section, Severity
from scripts.diff.surface.rules import Use
from scripts.diff.surface.twins import Change

_REORDERED = "arguments-reordered"
_CONTRACT = "No code has to change, but a client of the version before may fail: update before the API does."
_TEXTS = {
    "-removed": "The client does not have it any more, and nothing stands in its place: drop what needs it.",
    "required-": "Give it wherever you left it out.",
    "-now-required": "Give it wherever you left it out.",
    "-now-optional": "Expect that it is absent; it is UNSET then.",
    "-now-keyword": "Give it by its name.",
    "-now-positional": "Give it by its position.",
    "-reordered": "Check the order of the arguments that you give by position, or give them by name.",
    "async-changed": "Check where the call is awaited.",
    "base-removed": "Check what catches or tests for the class that it no longer is one of.",
}
"""What to do, by a part of the check's name."""


@dataclass(frozen=True)
class Writer:
    """Writes notes on the changes from one surface to another.

    Attributes:
        old: the one.
        new: the other.
    """

    old: Surface
    new: Surface

    def note(self, change: Change, row: Row, use: Use) -> MigrationNote:
        """The note on a breaking change of the Python surface.

        Args:
            change: the change.
            row: how it is reported.
            use: for a change of a model, where the model stands.
        """
        before, after = self._code(change, use)
        is_shown = before is not None and before != after
        return MigrationNote(
            title=f"`{row.subject}` {row.text}",
            text=self._text(change),
            before=before if is_shown else None,
            after=after if is_shown else None,
            causes=row.causes,
        )

    def _text(self, change: Change) -> str:
        if change.successor is not None:
            return f"Use `{split(change.successor)[1]}` in its place."
        if self._was_member(change):
            return "Should the API still send it, it is kept as it comes; to send it, make it of its value."
        if change.row.check.endswith("-type-changed"):
            return f"It was `{change.row.before}`, and is `{change.row.after}`: check what reads or passes it."
        return next((text for part, text in _TEXTS.items() if part in change.row.check), "Check what uses it.")

    def _code(self, change: Change, use: Use) -> tuple[str | None, str | None]:
        path = change.paths[0]
        now = change.successor or path
        before, after = Snippets(self.old), Snippets(self.new)
        element = self.new.get(path) or self.old[path]
        owner, name = split(path)
        # What has to be given now breaks those who did not give it.
        given = [] if change.row.check.endswith("-now-required") else [name]
        if element.kind is Kind.PARAMETER:
            return before.use(owner, given), after.use(owner, [split(now)[1]])
        if element.kind is Kind.FIELD and (not use.received or "required" in change.row.check):
            return before.build(owner, given), after.build(split(now)[0], [split(now)[1]])
        if element.kind in FUNCTIONS and change.row.check == _REORDERED:
            return before.use(path, self.old[path].facts.order), after.use(path, self.new[path].facts.order)
        if self._was_member(change):
            return before.use(path), after.of_value(owner, element.facts.value)
        if element.kind is Kind.FIELD and before.use(path) == after.use(now):
            return before.read(path), after.read(now)  # the difference is in what stands for its absence
        return before.use(path), after.use(now)

    def _was_member(self, change: Change) -> bool:
        path = change.paths[0]
        return change.successor is None and path not in self.new and self.old[path].kind is Kind.MEMBER


def notes_on_contract(sections: Sequence[Section]) -> Iterator[MigrationNote]:
    """The notes on breaks of the contract that do not show in Python: there is no code to change."""
    for section in sections:
        breaks = [row for row in section.rows if row.severity is Severity.BREAKING]
        if not breaks or any(row.layer is Layer.PYTHON for row in breaks):
            continue
        subject = f"`{section.title}`" if section.kind != "client" else section.title
        said = list(dict.fromkeys(row.text for row in breaks))
        title = f"{subject}: {said[0]}" if len(said) == 1 else f"{subject}: {len(said)} changes of the contract"
        more = "" if len(said) == 1 else f" They are: {'; '.join(said)}."
        yield MigrationNote(
            title=title,
            text=f"{_CONTRACT}{more}",
            before=None,
            after=None,
            causes=tuple(dict.fromkeys(cause for row in breaks for cause in row.causes)),
        )
