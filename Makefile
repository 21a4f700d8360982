# paidan: `make demo` shows it, `make test` checks it. Everything is installed into this folder.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
UV_VERSION := 0.13.9
ARGS ?=
UV_ARGS ?=
PYTEST_ARGS ?=

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

setup: .venv/.installed web_admin/static/vendor/.installed .venv/.warm ## Make .venv with the paidan command, fetch browser parts

.venv/.python:
	@tools/make-venv .venv $(UV_VERSION)
	@touch $@

.venv/.installed: .venv/.python requirements/runtime.txt pyproject.toml
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/runtime.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

.venv/.tested: .venv/.installed requirements/test.txt
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/test.txt
	@touch $@

web_admin/static/vendor/.installed: package-lock.json tools/fetch-vendor .venv/.python
	@tools/fetch-vendor
	@touch $@

.venv/.warm: .venv/.installed $(wildcard optimizer/engines/*_kernels.py optimizer/engines/compiled.py)
	@echo "Compiling the optimizer (half a minute of one core, once)"
	@$(BIN)/python -m optimizer.engines.warm
	@touch $@

demo: setup ## The main job on embedded parts: web, phone page and worker on one port
	@exec $(BIN)/paidan demo $(ARGS)

demo-reset: setup ## Start the demo over with fresh data
	@exec $(BIN)/paidan demo --reset $(ARGS)

test: setup .venv/.tested .venv/.bench ## Every check: lint, walls, types, tests on both databases and in Chromium
	@tools/need-system
	@tools/run-checks $(PYTEST_ARGS)

bench-setup: setup .venv/.bench ## Install the peers that `python -m optimizer bench` measures against

.venv/.bench: .venv/.installed requirements/bench.txt
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/bench.txt
	@touch $@

lint: setup .venv/.tested ## Lint, walls and types only
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q . && $(BIN)/lint-imports --no-cache && $(BIN)/mypy

# Universal: one lock for every Python and platform that pyproject.toml allows, whichever makes it.
lock: .venv/.python ## Bring the locks in line with pyproject.toml (UV_ARGS=-U takes newer versions)
	@for group in runtime test; do \
	  $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11.0 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-header -q $(UV_ARGS) $$([ $$group = test ] && echo --group test) -o requirements/$$group.txt; done
	@# The peers stand beside the runtime: its versions hold.
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11.0 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-header -q $(UV_ARGS) --group bench -c requirements/runtime.txt -o requirements/bench.txt
	@npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

clean: ## Remove what setup made; data in ./var stays
	@rm -rf .venv .tools node_modules web_admin/static/vendor .cache .mypy_cache .ruff_cache .pytest_cache

.PHONY: help setup demo demo-reset test bench-setup lint lock clean
