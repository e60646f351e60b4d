# Marquee. `make demo` and `make test` need Python 3.11 or 3.12 and make; everything else they fetch themselves.
# PORT chooses the demo's web port (and with it its data); ARGS goes to the command (make test ARGS="tests/orders -x").
PORT ?= 8000
ARGS ?=
BUYERS ?= 5000
PLACES ?= 500
PYTHON ?=
export PYTHON

VENV = .venv/bin
LAUNCHER = $(VENV)/python -m deploy.launcher

.DEFAULT_GOAL := help
.PHONY: help demo test proofs dev services check screens bench bench-onsale chaos seed codes lock set-up set-up-tests

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 20

set-up:
	@sh deploy/launcher/set_up.sh demo

set-up-tests:
	@sh deploy/launcher/set_up.sh test

demo: set-up ## everything with a demo world; Ctrl-C stops it, the data stays (PORT=8123 for another one beside it)
	@exec $(LAUNCHER) demo --port $(PORT)

dev: set-up-tests ## the demo for developers: debug pages, restarts on a changed source file
	@exec $(LAUNCHER) demo --port $(PORT) --dev

test: set-up-tests ## every check, then every test
	@$(VENV)/python -m deploy.launcher.check
	@exec $(LAUNCHER) test -- $(ARGS)

proofs: set-up-tests ## the tests that `make test` leaves out because they take minutes
	@MARQUEE_LONG=1 $(LAUNCHER) test -- -q tests/flows/test_refund_batch.py tests/waitlist/test_races.py tests/flows/test_code_rush.py $(ARGS)
	@HYPOTHESIS_PROFILE=deep $(LAUNCHER) test -- -q tests/pricing tests/reconciliation/test_in_any_order.py $(ARGS)

services: set-up-tests ## keep the tests' Postgres, Redis and mailbox up: then `source var/test/env.sh && pytest`
	@exec $(LAUNCHER) services

check: set-up-tests ## style, types, layers, templates, scripts, migrations
	@$(VENV)/python -m deploy.launcher.check

screens: set-up-tests ## a picture of every screen at 390 and 1440 px in var/screens, each judged by axe (ARGS="event" for some)
	@exec $(LAUNCHER) run -- -m tests.screens $(ARGS)

bench: set-up-tests ## figures on durable servers of their own, written to var/bench.json
	@exec $(LAUNCHER) run --durable -- -m tests.bench $(ARGS)

bench-onsale: set-up-tests ## a whole on-sale with BUYERS=5000 for PLACES=500; report in var/onsale/report.html
	@exec $(LAUNCHER) run --durable -- -m tests.rush --buyers $(BUYERS) --places $(PLACES) $(ARGS)

chaos: set-up-tests ## kill processes at every step of a sale and count what was lost
	@exec $(LAUNCHER) run --durable -- -m tests.chaos $(ARGS)

seed: set-up ## load the demo world again, into a running demo or a stopped one
	@exec $(LAUNCHER) manage --port $(PORT) -- load_demo

codes: ## the present one-time code of every login of the demo
	@exec $(LAUNCHER) codes --port $(PORT)

LOCK = $(VENV)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet pyproject.toml
lock: set-up-tests ## compile the lock files from pyproject.toml, and package-lock.json from package.json
	$(LOCK) --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	PATH="$(CURDIR)/$(VENV):$$PATH" npm install --package-lock-only --ignore-scripts
	@$(VENV)/python -c "import json; p = 'package-lock.json'; d = json.load(open(p)); [m.pop('funding', None) for m in d['packages'].values()]; open(p, 'w').write(json.dumps(d, indent=2, ensure_ascii=False) + chr(10))"  # no addresses in locks
