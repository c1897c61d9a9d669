# The two commands to know: `make run` starts the hotline on this machine, `make test` proves it.
# Each target first makes the machine ready (scripts/setup), which costs nothing once that is done.

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check bench update-asterisk clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 26

setup: ## Make this machine ready: packages, virtual environment, Asterisk
	@scripts/setup

run: ## Start the hotline: Asterisk and the service; Ctrl-C stops both
	@scripts/setup
	@.venv/bin/hotline run

demo: ## Place the calls of the demonstration and print what became of each
	@scripts/setup venv speech asterisk tests
	@.venv/bin/hotline demo

test: ## Check, then unit, integration and end-to-end tests on the real Asterisk
	@scripts/setup venv speech asterisk tests
	@scripts/test

check: ## Lint, formatting, types and import contracts
	@scripts/setup venv
	@scripts/check

bench: ## Measure calls, the desk and search beside the plain thing that does the same
	@scripts/setup venv speech asterisk tests
	@.venv/bin/python -m bench

update-asterisk: ## Fetch a newer private Asterisk (security updates); takes effect at the next start
	@scripts/setup venv
	@scripts/asterisk --newer

clean: ## Remove what set-up and tests made here; recordings, tickets and settings stay
	@scripts/clean
