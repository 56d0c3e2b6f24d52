"""The comment on a pull request: one, updated in place, and only where GitHub itself says that it belongs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scripts.ci import diff_comment
from scripts.ci.diff_comment import MARKER
from scripts.specs.project import ROOT
from tests.core.loopback import Loopback
from tests.workflows.fake_github import REPOSITORY, TOKEN, FakeGitHub

RUN = 500
RUN_URL = f"https://github.example/{REPOSITORY}/actions/runs/{RUN}"
HEAD = "0123456789abcdef0123456789abcdef01234567"
OTHER_HEAD = "f" * 40
FORK = 77
REPORT = f"{MARKER}\n## API diff\n\nNothing breaks.\n"


def archive(**files: str | bytes) -> bytes:
    """The archive of an artifact; underscores in the names stand for hyphens."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in files.items():
            stem, _, ending = name.replace("_", "-").rpartition("-")
            opened.writestr(f"{stem}.{ending}", text)
    return content.getvalue()


def pull(head: str = HEAD, repository: int | None = FORK, state: str = "open") -> dict[str, Any]:
    """A pull request from a fork."""
    return {"state": state, "head": {"sha": head, "repo": None if repository is None else {"id": repository}}}


def artifact(number: int, name: str = "api-diff", size: int = 1000, *, expired: bool = False) -> dict[str, Any]:
    """An artifact, as the API lists it."""
    return {"id": number, "name": name, "size_in_bytes": size, "expired": expired}


@dataclass
class Stage:
    """A GitHub with pull request 7, whose head a run has compared, and the storage with what the run has left."""

    github: FakeGitHub
    storage: Loopback
    folder: Path
    head_repository: int | None = FORK
    environment: dict[str, str] = field(default_factory=dict)

    def leave(self, content: bytes, *more: dict[str, Any]) -> None:
        """Let the run leave an archive."""
        self.storage.answer = content
        self.github.artifacts[RUN] = [artifact(90, size=len(content)), *more]

    def run(self) -> int:
        """Run ``python -m scripts.ci.diff_comment`` in this process."""
        repository = None if self.head_repository is None else {"id": self.head_repository}
        event = {"workflow_run": {"id": RUN, "html_url": RUN_URL, "head_sha": HEAD, "head_repository": repository}}
        path = self.folder / "event.json"
        path.write_text(json.dumps(event), encoding="utf-8")
        self.environment = {
            "GITHUB_API_URL": self.github.url,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": TOKEN,
        }
        return diff_comment.main(self.environment)


@pytest.fixture
def stage(tmp_path: Path, no_proxies: None) -> Iterator[Stage]:
    """A stage where all is in order."""
    with FakeGitHub.running() as github, Loopback.running() as storage:
        github.storage = storage.url
        github.pulls[7] = pull()
        stage = Stage(github, storage, tmp_path)
        stage.leave(archive(pull_request_txt="7\n", report_md=REPORT), artifact(91, "report.html"))
        yield stage


# --- one comment, updated in place ---


def test_the_report_becomes_a_comment_that_says_where_it_is_from(stage: Stage) -> None:
    assert stage.run() == 0

    (text,) = stage.github.texts(7)
    assert text == (
        f"{MARKER}\n_For `0123456789ab`_: [as a page]({RUN_URL}/artifacts/91), "
        f"[all formats]({RUN_URL}/artifacts/90), [run]({RUN_URL})\n\n## API diff\n\nNothing breaks.\n"
    )


def test_the_next_run_updates_the_comment(stage: Stage) -> None:
    assert stage.run() == 0
    stage.leave(archive(pull_request_txt="7", report_md=f"{MARKER}\nIt breaks.\n"))

    assert stage.run() == 0

    (text,) = stage.github.texts(7)
    assert text.endswith("It breaks.\n")
    assert stage.github.writes() == [
        ("POST", f"/repos/{REPOSITORY}/issues/7/comments"),
        ("PATCH", f"/repos/{REPOSITORY}/issues/comments/7000"),
    ]


def test_a_comment_with_the_marker_by_somebody_else_stays_as_it_is(stage: Stage) -> None:
    stage.github.add_comment(7, "mallory", REPORT)
    stage.github.add_comment(7, "github-actions[bot]", f"Coverage\n{MARKER}")

    assert stage.run() == 0

    assert stage.github.texts(7)[:2] == [REPORT, f"Coverage\n{MARKER}"]
    assert len(stage.github.texts(7)) == 3


def test_the_comment_is_found_behind_hundreds_of_others(stage: Stage) -> None:
    for number in range(200):
        stage.github.add_comment(7, "alice", f"comment {number}")
    stage.github.add_comment(7, "github-actions[bot]", f"{MARKER}\nold")
    stage.github.comments[7][3]["user"] = None  # whose author has left

    assert stage.run() == 0

    assert stage.github.writes() == [("PATCH", f"/repos/{REPOSITORY}/issues/comments/7200")]


def test_of_a_repeated_run_the_last_artifacts_count(stage: Stage) -> None:
    stage.leave(
        archive(pull_request_txt="7", report_md=REPORT),
        artifact(191, "report.html"),
        artifact(91, "report.html"),
        artifact(190),
        artifact(290, expired=True),
    )

    assert stage.run() == 0

    assert [request.target for request in stage.storage.received] == ["/190?signature=s3cret"]
    assert f"[as a page]({RUN_URL}/artifacts/191), [all formats]({RUN_URL}/artifacts/190)" in stage.github.texts(7)[0]


def test_artifacts_are_looked_for_on_all_pages(stage: Stage) -> None:
    others = [artifact(number, f"other-{number}") for number in range(100, 220)]
    stage.github.artifacts[RUN] = [*others, *stage.github.artifacts[RUN]]

    assert stage.run() == 0


def test_without_a_report_the_comment_says_that_there_is_none(stage: Stage) -> None:
    stage.leave(archive(pull_request_txt="7"))
    stage.github.add_comment(7, "github-actions[bot]", REPORT)

    assert stage.run() == 0

    assert stage.github.texts(7) == [
        f"{MARKER}\nThe API of `0123456789ab` could not be compared with its base: [the run]({RUN_URL}) says why.\n"
    ]


# --- nothing to do ---


@pytest.mark.parametrize(
    ("found", "reason"),
    [(pull(state="closed"), "is closed"), (pull(head=OTHER_HEAD), f"does not end with {HEAD}")],
)
def test_a_pull_request_that_is_closed_or_has_gone_on_gets_no_comment(
    stage: Stage, capsys: pytest.CaptureFixture[str], found: dict[str, Any], reason: str
) -> None:
    stage.github.pulls[7] = found

    assert stage.run() == 0

    assert reason in capsys.readouterr().out
    assert stage.github.writes() == []


# --- forged ---


@pytest.mark.parametrize("repository", [FORK + 1, None])
def test_a_pull_request_of_another_repository_gets_no_comment_though_its_head_is_the_same(
    stage: Stage, capsys: pytest.CaptureFixture[str], repository: int | None
) -> None:
    stage.github.pulls[8] = pull(repository=repository)
    stage.leave(archive(pull_request_txt="8", report_md=REPORT))

    assert stage.run() == 1

    assert "pull request 8, which comes from another repository" in capsys.readouterr().err
    assert stage.github.writes() == []


def test_a_run_of_a_repository_that_is_gone_is_not_taken_for_a_pull_request_whose_repository_is_gone(
    stage: Stage,
) -> None:
    stage.head_repository = None
    stage.github.pulls[7] = pull(repository=None)

    assert stage.run() == 1

    assert stage.github.writes() == []


def test_a_pull_request_that_does_not_exist_is_an_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.leave(archive(pull_request_txt="404", report_md=REPORT))

    assert stage.run() == 1

    assert f"GET {stage.github.url}/repos/{REPOSITORY}/pulls/404: 404 Not Found" in capsys.readouterr().err


@pytest.mark.parametrize(
    "number", ["", "0", "7/reviews", "../7", "7\n8", "-7", "\N{ARABIC-INDIC DIGIT SEVEN}", "7" * 12]
)
def test_what_is_no_number_is_not_asked_for(stage: Stage, capsys: pytest.CaptureFixture[str], number: str) -> None:
    stage.leave(archive(pull_request_txt=number, report_md=REPORT))

    assert stage.run() == 1

    assert "pull-request.txt has no number of a pull request" in capsys.readouterr().err
    assert not any("/pulls/" in request.target for request in stage.github.received)


def test_a_report_without_the_marker_is_refused(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.leave(archive(pull_request_txt="7", report_md=f"hello\n{MARKER}"))

    assert stage.run() == 1

    assert f"report.md does not begin with {MARKER}" in capsys.readouterr().err
    assert stage.github.writes() == []


def damaged() -> bytes:
    """An archive whose compressed data are not what they were."""
    content = bytearray(archive(pull_request_txt="7", report_md=REPORT * 50))
    start = content.index(b"report.md") + len("report.md")
    content[start : start + 8] = b"\xff" * 8
    return bytes(content)


@pytest.mark.parametrize("content", [b"", b"no archive", damaged(), archive(pull_request_txt="7", report_md=b"\xff")])
def test_an_archive_that_cannot_be_read_is_refused(
    stage: Stage, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    stage.leave(content)

    assert stage.run() == 1

    assert "diff_comment: the artifact api-diff cannot be read: " in capsys.readouterr().err


def test_a_run_that_left_nothing_is_an_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.github.artifacts[RUN] = [artifact(90, expired=True)]

    assert stage.run() == 1

    assert "the run has left no artifact api-diff" in capsys.readouterr().err


def test_names_in_the_report_notify_nobody(stage: Stage) -> None:
    stage.leave(archive(pull_request_txt="7", report_md=f"{MARKER}\n@octocat/team and @alice\n"))

    assert stage.run() == 0

    assert stage.github.texts(7)[0].endswith("@\u200boctocat/team and @\u200balice\n")


# --- too large ---


def test_an_archive_that_is_too_large_is_not_fetched(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.github.artifacts[RUN] = [artifact(90, size=diff_comment.ARCHIVE_LIMIT + 1)]

    assert stage.run() == 1

    assert "the artifact api-diff has 8388609 bytes, more than 8388608" in capsys.readouterr().err
    assert stage.storage.received == []


def test_an_archive_that_is_larger_than_it_is_said_to_be_is_refused(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.storage.answer = b"x" * (diff_comment.ARCHIVE_LIMIT + 1)

    assert stage.run() == 1

    assert "/actions/artifacts/90/zip: the file has more than 8388608 bytes" in capsys.readouterr().err


def test_a_small_archive_with_a_huge_report_is_refused(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.leave(archive(pull_request_txt="7", report_md=b"a" * (diff_comment.REPORT_LIMIT + 1)))

    assert stage.run() == 1

    assert "report.md has more than 4194304 bytes" in capsys.readouterr().err


def test_a_report_that_is_too_long_for_a_comment_is_cut_after_a_line(stage: Stage) -> None:
    stage.leave(archive(pull_request_txt="7", report_md=MARKER + "\n" + "* ä change\n" * 10_000))

    assert stage.run() == 0

    (text,) = stage.github.texts(7)
    assert diff_comment.COMMENT_LIMIT - 20 < len(text) <= diff_comment.COMMENT_LIMIT
    kept, notice = text.rsplit("\n\n", 1)
    assert kept.endswith("\n* ä change")
    assert notice == "**The report is too long for a comment and ends here; the links above have all of it.**\n"


FOLD = """<details><summary>More</summary>

````python
</details>
```
````

<details>
more
</details>

</details>
"""


def test_what_is_open_where_a_report_is_cut_is_closed() -> None:
    notice = diff_comment.shortened("x", 0)
    cut = {}
    for lines in range(len(FOLD.splitlines()) + 1):
        kept = "".join(FOLD.splitlines(keepends=True)[:lines])
        fence = "````\n" if 3 <= lines <= 5 else ""
        cut[kept + fence + "\n</details>\n" * ((1 <= lines <= 11) + (lines in {8, 9})) + notice] = lines

    made = {limit: diff_comment.shortened(FOLD + "x" * 1000, limit) for limit in range(len(notice), len(FOLD) + 200)}

    assert all(len(text) <= limit for limit, text in made.items())
    assert {cut[text] for text in made.values()} >= {0, 1, 4, 6, 8, 12}


def test_a_report_that_fits_is_not_touched() -> None:
    assert diff_comment.shortened("ä\n", 2) == "ä\n"
    assert diff_comment.shortened("ä\n", 1) != "ä\n"


# --- secrets, and nothing installed ---


def test_the_storage_is_not_shown_the_token(stage: Stage) -> None:
    assert stage.run() == 0

    (request,) = stage.storage.received
    assert "Authorization" not in request.headers
    assert TOKEN not in str(request)


def test_neither_token_nor_signature_is_in_an_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.github.storage = "http://127.0.0.1:1"  # where nobody listens

    assert stage.run() == 1

    printed = capsys.readouterr().err
    assert "GET http://127.0.0.1:1/90: " in printed
    assert TOKEN not in printed
    assert "s3cret" not in printed


def test_it_runs_on_the_standard_library_alone(stage: Stage) -> None:
    assert stage.run() == 0
    environment: Mapping[str, str] = {"PATH": os.environ["PATH"], **stage.environment}

    # -I and -S leave out all installed packages, and with them the work tree.
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from scripts.ci.diff_comment import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "The comment on pull request 7 is updated.\n", "")
