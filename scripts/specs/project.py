"""The APIs of a project: where the spec and the overlays of each are."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.specs.errors import raise_all
from scripts.specs.spec import SpecError

ROOT = Path(__file__).resolve().parents[2]
OVERLAY_SUFFIX = ".overlay.yaml"


@dataclass(frozen=True)
class Api:
    """One vendor's API: where its spec and its overlays are."""

    name: str
    spec: Path
    overlays: tuple[Path, ...]

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self.spec.parent.parent

    @property
    def package(self) -> str:
        """The name of its Python package."""
        return self.name.replace("-", "_")


def find_apis(root: Path = ROOT) -> list[Api]:
    """The APIs of a project, in the order of their names.

    Raises:
        InputError: there is no spec, or there are files or folders that would be ignored.
    """
    specs = sorted((root / "specs").glob("*.yaml"))
    if not specs:
        raise SpecError(root / "specs", "holds no spec (*.yaml)")
    raise_all([*_misnamed(root / "specs", specs), *_misplaced(root / "overlays", [spec.stem for spec in specs])])
    return [
        Api(spec.stem, spec, tuple(sorted((root / "overlays" / spec.stem).glob(f"*{OVERLAY_SUFFIX}"))))
        for spec in specs
    ]


def _misnamed(folder: Path, specs: Sequence[Path]) -> Iterator[SpecError]:
    for path in sorted(folder.iterdir()):
        if path.suffix in {".yml", ".json"}:
            yield SpecError(path, "the name of a spec must end in .yaml: rename the file")
    taken: dict[str, Path] = {}
    for spec in specs:
        package = Api(spec.stem, spec, ()).package
        if not package.isidentifier():
            yield SpecError(spec, f"{package!r} is not a valid Python package name: rename the file")
        other = taken.setdefault(package, spec)
        if other != spec:
            yield SpecError(spec, f"gives the same Python package as {other.name}, {package}: rename one of the two")


def _misplaced(root: Path, names: Sequence[str]) -> Iterator[SpecError]:
    for folder in sorted(root.glob("*")):
        if not folder.is_dir():
            if folder.name.endswith(OVERLAY_SUFFIX):
                yield SpecError(folder, "an overlay must be in the folder of its API: move it there")
            continue
        if folder.name not in names:
            nearest = difflib.get_close_matches(folder.name, names, n=1)
            way_out = f"rename the folder to {nearest[0]}" if nearest else "add the spec, or delete the folder"
            yield SpecError(
                folder, f"these overlays belong to no spec: there is no specs/{folder.name}.yaml: {way_out}"
            )
            continue
        for path in sorted(folder.iterdir()):
            if not path.name.endswith(OVERLAY_SUFFIX):
                yield SpecError(path, f"is not an overlay: the name must end in {OVERLAY_SUFFIX}; rename or move it")
