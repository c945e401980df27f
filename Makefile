.DEFAULT_GOAL := help
SWIFT ?= swift
# With numpy and torch, for `make accuracy`.
PYTHON ?= python3

.PHONY: help setup demo test sanitize fuzz accuracy long-run coverage peers format format-check clean

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

sanitize: setup ## run the tests under the address and thread sanitizers, the kernels under UBSan
	Tests/sanitize

fuzz: setup ## fuzz readers, shapes and layers; SECONDS_EACH=120 for each of three
	Tests/Fuzzing/run

accuracy: setup ## measure every engine and PyTorch against the truth, into docs/accuracy.md
	$(SWIFT) build -c release --product norm
	$(PYTHON) Tests/Fixtures/accuracy.py .build/release/norm docs/accuracy.md docs/accuracy.svg

long-run: setup ## a million training and inference steps, with the memory they hold
	$(SWIFT) run -c release --package-path Tests/LongRun --scratch-path .build-long-run long-run

coverage: setup ## lines that the tests run, by file
	Tests/coverage

peers: ## race PyTorch and oneDNN, half an hour; PEERS=--quick: a minute
	@.ci/setup python3-venv g++
	@python=$$(Benchmarks/peers/build) && "$$python" Benchmarks/peers/peers.py $(PEERS)

SOURCES := Package.swift Sources Tests Benchmarks

format: ## format every Swift file in place
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

format-check: ## fail where a Swift file is not formatted, or breaks a lint rule
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

clean: ## remove build products
	rm -rf .build
