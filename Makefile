# `make` alone prints what can be done here.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Many tests wait for processes that start, end or are killed; meanwhile another goes on.
SIDE_BY_SIDE := -n logical --maxprocesses=4 --dist worksteal

.PHONY: help setup run test test-long bench check lock clean

help: ## print these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), "slotwright needs Python 3.11 to 3.13, this is " + sys.version.split()[0]'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.runtime ## create the environment in .venv, nothing else

run: $(VENV)/.runtime ## start the database and the service, with a demo clinic
	@$(BIN)/slotwright serve --demo

test: $(VENV)/.development ## everything but the long tests, against a real PostgreSQL
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not long and not services"

test-long: $(VENV)/.development ## the tests that take minutes
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "long"

bench: $(VENV)/.development ## measure against the named others; writes bench.json
	$(BIN)/slotwright bench

check: $(VENV)/.development ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock: $(VENV)/.development ## renew the pinned versions
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --extra dev --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate --output-file requirements-dev.lock pyproject.toml

clean: ## remove the environment and the caches, never the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
