"""Parity of a spec and the package generated from it, proved by the behaviour of the package.

The package is imported and used as a caller would: samples of every schema go through the models, every method is
called, and what it sends and returns is compared with the spec. Only what users can reach is used, so that a change of
a template needs no change here.
"""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path

from scripts.codegen.checks.calls import Caller
from scripts.codegen.checks.importing import imported
from scripts.codegen.checks.ledger import Parity
from scripts.codegen.checks.operations import OperationChecker
from scripts.codegen.checks.samples import Samples
from scripts.codegen.checks.schemas import SchemaChecker
from scripts.codegen.checks.values import Annotations
from scripts.specs.documents import plain
from scripts.specs.spec import Spec


def check(spec: Spec, package: Path) -> Parity:
    """Compare a spec with the package generated from it.

    Args:
        spec: the effective spec.
        package: the folder of the package, such as ``generated/abwire/kameleoon``.
    """
    spec = Spec(plain(spec.document), spec.path)
    parity = Parity()
    samples = Samples(spec)
    with warnings.catch_warnings(), imported(package) as module:
        warnings.simplefilter("ignore")
        models = importlib.import_module(f"{module.__name__}.models")
        annotations = Annotations(models)
        schemas = SchemaChecker(spec, models, annotations, samples, parity)
        with Caller.opened(module, spec) as caller:
            OperationChecker(spec, caller, annotations, samples, schemas, parity).check()
        schemas.check_components()
    return parity


__all__ = ["Parity", "check"]
