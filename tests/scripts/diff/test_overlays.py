"""What became of overlays, and which of them no longer fit."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from scripts.diff.inputs import overlay_changes
from scripts.diff.model.report import OverlayChange
from scripts.specs.overlays import IDLE
from scripts.specs.project import Api, find_apis
from tests.scripts.diff.cases import CHANGES, Change, Files
from tests.scripts.diff.repositories import Repository
from tests.scripts.diff.shop import SIZE_ON_THE_WIRE


def shop(root: Path, files: Files) -> Api:
    """A shop in a folder of its own."""
    Repository(root).write_shop("shop", files)
    (api,) = find_apis(root)
    return api


def compared(tmp_path: Path, change: Change) -> list[tuple[str, str, str]]:
    """What a change does to the overlays: file, status, text."""
    files = Files()
    change(files)
    changes = overlay_changes.compare(shop(tmp_path / "base", Files()), shop(tmp_path / "head", files))
    return [(found.file.removeprefix("overlays/shop/"), found.status, found.text) for found in changes]


def test_overlays_that_are_as_they_were_are_not_told(tmp_path: Path) -> None:
    assert compared(tmp_path, CHANGES["field removed from answers"]) == []


def test_a_new_overlay_says_what_it_does(tmp_path: Path) -> None:
    files = Files()
    CHANGES["fix that makes a field required"](files)
    files.overlays["fix-03-mail.overlay.yaml"]["info"]["description"] = "Makes the address\n required."

    (change,) = overlay_changes.compare(shop(tmp_path / "base", Files()), shop(tmp_path / "head", files))

    assert change == OverlayChange(
        file="overlays/shop/fix-03-mail.overlay.yaml",
        title="The defect fix-03-mail",
        status="added",
        text="Makes the address required.",
    )


def test_an_overlay_that_goes_while_it_still_applies_takes_its_fix_along(tmp_path: Path) -> None:
    text = "would still apply: what it mended is as the vendor has it again"

    assert compared(tmp_path, CHANGES["fix dropped"]) == [("fix-01-size.overlay.yaml", "removed", text)]


def mend_wholly(files: Files) -> None:
    """The vendor's spec is as the overlay made it, to the letter."""
    files.schema("Thing")["properties"]["size"] = copy.deepcopy(SIZE_ON_THE_WIRE)


def drop(files: Files) -> None:
    del files.overlays["fix-01-size.overlay.yaml"]


@pytest.mark.parametrize(
    ("mend", "reason"),
    [
        (mend_wholly, IDLE),
        (
            lambda files: files.schema("Thing")["properties"].pop("size"),
            "action 1 ($.components.schemas.Thing.properties.size) selects nothing: there is no 'size' at "
            "/components/schemas/Thing/properties: if the vendor fixed the defect, drop the action; else correct the "
            "target",
        ),
    ],
)
def test_an_overlay_that_the_vendor_has_made_stale_says_so(tmp_path: Path, mend: Change, reason: str) -> None:
    def mended_and_dropped(files: Files) -> None:
        mend(files)
        drop(files)

    name = "fix-01-size.overlay.yaml"
    assert compared(tmp_path / "1", mend) == [(name, "stale", f"no longer fits the spec: {reason}")]
    text = f"was stale, so that nothing is lost: {reason}"
    assert compared(tmp_path / "2", mended_and_dropped) == [(name, "removed", text)]
    files = Files()
    mend(files)
    assert overlay_changes.stale(shop(tmp_path / "3", files)) == {name: reason}


def test_an_overlay_that_goes_and_could_not_be_applied_any_more_was_stale(tmp_path: Path) -> None:
    def change(files: Files) -> None:
        drop(files)
        files.schema("Thing")["properties"] = []

    ((_, status, text),) = [found for found in compared(tmp_path, change) if found[0] == "fix-01-size.overlay.yaml"]

    assert status == "removed"
    assert text.startswith("was stale, so that nothing is lost: ")


def test_overlays_that_do_the_same_are_not_told(tmp_path: Path) -> None:
    assert compared(tmp_path / "1", CHANGES["fix in other words"]) == []
    assert compared(tmp_path / "2", CHANGES["overlay that counts"]) == [
        ("sdk-05-count.overlay.yaml", "added", "The defect sdk-05-count")
    ]
    assert compared(tmp_path / "3", CHANGES["fix under another file name"]) == [
        ("fix-09-shape.overlay.yaml", "renamed", "was fix-02-shape.overlay.yaml, and is the same")
    ]


def test_changed_actions_are_counted(tmp_path: Path) -> None:
    assert compared(tmp_path, CHANGES["operation added"]) == [
        ("sdk-02-methods.overlay.yaml", "changed", "1 new or other actions, 0 that are gone; 8 in all")
    ]


def test_the_overlays_of_an_api_come_and_go_with_it(tmp_path: Path) -> None:
    api = shop(tmp_path, Files())

    assert {change.status for change in overlay_changes.compare(None, api)} == {"added"}
    gone = overlay_changes.compare(api, None)
    assert len(gone) == len(Files().overlays)
    assert {(change.status, change.text) for change in gone} == {("removed", "went with its API")}
