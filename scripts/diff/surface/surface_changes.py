"""Compare the Python surfaces of two states: what each change means for code that was written for the old one.

A check of the Python surface is a branch of :meth:`_Comparison.changed`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Severity
from scripts.diff.surface import python_types
from scripts.diff.surface.python_types import NONE, UNSET, Type, fits

Element = Mapping[str, Any]
Surface = Mapping[str, Element]
"""What users can reach, by path; see ``dump.py``."""
Usage = Callable[[str, str], tuple[bool, bool]]
"""Whether requests and responses have a model, by the package of its API and its class."""

_DUMP = Path(__file__).with_name("dump.py")
_ARGUMENTS = ("parameter", "field")
_CLASSES = ("class", "model", "enum", "exception")
_PASSED = {"both": "can be passed by position and by name now", "keyword": "can be passed by name only now"}
_PASSED["positional"] = "can be passed by position only now"
_ASYNC = re.compile(r"\bAsync(?=[A-Z])")
_RAW = ".with_raw_response"


@dataclass(frozen=True)
class SurfaceChange:
    """A change of one element.

    Attributes:
        path: the element: its new path, else its old one.
        old_path: its old path; None if it is new.
        kind: what it is.
        check: what kind of change it is.
        severity: what it means for users.
        text: what happened, to be read after the subject.
        before: how it was; None if there is nothing to show.
        after: how it is; None likewise.
        is_value: whether it is a value by which the client behaves, and nothing that users write.
    """

    path: str
    old_path: str | None
    kind: str
    check: str
    severity: Severity
    text: str
    before: str | None = None
    after: str | None = None
    is_value: bool = False


def load(root: Path) -> Surface:
    """Return the surface of a project's client; it is empty if there is no client yet.

    Raises:
        DiffError: the client cannot be imported.
    """
    if not (root / "generated" / "abwire").is_dir():
        return {}
    done = subprocess.run(
        [sys.executable, "-P", str(_DUMP), str(root)], capture_output=True, text=True, check=False, cwd=root
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no reason given"]
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise DiffError(
            f"{root}: the client cannot be imported with Python {version}: {reason[-1]}. "
            "Run make generate in that state, or compare with a newer base; if a package is missing, run make setup"
        )
    found: Surface = json.loads(done.stdout)
    return found


def compare(old: Surface, new: Surface, renames: Mapping[str, str], usage: Usage) -> list[SurfaceChange]:
    """Return the changes from one surface to another; async twins and raw responses are told with their method.

    Args:
        old: the surface before.
        new: the surface after.
        renames: the new paths of what has another name now, old path to new one.
        usage: which models are in requests and in responses.
    """
    found: dict[tuple[str, str, str], SurfaceChange] = {}
    for change in _Comparison(old, new, renames, usage).changes():
        twin = _twin(change.path)
        is_known = twin != change.path and (twin in new or twin in old)
        key = (twin if is_known else change.path, change.check, _ASYNC.sub("", change.text))
        if key not in found or found[key].path != twin:
            found[key] = change
    changed = {path for change in found.values() for path in (change.path, change.old_path)}
    return [change for change in found.values() if _RAW not in change.path or _twin(change.path) not in changed]


def _twin(path: str) -> str:
    return _ASYNC.sub("", path).replace(_RAW, "")


class _Comparison:
    def __init__(self, old: Surface, new: Surface, renames: Mapping[str, str], usage: Usage) -> None:
        self.old, self.new, self.usage = old, new, usage
        self._renames = sorted(renames.items(), key=lambda item: -len(item[0]))
        self._moved = {path: self._renamed(path) for path in old}
        self._classes: dict[str, dict[str, str]] = {}
        """The new names of classes that have one, by the package of their API."""
        for before, after in renames.items():
            package, _, path = before.partition(":")
            if path.startswith("models.") and path.count(".") == 1:
                self._classes.setdefault(package, {})[path[7:]] = after.rpartition(".")[2]

    def changes(self) -> Iterator[SurfaceChange]:
        """All changes, element by element; of what went or came as a whole, only the whole."""
        targets = set(self._moved.values())
        for path, element in self.old.items():
            now = self._moved[path]
            if now not in self.new:
                if self._parent_stays(path, self.old, self.new):
                    yield from self._removed(path, element)
            else:
                yield from self._renaming(path, now, element)
                yield from self.changed(path, now, element, self.new[now])
        for path, element in self.new.items():
            if path not in targets and self._parent_stays(path, self.new, targets):
                yield from self._added(path, element)

    def _renamed(self, path: str) -> str:
        for before, after in self._renames:
            if path == before or (path.startswith(before) and path[len(before)] in ".("):
                return self._twins_rename(before, after, path)
            if (
                (twin := _ASYNC.sub("", path)) != path
                and twin.startswith(before)
                and twin[len(before) :][:1] in ("", ".", "(")
            ):
                return re.sub(r"(?<=:)(?=[A-Z])", "Async", after + twin[len(before) :], count=1)
        return path

    @staticmethod
    def _twins_rename(before: str, after: str, path: str) -> str:
        return after + path[len(before) :]

    def _parent_stays(self, path: str, own: Surface, other: Any) -> bool:
        """Return whether what an element belongs to is in the other state too, so that it is told on its own."""
        parent = _parent(path)
        while parent and parent not in own:
            parent = _parent(parent)
        return not parent or (self._moved.get(parent, parent) if own is self.old else parent) in other

    # --- went, came, renamed ---

    def _removed(self, path: str, element: Element) -> Iterator[SurfaceChange]:
        if element["kind"] not in ("behaviour", "constant"):
            yield SurfaceChange(
                path, path, element["kind"], f"{element['kind']}-removed", Severity.BREAKING, "was removed"
            )
        elif element["kind"] == "constant" and not path.startswith("abwire_core."):
            yield SurfaceChange(
                path,
                path,
                element["kind"],
                f"{element['kind']}-removed",
                Severity.WARNING,
                "was removed",
                is_value=True,
            )

    def _added(self, path: str, element: Element) -> Iterator[SurfaceChange]:
        kind, name = element["kind"], _name(path)
        if kind in ("behaviour", "constant"):
            return  # a value that nothing could know before
        after = _shown(element)
        if kind in _ARGUMENTS and "value" not in element:
            sent, _ = self._use(path)
            severity = Severity.BREAKING if sent else Severity.INFO
            text = "was added, and has to be given" if sent else "was added"
            yield SurfaceChange(path, None, kind, f"required-{kind}-added", severity, text, after=after)
        elif not name.startswith("__"):
            yield SurfaceChange(path, None, kind, f"{kind}-added", Severity.INFO, "was added", after=after)

    def _renaming(self, path: str, now: str, element: Element) -> Iterator[SurfaceChange]:
        name = _name(now)
        if path == now or (
            _name(path) == name and _parent(path) != _parent(now) and self._moved.get(_parent(path)) == _parent(now)
        ):
            return
        if _name(path) == name and element["kind"] not in ("method", *_CLASSES):
            return
        severity, text = Severity.BREAKING, f"was renamed to `{_label(path, now)}`"
        if element["kind"] == "parameter" and element["binding"] == "both":
            severity, text = Severity.WARNING, f"{text}; this breaks only calls that pass it by name"
        yield SurfaceChange(
            now,
            path,
            element["kind"],
            f"{element['kind']}-renamed",
            severity,
            text,
            _label(now, path),
            _label(path, now),
        )

    # --- changed ---

    def changed(self, path: str, now: str, old: Element, new: Element) -> Iterator[SurfaceChange]:
        """Yield the changes of one element. Here is where a check of the Python surface goes."""

        def change(
            check: str, severity: Severity, text: str, before: Any = None, after: Any = None, **more: Any
        ) -> SurfaceChange:
            old_text, new_text = (None if value is None else str(value) for value in (before, after))
            return SurfaceChange(now, path, new["kind"], check, severity, text, old_text, new_text, **more)

        kind = new["kind"]
        if old["kind"] != kind:
            yield change("kind-changed", Severity.BREAKING, f"was {_a(old['kind'])}, and is {_a(kind)} now")
            return
        if kind in _CLASSES:
            for base in [base for base in old["bases"] if self._class(now, base) not in new["bases"]]:
                text = _OPEN.get(base, f"is not derived from `{base}` any more")
                yield change("base-removed", Severity.BREAKING, text)
        elif kind in ("constant", "behaviour", "member"):
            if old["value"] != new["value"]:
                severity = Severity.BREAKING if kind == "member" else Severity.WARNING
                yield change(
                    f"{kind}-changed",
                    severity,
                    _value_text(now, new["value"]),
                    old["value"],
                    new["value"],
                    is_value=kind != "member",
                )
        elif kind == "method":
            if old.get("is_async") != new.get("is_async"):
                text = "has to be awaited now" if new.get("is_async") else "is not awaited any more"
                yield change("async-changed", Severity.BREAKING, text)
            if old["binding"] != new["binding"]:
                yield change("binding-changed", Severity.BREAKING, f"is called on {_CALLED_ON[new['binding']]} now")
            kept = [
                self._moved[f"{path}({name})"].rpartition("(")[2][:-1]
                for name in old["order"]
                if f"{path}({name})" in self.old
            ]
            kept = [name for name in kept if name in new["order"]]
            required = [name for name in new["order"] if name in kept or "value" in self.new.get(f"{now}({name})", {})]
            if required[: len(kept)] != kept:
                orders = [f"({', '.join(one['order'])})" for one in (old, new)]
                yield change(
                    "arguments-reordered", Severity.BREAKING, "takes arguments by position in another order", *orders
                )
            yield from self._type(change, now, old, new, (False, True), "returns")
        elif kind in _ARGUMENTS:
            yield from self._argument(change, now, old, new)
        else:
            yield from self._type(change, now, old, new, (kind == "type", True), "is")

    def _argument(
        self, change: Callable[..., SurfaceChange], now: str, old: Element, new: Element
    ) -> Iterator[SurfaceChange]:
        sent, received = self._use(now)
        was_required, is_required = ("value" not in one for one in (old, new))
        before, after = dict(old), dict(new)
        if was_required != is_required:
            may_be_unset = python_types.parse(new.get("type", NONE)).has(UNSET)
            if is_required:
                severity = Severity.BREAKING if sent else Severity.INFO
                yield change("now-required", severity, "has to be given now" if sent else "is always there now")
            elif received and new["kind"] == "field" and may_be_unset:
                yield change(
                    "now-optional",
                    Severity.BREAKING,
                    "may be absent now, and is UNSET then",
                    old.get("type"),
                    new.get("type"),
                )
            else:
                yield change("now-optional", Severity.INFO, "can be left out now")
            for one in (before, after):
                one["type"] = str(python_types.parse(one.get("type", NONE)).without(UNSET))
        elif old.get("value") != new.get("value") and "..." not in (old.get("value"), new.get("value")):
            yield change("default-changed", Severity.WARNING, "has another default", old.get("value"), new.get("value"))
        if old["binding"] != new["binding"]:
            severity = Severity.INFO if new["binding"] == "both" else Severity.BREAKING
            yield change(f"now-{new['binding']}", severity, _PASSED[new["binding"]])
        yield from self._type(change, now, before, after, (sent, received), "is")

    def _type(  # noqa: PLR0917 - all of them say what the type is of
        self,
        change: Callable[..., SurfaceChange],
        now: str,
        old: Element,
        new: Element,
        use: tuple[bool, bool],
        verb: str,
    ) -> Iterator[SurfaceChange]:
        if "type" not in old or "type" not in new:
            return
        names = self._classes.get(now.partition(":")[0], {})
        before, after = python_types.parse(old["type"]).renamed(names), python_types.parse(new["type"])
        reads = fits(after, before, self._bases(now, self.new), is_read=True)
        takes = fits(before, after, self._bases(now, self.old), is_read=False)
        if reads and takes:
            return
        if verb == "returns" and before == Type(NONE):
            yield change("return-type-changed", Severity.INFO, f"returns `{after}` now, and nothing before")
            return
        sent, received = use
        is_fine = (reads or not received) and (takes or not sent)
        shown = [one.without(UNSET, "Mapping") for one in (before, after)]
        yield change(
            "return-type-changed" if verb == "returns" else "type-changed",
            Severity.INFO if is_fine else Severity.BREAKING,
            _type_text(verb, *shown, received=received),
            *(shown if shown[0] != shown[1] else (before, after)),
        )

    def _use(self, path: str) -> tuple[bool, bool]:
        package, _, rest = path.partition(":")
        if rest.startswith("models."):
            return self.usage(package, rest.split(".")[1])
        return True, False

    def _class(self, now: str, name: str) -> str:
        return self._classes.get(now.partition(":")[0], {}).get(name, name)

    def _bases(self, path: str, surface: Surface) -> Callable[[str], list[str]]:
        package = path.partition(":")[0]
        return lambda name: list((surface.get(f"{package}:models.{name}") or surface.get(name) or {}).get("bases", ()))


_OPEN = {"OpenModel": "has only the fields that the spec names now, and no others"}
_CALLED_ON = {"instance": "an instance", "class": "the class", "none": "the class or an instance"}


def _parent(path: str) -> str:
    if path.endswith(")") and not path.endswith("()"):
        return path[: path.rindex("(")]
    if path.endswith("()"):
        return path[:-2]
    return path.rpartition(".")[0]


def _name(path: str) -> str:
    return path[path.rindex("(") + 1 : -1] if path.endswith(")") else path.rpartition(".")[2].rpartition(":")[2]


def _label(other: str, path: str) -> str:
    """The name of an element that was renamed, with what it belongs to if that is another one."""
    if _parent(other) == _parent(path) or path.endswith(")"):
        return _name(path)
    return ".".join(path.partition(":")[2].split(".")[-2:]).removeprefix("models.")


def _shown(element: Element) -> str | None:
    return str(python_types.parse(element["type"]).without(UNSET, "Mapping")) if element.get("type") else None


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def _type_text(verb: str, before: Type, after: Type, *, received: bool) -> str:
    if received and after.has(NONE) and not before.has(NONE) and after.without(NONE) == before:
        return f"{'may return' if verb == 'returns' else 'may be'} None now"
    if before.has(NONE) and before.without(NONE) == after:
        return (
            f"{'never returns' if verb == 'returns' else 'is never'} None any more"
            if received
            else "does not take None any more"
        )
    return f"{verb} `{after}`, and {'returned' if verb == 'returns' else 'was'} `{before}`"


def _value_text(path: str, value: str) -> str:
    texts = {
        ("idempotent", "True"): "is sent again after failures, even if it may have arrived",
        ("idempotent", "False"): "is not sent again once it may have arrived, unless its HTTP method allows it",
        ("unverified", "None"): "does not warn any more that its route is a guess",
    }
    name = _name(path)
    if name == "unverified" and value != "None":
        return "warns at its first call that its route is a guess"
    return texts.get((name, value), "has another value")
