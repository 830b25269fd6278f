# `make` alone prints what there is. Everything is installed into folders in here; nothing is changed elsewhere on the machine.

PORT ?= 8080
AWS_PORT ?= 4566
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
endif

PY := .venv/bin/python
# Each lock file names every package with its hash, so pip has nothing to work out.
INSTALL := install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement
NATIVE := $(wildcard layers/cutout/setup.py layers/cutout/cutout/imaging/native/*)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

##@ Use it

.PHONY: run
run: .venv/run.done .venv/package.done .venv-ministack/done .models/u2netp.int8.onnx  ## Start everything on 127.0.0.1 (PORT=8080, AWS_PORT=4566)
	@$(PY) -m local --port $(PORT) --aws-port $(AWS_PORT) --stop-with-parent

# The local stack's names where `make run` has left them; with TABLE_NAME and AWS credentials set, the deployment's.
ADMIN = set -a; if [ -z "$$TABLE_NAME" ] && [ -f .local/demo.env ]; then . ./.local/demo.env; fi; $(PY) -m cutout.admin

.PHONY: usage
usage: .venv/run.done .venv/package.done  ## What was done, what it cost, what it was sold for (BY=day, account or stage; CSV=1; PLOT=usage.svg)
	@$(ADMIN) usage --by $(or $(BY),day) $(if $(CSV),--csv) $(if $(PLOT),--plot $(PLOT))

.PHONY: reconcile
reconcile: .venv/run.done .venv/package.done  ## Check purses and counters against the ledger (REPAIR=1: put them right)
	@$(ADMIN) reconcile $(if $(REPAIR),--repair)

.PHONY: key
key: .venv/run.done .venv/package.done  ## Create an API key (ACCOUNT=demo, made if it isn't there)
	@$(ADMIN) account create $(or $(ACCOUNT),demo) >/dev/null 2>&1 || true; $(ADMIN) key create $(or $(ACCOUNT),demo)

.PHONY: image
image: .venv-sam/done  ## Build the functions' image by `sam build` (needs Docker)
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/sam build

INVOKE = $(PY) -m local.invoke $(or $(EVENT),events/http.json) $(if $(FUNCTION),--function $(FUNCTION))

.PHONY: invoke
invoke: .venv/run.done .venv/package.done .venv-ministack/done .venv-sam/done  ## One event through that image by `sam local invoke` (EVENT=events/http.json)
	@$(INVOKE) --with sam

.PHONY: invoke-rie
invoke-rie: .venv/run.done .venv/package.done .venv-ministack/done .venv-sam/done .models/u2netp.onnx  ## The same without Docker, in AWS's own emulator
	@$(INVOKE) --with rie

.PHONY: deploy
deploy: image  ## Build the image and put everything into your AWS account; asks, and remembers in samconfig.toml (GUIDED=0: doesn't ask)
	@SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam deploy $(if $(filter 0,$(GUIDED)),,--guided)

##@ Measure it

.PHONY: quality
quality: dev .venv-rembg/done models  ## Errors of ours and rembg's cutouts against known truth (SAMPLES=27 SEED=0 MODEL=u2netp)
	@$(PY) -m benchmarks.quality $(if $(SAMPLES),--samples $(SAMPLES)) $(if $(SEED),--seed $(SEED)) $(if $(MODEL),--model $(MODEL)) \
		$(if $(OUT),--out $(OUT))

.PHONY: bench
bench: dev .venv-rembg/done models  ## Time, CPU and memory of ours and rembg's (CASES="12mp-plain matting", or all; THREADS=2)
	@$(PY) -m benchmarks.speed $(CASES) $(if $(THREADS),--threads $(THREADS)) $(if $(OUT),--out $(OUT))

.PHONY: cold-start
cold-start: dev .venv-ministack/done .venv-sam/done models  ## The image's start by its parts, and its size, beside rembg's (needs Docker, or root)
	@$(PY) -m benchmarks.container.cold_start

.PHONY: memory
memory: dev .venv-ministack/done .venv-sam/done models  ## Time, price and memory of an image by the function's size (needs Docker, or root)
	@$(PY) -m benchmarks.container.memory

##@ Work on it

.PHONY: setup
setup: dev .venv-checkov/done .venv-ministack/done .venv-rembg/done .venv-sam/done models  ## Install what the tests and checks need: they do it by themselves too

.PHONY: models
models: .models/u2netp.int8.onnx .models/u2net.int8.onnx  ## Fetch the models' weights and make their 8-bit variants

.PHONY: test
test: dev .venv-ministack/done .venv-rembg/done models  ## Run all tests
	@$(PY) -m pytest

.PHONY: test-sdks
test-sdks: dev .venv-ministack/done .models/u2netp.onnx .venv-sdk-runware/done .venv-sdk-legacy/done tests/sdks/js/node_modules/done  ## Runware's own clients against the local stack
	@$(PY) -m pytest tests/sdks

.PHONY: exactly-once
exactly-once: dev .venv-ministack/done  ## Ten thousand stories of faults, deaths and duplicates: at most one charge each
	@EXACTLY_ONCE_EXAMPLES=10000 $(PY) -m pytest tests/contract/properties

.PHONY: test-container
test-container: dev .venv-ministack/done .venv-sam/done  ## Every event, and Lambda's limits, in the real image (needs Docker, or root)
	@$(PY) -m pytest -m container tests/container

.PHONY: sanitize
sanitize: dev  ## The native module's tests under the address and undefined-behaviour sanitizers
	@bash tests/sanitize.sh

.PHONY: check
check: dev .venv-sam/done .venv-checkov/done  ## Lint, types, the direction of imports, the template: what CI runs beside the tests
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@PYTHONPATH=functions .venv/bin/lint-imports
	@.venv/bin/cfn-lint template.yaml
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/sam validate --lint
	@.venv-checkov/bin/checkov --config-file requirements/checkov.yaml --file template.yaml

.PHONY: openapi
openapi: dev  ## Renew openapi.json from the models that parse requests
	@$(PY) -m cutout.wire.openapi > openapi.json

.PHONY: dev
dev: .venv/dev.done .venv/package.done

.PHONY: lock
lock: .venv-lock/done .venv-sdk-js/done  ## Renew the lock files after a change in a .in file (UPGRADE=1: take newer versions too)
	@$(COMPILE) functions/remove_background/requirements.in --output-file functions/remove_background/requirements.txt
	@for name in layers/cutout/requirements requirements/dev; do \
		$(COMPILE) $$name.in --constraints functions/remove_background/requirements.txt --output-file $$name.txt; done
	@for name in build run; do \
		$(COMPILE) requirements/$$name.in --constraints requirements/dev.txt --output-file requirements/$$name.txt; done
	@for name in checkov ministack rembg sam sdk-runware sdk-legacy sdk-js; do $(COMPILE) requirements/$$name.in --output-file requirements/$$name.txt; done
	@cd tests/sdks/js && $(NPM) $(if $(UPGRADE),update,install) --package-lock-only

.PHONY: clean
clean:  ## Remove what was built and installed, and the data of `make run`; the models stay
	@rm -rf .venv .venv-checkov .venv-ministack .venv-rembg .venv-sam .venv-lock .venv-sdk-* .local .aws-sam .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis tests/output tests/sdks/js/node_modules layers/cutout/build layers/cutout/*.egg-info layers/cutout/cutout/imaging/*.so
	@find functions layers local tests -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help:
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# One compilation for every platform and CPython from 3.11 on. No index host is written down: pip asks whichever it is set to.
COMPILE = .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "CPython 3.11 or newer is needed, and none was found. Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "CPython 3.11 or newer is needed; $(PYTHON) is older or isn't there. Name another: make PYTHON=/path/to/python3" >&2; exit 1; }

.venv/bin/python .venv-ministack/bin/python .venv-rembg/bin/python .venv-sam/bin/python .venv-checkov/bin/python .venv-lock/bin/python \
.venv-sdk-runware/bin/python .venv-sdk-legacy/bin/python .venv-sdk-js/bin/python: | python
	@$(PYTHON) -m venv $(@:/bin/python=)

.venv/run.done: requirements/run.txt | .venv/bin/python
	@echo "Installing Python packages (once, about half a minute)"
	@$(PY) -m pip $(INSTALL) $<
	@touch $@

.venv/dev.done: requirements/dev.txt | .venv/run.done
	@echo "Installing Python packages for development (once, about two minutes)"
	@$(PY) -m pip $(INSTALL) $<
	@touch $@

.venv/package.done: layers/cutout/pyproject.toml $(NATIVE) | .venv/run.done
	@echo "Building the native module"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable layers/cutout
	@touch $@

.venv-%/done: requirements/%.txt | .venv-%/bin/python
	@echo "Installing $* (once)"
	@.venv-$*/bin/python -m pip $(INSTALL) $<
	@touch $@

# Node comes as a Python wheel: nothing is installed outside this checkout.
NPM = PATH="$(CURDIR)/.venv-sdk-js/bin:$$PATH" npm --silent

tests/sdks/js/node_modules/done: tests/sdks/js/package-lock.json | .venv-sdk-js/done
	@echo "Installing the JavaScript client (once)"
	@cd $(<D) && $(NPM) ci
	@touch $@

.venv-lock/done: | .venv-lock/bin/python
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@

# Weights, and the 8-bit variant that is made of them.
.models/%.onnx .models/%.int8.onnx: local/quantisation/recipes/%.json | .venv/package.done
	@$(PY) -m local.models $*
	@touch -c $(@D)/$*.onnx $(@D)/$*.int8.onnx
