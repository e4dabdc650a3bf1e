# The door to Rasid. `make help` lists what is here; each target sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := config/requirements
UV_LOCK := uv pip compile pyproject.toml --extra build --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header --quiet

# One stamp a lock file: a changed lock installs again, an unchanged one costs nothing.
# Installing is pinned and hashed throughout: the project itself is installed without isolation and without
# dependencies, so that nothing outside the lock is fetched.
define install
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(LOCKS)/$(1).txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@
endef

$(VENV)/.runtime: $(LOCKS)/runtime.txt pyproject.toml
	$(call install,runtime)

$(VENV)/.dev: $(LOCKS)/dev.txt pyproject.toml
	$(call install,dev)

$(VENV)/.audit: $(LOCKS)/audit.txt pyproject.toml
	$(call install,audit)

$(VENV)/.bench: $(LOCKS)/bench.txt pyproject.toml
	$(call install,bench)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: install
install: $(VENV)/.runtime ## a virtual environment in .venv with the pinned packages

.PHONY: demo
demo: $(VENV)/.runtime ## the whole flow once, on a local news site with sample outlets
	$(BIN)/rasid demo --once

.PHONY: test
test: $(VENV)/.dev ## every test, against real Redis and Elasticsearch (installs them in a cache folder)
	$(BIN)/python -m pytest -n 2 --dist loadfile

.PHONY: lint
lint: $(VENV)/.dev ## ruff, the strict type checker and the import rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config .importlinter

.PHONY: bench
bench: $(VENV)/.dev ## 500 pages through the whole pipeline beside the naive one
	RASID_ELASTICSEARCH_URL=$$($(BIN)/python -m tests.servers elasticsearch) $(BIN)/rasid bench pipeline

# An Elasticsearch of their own, because one of the faults is to kill it; gone afterwards, whatever happened.
define with_own_elasticsearch
	trap "$(BIN)/python -m tests.servers end make-$$$$" EXIT; \
		$(1) --elasticsearch "$(BIN)/python -m tests.servers own make-$$$$"
endef

.PHONY: chaos
chaos: $(VENV)/.dev ## everything that can break is broken while articles flow (15 minutes at most)
	$(call with_own_elasticsearch,timeout --signal=INT --kill-after=60 900 $(BIN)/rasid bench chaos --bound 780)

.PHONY: soak
soak: $(VENV)/.dev ## 20 minutes without a fault: no process may grow in memory or open files
	$(call with_own_elasticsearch,$(BIN)/rasid bench soak --minutes 20)

# Where advisories are asked: pypi, or osv (https://osv.dev). --strict: a package that could not be asked about is a
# failure, never a pass; without it an index that does not know advisories makes everything look safe.
AUDIT_SERVICE ?= pypi
.PHONY: audit
audit: $(VENV)/.audit ## known vulnerabilities of every locked package (asks the Internet; fails where it cannot)
	@for lock in runtime otel dev; do \
		echo "audit: $(LOCKS)/$$lock.txt, advisories from $(AUDIT_SERVICE)"; \
		$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
			--vulnerability-service $(AUDIT_SERVICE) -r $(LOCKS)/$$lock.txt 2>&1 | tail -n 25 \
		|| { echo "audit: FAILED for $$lock.txt: the advisories above, or advisories could not be had" \
			"(then nothing was checked; try AUDIT_SERVICE=osv)" >&2; exit 1; }; \
	done
	@echo "audit: no known vulnerability in any locked package"

.PHONY: lock
lock: ## renew the pinned versions and hashes (needs uv)
	$(UV_LOCK) -o $(LOCKS)/runtime.txt
	$(UV_LOCK) --extra otel -o $(LOCKS)/otel.txt
	$(UV_LOCK) --extra dev --extra otel -o $(LOCKS)/dev.txt
	$(UV_LOCK) --extra dev --extra otel --extra bench -o $(LOCKS)/bench.txt
	$(UV_LOCK) --extra audit -o $(LOCKS)/audit.txt

.PHONY: clean
clean: ## remove the virtual environment and caches, never the data folder
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
