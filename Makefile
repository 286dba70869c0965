# dsgrid. `make demo` and `make test` are all that a fresh machine needs (with Python 3.11+ and, for Spark, Java 17+).

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready

# Handed to recipes through the environment, never pasted into a shell line.
export SPEC ENGINE MASTER NODES TIME SITE REGISTRY URL
unexport PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help setup demo run serve viewer submit slurm-submit slurm-jobs slurm-doctor slurm-interactive test test-unit test-viewer test-all test-slurm test-slurm-all acceptance lint format bundle bench doctor schemas docs pictures shapes clean distclean

help: ## show this list
	@echo "make TARGET; every target sets up .venv first"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F'\t' '{ printf "  %-17s %s\n", $$1, $$2 }'

setup: $(READY) ## make .venv and install everything

$(READY): setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "dsgrid needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "dsgrid needs Python 3.11 or newer, $(PYTHON) is older: make PYTHON=/path/to/python"; exit 1; }
	@echo "installing into $(VENV) (a minute or two the first time)"
	@test -x $(PY) || "$(PYTHON)" -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

demo: $(READY) ## the whole way on a small project of our own [ENGINE=spark]
	@$(PY) specs/demo/demo.py $${ENGINE:+--engine "$$ENGINE"}

run: $(READY) ## run SPEC=file [ENGINE=sail|spark|sc://...], embedded by default
	@test -n "$$SPEC" || { echo "which spec? for example: make $@ SPEC=specs/demo/annual_by_state.toml"; exit 2; }
	@$(PY) -m dsgrid run "$$SPEC" $${ENGINE:+--engine "$$ENGINE"} $${MASTER:+--master "$$MASTER"}

serve: $(READY) ## serve the HTTP API until Ctrl-C, of the demo's registry by default [REGISTRY=folder]
	@$(PY) -m dsgrid serve --registry "$${REGISTRY:-build/demo/registry}"

viewer: $(READY) ## show a server's registry in the browser, after `make serve` in another terminal [URL=...]
	@$(PY) -m dsgrid viewer $${URL:+--url "$$URL"}

submit: $(READY) ## run SPEC=file through spark-submit [ENGINE=...] [MASTER=local[*]|spark://...]
	@test -n "$$SPEC" || { echo "which spec? for example: make $@ SPEC=specs/demo/annual_by_state.toml"; exit 2; }
	@$(PY) -m dsgrid run "$$SPEC" --engine "$${ENGINE:-spark}" $${MASTER:+--master "$$MASTER"}

slurm-submit: $(READY) ## submit SPEC=file to Slurm [NODES=n] [TIME=1:00:00] [SITE=file] [ENGINE=spark|sail]
	@test -n "$$SPEC" || { echo "which spec? for example: make $@ SPEC=specs/demo/annual_by_state.toml"; exit 2; }
	@$(PY) -m dsgrid submit "$$SPEC" $${NODES:+--nodes "$$NODES"} $${TIME:+--time "$$TIME"} $${SITE:+--site "$$SITE"} $${ENGINE:+--engine "$$ENGINE"}

slurm-jobs: $(READY) ## list what was submitted, with state and result
	@$(PY) -m dsgrid jobs

slurm-doctor: $(READY) ## check NODES=2 nodes of the cluster, in an allocation of its own where there is none [SITE=file]
	@if test -z "$$SLURM_JOB_ID"; then set -- salloc --nodes="$${NODES:-2}" --ntasks-per-node=1 $${TIME:+--time="$$TIME"}; fi; \
	  "$$@" $(PY) -m dsgrid doctor --cluster $${SITE:+--site "$$SITE"}

slurm-interactive: $(READY) ## start a Spark cluster with a Connect server until it is cancelled [NODES=n] [TIME=4:00:00] [SITE=file]
	@$${SITE:+env DSGRID_SITE="$$SITE"} sbatch $${NODES:+--nodes="$$NODES"} $${TIME:+--time="$$TIME"} slurm/interactive.sbatch

# The tests of one file stay together, and so do their fixtures; the plugin of Schemathesis is for tests/api.
UNIT := -q -n 2 --dist loadfile -p no:schemathesis tests/unit

# What is compiled is kept, whatever the environment says: the next process of the hundreds that start needs it.
test test-unit test-viewer test-all test-slurm test-slurm-all acceptance: export PYTHONDONTWRITEBYTECODE :=

test: lint ## what CI runs: lint, unit tests, servers, the viewer, a slice per room in both engines, Slurm
	@$(PY) -m pytest $(UNIT) -m "not slow"
	@$(PY) -m pytest -q -n 2 --dist loadfile tests/api -m "not slow"
	@$(PY) -m pytest -q -n 2 --dist loadfile tests/viewer -m "not slow"
	@$(PY) -m pytest --ignore tests/unit --ignore tests/api --ignore tests/viewer -m "not slow"

test-unit: $(READY) ## the tests that need no engine (seconds)
	@$(PY) -m pytest $(UNIT) -m "not slow"

test-viewer: $(READY) ## the viewer in a real browser, which is installed where that may be done (Debian, root)
	@.ci/install_where_absent "chromium chromium" "chromedriver chromium-driver"
	@$(PY) -m pytest -q tests/viewer

test-all: lint ## everything, also what takes minutes
	@$(PY) -m pytest --hypothesis-profile many

test-slurm: $(READY) ## the tests on a private Slurm, which is installed where that may be done (Debian, root)
	@.ci/install_where_absent "slurmctld slurm-wlm munge"
	@$(PY) -m pytest -q tests/slurm -m "not slow"

test-slurm-all: $(READY) ## ... also with memory limits, cut networks and real time limits (needs iproute2)
	@.ci/install_where_absent "slurmctld slurm-wlm munge" "ip iproute2"
	@$(PY) -m pytest -q tests/slurm

acceptance: $(READY) ## import real projects, and compare all results and times [ENGINE=sail|spark]
	@$(PY) -m pytest -q tests/acceptance/test_acceptance.py $${ENGINE:+-k "$$ENGINE"}

lint: $(READY) ## ruff, mypy, import rules, shell scripts, generated files
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check . || { echo "run: make format"; exit 1; }
	@$(VENV)/bin/mypy
	@said=$$($(VENV)/bin/lint-imports --no-cache 2>&1) || { echo "$$said"; exit 1; }
	@$(VENV)/bin/shellcheck .ci/* slurm/*.sbatch slurm/*.sh
	@$(PY) -m dsgrid.spec.schemas --check
	@$(PY) -m dsgrid.spec.document --check
	@$(PY) -m dsgrid.dimensions.document --check
	@$(PY) -m dsgrid.time.document --check

format: $(READY) ## format and sort imports
	@$(VENV)/bin/ruff check --quiet --fix-only .
	@$(VENV)/bin/ruff format --quiet .

bundle: $(READY) ## build/dsgrid.zip for --py-files, the same bytes every time
	@$(PY) -m dsgrid bundle

bench: $(READY) ## measure against step-wise plans and DuckDB [VALUES=1e8] [ARGS="--plans ours ..."]
	@$(PY) -m benchmarks $${VALUES:+--values "$$VALUES"} $$ARGS

doctor: $(READY) ## check Python, Java, SQLite, disk, time zones
	@$(PY) -m dsgrid doctor

schemas: $(READY) ## generate schemas/ from lib/dsgrid/spec/schemas/
	@$(PY) -m dsgrid.spec.schemas

docs: schemas ## generate docs/specs.md from schemas/, and the tables in docs/units.md and docs/time.md
	@$(PY) -m dsgrid.spec.document
	@$(PY) -m dsgrid.dimensions.document
	@$(PY) -m dsgrid.time.document

pictures: $(READY) ## take the pictures of the viewer in README and docs anew, of the demo
	@test -d build/demo/registry || $(MAKE) --no-print-directory demo
	@$(PY) -m tests.viewer.pictures

shapes: $(READY) ## generate the shapes that the viewer's maps are drawn of, from the Census Bureau's
	@$(PY) -m pip install --quiet plotly-geo==1.0.0 'pyshp>=3,<4' 'shapely>=2.1,<3'
	@$(PY) -m dsgrid.viewer.census

clean: ## remove what was built
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache spark-warehouse
	@find lib jobs tests benchmarks specs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## ... and the virtual environment
	@rm -rf $(VENV) lib/*.egg-info
