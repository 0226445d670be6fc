# Two commands on a fresh machine: `make demo` and `make test`.
# Needed: python3 (3.11 or newer), make, and network access to PyPI.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests
# Read by no reader of German: tests, what developers read, the emulated org.
UNTRANSLATED := .venv tests docs var staticfiles crm_mappings/emulator config/demo
export ONLY QUICK
PORTS := $(if $(WEB_PORT),--web-port $(WEB_PORT)) $(if $(ORG_PORT),--org-port $(ORG_PORT)) \
         $(if $(SMTP_PORT),--smtp-port $(SMTP_PORT)) $(if $(MAIL_PORT),--mail-port $(MAIL_PORT))

.DEFAULT_GOAL := help
.PHONY: help install demo demo-once test test-database lint check-python bench drills screenshots messages

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.runtime .env ## make the virtual environment and .env

demo: $(VENV)/.runtime .env ## set everything up and run the whole loop here
	@exec $(BIN)/python manage.py demo $(PORTS)

demo-once: $(VENV)/.runtime .env ## go through the loop once and print each step
	@exec $(BIN)/python manage.py demo --once

test: $(VENV)/.development .env ## set everything up and run all tests
	@exec $(BIN)/python -m pytest -n auto --dist loadgroup -m "not drill" $(TESTS)

test-database: $(VENV)/.development .env ## run what another database can change (DATABASE_URL=…)
	@exec $(BIN)/python -m pytest -n auto --dist loadgroup -m "not drill" --database $(TESTS)

lint: $(VENV)/.development .env ## format, lint, import contracts, types, checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy .
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(VENV)/.development .env ## measure (ONLY=write_back runs one, QUICK=1 a short one)
	@exec $(BIN)/python -m tests.bench

drills: $(VENV)/.development .env ## break things on purpose (ONLY=asking some, QUICK=1 short ones)
	@exec $(BIN)/python -m tests.faults

screenshots: $(VENV)/.development .env ## make the pictures in docs/ again
	$(BIN)/python -m docs.screenshots
	$(BIN)/python -m docs.kinds

messages: $(VENV)/.development .env ## collect and compile translations (needs gettext)
	$(BIN)/python manage.py makemessages --locale de --no-location --no-obsolete \
	  $(foreach path,$(UNTRANSLATED),--ignore '$(path)')
	$(BIN)/python manage.py compilemessages --locale de --ignore .venv

.env: | $(VENV)/bin/python
	@$(BIN)/python config/make_env.py .env

check-python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "There is no $(PYTHON). Install Python 3.11 or newer, or name one: make demo PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old: Tellback needs Python 3.11 or newer. Name a newer one: make demo PYTHON=python3.12" >&2; exit 1; }

$(VENV)/bin/python: | check-python
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.development: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.runtime

define install
echo "Installing $(1) …"; \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r $(1) || { \
  echo "The packages could not be installed. Is PyPI reachable? Every package is a ready-made wheel for Linux, macOS and Windows on x86-64 and arm64; on another platform a compiler is needed: $(BIN)/pip install -r $(1)" >&2; exit 1; }
endef
