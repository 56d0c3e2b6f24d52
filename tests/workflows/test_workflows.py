"""The workflows: what they may do, and what they run."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.specs import documents
from scripts.specs.project import ROOT
from tests.workflows.files import FILES, FOLDER, JOBS, WORKFLOWS, steps

MAY_WRITE = {
    ("api-diff-comment.yml", "comment"): {"pull-requests"},
    ("regenerate.yml", "pull-request"): {"contents", "pull-requests"},
    ("release.yml", "attest"): {"attestations", "id-token"},
    ("release.yml", "publish"): {"id-token"},
    ("release.yml", "github-release"): {"contents"},
}
"""Every job that may write anything, and what."""


# --- what holds for all of them ---


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]

    assert lines
    for line in lines:
        assert re.fullmatch(r"(?:- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_the_same_version_everywhere() -> None:
    used = {step["uses"] for content in JOBS.values() for step in content["steps"] if "uses" in step}

    assert len(used) == len({action.partition("@")[0] for action in used})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_do_nothing_but_what_its_jobs_ask_for(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {}
    assert "pull_request_target" not in WORKFLOWS[name]["on"]


def test_a_job_may_write_only_what_is_listed_here() -> None:
    writing = {
        key: {scope for scope, access in content["permissions"].items() if access != "read"}
        for key, content in JOBS.items()
    }

    assert {key: scopes for key, scopes in writing.items() if scopes} == MAY_WRITE


@pytest.mark.parametrize("key", JOBS, ids="/".join)
def test_a_job_ends(key: tuple[str, str]) -> None:
    assert 0 < JOBS[key]["timeout-minutes"] <= 60


@pytest.mark.parametrize("key", JOBS, ids="/".join)
def test_no_checkout_leaves_the_token_behind_or_takes_another_repository(key: tuple[str, str]) -> None:
    for step in steps(*key):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
            assert not {"repository", "ref", "token", "ssh-key", "allow-unsafe-pr-checkout"} & step["with"].keys()


@pytest.mark.parametrize("key", JOBS, ids="/".join)
def test_no_script_has_an_expression_in_it(key: tuple[str, str]) -> None:
    assert not [step["run"] for step in steps(*key) if "${{" in step.get("run", "")]


def test_a_target_of_make_that_a_step_asks_for_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    asked = [step["run"] for content in JOBS.values() for step in content["steps"] if "make " in step.get("run", "")]

    assert asked
    for command in asked:
        assert set(command.removeprefix("make ").split()) <= targets, command


def test_a_module_of_the_scripts_that_a_step_runs_exists() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)

    assert set(re.findall(r"-m (scripts\.[\w.]+)", text)) == {
        "scripts.diff",
        "scripts.ci.diff_comment",
        "scripts.ci.release_notes",
    }
    for module in re.findall(r"-m (scripts\.[\w.]+)", text):
        assert find_spec(module), module


# --- the two workflows of the API diff ---


def test_code_of_a_pull_request_runs_without_secrets_and_without_the_right_to_write() -> None:
    for name, workflow in WORKFLOWS.items():
        if "pull_request" in workflow["on"]:
            text = (FOLDER / name).read_text(encoding="utf-8")
            assert "secrets." not in text
            assert "github.token" not in text
            assert all(content["permissions"] == {"contents": "read"} for content in workflow["jobs"].values())


def test_the_job_that_comments_runs_one_script_of_the_default_branch() -> None:
    checkout, run = steps("api-diff-comment.yml", "comment")

    assert checkout["with"] == {"persist-credentials": False, "sparse-checkout": "scripts"}
    assert run["run"] == "python3 -m scripts.ci.diff_comment"
    assert run["env"] == {"GITHUB_TOKEN": "${{ github.token }}"}


def test_the_job_that_comments_waits_for_the_workflow_that_compares() -> None:
    assert WORKFLOWS["api-diff-comment.yml"]["on"] == {
        "workflow_run": {"workflows": [WORKFLOWS["api-diff.yml"]["name"]], "types": ["completed"]}
    }


def test_the_reports_are_left_whatever_the_comparison_says() -> None:
    found = [step for step in steps("api-diff.yml", "compare") if step.get("uses", "").startswith("actions/upload-")]

    assert [step["with"]["path"] for step in found] == ["api-diff", "api-diff/report.html"]
    assert {step["if"] for step in found} == {"${{ !cancelled() }}"}


def test_the_comparison_may_turn_the_job_red() -> None:
    (compare,) = (step for step in steps("api-diff.yml", "compare") if "scripts.diff" in step.get("run", ""))

    assert "continue-on-error" not in compare
    assert "||" not in compare["run"]


@pytest.mark.parametrize("folder", ["specs", "overlays", "scripts", "generated", "src"])
def test_a_pull_request_that_may_change_the_api_is_compared(folder: str) -> None:
    assert f"{folder}/**" in WORKFLOWS["api-diff.yml"]["on"]["pull_request"]["paths"]
    assert (ROOT / folder).is_dir()


# --- what comes from outside ---


def test_what_is_released_is_built_and_checked_with_hashed_packages_only() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ndist: ")[2].partition("\nlock: ")[0]
    installs = [line for line in recipe.splitlines() if "pip install" in line or "DIST_PIP" in line]

    assert len(installs) == 4
    assert all("--require-hashes -r requirements-" in line or "--no-deps dist/" in line for line in installs)


def test_actions_and_packages_are_kept_up_to_date() -> None:
    updates = documents.load(ROOT / ".github" / "dependabot.yml")["updates"]

    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "npm", "pip"}
    assert {update["cooldown"]["default-days"] for update in updates} == {7}
