"""What holds for each overlay: it applies strictly, goes stale when its defect is gone, and has a necessity test."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.pages.overlay_catalogue import necessity_tests
from scripts.specs import overlays
from scripts.specs.documents import plain
from scripts.specs.effective import build
from scripts.specs.project import ROOT, Api, find_apis

EVERY_OVERLAY = pytest.mark.parametrize(
    ("api", "path"),
    [pytest.param(api, path, id=f"{api.name}/{path.name}") for api in find_apis() for path in api.overlays],
)


@EVERY_OVERLAY
def test_it_belongs_to_its_spec_and_says_which_defect_it_mends(api: Api, path: Path) -> None:
    document = overlays.read(path)

    overlays.check_extends(document, api.spec)
    assert document.extends == f"../../specs/{api.name}.yaml"
    assert document.document["x-defect"].keys() == {"id", "kind", "evidence"}
    assert all(action.expected_matches for action in document.actions), "every action states its x-expect-matches"


@EVERY_OVERLAY
def test_it_fails_as_stale_once_the_spec_is_as_it_wants_it(api: Api, path: Path) -> None:
    mended = plain(build(api, keep_comments=False))

    with pytest.raises(overlays.OverlayError) as raised:
        overlays.apply(mended, overlays.read(path))

    assert raised.value.path == str(path)
    assert raised.value.action is not None
    assert raised.value.target


@EVERY_OVERLAY
def test_it_has_a_necessity_test(api: Api, path: Path) -> None:
    assert f"{api.name}/{path.name}" in necessity_tests(ROOT / "tests" / "overlays")


def test_no_necessity_test_is_left_without_its_overlay() -> None:
    present = {f"{api.name}/{path.name}" for api in find_apis() for path in api.overlays}

    assert set(necessity_tests(ROOT / "tests" / "overlays")) == present


def test_defect_ids_are_unique() -> None:
    ids = [overlays.read(path).document["x-defect"]["id"] for api in find_apis() for path in api.overlays]

    assert sorted(ids) == sorted(set(ids))
