# `make` lists the targets. Everything is installed in this folder; only package caches are outside.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# No warnings of jsii about the age of these Node releases.
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION = true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 18,20,22,24
# The CDK command line: no telemetry, no check for a new version, caches in this folder.
export CDK_DISABLE_CLI_TELEMETRY = true
export CDK_DISABLE_VERSION_CHECK = true
export CDK_HOME ?= $(CURDIR)/.local/cdk-home
export JSII_RUNTIME_PACKAGE_CACHE_ROOT ?= $(CURDIR)/.local/jsii
# Temporary files in this folder, too.
export TMPDIR := $(CURDIR)/.local/tmp
$(shell mkdir -p "$(TMPDIR)")
# Package caches in this folder if the home folder is not writable.
ifneq ($(shell test -d "$$HOME" -a -w "$$HOME" && echo yes),yes)
export UV_CACHE_DIR ?= $(CURDIR)/.local/cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.local/cache/pip
export npm_config_cache ?= $(CURDIR)/.local/cache/npm
endif
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(if $(shell $(p) $(NEW_ENOUGH) 2>/dev/null && echo yes),$(p))))
BIN := .venv/bin
# The longest first, so that none of them is left alone at the end.
PARTS := ministack http rest docs local faults jar deployed
export PYTHONPATH := .:lambdas:client

.PHONY: help setup run test $(PARTS:%=test-%) soak fuzz mutants bench cost up down env env-off shell sfn-local lint format pins synth docs clean clean-data

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: .venv/.ready node_modules/.ready ## install everything that is needed into this folder

.venv/.ready: requirements.txt client/pyproject.toml
	@"$(PYTHON)" $(NEW_ENOUGH) 2>/dev/null || { echo "Python 3.11 or newer is needed$(if $(PYTHON),; $(PYTHON) is not): install it, or name it with PYTHON=python3.13"; exit 1; }
	@echo "installing the Python packages into .venv"
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -oE '^uv==[0-9.]+' requirements.txt)"
	@$(BIN)/python -m uv pip sync --quiet requirements.txt
	@$(BIN)/python -m uv pip install --quiet --no-deps --editable client
	@touch $@

node_modules/.ready: package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { echo "Node 20 or newer is needed for the CDK command line"; exit 1; }
	@echo "installing the CDK command line into node_modules"
	@npm ci --silent --no-audit --no-fund
	@touch $@

run: setup ## start a local AWS, deploy, send the sample changes, report, and stop
	@$(BIN)/python -m local run

# The parts run in parallel, since each spends much time waiting; the tests of a part share its engine or deployment.
test: setup ## run all tests, in parallel parts; with ARGS=… pytest with these arguments
ifdef ARGS
	@$(BIN)/python -m pytest -q $(ARGS)
else
	@$(BIN)/python -m local synth local --output .local/test.cdk.out >/dev/null
	@CDK_ASSEMBLY=.local/test.cdk.out $(MAKE) --no-print-directory --jobs=4 --keep-going --output-sync=target $(PARTS:%=test-%)
endif

test-faults: FOLDERS = tests/faults
test-deployed: FOLDERS = tests/e2e
test-local: FOLDERS = tests/local
test-docs: FOLDERS = tests/docs
test-http: FOLDERS = tests/fuzz tests/http tests/client tests/engines
test-ministack: FOLDERS = tests/integration tests/histories tests/golden -k "not dynamodb-local"
test-jar: FOLDERS = tests/integration tests/histories tests/golden -k dynamodb-local
test-rest: FOLDERS = tests $(foreach p,faults fuzz e2e local docs http client engines integration histories golden,--ignore=tests/$(p))
$(PARTS:%=test-%):
	@$(BIN)/python -m pytest -q $(FOLDERS)

soak: setup ## test random histories with random faults on both engines for MINUTES=10
	@$(BIN)/python -m tests.histories.soak --minutes $(or $(MINUTES),10)

fuzz: setup ## fuzz the API from its OpenAPI document, with EXAMPLES=100 for each operation
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/python -m pytest -q --timeout=3600 tests/fuzz

mutants: setup ## remove each mechanism in turn, and expect its tests to fail
	@$(BIN)/python -m tests.mutants

bench: setup ## measure the claims about speed and cost (some minutes); ONLY=cold runs one
	@$(BIN)/python -m bench --only "$(ONLY)"

cost: setup ## print the AWS cost of a million changes, by service
	@$(BIN)/python -m bench.cost

up: setup ## start the local AWS, deploy, leave it running (KEEP=1 keeps data, FRESH=1 deletes kept data; PORT=4566)
	@$(BIN)/python -m local up

down: setup ## stop the local AWS, and a `make run` that is still running
	@$(BIN)/python -m local down

env: setup ## print commands that point a shell at the local AWS: eval "$(make -s env)"
	@$(BIN)/python -m local env

env-off: setup ## print commands that restore that shell: eval "$(make -s env-off)"
	@$(BIN)/python -m local env-off

shell: setup ## open a shell that uses the local AWS
	@$(BIN)/python -m local shell

sfn-local: setup ## run the samples on another Step Functions: ENDPOINT=http://127.0.0.1:8083
	@test -n "$(ENDPOINT)" || { echo "ENDPOINT is missing: make sfn-local ENDPOINT=http://127.0.0.1:8083"; exit 2; }
	@$(BIN)/python -m local.step_functions_local "$(ENDPOINT)"

lint: setup ## run ruff, mypy and import-linter; check that generated files are up to date
	@$(BIN)/python -m ruff check --quiet .
	@$(BIN)/python -m ruff format --quiet --check .
	@$(BIN)/python -m mypy --no-error-summary
	@$(BIN)/python -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	@$(BIN)/python -m tools.contracts --check
	@$(BIN)/python -m tools.sync_client --check
	@$(BIN)/python -m tools.diagram --check

format: setup ## format the code
	@$(BIN)/python -m ruff format --quiet .
	@$(BIN)/python -m ruff check --quiet --fix .

pins: setup ## pin the requirements
	@for f in requirements lambdas/requirements lambdas/requirements-api; do \
	  $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make pins" $$f.in -o $$f.txt; done

synth: setup ## write a stage's templates into cdk.out: STAGE=local, dev or prod
	@$(BIN)/python -m local synth "$(or $(STAGE),dev)"

docs: setup ## generate contracts/, the synchronous client, the diagrams and the charts
	@$(BIN)/python -m tools.contracts
	@$(BIN)/python -m tools.sync_client
	@$(BIN)/python -m tools.diagram
	@$(BIN)/python -m bench.charts

clean: ## stop everything, and remove what was installed and generated; kept data stays
	@test ! -x $(BIN)/python || $(BIN)/python -m local down || { echo "a process may still run, so nothing was removed; RUNNING=leave removes everything anyway"; test "$(RUNNING)" = leave; }
	@rm -rf .venv node_modules cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find .local -mindepth 1 -maxdepth 1 ! -name 'kept*' -exec rm -rf {} +
	@rmdir .local 2>/dev/null || echo "left: the kept data in .local; \`make clean-data\` deletes it"

clean-data: setup ## delete the data that `make up KEEP=1` has kept
	@$(BIN)/python -m local clean-data
