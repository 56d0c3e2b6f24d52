"""What holds for each overlay: it applies strictly, goes stale when its defect is gone, and has a necessity test."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.pages.overlay_catalogue import necessity_tests
from scripts.specs import documents, overlays
from scripts.specs.errors import InputError, each_error
from scripts.specs.project import ROOT, Api, find_apis
from scripts.specs.rules import check_overlay, read

RULES = read(ROOT)
EVERY_OVERLAY = pytest.mark.parametrize(
    ("api", "path"),
    [pytest.param(api, path, id=f"{api.name}/{path.name}") for api in find_apis() for path in api.overlays],
)


@functools.cache
def _results(api: Api) -> Mapping[Path, str]:
    """The spec after each overlay, as JSON."""
    document = documents.load(api.spec, keep_comments=False)
    results = {}
    for path in api.overlays:
        overlays.apply(document, overlays.read(path))
        results[path] = json.dumps(document)
    return results


@EVERY_OVERLAY
def test_it_belongs_to_its_spec_and_says_which_defect_it_fixes(api: Api, path: Path) -> None:
    overlay = overlays.read(path)

    overlays.check_extends(overlay, api.spec)
    assert overlay.extends == f"../../specs/{api.name}.yaml"
    assert list(check_overlay(overlay, RULES)) == []
    assert overlay.document["x-defect"].keys() == {"id", "kind", "evidence"}
    assert all(action.expected_matches or action.is_rule for action in overlay.actions), "states its x-expect-matches"


@EVERY_OVERLAY
def test_it_fails_as_stale_once_the_spec_is_as_it_wants_it(api: Api, path: Path) -> None:
    fixed = json.loads(_results(api)[path])

    with pytest.raises(InputError) as raised:
        overlays.apply(fixed, overlays.read(path))

    errors = [error for error in each_error(raised.value) if isinstance(error, overlays.OverlayError)]
    assert errors
    assert all(error.path == str(path) and error.action and error.target and error.line for error in errors)


@pytest.mark.skipif(not RULES.necessity, reason="not a rule of this project")
@EVERY_OVERLAY
def test_it_has_a_necessity_test(api: Api, path: Path) -> None:
    assert f"{api.name}/{path.name}" in necessity_tests(ROOT / "tests" / "overlays")


def test_no_necessity_test_is_left_without_its_overlay() -> None:
    present = {f"{api.name}/{path.name}" for api in find_apis() for path in api.overlays}

    assert set(necessity_tests(ROOT / "tests" / "overlays")) <= present


def test_defect_ids_are_unique() -> None:
    ids = [overlays.read(path).document["x-defect"]["id"] for api in find_apis() for path in api.overlays]

    assert sorted(ids) == sorted(set(ids))
