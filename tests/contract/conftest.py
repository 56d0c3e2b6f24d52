"""What the contract tests share: one Prism for each API, and clients that are connected to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.tools import node
from scripts.tools.node import NodeToolError
from tests.client.apis import GENERATED, NAMES, api
from tests.contract.prism import serving
from tests.contract.witness import Witnessed


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """Skip all tests on a machine where ``make node`` was not run."""
    try:
        node.node()
        node.prism()
    except NodeToolError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def addresses(_installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the Prism of each API is."""
    logs = tmp_path_factory.mktemp("prism")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serving(GENERATED / "specs" / f"{name}.yaml", logs / f"{name}.log"))
            for name in NAMES
        }


@pytest.fixture(scope="session", params=[False, True], ids=["sync", "async"])
def clients(request: pytest.FixtureRequest, addresses: dict[str, str]) -> Iterator[dict[str, Witnessed]]:
    """A client of each API; once the sync ones, once the async ones."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Witnessed(api(name), address, is_async=request.param))
            for name, address in addresses.items()
        }


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore warnings that clients emit once in a process: which test meets them depends on the order."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"))
