"""What the sandbox remembers, and that it always begins alike."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from abwire.kameleoon import models

from abwire_sandbox import seeding, serve
from abwire_sandbox.server import Sandbox
from abwire_sandbox.store import Store
from abwire_sandbox.world import World
from tests.sandbox.callers import SyncCaller

pytestmark = pytest.mark.filterwarnings("ignore:Convert superseded:DeprecationWarning")

PROGRAM = """
import json, sys
from abwire_sandbox import seeding
json.dump(seeding.seeded(int(sys.argv[1])).dump(), sys.stdout)
"""


def seeded(seed: int) -> str:
    return json.dumps(seeding.seeded(seed).dump())


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_a_seed_repeats_byte_for_byte_in_another_process(hash_seed: str) -> None:
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)}
    program = [sys.executable, "-c", PROGRAM, "3"]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=environment)

    assert done.stdout == seeded(3)


def test_two_seeds_differ_in_every_kind_of_object() -> None:
    one, other = json.loads(seeded(1)), json.loads(seeded(2))

    assert one.keys() == other.keys()
    assert [name for name in one if one[name] == other[name] and name != "kameleoon.locks"] == []


def test_results_repeat_with_the_seed_and_differ_without(no_proxies: None) -> None:
    def figures(seed: int) -> object:
        with serve(seed=seed, rate_limits=(), waiting_polls=0) as sandbox, SyncCaller(sandbox) as call:
            experiment = next(found for found in call("kameleoon.experiments.list") if found.status == "STOPPED")
            request = models.ExperimentResultsRequest(conversion_type=models.ConversionType.ALL_CONVERSION)
            return call("kameleoon.experiments.fetch_results", experiment.id, request).to_dict()

    assert figures(4) == figures(4) != figures(5)


def test_seeded_dates_lie_before_their_anchor() -> None:
    experiments = seeding.seeded(1).items("kameleoon.experiments")

    dates = [item[name] for item in experiments for name in ("dateCreated", "dateStarted", "dateEnded") if name in item]
    assert dates
    assert max(dates) < "2026-11-01"


# --- a state file ---


def test_what_was_done_survives_a_restart(tmp_path: Path, no_proxies: None) -> None:
    state = tmp_path / "state.sqlite"
    with serve(state=state, rate_limits=()) as sandbox, SyncCaller(sandbox) as call:
        site = call("kameleoon.sites.list")[0].id
        body = models.GoalCreate(
            name="Kept", site_id=site, type_=models.GoalType.CUSTOM, has_multiple_conversions=False, description="é😀"
        )
        created = call("kameleoon.goals.create", body)
        call("kameleoon.goals.update", 30002, models.GoalUpdate(name="Changed"))
        call("kameleoon.goals.delete", 30001)
        sandbox.lock("goals", 30003)
        request = models.ResultsRequest(date_intervals=[], conversion_type=models.ConversionType.ALL_CONVERSION)
        code = call("kameleoon.feature_flags.request_results", 9001, request).data_code
        before = sandbox.dump()

    with serve(state=state, rate_limits=()) as sandbox, SyncCaller(sandbox) as call:
        assert sandbox.dump() == before
        assert call("kameleoon.goals.get", created.id) == created
        assert call("kameleoon.results.poll", data_code=code).status == "WAITING"
        body.name = "Next"
        assert call("kameleoon.goals.create", body).id == created.id + 1
        sandbox.reset()

    with serve(state=state) as sandbox:
        assert "30001" in sandbox.dump()["kameleoon.goals"]


def test_a_refused_request_leaves_nothing_behind(tmp_path: Path, no_proxies: None) -> None:
    """A flag is refused for its rules after keys were drawn for it; the next one is made all the same."""
    with serve(state=tmp_path / "state.sqlite", rate_limits=()) as sandbox, SyncCaller(sandbox) as call:
        before = sandbox.dump()
        site = call("kameleoon.sites.list")[0]
        environment = models.EnvironmentConfigurationRequest(
            environment_key="production", default_variation_key="nothing", feature_enabled=True
        )
        body = models.FeatureFlagCreate(
            feature_key="x", name="x", site_code=site.code, environment_configurations=[environment]
        )
        with pytest.raises(Exception, match="there is no variation"):
            call("kameleoon.feature_flags.create", body)
        assert sandbox.dump() == before


def test_a_state_belongs_to_its_seed(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    Sandbox(World(seed=1, state=state)).stop()

    with pytest.raises(ValueError, match="was made with seed 1, not 2"):
        Sandbox(World(seed=2, state=state))


def test_a_file_that_is_no_state_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("not a database, but a long text about something else " * 50)

    with pytest.raises(ValueError, match="is not a state of the sandbox"):
        Sandbox(World(state=other))
    assert other.read_text().startswith("not a database")


def test_what_is_not_committed_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    store = Store(path)
    store.put("things", 1, {"id": 1})
    store.commit()
    store.put("things", 2, {"id": 2})
    store.close()

    with sqlite3.connect(path) as database:
        assert [key for (key,) in database.execute("SELECT key FROM item")] == ["1"]
    database.close()


def test_objects_keep_their_order_when_they_change(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    store = Store(path)
    for number in (1, 2, 3):
        store.put("things", number, {"id": number})
    store.put("things", 1, {"id": 1, "name": "new"})
    store.commit()
    expected = [{"id": 1, "name": "new"}, {"id": 2}, {"id": 3}]
    assert store.items("things") == expected
    store.close()

    again = Store(path)
    assert again.items("things") == expected
    again.close()
