# Lumbung. `make demo` brings everything up; `make test` proves it beside a running demo. See README.md.
# Every target may be run as root (it then goes on as the system user `lumbung`) or as an ordinary user.

.DEFAULT_GOAL := help
.PHONY: help demo install up stop status clean clean-all test test-fast histories properties manifest faults lint supply-chain bench bench-task bench-drop bench-night bench-full lock

# the distribution's Python: it starts the installation, and the system user can run it
PYTHON := $(firstword $(wildcard /usr/bin/python3 /usr/local/bin/python3) python3)
PLATFORM := .lumbung/env/platform/bin/python

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

demo: install ## install what is missing, start everything, carry every system to the portal, print the figures
	@$(PLATFORM) -m runtime.demo

install: ## distribution packages, environments from hashed locks, jars
	@$(PYTHON) runtime/install.py

up: install ## start the services only
	@$(PLATFORM) -m runtime up

stop: ## stop the services
	@if [ -x $(PLATFORM) ]; then $(PLATFORM) -m runtime down; else echo "nothing is installed here"; fi

status: ## how the services are
	@$(PLATFORM) -m runtime status

clean: stop ## stop, and remove the state of the profile (LUMBUNG_PROFILE, default demo)
	@$(PYTHON) runtime/cleanup.py state

clean-all: ## stop every profile, and remove all state, environments and jars
	@for profile in demo test test-e2e bench; do LUMBUNG_PROFILE=$$profile $(MAKE) --no-print-directory stop; done
	@$(PYTHON) runtime/cleanup.py all

test: install ## lint, types, unit, integration and end to end, in profiles of their own beside a running demo
	@$(PLATFORM) -m runtime.testing all

test-fast: install ## the tests that need no service; sockets are forbidden (under 60 s)
	@$(PLATFORM) -m runtime.testing unit

histories: install ## 1,000 generated histories of rows, late, deleted, refused, against an oracle (minutes)
	@$(PLATFORM) -m runtime.testing histories

properties: install ## 10,000 generated rows of every contract, good and bad, against plain Python: generated rules only, no suite's (a quarter of an hour)
	@$(PLATFORM) -m runtime.testing properties

manifest: install ## every injected defect is refused, nothing else: three drawn seeds, two scales; writes docs/manifest.md (half an hour)
	@rm -f .lumbung/test/manifest/manifest.md; $(PLATFORM) -m runtime.testing manifest; code=$$?; \
	if [ -f .lumbung/test/manifest/manifest.md ]; then cp .lumbung/test/manifest/manifest.md docs/; fi; exit $$code

faults: install ## strike every stage at every point, with seeds; writes docs/faults.md (ARGS="--help" for more; hours)
	@rm -f .lumbung/test/faults/faults.md; LUMBUNG_PROFILE=test $(PLATFORM) -m tests.faults $(ARGS); code=$$?; \
	if [ -f .lumbung/test/faults/faults.md ]; then cp .lumbung/test/faults/faults.md docs/; fi; exit $$code

lint: install ## ruff, sqlfluff, mypy, import-linter, secrets, licences and known advisories
	@$(PLATFORM) -m runtime.testing lint

bench: ## measure against peers (installed apart, 1.4 GB): BENCH="b1 --rows 100000" for a part; results in benchmarks/results
	@$(PYTHON) runtime/install.py --bench
	@$(PLATFORM) -m benchmarks $(BENCH)

bench-task: install ## what a task costs before it works, and small batches interpreted or compiled (minutes)
	@$(PLATFORM) -m benchmarks.b3_task

bench-drop: install ## a CSV file of 1 GiB from the drop folder to the spool, seconds and memory (a quarter of an hour)
	@$(PLATFORM) -m benchmarks.b4_drop

bench-night: install ## a night of 25 synthetic sources through Airflow and without it (half an hour)
	@$(PLATFORM) -m benchmarks.b5_night

bench-full: install ## both systems at full size (SCALES="0.25 0.5 1.0"): hours; results in benchmarks/results/
	@$(PLATFORM) -m benchmarks.b7_full --scales $(or $(SCALES),0.25 0.5 1.0)

supply-chain: install ## of lint only the secrets, licences and known advisories
	@$(PLATFORM) -m runtime.supply_chain --advisories

lock: ## compile the hashed locks anew from requirements/*.in
	@$(PYTHON) runtime/install.py --lock
