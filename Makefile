# make run: the main job. make test: the whole default suite. Both set up what they need; python3 (3.11 or later)
# and make are all that must be there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := LIVINGREVIEW_DATABASE_URL=sqlite:///var/demo.db LIVINGREVIEW_OUT_DIR=out/demo $(BIN)/livingreview

.PHONY: run test demo lint types format lock clean help

run: $(VENV)/.run
	@$(BIN)/livingreview run; code=$$?; \
	case $$code in \
	  0) ;; \
	  3) echo "Some sources failed, see FAILED above; what the others gave is stored and reported." ;; \
	  4) echo "There is no network, or no service answers: working on the demo records in var/demo.db instead."; \
	     echo "(no network: the demo records are real titles and registry facts that come with the project)"; \
	     $(MAKE) --no-print-directory demo ;; \
	  *) exit $$code ;; \
	esac

demo: $(VENV)/.run
	@$(DEMO) run --from data/imsc-ev/demo

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow and not field and not postgres" $(COVERAGE)

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: $(VENV)/.dev
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

# Needs uv: exact versions with hashes for every platform, and not one address.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header --quiet \
	  --extra postgres --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header --quiet \
	  --extra postgres --extra build -c requirements-dev.lock pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* htmlcov dist build

help:
	@echo "make run    set up, then read the services (or the demo records) and report"
	@echo "make test   set up, then the whole default suite"
	@echo "make demo   only the demo records; make lint, types, format, lock, clean"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("livingreview needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) from requirements.lock ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Adding the tools of requirements-dev.lock ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
