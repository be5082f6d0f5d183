# make run: install, extract the demo corpus, and show what became of the promises in it. make test: every test. make check: style, types, layers.
VENV := .venv
BIN := $(VENV)/bin
# The first Python that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
UV := $(shell command -v uv 2>/dev/null)
STAMP := $(VENV)/.installed
DEMO := build/demo
# The day on which the demo articles are asked what became of the promises in them.
DEMO_DAY := 2026-06-30

.PHONY: run test check bench format lock clean

# The lock file names every package with its hash; our own code is installed in place, without asking for more.
$(STAMP): pyproject.toml requirements.lock
ifneq ($(UV),)
	[ -x $(BIN)/python ] || $(UV) venv -q --python ">=3.11" $(VENV)
	$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install -q --python $(BIN)/python --no-deps -e .
else
	@[ -x $(BIN)/python ] || [ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed: install it, or give PYTHON=/path/to/python" >&2; exit 1; }
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
endif
	@touch $@

run: $(STAMP)
	$(BIN)/ntm-extract run corpora/demo --out $(DEMO)
	$(BIN)/ntm-extract compare $(DEMO)/dataset.sqlite --as-of $(DEMO_DAY)
	$(BIN)/ntm-extract track $(DEMO)/dataset.sqlite "xã Quỳnh Bảo" --as-of $(DEMO_DAY)
	$(BIN)/ntm-extract track $(DEMO)/dataset.sqlite "xã Hiếu Nhơn" --as-of $(DEMO_DAY)

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

# Needs uv. No registry is named in the file: it is installed from whichever one the machine uses.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --all-extras --no-emit-index-url --no-header \
		pyproject.toml -o requirements.lock

clean:
	rm -rf build $(VENV)
