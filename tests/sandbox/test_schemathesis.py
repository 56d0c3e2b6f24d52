"""Schemathesis against every API: no server error, no response against the spec, no method that the spec does not have.

``SCHEMATHESIS_EXAMPLES=50`` makes more of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from abwire_core.auth import BearerAuth, RequestSigning
from abwire_sandbox import Sandbox, SandboxError, serve, specs
from abwire_sandbox.validation import widened
from tests.core.signing import HEADERS

pytestmark = pytest.mark.usefixtures("no_proxies")

NAMES = list(specs.paths())
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
REQUESTS = 400
"""How many requests there are about, unless the variable says how many for each operation."""
# All that schemathesis can think of for an operation costs seconds of each: only for those that were wrong once.
COVERED = ("upload-image", "update-feature-flag-rule", "search-segments", "get-all-goals", "create-experiment")


def authorized(sandbox: Sandbox, name: str) -> tuple[list[str], dict[str, str]]:
    """Options and variables with which schemathesis is let in."""
    guard = sandbox._app.apis[name].guard
    if guard.token_path:
        form = {
            "grant_type": "client_credentials",
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
        }
        access = httpx.post(f"{sandbox.urls[name]}{guard.token_path}", data=form).json()["access_token"]
        return ["--header", f"Authorization: Bearer {access}"], {}
    if "secretKey" in guard.schemes:
        return ["--header", f"Authorization: Bearer {sandbox.application_id}:{sandbox.secret_key}"], {}
    keys = {"CONVERT_APPLICATION_ID": sandbox.application_id, "CONVERT_SECRET_KEY": sandbox.secret_key}
    return [], {**keys, "SIGNED": "1"}


def run(sandbox: Sandbox, name: str, folder: Path, *options: str) -> str:
    """What schemathesis says at the end."""
    headers, variables = authorized(sandbox, name)
    hooks = Path(__file__).with_name("schemathesis_hooks.py")
    program = Path(sys.executable).with_name("st")
    # What overlays only tolerate in responses is right, too.
    spec = folder / f"{name}.json"
    spec.write_text(json.dumps(widened(specs.document(specs.paths()[name]))), encoding="utf-8")
    command = [str(program), "run", str(spec), "--url", sandbox.urls[name], "--checks", ",".join(CHECKS)]
    command += ["--generation-deterministic", "--no-shrink", "--suppress-health-check", "all", "--warnings", "off"]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [*command, *headers, *options],
        env={**os.environ, **variables, "SCHEMATHESIS_HOOKS": str(hooks), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,  # where it keeps what it finds
    )
    if sandbox.bugs:
        raise SandboxError("\n".join(sandbox.bugs))
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_no_response_is_against_the_spec(name: str, tmp_path: Path) -> None:
    with serve(rate_limits=(), waiting_polls=0) as sandbox:
        operations = len(sandbox._app.apis[name].known.router.operations)
        examples = os.environ.get("SCHEMATHESIS_EXAMPLES") or str(max(1, REQUESTS // operations))
        said = run(sandbox, name, tmp_path, "--phases", "fuzzing", "--max-examples", examples)

    assert f"Tested: {operations}" in said
    assert "No issues found" in said


def test_nothing_that_can_be_thought_of_breaks_what_was_broken_once(tmp_path: Path) -> None:
    chosen = [option for identifier in COVERED for option in ("--include-operation-id", identifier)]
    with serve(rate_limits=(), waiting_polls=0) as sandbox:
        said = run(sandbox, "kameleoon", tmp_path, "--phases", "coverage", *chosen)

    assert f"Tested: {len(COVERED)}" in said


@pytest.mark.parametrize("name", NAMES)
def test_no_path_takes_a_method_that_the_spec_does_not_have(sandbox: Sandbox, name: str) -> None:
    """Not even if another path, with parameters in other places, would take it."""
    guard = sandbox._app.apis[name].guard
    auth: httpx.Auth = RequestSigning(sandbox.application_id, sandbox.secret_key, **HEADERS)
    if guard.token_path:
        auth = BearerAuth(authorized(sandbox, name)[0][1].rpartition(" ")[2])
    with httpx.Client(base_url=sandbox.urls[name], auth=auth) as http:
        for path, item in specs.document(specs.paths()[name])["paths"].items():
            declared = {method.upper() for method in item} & {"GET", "PUT", "POST", "PATCH", "DELETE"}
            for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "QUERY"} - declared:
                response = http.request(method, path.replace("{", "").replace("}", ""))

                assert response.status_code == 405, f"{method} {path}: {response.status_code} {response.text}"
                assert set(response.headers["Allow"].split(", ")) == declared, f"{method} {path}"
