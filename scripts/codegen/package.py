"""The folder ``generated/``: everything is made in a temporary folder, checked there, then written file by file.

An error leaves ``generated/`` unchanged. The same specs, overlays, templates and tool versions give the same bytes.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scripts.codegen import checks, manifest, render
from scripts.codegen.expressions import in_docstring
from scripts.codegen.render import HEADER, Generated, GenerateError, generate_api
from scripts.specs import documents
from scripts.specs.project import ROOT, Api, find_apis
from scripts.specs.spec import Spec
from scripts.specs.text import one_line

LINE_LENGTH = "120"


@dataclass(frozen=True)
class Outcome:
    """What a run made, and in which files ``generated/`` differs from it."""

    apis: tuple[Generated, ...]
    changed: tuple[str, ...]


def generate(root: Path = ROOT, *, check: bool = False) -> Outcome:
    """Generate all of ``generated/``.

    Args:
        root: the project.
        check: write nothing, only compare.

    Raises:
        errors.DocumentError: a spec or an overlay cannot be read.
        overlays.OverlayError: an overlay is invalid, stale or otherwise failed.
        SpecError: an effective spec is invalid, or has a construct from which no correct client can be made.
        GenerateError: the generator warned, or lost something.
    """
    with tempfile.TemporaryDirectory(prefix="abwire-") as folder:
        output = Path(folder)
        apis = tuple(generate_api(api, output) for api in find_apis(root))
        _render_root(apis, output)
        _format(output)
        apis = tuple(replace(generated, found=_check_parity(generated.api, output)) for generated in apis)
        documents.write(output / "manifest.yaml", f"# {HEADER}\n{documents.dump(_manifest(apis))}")
        changed = tuple(_differences(output, root / "generated"))
        if not check:
            _bring(output, root / "generated", changed)
    return Outcome(apis, changed)


def _check_parity(api: Api, output: Path) -> Mapping[str, int]:
    path = output / "specs" / f"{api.name}.yaml"
    result = checks.check(Spec(documents.load(path, keep_comments=False), path), output / "abwire" / api.package)
    if result.losses:
        raise GenerateError("\n".join(f"{api.spec}#{loss}" for loss in result.losses))
    return result.counts


def _render_root(apis: Sequence[Generated], output: Path) -> None:
    titles = {generated.api.package: in_docstring(one_line(generated.title)) for generated in apis}
    lines = "\n".join(f"* ``abwire.{package}``: {title}" for package, title in titles.items())
    template = (render.TEMPLATES / "root_init.py.jinja").read_text(encoding="utf-8")
    documents.write(output / "abwire" / "__init__.py", f"# {HEADER}\n" + template.replace("{{ apis }}", lines))
    documents.write(
        output / "abwire" / "errors.py",
        f'# {HEADER}\n"""What can go wrong: see :class:`AbwireError`."""\n\n'
        "from abwire_core.errors import *  # noqa: F403\nfrom abwire_core.errors import __all__ as __all__\n",
    )
    documents.write(output / "abwire" / "py.typed", "")


def _format(output: Path) -> None:
    # Isolated from any configuration, and told every rule: the result depends on nothing but the pinned version.
    common = ["--isolated", "--no-cache", "--target-version", "py311", "--line-length", LINE_LENGTH]
    for command in (["check", "--fix-only", "--select", "F,I,UP", *common, "abwire"], ["format", *common, "abwire"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command], cwd=output, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise GenerateError(f"ruff {command[0]}: {done.stderr or done.stdout}")


def _manifest(apis: Sequence[Generated]) -> dict[str, Any]:
    """Return what the package was made of: enough to tell why two of them differ."""
    return {
        "generator": f"openapi-python-client {version('openapi-python-client')}",
        "formatter": f"ruff {version('ruff')}",
        "templates": manifest.templates(render.TEMPLATES),
        "apis": {
            generated.api.name: {
                **manifest.inputs(generated.api),
                "operations": generated.operations,
                "schemas": generated.schemas,
                "models": generated.models,
                "enums": generated.enums,
                "parity": dict(sorted(generated.found.items())),
                "not modelled": {kind: list(pointers) for kind, pointers in generated.unmodelled.items()},
            }
            for generated in apis
        },
    }


# --- from the temporary folder to generated/ ---


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def _differences(made: Path, present: Path) -> Iterator[str]:
    """Files that differ, are missing or should not be there, in the order of their names."""
    wanted = set(_files(made))
    found = set(_files(present)) if present.is_dir() else set()
    for name in sorted(wanted | found):
        if name not in wanted or name not in found or (made / name).read_bytes() != (present / name).read_bytes():
            yield name


def _bring(made: Path, present: Path, changed: Sequence[str]) -> None:
    for name in changed:
        if (made / name).is_file():
            documents.write(present / name, (made / name).read_text(encoding="utf-8"))
        else:
            (present / name).unlink()
    for folder in sorted((path for path in present.rglob("*") if path.is_dir()), reverse=True):
        with contextlib.suppress(OSError):  # not empty
            folder.rmdir()
