# LRS Hub. A fresh machine needs Python 3.11 or newer and make; everything else is set up here.
#
#   make serve                  run the hub in the foreground (PORT, HUB_DATA_DIR, …: docs/operator/settings.md)
#   make simulators             simulated HR systems to connect to (WORKERS, SEED; SIMULATORS=… for more options)
#   make demonstration          beside those two: syncs, a kill, posts, a back-dated transfer, an upgrade (WORKERS, SEED, PORT)
#   make inspection             beside a hub: three years of training, signatures, a hold, an auditor (WORKERS, SEED, PORT)
#   make test                   all tests
#   make check                  style, types, imports, migrations, documentation, container files
#   make bench                  speed, as ratios measured in one run
#   make validate               tests, then IQ, OQ and PQ of a hub it starts; a signed report in build/validation/
#   make conformance CTS_DIR=…  the official xAPI conformance suite, both versions
#   make lock                   pin requirements.txt and requirements-dev.txt anew

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
PYTEST_WORKERS ?= 2

# Compile each module once, not at every start of every process, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve simulators demonstration inspection test check bench validate conformance lock clean

help:
	@sed -n 's/^#   //p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("LRS Hub needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON to a newer one." if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

# A stamp for each lock: installing happens when the lock changed, and only then.
$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing what the hub needs (once, and when requirements.txt changes)…"
	@$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(BIN)/python
	@echo "Installing what tests and checks need (once, and when requirements-dev.txt changes)…"
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

serve: $(VENV)/.installed
	@$(BIN)/python -m hub.serve

simulators: $(VENV)/.installed
	@$(BIN)/python -m simulators $(if $(WORKERS),--workers $(WORKERS)) $(if $(SEED),--seed $(SEED)) --connect $(SIMULATORS)

demonstration: $(VENV)/.installed
	@$(BIN)/python -m simulators.demonstration $(if $(WORKERS),--workers $(WORKERS)) $(if $(SEED),--seed $(SEED)) $(DEMONSTRATION)

inspection: $(VENV)/.installed
	@$(BIN)/python -m simulators.inspection $(if $(WORKERS),--workers $(WORKERS)) $(if $(SEED),--seed $(SEED)) $(INSPECTION)

test: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m hub.embedded.temporary env DJANGO_SETTINGS_MODULE=hub.settings_test $(BIN)/python manage.py makemigrations --check --dry-run
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site
	$(BIN)/hadolint Dockerfile

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks $(BENCH)

validate: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.browser.chromium
	@PYTEST_WORKERS="$(PYTEST_WORKERS)" $(BIN)/python -m tests.validation.run

conformance: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.conformance.run "$(CTS_DIR)"

lock: $(VENV)/.installed-dev
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --no-header requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache
