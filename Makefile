# The front door. Every target sets up what it needs; only Python 3.11+ and the package registries are required.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-fast lint bench services clean

demo: $(VENV)/.base ## build the sample library, learn, print recommendations with reasons, serve the pages
	PATH="$(CURDIR)/$(BIN):$$PATH" sh scripts/demo.sh

test: $(VENV)/.dev lint services ## every check, with a real PostgreSQL and a real browser
	SEGUE_REQUIRE_SERVICES=1 $(BIN)/pytest -n 2 --dist worksteal

test-fast: $(VENV)/.dev lint ## the checks that take seconds
	$(BIN)/pytest -n 2 -m "not slow and not browser and not postgres"

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.dev ## every benchmark; rewrites docs/benchmarks.md
	$(BIN)/python -m benchmarks

services: ## start the PostgreSQL that the tests talk to
	bash scripts/services.sh start

$(VENV)/.base: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[dev]"
	sh scripts/browser.sh
	touch $@ $(VENV)/.base

clean:
	bash scripts/services.sh stop || true
	rm -rf $(VENV) .services demo-workspace build *.egg-info .mypy_cache .ruff_cache .pytest_cache
