"""What the API of GitHub may answer, and what it may not."""

from __future__ import annotations

import pytest

from scripts.ci.github import GitHub, GitHubError
from tests.core.loopback import Loopback
from tests.workflows.fake_github import REPOSITORY, TOKEN, FakeGitHub


@pytest.mark.parametrize("place", ["file:///etc/hostname", "https://127.0.0.1/90", "/90"])
def test_a_file_is_fetched_over_the_scheme_of_the_api_only(no_proxies: None, place: str) -> None:
    with FakeGitHub.running() as github:
        github.storage = place

        with pytest.raises(GitHubError, match=r"/actions/artifacts/90/zip: the answer redirects to another scheme"):
            GitHub(github.url, REPOSITORY, TOKEN).download("/actions/artifacts/90/zip", 10)


def test_a_file_that_the_api_has_itself_is_an_error(no_proxies: None) -> None:
    with Loopback.running() as server, pytest.raises(GitHubError, match="the answer is no redirect to a file"):
        GitHub(server.url, REPOSITORY, TOKEN).download("/actions/artifacts/90/zip", 10)


def test_a_file_that_is_not_there_is_an_error(no_proxies: None) -> None:
    with FakeGitHub.running() as github, pytest.raises(GitHubError, match="/actions/artifacts/x/zip: 404 Not Found"):
        GitHub(github.url, REPOSITORY, TOKEN).download("/actions/artifacts/x/zip", 10)


def test_a_call_that_is_redirected_is_an_error_and_goes_no_further(no_proxies: None) -> None:
    with FakeGitHub.running() as github, Loopback.running() as storage:
        github.storage = storage.url

        with pytest.raises(GitHubError, match="/actions/artifacts/90/zip: 302 Found"):
            GitHub(github.url, REPOSITORY, TOKEN).call("GET", "/actions/artifacts/90/zip")

        assert storage.received == []


def test_an_answer_that_is_not_json_is_an_error(no_proxies: None) -> None:
    with Loopback.running(b"<html>") as server, pytest.raises(GitHubError, match="/pulls/7: the answer is not JSON"):
        GitHub(server.url, REPOSITORY, TOKEN).call("GET", "/pulls/7")


def test_a_token_that_is_refused_is_not_in_the_error(no_proxies: None) -> None:
    with FakeGitHub.running() as github, pytest.raises(GitHubError, match="401 Unauthorized") as raised:
        GitHub(github.url, REPOSITORY, "another-token").call("GET", "/pulls/7")

    assert "another-token" not in str(raised.value)
