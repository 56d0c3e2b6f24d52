"""The process that serves a spec: it starts or says why not, ends for sure, and survives defects of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from scripts.specs.project import ROOT
from tests.client.apis import GENERATED
from tests.contract.prism import PrismError, serving

SPEC = GENERATED / "specs" / "convert-v1.yaml"
NOTHING = {"openapi": "3.0.3", "info": {"title": "Nothing", "version": "1"}, "paths": {}}


def is_there(address: str) -> bool:
    """Whether somebody listens."""
    try:
        httpx.get(address, trust_env=False, timeout=10)
    except (httpx.NetworkError, httpx.RemoteProtocolError):
        return False
    return True


def test_it_ends_with_its_context_also_after_a_failure(tmp_path: Path) -> None:
    addresses = []

    def fail() -> None:
        with serving(SPEC, tmp_path / "log") as address:
            addresses.append(address)
            assert is_there(address)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_there(*addresses)


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from tests.contract.prism import serving\n"
        "with serving(*map(pathlib.Path, sys.argv[1:])) as address: print(address, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(SPEC), str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert is_there(address)
        process.kill()

    end = time.monotonic() + 10
    while is_there(address):
        assert time.monotonic() < end, "Prism is still there"
        time.sleep(0.05)


@pytest.mark.parametrize("content", [json.dumps(NOTHING), "[", None], ids=["nothing in it", "broken", "missing"])
def test_without_a_spec_it_says_why_it_does_not_start(tmp_path: Path, content: str | None) -> None:
    document = tmp_path / "spec.yaml"
    if content is not None:
        document.write_text(content)
    began = time.monotonic()

    with pytest.raises(PrismError, match=r"^Prism does not start:\n[^\n]*\n.*\w"), serving(document, tmp_path / "log"):
        pass

    assert time.monotonic() - began < 30


def test_a_violation_that_it_cannot_tell_costs_one_answer_only(tmp_path: Path) -> None:
    numbers = {"type": "object", "additionalProperties": {"type": "integer"}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": numbers}}},
        "responses": {"200": {"description": "Fine."}, "422": {"description": "Refused."}},
    }
    document = tmp_path / "spec.yaml"
    document.write_text(json.dumps({**NOTHING, "paths": {"/numbers": {"post": operation}}}))
    with serving(document, tmp_path / "log") as address, httpx.Client(base_url=address, trust_env=False) as client:
        assert client.post("/numbers", json={"one": "1"}).status_code == 422
        with pytest.raises(httpx.ReadTimeout):
            client.post("/numbers", json={"\u4e00": "1"}, timeout=1)
        assert client.post("/numbers", json={"\u4e00": 1}).status_code == 200
