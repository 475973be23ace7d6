# The one place where the commands of this project are written down: tox.ini and .ci/run call it.

PYTHON ?= python3
VENV ?= .venv
CONCURRENCY ?= 2

BIN := $(VENV)/bin
# What bash runs.
SCRIPTS := devstack/plugin.sh devstack/settings devstack/lib/marconi $(wildcard tests/devstack/*.sh)
# -qq: what goes wrong, and nothing else.
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
# pbr takes the version from git, and needs to be told one where git cannot be asked.
PBR := git rev-parse --quiet --verify HEAD >/dev/null 2>&1 || export PBR_VERSION=0.0.0; \
    PYTHONWARNINGS=ignore SKIP_WRITE_GIT_CHANGELOG=1 SKIP_GENERATE_AUTHORS=1
STESTR := $(BIN)/python -m tests.servers -- $(BIN)/stestr run --concurrency $(CONCURRENCY) --slowest

.DEFAULT_GOAL := help
.PHONY: help run test lint cover docs genconfig genpolicy clean

help:  ## Print this help
	@echo 'make TARGET [VARIABLE=value ...]'
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed  ## Start the service [PORT=8888 DATABASE=SQLAlchemy-URL CONFIG=file]
	@exec $(BIN)/python -m marconi.cmd.standalone --port "$${PORT:-8888}" \
	    $${DATABASE:+--database "$$DATABASE"} $${CONFIG:+--config "$$CONFIG"}

test: $(VENV)/.installed-test  ## Run the tests on every database [ARGS=regex CONCURRENCY=2]
	@tools/install-test-servers $$($(BIN)/python -m tests.servers --missing)
	@exec $(STESTR) $${ARGS:+"$$ARGS"}

lint: $(VENV)/.installed-test  ## Check style and who imports whom
	$(BIN)/flake8 marconi tests tools
	$(BIN)/lint-imports --no-logo
	$(BIN)/bashate --max-line-length 100 $(SCRIPTS)
	$(BIN)/shellcheck --external-sources $(SCRIPTS) .ci/run tools/install-test-servers

cover: $(VENV)/.installed-test  ## Run the tests [ARGS=regex] and report what they cover, in cover/
	$(BIN)/coverage erase
	@export PYTHON='$(abspath $(BIN))/coverage run --source marconi --parallel-mode'; \
	    exec $(STESTR) $${ARGS:+"$$ARGS"}
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage html --directory cover
	$(BIN)/coverage report --skip-covered

docs: $(VENV)/.installed-docs  ## Build the documentation, in doc/build/html
	$(BIN)/sphinx-build -q -W --keep-going -b html doc/source doc/build/html

genconfig: $(VENV)/.installed  ## Write a sample configuration file, in etc/marconi
	$(BIN)/oslo-config-generator --config-file etc/marconi/marconi-config-generator.conf

genpolicy: $(VENV)/.installed  ## Write a sample policy file, in etc/marconi
	$(BIN)/oslopolicy-sample-generator --config-file etc/marconi/marconi-policy-generator.conf

clean:  ## Remove everything that make made, except the data in var/
	rm -rf $(VENV) .venv-keystone .tox .stestr .coverage* cover doc/build api-ref/build *.egg-info etc/marconi/*.sample
	find marconi tests -name __pycache__ -prune -exec rm -rf {} +

# Each stamp says what is installed; it is older than the files it depends on when they changed.

$(VENV)/.installed: $(BIN)/python requirements.txt setup.cfg setup.py pyproject.toml
	@echo 'Installing Marconi into $(VENV), which takes a minute the first time ...'
	@$(PBR) $(PIP) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed test-requirements.txt
	@echo 'Installing what the tests need into $(VENV) ...'
	@$(PIP) --requirement test-requirements.txt
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed doc/requirements.txt
	@echo 'Installing what the documentation needs into $(VENV) ...'
	@$(PIP) --requirement doc/requirements.txt
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'Marconi needs Python 3.11 or newer; say which one with PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo '$(PYTHON) cannot make virtual environments: apt-get install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
