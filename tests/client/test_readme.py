"""The examples of the README run as they are written, against a server of this machine."""

from __future__ import annotations

import importlib
import re

import pytest

from scripts.build_specs import ROOT
from scripts.documents import load
from scripts.sample_server import SampleServer

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_readme_has_an_example_for_each_api() -> None:
    assert [re.findall(r"from abwire\.(\w+) import", example) for example in EXAMPLES] == [
        ["kameleoon"],
        ["convert_v1"],
    ]


@pytest.mark.parametrize(
    ("example", "api", "output"),
    [
        pytest.param(EXAMPLES[0], "kameleoon", "200 DataCodeResponseIO(data_code=", id="kameleoon"),
        pytest.param(EXAMPLES[1], "convert-v1", "3.7\n", id="convert-v1"),
    ],
)
def test_an_example_of_the_readme_runs(
    example: str, api: str, output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    effective = load(ROOT / "generated" / "specs" / f"{api}.yaml", keep_comments=False)
    with SampleServer(effective) as server:
        client = importlib.import_module(f"abwire.{api.replace('-', '_')}").Client
        monkeypatch.setattr(client, "BASE_URL", server.url)
        exec(compile(example, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102

    assert capsys.readouterr().out.startswith(output)
    assert len(server.received) == 1
