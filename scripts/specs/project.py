"""The APIs of a project: where the spec and the overlays of each are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
        SpecError: there is no spec, or a file or folder that would be passed over.
    """
    specs = sorted((root / "specs").glob("*.yaml"))
    if not specs:
        raise SpecError(root / "specs", "holds no spec (*.yaml)")
    _check_names(root / "specs", specs)
    names = {spec.stem for spec in specs}
    for folder in sorted((root / "overlays").glob("*")):
        if not folder.is_dir():
            if folder.name.endswith(OVERLAY_SUFFIX):
                raise SpecError(folder, "an overlay must stand in the folder of its API")
            continue
        if folder.name not in names:
            raise SpecError(folder, f"these overlays belong to no spec: there is no specs/{folder.name}.yaml")
        for path in sorted(folder.iterdir()):
            if not path.name.endswith(OVERLAY_SUFFIX):
                raise SpecError(path, f"is no overlay: the name must end in {OVERLAY_SUFFIX}")
    return [
        Api(spec.stem, spec, tuple(sorted((root / "overlays" / spec.stem).glob(f"*{OVERLAY_SUFFIX}"))))
        for spec in specs
    ]


def _check_names(folder: Path, specs: Sequence[Path]) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix in {".yml", ".json"}:
            raise SpecError(path, "the name of a spec must end in .yaml")
    taken: dict[str, Path] = {}
    for spec in specs:
        package = Api(spec.stem, spec, ()).package
        if not package.isidentifier():
            raise SpecError(spec, f"{package} is no name for a Python package")
        other = taken.setdefault(package, spec)
        if other != spec:
            raise SpecError(spec, f"gives the same Python package as {other.name}: {package}")
