# make run: install and extract the demo corpus. make test: every test. make check: style, types, layers.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
EXTRAS := docs,notebooks,test
STAMP := $(VENV)/.installed

.PHONY: run test check bench format clean

$(STAMP): pyproject.toml requirements.lock
ifneq ($(UV),)
	[ -x $(BIN)/python ] || uv venv -q --python ">=3.11" $(VENV)
	uv pip install -q --python $(BIN)/python -r requirements.lock
	uv pip install -q --python $(BIN)/python --no-deps -e .
else
	[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
endif
	@touch $@

run: $(STAMP)
	$(BIN)/ntm-extract run corpora/demo --out build/demo

test: $(STAMP)
	$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m tests.bench

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build $(VENV)
