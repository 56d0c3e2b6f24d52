"""Warnings of the clients."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore warnings that clients emit once in a process: which test meets them depends on the order."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::abwire_core.errors.UnverifiedOperationWarning"))
