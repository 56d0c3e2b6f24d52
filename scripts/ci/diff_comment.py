"""Make or update the comment on a pull request that shows the report of an API diff.

python -m scripts.ci.diff_comment    in a workflow that runs on ``workflow_run`` of the one that compared

The workflow that compared runs code of the pull request, so everything that it has left may be forged: it is read in
memory, within limits, and the comment goes only to an open pull request whose head is the very commit, in the very
repository, that the run was started for, which GitHub itself says. Standard library only: nothing is installed where
the token is.

Environment: ``GITHUB_TOKEN`` (may read actions and write pull requests), and ``GITHUB_API_URL``,
``GITHUB_REPOSITORY`` and ``GITHUB_EVENT_PATH`` as every workflow has them.

Exit status: 0 if the comment is there, or if the pull request is closed or has gone on to another commit; 1 if
something is wrong.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.ci.github import GitHub, GitHubError

MARKER = "<!-- abwire-api-diff -->"
"""What the report begins with, and by which the comment is found again."""
ARTIFACT = "api-diff"
PAGE = "report.html"
NUMBER_FILE = "pull-request.txt"
REPORT_FILE = "report.md"
AUTHOR = "github-actions[bot]"
"""Who comments with the token of a workflow; no user can have a name with brackets."""

COMMENT_LIMIT = 65_536
"""How many characters GitHub takes."""
ARCHIVE_LIMIT = 8 * 1024 * 1024
REPORT_LIMIT = 4 * 1024 * 1024

_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_FENCE = re.compile(r" *(`{3,})")
_CUT = "\n**The report is too long for a comment and ends here; the links above have all of it.**\n"


class CommentError(Exception):
    """There is nothing that can be made a comment; says why."""


@dataclass(frozen=True)
class Run:
    """The run of a workflow that compared, by GitHub's own account.

    Attributes:
        id: its id.
        url: its page.
        head: the hash of the commit that it was started for.
        head_repository: the repository that has the commit, which may be a fork; None if it is gone.
    """

    id: int
    url: str
    head: str
    head_repository: int | None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Run:
        """The run that an event of the type ``workflow_run`` tells of."""
        run = event["workflow_run"]
        return cls(run["id"], run["html_url"], run["head_sha"], (run["head_repository"] or {}).get("id"))


@dataclass(frozen=True)
class Artifact:
    """What a run has left.

    Attributes:
        id: its id.
        size: its size in bytes.
    """

    id: int
    size: int


def comment(github: GitHub, run: Run) -> str:
    """Make or update the comment on the pull request of a run.

    Returns:
        What was done, as a sentence.

    Raises:
        CommentError: what the run has left is not in order, or is not about a pull request of its own.
        GitHubError: the API refuses.
    """
    artifacts = find_artifacts(github, run)
    number, report = read_archive(fetch_archive(github, artifacts))
    pull = github.call("GET", f"/pulls/{number}")
    if run.head_repository is None or (pull["head"]["repo"] or {}).get("id") != run.head_repository:
        raise CommentError(f"the run says that it is about pull request {number}, which comes from another repository")
    if pull["state"] != "open":
        return f"Pull request {number} is closed."
    if pull["head"]["sha"] != run.head:
        return f"Pull request {number} does not end with {run.head}, so another run is in charge of the comment."
    text = body(report, run, artifacts)
    own = find_comment(github, number)
    if own is None:
        github.call("POST", f"/issues/{number}/comments", {"body": text})
        return f"Pull request {number} has a comment."
    github.call("PATCH", f"/issues/comments/{own}", {"body": text})
    return f"The comment on pull request {number} is updated."


def find_artifacts(github: GitHub, run: Run) -> dict[str, Artifact]:
    """Return what the run has left, by name: where a run was repeated, the last of each name."""
    found = github.pages(f"/actions/runs/{run.id}/artifacts", "artifacts")
    in_order = sorted((item for item in found if not item["expired"]), key=lambda item: int(item["id"]))
    return {item["name"]: Artifact(item["id"], item["size_in_bytes"]) for item in in_order}


def fetch_archive(github: GitHub, artifacts: Mapping[str, Artifact]) -> bytes:
    """The archive with the number of the pull request and the report.

    Raises:
        CommentError: there is none, or it is too large.
        GitHubError: it cannot be had.
    """
    artifact = artifacts.get(ARTIFACT)
    if artifact is None:
        raise CommentError(f"the run has left no artifact {ARTIFACT}: see its log")
    if artifact.size > ARCHIVE_LIMIT:
        raise CommentError(f"the artifact {ARTIFACT} has {artifact.size} bytes, more than {ARCHIVE_LIMIT}")
    return github.download(f"/actions/artifacts/{artifact.id}/zip", ARCHIVE_LIMIT)


def read_archive(content: bytes) -> tuple[int, str | None]:
    """The number of the pull request, and the report; None if the comparison did not get that far.

    Raises:
        CommentError: the archive is not in order.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            number = _member(archive, NUMBER_FILE, 16)
            report = _member(archive, REPORT_FILE, REPORT_LIMIT)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        # Not its text, which may quote what the archive has: a workflow takes lines of its log for commands.
        raise CommentError(f"the artifact {ARTIFACT} cannot be read: {type(error).__name__}") from None
    if number is None or _NUMBER.fullmatch(number.strip()) is None:
        raise CommentError(f"{NUMBER_FILE} has no number of a pull request")
    if report is not None and not report.startswith(MARKER):
        raise CommentError(f"{REPORT_FILE} does not begin with {MARKER}")
    return int(number), report


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> str | None:
    """A text file of an archive, of which no more is unpacked than is wanted, whatever the archive says of its size."""
    try:
        opened = archive.open(name)
    except KeyError:
        return None
    with opened:
        content = opened.read(limit + 1)
    if len(content) > limit:
        raise CommentError(f"{name} has more than {limit} bytes")
    return content.decode("utf-8")


def body(report: str | None, run: Run, artifacts: Mapping[str, Artifact]) -> str:
    """The text of the comment: where the report is from, and the report, shortened if it is too long for a comment.

    What comes from GitHub stands first, so that nothing in the report can hide it. Names with an at sign notify nobody.
    """
    commit = f"`{run.head[:12]}`"
    if report is None:
        return f"{MARKER}\nThe API of {commit} could not be compared with its base: [the run]({run.url}) says why.\n"
    places = {"as a page": artifacts.get(PAGE), "all formats": artifacts[ARTIFACT]}
    links = [f"[{name}]({run.url}/artifacts/{place.id})" for name, place in places.items() if place]
    head = f"{MARKER}\n_For {commit}_: {', '.join([*links, f'[run]({run.url})'])}\n"
    text = report.removeprefix(MARKER).replace("@", "@\N{ZERO WIDTH SPACE}")
    return head + shortened(text, COMMENT_LIMIT - len(head))


def shortened(text: str, limit: int) -> str:
    """Markdown that is cut after a line where it gets too long, with all that is open there closed.

    A report keeps within the limit itself; this is for one that does not, or is not of our making.

    Args:
        text: the Markdown.
        limit: how many characters it may have.
    """
    if len(text) <= limit:
        return text
    kept: list[str] = []
    size = folds = 0
    fence, ending = "", _CUT
    for line in text.splitlines(keepends=True):
        run = _FENCE.match(line)
        if run and not fence:
            fence = run[1]
        elif run and run[1].startswith(fence) and not line.strip(" `\n"):
            fence = ""
        elif not fence:
            folds += line.count("<details") - line.count("</details>")
        closing = (f"{fence}\n" if fence else "") + "\n</details>\n" * folds + _CUT
        size += len(line)
        if size + len(closing) > limit:
            break
        kept.append(line)
        ending = closing
    return "".join(kept) + ending


def find_comment(github: GitHub, number: int) -> int | None:
    """The id of the comment that this script has made before; one with the marker by somebody else is not it."""
    for found in github.pages(f"/issues/{number}/comments"):
        if (found["user"] or {}).get("login") == AUTHOR and found["body"].startswith(MARKER):
            return int(found["id"])
    return None


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Run the command; returns the exit status."""
    event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    github = GitHub(environment["GITHUB_API_URL"], environment["GITHUB_REPOSITORY"], environment["GITHUB_TOKEN"])
    try:
        print(comment(github, Run.from_event(event)))
    except (CommentError, GitHubError) as error:
        print(f"diff_comment: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
