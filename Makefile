# Every target makes the environment first, and again only when the lock changes.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: test prove bench docs lint nightly lock clean

test: lint ## type checker, linter and all tests, with branch coverage
	$(BIN)/python -m spec --check
	$(BIN)/pytest -n auto --cov --cov-report=term

prove: .venv/made ## every theorem
	$(BIN)/python -m proofs

lint: .venv/made
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/made ## speed, as ratios to alternatives in the same run
	$(BIN)/python -m benchmarks

docs: .venv/made ## the documentation as a site, in site/
	$(BIN)/python -m mkdocs build --strict

nightly: .venv/made ## what is too long for every change: every fault, every answer a second time
	$(BIN)/python -m proofs --mutants
	$(BIN)/python -m proofs --second-solver bitwuzla
	$(BIN)/python -m proofs --second-solver cvc5
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -n auto

lock: .venv/made ## resolve the dependencies again
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --all-extras --generate-hashes --allow-unsafe \
	    --strip-extras --no-emit-index-url --no-emit-trusted-host --no-header \
	    --output-file requirements.lock pyproject.toml

.venv/made: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=...")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

clean:
	rm -rf .venv site build
