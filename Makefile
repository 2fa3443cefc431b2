# `make` lists the targets. Everything is set up inside this folder; only package caches are outside.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# The releases of Node whose age jsii does not shout about.
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION = true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 18,20,22,24
# The CDK's command line sends nothing and looks for no newer version; what it and jsii unpack stays in this folder.
export CDK_DISABLE_CLI_TELEMETRY = true
export CDK_DISABLE_VERSION_CHECK = true
export CDK_HOME ?= $(CURDIR)/.local/cdk-home
export JSII_RUNTIME_PACKAGE_CACHE_ROOT ?= $(CURDIR)/.local/jsii
# Temporary files stay inside this folder, too.
export TMPDIR := $(CURDIR)/.local/tmp
$(shell mkdir -p "$(TMPDIR)")
# Package caches, where the home folder takes none.
ifneq ($(shell test -d "$$HOME" -a -w "$$HOME" && echo yes),yes)
export UV_CACHE_DIR ?= $(CURDIR)/.local/cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.local/cache/pip
export npm_config_cache ?= $(CURDIR)/.local/cache/npm
endif
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(if $(shell $(p) $(NEW_ENOUGH) 2>/dev/null && echo yes),$(p))))
BIN := .venv/bin
PARTS := faults ministack jar http deployed local docs rest
export PYTHONPATH := .:lambdas:client

.PHONY: help setup run test $(PARTS:%=test-%) soak fuzz mutants bench cost up down env env-off shell sfn-local lint format pins synth docs clean clean-data

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: .venv/.ready node_modules/.ready ## install what is needed into this folder

.venv/.ready: requirements.txt client/pyproject.toml
	@"$(PYTHON)" $(NEW_ENOUGH) 2>/dev/null || { echo "Python 3.11 or newer is needed$(if $(PYTHON),; $(PYTHON) is none): install it, or name it with PYTHON=python3.13"; exit 1; }
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

run: setup ## deploy onto a local AWS, send the sample changes, print what happened, stop
	@$(BIN)/python -m local run

# Parts side by side, as each of them waits a lot; what starts an engine or a deployment shares it in its part.
test: setup ## all tests, in parts side by side; with ARGS=… those that pytest makes of it
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
test-ministack: FOLDERS = tests/integration tests/histories -k "not dynamodb-local"
test-jar: FOLDERS = tests/integration tests/histories -k dynamodb-local
test-rest: FOLDERS = tests $(foreach p,faults fuzz e2e local docs http client engines integration histories,--ignore=tests/$(p))
$(PARTS:%=test-%):
	@$(BIN)/python -m pytest -q $(FOLDERS)

soak: setup ## random histories with random faults for MINUTES=10, on both engines
	@$(BIN)/python -m tests.histories.soak --minutes $(or $(MINUTES),10)

fuzz: setup ## the API fuzzed from its OpenAPI document, with EXAMPLES=100 of each operation
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/python -m pytest -q --timeout=3600 tests/fuzz

mutants: setup ## take out each mechanism in turn, and see a test fail
	@$(BIN)/python -m tests.mutants

bench: setup ## measure what is claimed about speed and cost, as ratios; ONLY=cold runs one (some minutes)
	@$(BIN)/python -m bench --only "$(ONLY)"

cost: setup ## dollars for a million changes on AWS, by service
	@$(BIN)/python -m bench.cost

up: setup ## start the local AWS and deploy; leaves it running (KEEP=1 keeps the data, FRESH=1 throws kept data away, PORT=… fixes the port)
	@$(BIN)/python -m local up

down: setup ## stop the local AWS, and `make run` where it still runs
	@$(BIN)/python -m local down

env: setup ## print the lines that make a shell talk to the local AWS: eval "$$(make -s env)"
	@$(BIN)/python -m local env

env-off: setup ## print the lines that put such a shell back: eval "$$(make -s env-off)"
	@$(BIN)/python -m local env-off

shell: setup ## open a shell that talks to the local AWS
	@$(BIN)/python -m local shell

sfn-local: setup ## the deployed machine and the samples on another Step Functions: ENDPOINT=http://127.0.0.1:8083
	@test -n "$(ENDPOINT)" || { echo "name the endpoint: make sfn-local ENDPOINT=http://127.0.0.1:8083"; exit 2; }
	@$(BIN)/python -m local.step_functions_local "$(ENDPOINT)"

lint: setup ## ruff, mypy, import-linter, and whether the generated docs are up to date
	@$(BIN)/python -m ruff check --quiet .
	@$(BIN)/python -m ruff format --quiet --check .
	@$(BIN)/python -m mypy --no-error-summary
	@$(BIN)/python -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	@$(BIN)/python -m docs.contracts --check
	@$(BIN)/python docs/diagram.py --check

format: setup ## put the code into its form
	@$(BIN)/python -m ruff format --quiet .
	@$(BIN)/python -m ruff check --quiet --fix .

pins: setup ## compile the requirements
	@for f in requirements lambdas/requirements lambdas/requirements-api; do \
	  $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make pins" $$f.in -o $$f.txt; done

synth: setup ## the templates of a stage into cdk.out: STAGE=local, dev or prod
	@$(BIN)/python -m local synth "$(or $(STAGE),dev)"

docs: setup ## make the JSON Schemas, the OpenAPI document and the picture of the state machine anew
	@$(BIN)/python -m docs.contracts
	@$(BIN)/python docs/diagram.py
	@$(BIN)/python -m bench.charts

clean: ## stop what is up, and remove what was set up and made, but for the data of `make up KEEP=1`
	@test ! -x $(BIN)/python || $(BIN)/python -m local down || { echo "what may still run has not been stopped; nothing was removed (RUNNING=leave removes it all the same)"; test "$(RUNNING)" = leave; }
	@rm -rf .venv node_modules cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find .local -mindepth 1 -maxdepth 1 ! -name 'kept*' -exec rm -rf {} +
	@rmdir .local 2>/dev/null || echo "left: the kept data in .local; \`make clean-data\` throws it away"

clean-data: setup ## throw away the data that `make up KEEP=1` has kept
	@$(BIN)/python -m local clean-data
