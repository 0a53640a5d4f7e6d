# Weft: every command there is. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
JEST_ARGS ?=
# Tests of features wait more than they work.
waiting := $(shell n=$$(( $$(nproc) * 3 )); echo $$(( n < 8 ? n : 8 )))
# Test files of e2e at once, each with a cluster: with more of them on two processors, tests that measure time fail.
clusters := 3
jest := NODE_OPTIONS='--experimental-vm-modules --disable-warning=ExperimentalWarning' jest $(JEST_ARGS)

##@ Start here
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
setup: node_modules/.package-lock.json ## Install Node 24 and the libraries
node_modules/.package-lock.json: package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
demo: setup ## A local node, the mesh on it, the bookstore and its story
	@node tools/demo/up.ts
demo-switch: setup ## On the running demo: switch the certificate provider three times
	@node tools/demo/switch.ts
down: setup ## Remove every trace of the demo
	@node tools/demo/down.ts
kubeconfig: setup ## Print the path of the demo cluster's kubeconfig
	@node tools/cluster/kubeconfig.ts $(WEFT_CLUSTER)
images: setup ## Build the container images and print their archives; IMAGES='weft weft-init' builds these
	@node tools/images/build.ts $(IMAGES)
cli: setup ## Build the program weft for your own machine: out/weft
	@node tools/cli/build.ts

##@ Checks
test: setup ## Every check there is; the last line counts them
	@node tools/test/run.ts
check: format types rooms lint dead duplicates verify unit golden-check ## What needs neither a cluster nor root
format: setup ## The formatting
	@prettier --check . --log-level warn
types: setup ## The types
	@tsc --noEmit -p .
rooms: setup ## Who imports whom
	@depcruise --config .dependency-cruiser.mjs src --output-type err-long
lint: setup ## The code, with ESLint
	@eslint . --max-warnings 0
dead: setup ## Exports, files and packages that nobody uses
	@knip
duplicates: setup ## Code that stands twice
	@jscpd --silent src tools demo test
verify: setup ## Generated code and drawings are what their sources make
	@node tools/check/verify.ts
unit: setup ## Unit and property tests
	@$(jest) --selectProjects unit --maxWorkers=100%
golden-check: setup ## Golden stories, each accepted by three versions of Envoy
	@$(jest) --selectProjects golden
feature: feature-together feature-measured ## Features on a real API server and a real Envoy
feature-together: setup
	@$(jest) --selectProjects feature envoy --maxWorkers=$(waiting) --passWithNoTests
feature-measured: setup
	@$(jest) --selectProjects measured --maxWorkers=2 --passWithNoTests
e2e: e2e-clusters e2e-docs ## The mesh end to end on real nodes (root)
e2e-clusters: setup
	@$(jest) --selectProjects e2e --maxWorkers=$(clusters) --verbose
e2e-docs: setup
	@$(jest) --selectProjects e2e-docs --passWithNoTests
test-rotation: setup ## Nine switches of the certificate provider under load (root)
	@node test/rotation/run.ts
bench: setup ## Measure speed and memory; the figures also go to out/bench.json
	@node test/bench/run.ts

##@ Work on it
dev: setup ## Run the operator from source on the cluster of KUBECONFIG, or with ROLE=control-plane a replica
	@node tools/dev/run.ts $(or $(ROLE),operator) $(DEV_ARGS)
generate: setup ## Generate Envoy's messages, the API types, the drawing and the index of decisions again
	@node tools/generate/envoy.ts
	@node tools/generate/api.ts
	@node tools/generate/mesh-config-fields.ts
	@node tools/generate/policy-kinds-page.ts
	@node tools/docs/room-graph.ts
	@node tools/docs/decisions-index.ts
golden: setup ## Write the golden stories again
	@node test/golden/write.ts
lock: ## Write package-lock.json again, with the packages of every platform
	@npm install --no-audit --no-fund
	@node tools/lock-platforms.ts
fix: setup ## Format the code
	@prettier --write . --log-level warn
changelog: setup ## Fold the fragments of unreleased changes into CHANGELOG.md
	@node tools/docs/changelog.ts
clean: ## Remove what builds made inside the tree
	@rm -rf out
.PHONY: help setup demo demo-switch down kubeconfig images cli test check format types rooms lint dead duplicates verify unit golden-check feature feature-together feature-measured e2e e2e-clusters e2e-docs test-rotation bench dev generate golden lock fix changelog clean
