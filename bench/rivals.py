"""The others: a client by the stock generator, and models by datamodel-code-generator, from the effective specs."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

PYDANTIC: Mapping[str, tuple[str, ...]] = {"pydantic": (), "pydantic_open": ("--extra-fields", "allow")}
"""Contestants with pydantic models, with the options that they are made with; the second keeps unknown fields."""


@dataclass(frozen=True)
class Dropped:
    """What the stock generator made nothing of."""

    api: str
    operations: int
    """How many operations it left out."""
    all: int
    reasons: tuple[str, ...]


def make(api: str, document: Mapping[str, Any], folder: Path) -> Dropped:
    """Make the rivals for one API, as packages and modules called ``<contestant>_<api>`` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / f"{api}.json"
    spec.write_text(json.dumps(document), encoding="utf-8")
    for contestant, options in PYDANTIC.items():
        _make_pydantic(spec, folder / f"{contestant}_{api}.py", options)
    return _make_stock(api, document, folder / f"stock_{api}")


def _make_stock(api: str, document: Mapping[str, Any], package: Path) -> Dropped:
    shutil.rmtree(package, ignore_errors=True)
    config = Config.from_sources(ConfigFile(post_hooks=[]), MetaType.NONE, Path("spec"), "utf-8", True, package)
    data = GeneratorData.from_dict(json.loads(json.dumps(document)), config=config)
    if isinstance(data, GeneratorError):
        raise TypeError(f"{api}: {data.header} {data.detail}")
    with contextlib.redirect_stdout(io.StringIO()):
        Project(openapi=data, config=config).build()
    problems = [error for collection in data.endpoint_collections_by_tag.values() for error in collection.parse_errors]
    made = len(list((package / "api").glob("*/*.py"))) - len(list((package / "api").glob("*/__init__.py")))
    everything = sum("operationId" in found for item in document["paths"].values() for found in item.values())
    return Dropped(api, everything - made, everything, tuple(sorted({problem.detail or "" for problem in problems})))


def _make_pydantic(spec: Path, module: Path, options: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "datamodel_code_generator", "--input", str(spec), "--input-file-type", "openapi"]
    command += ["--output-model-type", "pydantic_v2.BaseModel", "--target-python-version", "3.11"]
    command += ["--formatters", "builtin", "--disable-timestamp", "--output", str(module)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"datamodel-code-generator: {done.stderr}")
