"""The package as such: complete, importable, typed, and light to import."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import abwire
import pytest

from scripts.specs.project import ROOT
from tests.client.apis import NAMES, OPERATIONS, Operation, api
from tests.client.methods import entry

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")


def test_every_generated_module_imports() -> None:
    names = [module.name for module in pkgutil.walk_packages(abwire.__path__, "abwire.")]

    assert len(names) == len(list((ROOT / "generated" / "abwire").rglob("*.py"))) - 1
    for name in names:
        importlib.import_module(name)


@pytest.mark.parametrize("package", ["generated/abwire", "src/abwire_core"])
def test_the_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_the_models_package_offers_every_model(name: str) -> None:
    models = api(name).models

    assert set(models.__all__) <= set(dir(models))
    for model in models.__all__:
        assert getattr(models, model).__name__ == model
    with pytest.raises(AttributeError, match="no attribute 'Nonexistent'"):
        _ = models.Nonexistent


@pytest.mark.parametrize("name", [name.replace("-", "_") for name in NAMES])
def test_importing_a_client_loads_no_model_before_it_is_used(name: str) -> None:
    program = (
        "import sys\n"
        f"from abwire.{name} import models\n"
        f"loaded = [module for module in sys.modules if module.startswith('abwire.{name}.models.')]\n"
        "assert loaded == [], loaded\n"
        "getattr(models, models.__all__[0])\n"
        f"assert any(module.startswith('abwire.{name}.models.') for module in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_method_says_in_its_docstring_what_it_rests_on(operation: Operation) -> None:
    evidence = operation.spec["x-evidence"]
    target = entry(operation.api, is_async=False)
    group = getattr(target, operation.spec["x-sdk-group"])

    for name in (operation.spec["x-sdk-method"], operation.spec.get("x-sdk-poll", {}).get("method")):
        if name is not None:
            docstring = " ".join(getattr(group, name).__doc__.split())
            assert f"Evidence: route {evidence['route']}, schema {evidence['schema']}." in docstring
            assert " ".join(evidence["source"].split()) in docstring
            assert " ".join(evidence.get("note", "").split()).rstrip(".") in docstring
