"""The sandbox in tests: as a context manager, and as a fixture."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import httpx
import pytest

import abwire_sandbox
from abwire_core.errors import ServerError
from abwire_sandbox import Sandbox, SandboxError, serve, specs
from abwire_sandbox.engine import COMMON, Answer, Engine
from scripts.specs.documents import load, plain
from scripts.specs.project import ROOT
from tests.sandbox.callers import SyncCaller, token

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

TESTS = """
import os
import pytest
from abwire.kameleoon import Kameleoon

def test_it_is_there(abwire_sandbox, monkeypatch):
    for name, value in abwire_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    with Kameleoon.from_env(rate_limiter=None) as kameleoon:
        kameleoon.goals.delete(30001)
        for _ in range(60):
            kameleoon.goals.get(30002)

def test_it_is_a_new_one(abwire_sandbox):
    assert "30001" in abwire_sandbox.dump()["kameleoon.goals"]

@pytest.mark.abwire_sandbox(seed=2, page_size=3)
def test_it_is_as_the_marker_says(abwire_sandbox):
    with Kameleoon(abwire_sandbox.client_id, abwire_sandbox.client_secret,
                   base_url=abwire_sandbox.kameleoon_url) as kameleoon:
        assert len(next(kameleoon.goals.list().pages())) == 3
"""


def test_a_sandbox_ends_with_its_block(no_proxies: None) -> None:
    threads = threading.active_count()
    with serve() as sandbox:
        url = f"{sandbox.url}/_sandbox/requests"
        assert httpx.get(url, headers=token(sandbox)).status_code == 200
        assert threading.active_count() == threads + 1

    assert threading.active_count() == threads
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_sandbox_is_started_and_stopped_without_a_block(no_proxies: None) -> None:
    sandbox = abwire_sandbox.start(seed=2)
    url = f"{sandbox.url}/_sandbox/requests"
    assert httpx.get(url, headers=token(sandbox)).status_code == 200
    sandbox.stop()
    sandbox.stop()

    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_several_sandboxes_live_side_by_side(no_proxies: None) -> None:
    with serve(seed=1) as one, serve(seed=2) as other:
        assert one.port != other.port
        assert one.dump() != other.dump()


def test_an_open_connection_does_not_keep_it_from_ending(no_proxies: None) -> None:
    with httpx.Client() as client, serve() as sandbox:
        client.get(f"{sandbox.url}/_sandbox/requests")


def test_the_environment_is_what_from_env_reads(sandbox: Sandbox) -> None:
    assert sandbox.environment == {
        "ABWIRE_SANDBOX_TOKEN": sandbox.control_token,
        "ABWIRE_SANDBOX_URL": sandbox.url,
        "KAMELEOON_BASE_URL": sandbox.kameleoon_url,
        "KAMELEOON_CLIENT_ID": sandbox.client_id,
        "KAMELEOON_CLIENT_SECRET": sandbox.client_secret,
        "CONVERT_BASE_URL": sandbox.convert_url,
        "CONVERT_APPLICATION_ID": sandbox.application_id,
        "CONVERT_SECRET_KEY": sandbox.secret_key,
    }


@pytest.mark.parametrize("crash", [False, True])
def test_an_answer_against_its_spec_fails_the_test_run(
    monkeypatch: pytest.MonkeyPatch, no_proxies: None, crash: bool
) -> None:
    def read(engine: Engine, call: object) -> Answer:
        if crash:
            raise RuntimeError("oh")
        return Answer({"id": "not a number"})

    monkeypatch.setattr("abwire_sandbox.api.COMMON", {**COMMON, "get": read})

    def run() -> None:
        with serve() as sandbox, SyncCaller(sandbox) as call, pytest.raises(ServerError, match="a mistake"):
            call("kameleoon.goals.get", 30001)

    with pytest.raises(SandboxError, match="a mistake of the sandbox in get-goal"):
        run()


def test_the_fixture_gives_each_test_a_sandbox_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "abwire_sandbox.pytest_plugin",
        "--strict-markers",
        "-W",
        "error",
    ]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "3 passed" in done.stdout, done.stdout


def test_the_plugin_is_registered_and_light() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"abwire_sandbox": "abwire_sandbox.pytest_plugin"}
    heavy = {"starlette", "uvicorn", "openapi_core"}
    program = f"import sys, abwire_sandbox.pytest_plugin\nassert not {heavy} & set(sys.modules)"
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


def test_the_extra_names_every_library_that_is_imported() -> None:
    """Under the names of their distributions; pytest is there wherever the plugin is used."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split("[<>=]", line)[0] for line in project["optional-dependencies"]["sandbox"]}
    folder = Path(abwire_sandbox.__file__).parent
    imported = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported |= {name.split(".")[0] for name in names}

    distributions = {"openapi_core": "openapi-core", "yaml": "pyyaml"}
    ours = sys.stdlib_module_names | {"abwire_sandbox", "pytest"}
    for_the_examples = {"rich"}
    assert {distributions.get(name, name) for name in imported - ours} == named - for_the_examples


def test_every_name_of_the_package_is_there() -> None:
    assert all(getattr(abwire_sandbox, name) is not None for name in abwire_sandbox.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(abwire_sandbox, "nothing")  # noqa: B009 - type checkers know that there is none


def test_the_specs_are_found_in_a_package_before_a_checkout(tmp_path: Path) -> None:
    assert [folder.name for folder in specs.FOLDERS] == ["specs", "specs"]
    assert specs.FOLDERS[1] == ROOT / "generated" / "specs"
    with pytest.raises(FileNotFoundError, match="no effective spec in "):
        specs.paths(tmp_path)


def test_reading_the_specs_changes_no_value() -> None:
    for path in specs.paths().values():
        assert specs.document(path) == plain(load(path, keep_comments=False))
