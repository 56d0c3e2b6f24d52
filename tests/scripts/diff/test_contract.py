"""The HTTP contract: oasdiff's findings, told once for each schema, at their places, with severities of our own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.diff.contract import oasdiff
from scripts.diff.contract.oasdiff import Finding
from scripts.diff.inputs.states import DiffError
from scripts.diff.model.report import Severity
from scripts.specs import documents
from scripts.tools import node
from tests.scripts.diff import shop
from tests.scripts.diff.cases import CHANGES, Files

pytestmark = pytest.mark.usefixtures("oasdiff")


def compared(tmp_path: Path, change: str) -> list[Finding]:
    """What one change of the shop does to the contract, without any overlay."""
    files = Files()
    CHANGES[change](files)
    paths = []
    for name, document in (("base", shop.spec()), ("head", files.spec)):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"# A comment.\n{documents.dump(document)}", encoding="utf-8")
        paths.append(path)
    return oasdiff.compare(*paths)


def test_nothing_changes_in_a_spec_that_is_the_same(tmp_path: Path) -> None:
    assert compared(tmp_path, "no change") == []


def test_a_change_of_a_schema_is_told_once_for_all_operations(tmp_path: Path) -> None:
    (finding,) = compared(tmp_path, "field removed from answers")

    assert finding.check == "response-optional-property-removed"
    assert finding.severity is Severity.WARNING
    assert finding.text == "removed the optional property `mail` from the response"
    assert finding.operations == ("GET /things", "GET /things/{thingId}", "PATCH /things/{thingId}", "POST /things")
    assert finding.pointer == ("components", "schemas", "Owner", "properties", "mail")
    assert len(finding.fingerprints) == 4


def test_a_change_of_an_operation_has_its_place(tmp_path: Path) -> None:
    (finding,) = compared(tmp_path, "required parameter added")

    assert (finding.check, finding.severity) == ("new-required-request-parameter", Severity.BREAKING)
    assert finding.operations == ("GET /things",)
    assert finding.pointer == ("paths", "/things", "get", "parameters", "4")


def test_a_change_of_the_items_of_a_list_is_told_once(tmp_path: Path) -> None:
    (finding,) = compared(tmp_path, "list of answers with other items")

    assert finding.text == "the `tags/items` response's property type/format changed from `string` to `integer`"


def test_enum_values_with_a_slash_are_left_alone(tmp_path: Path) -> None:
    files = Files()
    files.schema("Status")["enum"].append("half/full")
    texts = [finding.text for finding in compared_with(tmp_path, files.spec)]

    assert "added the new `half/full` enum value to the `status` response property" in texts


def compared_with(tmp_path: Path, head: dict[str, Any]) -> list[Finding]:
    paths = [tmp_path / "base.yaml", tmp_path / "head.yaml"]
    for path, document in zip(paths, (shop.spec(), head), strict=True):
        path.write_text(documents.dump(document), encoding="utf-8")
    return oasdiff.compare(*paths)


def test_a_new_enum_value_of_an_answer_breaks_nobody(tmp_path: Path) -> None:
    severities = {finding.check: finding.severity for finding in compared(tmp_path, "enum value added")}

    assert severities["response-property-enum-value-added"] is Severity.INFO


def test_each_severity_of_our_own_differs_from_that_of_a_check_that_exists() -> None:
    listed = subprocess.run([node.oasdiff(), "checks", "--format", "json"], capture_output=True, text=True, check=True)
    levels = {check["id"]: check["level"] for check in json.loads(listed.stdout)}

    assert len(levels) == 464
    for check, rule in oasdiff.rules().items():
        assert levels[check] != {"breaking": "error"}.get(rule.severity, rule.severity)
        assert rule.reason.endswith(".")


def test_all_other_severities_are_those_of_oasdiff(tmp_path: Path) -> None:
    compared(tmp_path, "four changes at once")
    base, head = tmp_path / "base.yaml", tmp_path / "head.yaml"
    raw = subprocess.run(
        [node.oasdiff(), "changelog", base, head, "--format", "json"], capture_output=True, text=True, check=True
    )
    levels = {1: Severity.INFO, 2: Severity.WARNING, 3: Severity.BREAKING}
    theirs = {change["id"]: levels[change["level"]] for change in json.loads(raw.stdout)}

    ours = {finding.check: finding.severity for finding in oasdiff.compare(base, head)}

    assert theirs.keys() == ours.keys()
    assert {check for check in ours if ours[check] is not theirs[check]} == {*oasdiff.rules()}


def test_a_spec_that_oasdiff_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("openapi: [", encoding="utf-8")

    with pytest.raises(DiffError, match=r"oasdiff cannot compare base.yaml: "):
        oasdiff.compare(tmp_path / "base.yaml", tmp_path / "base.yaml")
