"""Compare one API in two states: wire, Python surface and causes, put together as one change for each thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scripts.diff.assembly.causes import Chain
from scripts.diff.contract import oasdiff, rules
from scripts.diff.contract.catalogue import API, Catalogue, Key, Part, parent_of
from scripts.diff.contract.oasdiff import Finding
from scripts.diff.inputs.lines import Lines
from scripts.diff.model.report import Bump, Cause, Change, Place, Severity, worst
from scripts.diff.surface.surface_changes import SurfaceChange

_UNJUDGED = "changed, not judged"
_ROUTE = re.compile(r"operations\[(.+)\]\.(\w+)$")
_IGNORED = ("api-tag-",)
"""Checks of oasdiff for texts that are for people."""


@dataclass
class _Draft:
    """What is known of one part that changed."""

    key: Key
    old: Part | None
    new: Part | None
    python: list[SurfaceChange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    also: list[Part] = field(default_factory=list)
    """Other parts in which it shows, such as those that have a schema."""

    @property
    def part(self) -> Part:
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def keys(self) -> set[Key]:
        return {part.key for part in (self.old, self.new) if part}

    schemas: Mapping[str, str] = field(default_factory=dict)
    """The new names of schemas that have another one."""

    def facts(self) -> Iterator[tuple[str, Any, Any]]:
        """The keywords that differ, with both values."""
        if self.old and self.new:
            for keyword in dict.fromkeys([*self.old.facts, *self.new.facts]):
                before, after = self.old.facts.get(keyword), self.new.facts.get(keyword)
                if before == after or _renamed(before, self.schemas) == after:
                    continue
                if keyword in ("explode", "style") and self.old.facts.get("content") != self.new.facts.get("content"):
                    continue  # they mean nothing for what is written as JSON
                yield keyword, before, after


@dataclass(frozen=True)
class ApiComparison:
    """The comparison of an API that both states have.

    Attributes:
        name: its name.
        old: the parts of its effective spec before.
        new: the same after.
        keys: the new keys of the old parts.
        lines: the lines of both vendor specs.
        chain: tells causes apart.
    """

    name: str
    old: Catalogue
    new: Catalogue
    keys: Mapping[Key, Key]
    lines: tuple[Lines, Lines]
    chain: Chain

    def changes(self, python: Sequence[SurfaceChange]) -> list[Change]:
        """Return all changes.

        Args:
            python: the changes of the Python surface of the API, with paths that begin at its package.
        """
        drafts = {draft.key: draft for draft in self._differing()}
        for change in python:
            self._attach(change, drafts)
        self._attach_findings(oasdiff.compare(self.old, self.new, self.name), drafts)
        self._fold(drafts)
        found = [change for draft in drafts.values() for change in self._written(draft)]
        return merge([*found, *self._hidden()])

    def rewordings(self) -> int:
        """Return how many texts for people differ."""
        pairs = [(self.old.parts[before], self.new.parts[after]) for before, after in self.keys.items()]
        return sum(old.prose.get(key) != new.prose.get(key) for old, new in pairs for key in {*old.prose, *new.prose})

    # --- what differs ---

    def _differing(self) -> Iterator[_Draft]:
        kept = set(self.keys.values())
        schemas = {old[1]: new[1] for old, new in self.keys.items() if old[0] == "schema" and old != new}
        for before, after in self.keys.items():
            draft = _Draft(after, self.old.parts[before], self.new.parts[after], schemas=schemas)
            moved = before != after and before[0] in ("operation", "schema", "field", "parameter", "response")
            if any(draft.facts()) or (moved and _own_name(before) != _own_name(after)):
                yield draft
        for key, part in self.old.parts.items():
            parent = parent_of(key)
            if key not in self.keys and (parent is None or parent in self.keys):
                yield _Draft(key, part, None)
        for key, part in self.new.parts.items():
            parent = parent_of(key)
            if key not in kept and (parent is None or parent in kept):
                yield _Draft(key, None, part)

    def _attach(self, change: SurfaceChange, drafts: dict[Key, _Draft]) -> None:
        """Give a change of the Python surface to the part that it is of."""
        key = self._key(change)
        if change.check == "return-type-changed":
            successes = [one for one in drafts if one[0] == "response" and one[1:2] == key[1:] and one[-1][:1] == "2"]
            key = successes[0] if successes else key
        if key not in drafts:
            old = next((self.old.parts[before] for before, after in self.keys.items() if after == key), None)
            if key[0] == "python":
                part = Part(key, (), (), change.path, _subject(change.old_path or change.path, self.old.entry))
                drafts[key] = _Draft(key, part, part)
            else:
                drafts[key] = _Draft(key, old or self.old.parts.get(key), self.new.parts.get(key))
        drafts[key].python.append(change)

    def _key(self, change: SurfaceChange) -> Key:
        if route := _ROUTE.match(change.path):
            return ("operation", route[1]) if ("operation", route[1]) in self.new.parts else ("python", change.path)
        if change.kind == "constant" and change.path.count(".") == 1:
            return API
        for catalogue, path in ((self.new, change.path), (self.old, change.old_path)):
            if path is not None:
                member = path.rpartition(".")[0] if change.kind == "member" else path
                if (key := catalogue.key_of(_sync(member))) is not None:
                    return self.keys.get(key, key) if catalogue is self.old else key
        return ("python", change.path)

    def _attach_findings(self, findings: Mapping[Key, list[Finding]], drafts: dict[Key, _Draft]) -> None:
        for key, found in findings.items():
            for finding in found:
                if finding.check.startswith(_IGNORED):
                    continue
                draft = self._draft_of(key, finding, drafts)
                if finding.check.endswith("enum-value-removed") and draft and self._takes_any_value(draft):
                    continue
                if draft is not None:
                    draft.findings.append(finding)
                elif finding.severity is not Severity.INFO:
                    part = self.new.parts.get(key) or self.old.parts[key]
                    drafts[key] = _Draft(key, part, part, findings=[finding])

    def _draft_of(self, key: Key, finding: Finding, drafts: Mapping[Key, _Draft]) -> _Draft | None:
        """The part that changed for a finding: its own, what that belongs to, else one of its operation."""
        here: Key | None = self.keys.get(key, key)
        while here is not None:
            if here in drafts:
                return drafts[here]
            here = parent_of(here)
        named = {name.rpartition("/")[2] for name in finding.text.split("`")[1::2]}
        fields = [one for one in drafts.values() if one.key[0] == "field" and one.key[-1] in named]
        below = [one for one in fields if one.key[1:-1] == key[1:]] or [
            one for one in fields if finding.operation in self._operations_of(one)
        ]
        if below:
            return below[0]
        operation = self.keys.get(finding.operation, finding.operation)
        ours = [draft for draft in drafts.values() if draft.key[0] != "operation" and draft.key[1:2] == operation[1:]]
        wanted = "request" if finding.check.startswith(("request", "new-")) else "response"
        ours.sort(key=lambda draft: (draft.key[0] == "response") != (wanted == "response"))
        if ours:
            return ours[0]
        whole = [draft for draft in drafts.values() if key in draft.keys or operation in draft.keys]
        return whole[0] if whole else self._referring(key, operation, drafts)

    def _takes_any_value(self, draft: _Draft) -> bool:
        """Return whether a part had an enum, itself or by reference, and has none now."""
        if draft.old is None or draft.new is None:
            return False
        return self.old.has_values(draft.old) and not self.new.has_values(draft.new)

    def _operations_of(self, draft: _Draft) -> set[Key]:
        return {self.new.operation_key(name) for name in draft.part.operations}

    def _referring(self, key: Key, operation: Key, drafts: Mapping[Key, _Draft]) -> _Draft | None:
        """A changed part that leads to another one: it has another schema now."""
        for draft in drafts.values():
            reaches = any(str(name) in key[1:2] for part in (draft.old, draft.new) if part for name in part.references)
            if reaches and len(key) > 1:
                return draft
        return None

    def _fold(self, drafts: dict[Key, _Draft]) -> None:
        """Tell what only follows from a change of a schema with that schema."""
        for key, draft in list(drafts.items()):
            if any(draft.facts()) or not (draft.old and draft.new) or draft.findings or key[0] == "python":
                continue
            causes = [
                drafts[one]
                for name in sorted(self._reached(draft))
                if (one := ("schema", name)) in drafts and one != key
            ]
            if causes and all(change.check.endswith("type-changed") for change in draft.python):
                causes[0].also.append(draft.part)
                text = "what had it is `{}` now" if causes[0].new is None else ""
                causes[0].python += [replace(one, text=text.format(one.after)) for one in draft.python]
                del drafts[key]

    def _reached(self, draft: _Draft) -> set[str]:
        """The schemas that a part refers to; those of an operation are those of its responses and its body."""
        parts = [part for part in (draft.old, draft.new) if part]
        if draft.key[0] == "operation":
            for catalogue in (self.old, self.new):
                parts += [part for key, part in catalogue.parts.items() if parent_of(key) == draft.key]
        return {name for part in parts for name in part.references}

    # --- changes ---

    def _written(self, draft: _Draft) -> Iterator[Change]:
        """A draft as a change; as none, if nothing is left of it."""
        texts = [self._python_text(draft, change) for change in draft.python]
        python = worst([change.severity for change in draft.python])
        severities: list[Severity | None] = []
        keywords = {keyword for keyword, _, _ in draft.facts()}
        checks = [f"python-{change.check}" for change in draft.python]
        values: tuple[str | None, str | None] = next(
            ((one.before, one.after) for one in draft.python if one.before or one.after), (None, None)
        )
        is_judged_by_tool = False
        for keyword, before, after in draft.facts():
            severity, text = self._judge(draft, keyword, before, after)
            rule = rules.rule_for(draft.key[0], keyword)
            is_judged_by_tool |= severity is None
            if severity is None and not draft.findings and not draft.python and keyword not in _NAMES:
                # oasdiff has nothing to say, and the Python surface does not show what it means.
                severity, text = Severity.UNJUDGED, f"{text} ({_UNJUDGED})"
            if keyword.startswith("x-sdk-"):
                python = worst([python, severity])
            else:
                severities.append(severity)
            checks.append(f"wire-{keyword}")
            is_told = bool(draft.python) or keyword in _NAMES or "x-sdk-type" in keywords
            if text and not (rule and rule.is_seen and is_told):
                texts.append(text)
                values = values if any(values) else (_code(before), _code(after))
        is_whole = not (draft.old and draft.new) or (draft.old.key != draft.new.key)
        if is_whole or is_judged_by_tool or not any(draft.facts()):
            severities += [finding.severity for finding in draft.findings]
        if is_whole and not texts:
            texts.append(_whole_text(draft))
        wire = worst(severities)
        texts = list(dict.fromkeys(text for text in texts if text))
        if not texts and draft.findings:
            texts = [draft.findings[0].text]
        if not texts:
            return
        causes = self.chain.causes(
            draft.keys, keywords=keywords, is_python_only=not keywords and not is_whole and bool(draft.python)
        )
        if wire is not None and set(causes) <= {Cause.OVERLAY, Cause.NAMING}:
            wire = Severity.INFO  # the vendor sends and takes what it did: only what we say of it has changed
        severity = worst([wire, python]) or Severity.INFO
        yield Change(
            api=self.name,
            text="; ".join(texts),
            severity=severity,
            wire=wire,
            python=python,
            checks=tuple(dict.fromkeys([*checks, *(f"oasdiff-{finding.check}" for finding in draft.findings)])),
            causes=causes,
            places=tuple(self._place(part, draft.new is None) for part in [self._shown_part(draft), *draft.also]),
            before=values[0],
            after=values[1],
            details=tuple(dict.fromkeys(finding.text for finding in draft.findings)),
            bump=_bump(python, draft.python),
        )

    def _judge(self, draft: _Draft, keyword: str, before: Any, after: Any) -> tuple[Severity | None, str]:
        """The severity and the text of a change of a keyword; no severity, if oasdiff has to say it."""
        rule = rules.rule_for(draft.key[0], keyword)
        text = rules.describe(keyword, rule, before, after)
        if draft.key[0] == "response" and draft.key[-1][:1] != "2":
            text = f"{text} in error {draft.key[-1]}"
        if draft.key[0] == "operation" and keyword == "route":
            text = f"moved from `{_route(draft.old)}` to `{_route(draft.new)}`"
        if keyword in ("$ref", "type") and self._takes_any_value(draft):
            return Severity.INFO, "takes any value now"
        if rule is None:
            return Severity.UNJUDGED, f"{text} ({_UNJUDGED})"
        part = draft.part
        is_used = part.is_sent or part.is_received or draft.key[0] in ("api", "security", "operation")
        found = [rule.sent(before, after)] if part.is_sent or not part.is_received else []
        found += [rule.received(before, after)] if part.is_received else []
        severity = None if None in found else worst(found)
        return (severity if is_used or severity is None else Severity.INFO), text

    def _python_text(self, draft: _Draft, change: SurfaceChange) -> str:
        name = change.path.rpartition(".")[2].rpartition(":")[2]
        if _sync(change.path) != change.path and draft.key[0] == "operation":
            return f"in asyncio, {change.text}"
        if change.kind in ("model", "enum") and draft.key[0] == "field":
            return ""  # the class of the field itself
        if change.kind == "member":
            return f"value `{name}` {change.text}" if change.check != "member-changed" else f"`{name}` {change.text}"
        if draft.key == API and change.kind == "constant":
            return (
                f"`{name}` is `{change.after}`, and was `{change.before}`"
                if change.after
                else f"`{name}` {change.text}"
            )
        if draft.key[0] == "operation" and change.kind in ("parameter", "method") and "(" in change.path:
            return f"argument `{change.path.rpartition('(')[2][:-1]}` {change.text}"
        return change.text

    def _shown_part(self, draft: _Draft) -> Part:
        """The part whose name users know: the old one, if it was renamed."""
        if draft.old and draft.new and any(change.check.endswith("renamed") for change in draft.python):
            return replace(draft.new, subject=draft.old.subject)
        return draft.part

    def _place(self, part: Part, is_old: bool) -> Place:
        catalogue, lines = (self.old, self.lines[0]) if is_old else (self.new, self.lines[1])
        operations = tuple(sorted(part.operations))
        return Place(
            subject=part.subject,
            operations=operations,
            calls=tuple(catalogue.called(operation) for operation in operations),
            source=lines.at(part.pointer),
        )

    # --- hidden by an overlay ---

    def _hidden(self) -> Iterator[Change]:
        for part, text, overlay in self.chain.hidden():
            yield Change(
                api=self.name,
                text=f"the vendor changed it ({text}), and `{overlay}` hides it",
                severity=Severity.INFO,
                wire=Severity.INFO,
                python=None,
                checks=("hidden-by-overlay",),
                causes=(Cause.SPEC,),
                places=(self._place(self.new.parts.get(part.key, part), False),),
            )


_NAMES = (
    "python",
    "class",
    "x-sdk-group",
    "x-sdk-method",
    "x-sdk-names",
    "x-sdk-client/name",
    "x-evidence/route",
    "x-sdk-idempotent",
)


def merge(changes: Iterable[Change]) -> list[Change]:
    """Return changes with the same change in many places as one."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        sameness = replace(change, places=(), details=(), checks=())
        groups.setdefault((sameness.__class__, repr(sameness)), []).append(change)
    return [
        replace(
            same[0],
            places=tuple(dict.fromkeys(place for one in same for place in one.places)),
            details=tuple(dict.fromkeys(text for one in same for text in one.details)),
            checks=tuple(dict.fromkeys(check for one in same for check in one.checks)),
        )
        for same in groups.values()
    ]


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A fact with other names for schemas."""
    if not names:
        return value
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return (
            sorted(_renamed(item, names) for item in value) if all(isinstance(item, str) for item in value) else value
        )
    if isinstance(value, str):
        prefix, slash, name = value.rpartition("/")
        return f"{prefix}{slash}{names.get(name, name)}"
    return value


def _own_name(key: Key) -> str:
    return key[-1] if key[0] != "body" else ""


def _sync(path: str) -> str:
    return re.sub(r"\bAsync(?=[A-Z])", "", path)


def _subject(path: str, entry: str) -> str:
    short = path.removeprefix(f"{entry}.").removeprefix("models.")
    return short if "." in short.partition("(")[0] or path.startswith("models.") else path


def _route(part: Part | None) -> str:
    return next(iter(part.operations)) if part else ""


def _code(value: Any) -> str | None:
    return None if value is None or isinstance(value, (dict, list)) else rules.shown(value).strip("`")


def _bump(python: Severity | None, changes: Sequence[SurfaceChange]) -> Bump:
    if python is Severity.BREAKING:
        return Bump.MAJOR
    is_new = any(change.check.endswith("-added") or change.check == "now-optional" for change in changes)
    return Bump.MINOR if is_new and python is Severity.INFO else Bump.PATCH


def _whole_text(draft: _Draft) -> str:
    kind = draft.key[0]
    if draft.old and draft.new and kind == "response":
        return f"answers with status {draft.new.key[-1]} now, and with {draft.old.key[-1]} before"
    if draft.old and draft.new:
        return f"was renamed to `{draft.new.subject}`"
    if kind == "response":
        status = draft.key[-1]
        what = "an error" if status[:1] in "45" or status == "default" else "the response"
        return f"may answer with status {status} now" if draft.new else f"no longer has {what} {status}"
    if kind == "body":
        return "takes a body now" if draft.new else "takes no body any more"
    return "was added" if draft.new else "was removed"
