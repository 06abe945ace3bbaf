# Everything that is done in this checkout, by name. Tools that are missing are installed first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

PREPARE := scripts/host/prepare.sh

.PHONY: help
help: ## this list
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16 | sed 's/^/  /'
	@echo
	@echo "make install ARGS='--yes --stack NAME' passes options on to ./install.sh."

.PHONY: install
install: ## make this host a private AI server (./install.sh)
	@./install.sh $(ARGS)

.PHONY: build
build: ## compile the program and the aistack command ahead, and the agent as an executable, into bin/
	@$(PREPARE) node -- node scripts/build.mjs
	@$(PREPARE) node -- node scripts/agent.mjs

.PHONY: engine
engine: ## make the Pulumi engine ready: found, downloaded or built from source
	@$(PREPARE) node -- node scripts/tools.mjs engine

.PHONY: images
images: ## build the service images from package registries
	@$(PREPARE) node docker -- bash -c './aistack images build ollama && ./aistack images build openwebui'

.PHONY: test
test: ## run all tests, installing what they need; the last line tells how many passed
	@$(PREPARE) node -- node scripts/test.mjs

.PHONY: test-lint test-types test-unit test-graph test-golden test-contract test-e2e
test-lint test-types test-unit test-graph test-golden test-contract test-e2e: test-%:
	@$(PREPARE) node -- node scripts/test.mjs --layer $*

test-unit: ## run one layer of the tests; also -lint, -types, -graph, -golden, -contract, -e2e

.PHONY: lint
lint: test-lint test-types ## check style and types

.PHONY: format
format: ## rewrite the sources in the project's style
	@$(PREPARE) node -- biome check --write .

.PHONY: schema
schema: ## write the GPU report's JSON schema anew
	@$(PREPARE) node -- node scripts/gpuSchema.mjs

.PHONY: bench
bench: ## measure against docker compose; prints a table and writes JSON
	@$(PREPARE) node docker tests -- node scripts/bench.mjs

.PHONY: clean
clean: ## remove what was compiled here; engine, images, state and data stay
	@rm -rf bin coverage node_modules/.cache
