"""The examples of the README run as they are written, against a server of this machine."""

from __future__ import annotations

import re
from typing import Any

import pytest
from abwire.convert_v1 import AsyncConvert

from scripts.specs.project import ROOT
from tests.client.answers import AnswerServer

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
FLAG = {"id": 1, "name": "Checkout", "featureKey": "checkout", "siteCode": "abcdefghij"}


def test_the_readme_has_an_example_for_each_api() -> None:
    assert [re.findall(r"from abwire\.(\w+) import", example) for example in EXAMPLES] == [
        ["kameleoon"],
        ["convert_v1"],
    ]


def run(example: str) -> None:
    """Run an example as a program."""
    exec(compile(example, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102


def test_the_example_for_kameleoon_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data: dict[str, Any] = {"variationData": {"_reference": {}, "12": {}}}
    answers: dict[tuple[str, str], list[Any]] = {
        ("POST", "/oauth/token"): [{"access_token": "made-up-token", "expires_in": 7200}],
        ("GET", "/feature-flags"): [[FLAG, {**FLAG, "featureKey": "search"}], []],
        ("POST", "/feature-flags/42/results"): [{"dataCode": "1|2"}],
        ("GET", "/results"): [{"status": "READY", "data": data}],
    }
    with AnswerServer.running(answers) as server:
        monkeypatch.setenv("KAMELEOON_BASE_URL", server.url)
        monkeypatch.setenv("KAMELEOON_CLIENT_ID", "made-up-client")
        monkeypatch.setenv("KAMELEOON_CLIENT_SECRET", "made-up-secret")
        monkeypatch.delenv("KAMELEOON_TOKEN", raising=False)
        run(EXAMPLES[0])

    assert capsys.readouterr().out == "checkout\nsearch\n['12', '_reference']\n"
    assert [(request.method, request.target) for request in server.received] == [
        ("POST", "/oauth/token"),
        ("GET", "/feature-flags?optionalFields=siteCode&page=1"),
        ("GET", "/feature-flags?optionalFields=siteCode&page=2"),
        ("POST", "/feature-flags/42/results"),
        ("GET", "/results?dataCode=1%7C2"),
    ]
    assert {request.headers["Authorization"] for request in server.received[1:]} == {"Bearer made-up-token"}


@pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")
@pytest.mark.parametrize(
    ("status", "answer", "output"),
    [
        (200, {"id": "7", "prioritization_score": "3.7"}, "3.7\n"),
        (404, {"code": 404, "message": "no such hypothesis"}, "404 ErrorBody("),
    ],
)
def test_the_example_for_convert_runs(
    status: int, answer: Any, output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with AnswerServer.running({("GET", "/hypotheses/get/10010/7"): [answer]}, status=status) as server:
        monkeypatch.setattr(AsyncConvert, "_API", AsyncConvert._API._replace(server=server.url))
        run(EXAMPLES[1])

    assert capsys.readouterr().out.startswith(output)
    assert server.received[0].headers["Authorization"].startswith("Convert-HMAC-SHA256 Signature=")
