# Weft: every command there is. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
jest := NODE_OPTIONS='--experimental-vm-modules --disable-warning=ExperimentalWarning' jest

##@ Start here
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

node_modules/.package-lock.json: package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
setup: node_modules/.package-lock.json ## Install what the project needs (Node 24 included)

##@ Checks
format: setup ## Check the formatting
	@prettier --check . --log-level warn
types: setup ## Check the types
	@tsc --noEmit -p .
lint: setup ## Check the code with ESLint
	@eslint . --max-warnings 0
rooms: setup ## Check who imports whom
	@depcruise --config .dependency-cruiser.mjs src --output-type err-long
unit: setup ## Run the unit and property tests
	@$(jest) --selectProjects unit

##@ Generated code
generate: setup ## Generate Envoy's messages and the API types again
	@node tools/generate/envoy.ts
.PHONY: help setup format types lint rooms unit generate
