.DEFAULT_GOAL := help
SWIFT ?= swift

.PHONY: help setup demo test peers format format-check clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## install the missing Debian packages
	@.ci/setup

demo: setup ## build for release and compare every engine on the shipped data
	$(SWIFT) build -c release --product norm
	$(SWIFT) run -c release --skip-build norm compare

test: setup ## run every fast test
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

peers: ## race PyTorch and oneDNN, ten minutes; PEERS=--quick: one
	@.ci/setup python3-venv g++
	@python=$$(Benchmarks/peers/build) && "$$python" Benchmarks/peers/peers.py $(PEERS)

SOURCES := Package.swift Sources Tests Benchmarks

format: ## format every Swift file in place
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

format-check: ## fail where a Swift file is not formatted, or breaks a lint rule
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

clean: ## remove build products
	rm -rf .build
