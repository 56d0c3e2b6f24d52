"""What is measured. Each measure runs its contestants in turns, so that whatever else the machine does hits all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from bench.answers import Answers

ROOT = Path(__file__).resolve().parent.parent
TURNS = 7
"""How often each contestant has its turn."""


@dataclass(frozen=True)
class Subject:
    """The objects of one API that are decoded and encoded."""

    api: str
    operation: str
    """The module of the operation that lists them, below ``api``."""
    other: str
    """The same for one that every contestant has."""
    model: str
    words: str
    """What they are, for the report."""


CONVERT = Subject(
    "convert_v1", "experiences.get_experiences_list", "experiences.get_experience", "Experience", "Convert experiences"
)
KAMELEOON = Subject(
    "kameleoon", "experiment.get_all_experiments", "experiment.get_experiment", "Experiment", "Kameleoon experiments"
)
CONTESTANTS: Mapping[str, str] = {
    "abwire": "abwire",
    "httpx": "bare httpx",
    "json": "json alone",
    "stock": "openapi-python-client",
    "pydantic": "pydantic",
    "pydantic_open": "pydantic, unknown fields kept",
}


@dataclass(frozen=True)
class Result:
    """What one contestant needed."""

    least: float
    middle: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Result:
        """The minimum and the median of many rounds."""
        return cls(min(values), median(values))


Results = dict[str, Result]
"""By contestant."""
Job = Mapping[str, Any]
"""What a worker is to do."""
J = TypeVar("J")


@dataclass(frozen=True)
class Bench:
    """Where the rivals and the pages are."""

    folder: Path
    documents: Mapping[str, Mapping[str, Any]]
    """The effective specs, by API."""
    turns: int = TURNS

    # --- decoding and encoding ---

    def decoded(self, subject: Subject, size: int = 50, rounds: int = 40) -> Results:
        """Seconds to make models of the bytes of a page."""
        contestants = ("abwire", "stock", "pydantic", "pydantic_open", "json")
        return self._timed("decode", contestants, subject, size, rounds)

    def encoded(self, subject: Subject, size: int = 50, rounds: int = 60) -> Results:
        """Seconds to make JSON bytes of models."""
        return self._timed("encode", ("abwire", "stock"), subject, size, rounds)

    def held(self, subject: Subject, size: int = 10_000) -> Results:
        """Bytes that the models of a page hold."""
        contestants = ("abwire", "stock", "pydantic")
        jobs = {contestant: self._job("memory", contestant, subject, size) for contestant in contestants}
        return {contestant: Result.of([self._work(job)]) for contestant, job in jobs.items()}

    def page(self, subject: Subject, size: int) -> Path:
        """A page as a server sends it."""
        path = self.folder / f"{subject.api}-{size}.json"
        if not path.is_file():
            objects = Answers(self.documents[subject.api]).page(subject.model, size)
            path.write_text(json.dumps(objects, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")
        return path

    def _timed(self, kind: str, contestants: Sequence[str], subject: Subject, size: int, rounds: int) -> Results:
        jobs = {contestant: self._job(kind, contestant, subject, size, rounds) for contestant in contestants}
        return self._in_turns(self._work, jobs)

    def _job(self, kind: str, contestant: str, subject: Subject, size: int, rounds: int = 1) -> Job:
        places = {"page": str(self.page(subject, size)), "rivals": str(self.folder)}
        described = {"api": subject.api, "operation": subject.operation, "model": subject.model}
        return {"job": kind, "contestant": contestant, "rounds": rounds, **places, **described}

    # --- imports ---

    def ready(self) -> Results:
        """Seconds from nothing to a client that is ready for its first call, and to httpx imported."""
        return self._programs(
            {
                "abwire": "from abwire.kameleoon import Kameleoon\nKameleoon(token='made-up').goals.list",
                "httpx": "import httpx",
            }
        )

    def first_calls(self) -> Results:
        """Seconds from nothing to the answer of a first call, and to httpx imported."""
        return self._programs(
            {"abwire": _FIRST_CALL.format(page=str(self.page(KAMELEOON, 1))), "httpx": "import httpx"}
        )

    def imports(self, subject: Subject) -> Mapping[str, Results]:
        """Seconds to import ever more of a client; httpx is imported before."""
        models = "models = importlib.import_module('{0}.models'); [getattr(models, name) for name in models.__all__]"
        found = {}
        for words, program in {
            "the client": "importlib.import_module('{0}')",
            "one operation": "importlib.import_module('{0}.api.{1}')",
            "all models": models,
        }.items():
            packages = {"abwire": f"abwire.{subject.api}", "stock": f"stock_{subject.api}"}
            found[words] = self._programs(
                {contestant: program.format(package, subject.other) for contestant, package in packages.items()},
                before="import httpx, importlib\n",
            )
        return found

    def _programs(self, programs: Mapping[str, str], before: str = "") -> Results:
        head = f"import sys, time\nsys.path.append({str(self.folder)!r})\n{_LEAN}{before}start = time.perf_counter()\n"

        def run(program: str) -> list[float]:
            source = f"{head}{program}\nprint(time.perf_counter() - start)"
            return [float(self._python("-c", source)) for _ in range(3)]

        for program in programs.values():
            run(program)  # writes the caches of the interpreter
        return self._in_turns(run, programs)

    # --- processes ---

    def _in_turns(self, run: Callable[[J], list[float]], jobs: Mapping[str, J]) -> Results:
        """Return what each contestant needed for its job; they take turns."""
        values: dict[str, list[float]] = {contestant: [] for contestant in jobs}
        for _ in range(self.turns):
            for contestant, job in jobs.items():
                values[contestant] += run(job)
        return {contestant: Result.of(found) for contestant, found in values.items()}

    def _work(self, job: Job) -> Any:
        return json.loads(self._python("-m", "bench.worker", given=json.dumps(job)))

    def _python(self, *arguments: str, given: str = "") -> str:
        """Return what a Python program prints."""
        hidden = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        environment = {key: value for key, value in os.environ.items() if key not in hidden}
        done = subprocess.run(
            [sys.executable, *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=environment,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout


_LEAN = "sys.modules['click'] = None\n"
"""Has httpx do without its command line, as it does where it is installed without extras."""
_FIRST_CALL = """
import httpx
from abwire.kameleoon import Kameleoon
page = open({page!r}, "rb").read()
with Kameleoon(token="made-up", transport=httpx.MockTransport(lambda _: httpx.Response(200, content=page))) as client:
    found = next(iter(client.experiments.list()))
assert type(found).__name__ == "Experiment"
"""
