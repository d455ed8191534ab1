# make run   try it           make test   the whole suite on both databases
# The rest is listed by `make help`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
# An environment that forbids byte-compiling makes every start twice as slow.
export PYTHONDONTWRITEBYTECODE =
PYTHON := .venv/bin/python

.PHONY: help setup lock run demo test test-fast drill bench lint format check clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## .venv with the locked packages, system libraries where missing
	@.ci/setup.sh

lock: setup ## recompile requirements/*.txt from requirements/*.in
	@for name in uv base tracing dev; do \
	    .venv/bin/uv pip compile --quiet --no-config --generate-hashes --no-header --python-version 3.11 \
	        requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

run: setup ## everything in one terminal: web, worker, schedule, NetSuite simulator
	@.ci/start.sh

demo: setup ## the main job without a browser [SHEET=file]
	@.ci/demo.sh $(if $(SHEET),"$(SHEET)")

test: setup ## the whole suite, on SQLite and on PostgreSQL [ARGS="-k name"]
	@.ci/test.sh $(ARGS)

test-fast: setup ## unit tests in seconds, no services [ARGS="-k name"]
	@env -u DATABASE_URL $(PYTHON) -m pytest -q -n 2 -m "not (slow or browser or postgres or broker or kill)" $(ARGS)

drill: setup ## 1,000 kills at random moments, exactly once all the same [ARGS="--kills 200 --seed 7"]
	@env -u DATABASE_URL $(PYTHON) -m tests.netsuite.random_kills $(ARGS)

bench: setup ## speeds as ratios, on a throwaway PostgreSQL with stock settings [ARGS=...]
	@.ci/system_packages.sh test
	@.ci/with_postgres.sh --stock .ci/with_redis.sh $(PYTHON) -m benchmarks $(ARGS)

lint: setup ## ruff
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

format: setup ## ruff, repairing what it can
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

check: lint ## lint, types, import contracts, migrations, deployment checks
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@env -u DATABASE_URL $(PYTHON) manage.py makemigrations --check --dry-run
	@.ci/check_deploy.sh

clean: ## removes caches and .venv; keeps var/, where the data is
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
