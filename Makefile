# One command each. `make run` and `make test` do all set-up themselves.
.PHONY: help setup run test nightly check bench evals lint fmt lock clean
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
# Further arguments of pytest, for one run of only those: make test TESTS="tests/calls -x"
TESTS ?=
# Arguments of evals: make evals EVALS="--only en-angry -k 5"
EVALS ?=

help:
	@echo "make run     set everything up and start it on this machine (Ctrl-C stops it)"
	@echo "make test    set everything up, check and test it, in less than 12 minutes on two cores"
	@echo "make nightly the same, and the tests that take their time"
	@echo "make check   lint, types, import layers, templates, migrations"
	@echo "make bench   run the benchmarks and print one table"
	@echo "make evals   play the simulated callers against the configured provider, k times each (EVALS=\"--help\")"
	@echo "make setup   only the set-up    make fmt    format    make lock    new lock files    make clean    remove caches"

setup:
	@bin/setup run

run:
	@bin/setup run
	@exec bin/run

test:
	@bin/setup test
	@$(PYTHON) -m tools.check
	@exec $(PYTHON) -m tools.suite $(TESTS)

nightly:
	@bin/setup test
	@$(PYTHON) -m tools.check
	@exec $(PYTHON) -m tools.suite --nightly

check:
	@bin/setup check
	@exec $(PYTHON) -m tools.check

evals:
	@bin/setup check
	@exec $(PYTHON) -m evals $(EVALS)

bench:
	@bin/setup test
	@exec $(PYTHON) -m bench

lint:
	@bin/setup check
	@$(PYTHON) -m tools.check ruff format djlint

fmt:
	@bin/setup check
	@.venv/bin/ruff check -q --fix-only . && .venv/bin/ruff format .

lock:
	@bin/lock

clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +
