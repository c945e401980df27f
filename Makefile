.DEFAULT_GOAL := help
SWIFT ?= swift

.PHONY: help setup demo study pitch machines test test-instruction-sets test-arm64 test-mutants \
	test-long test-mpi test-examples examples docs links nightly sanitize fuzz \
	accuracy fold-check long-run coverage peers format format-check architecture-check clean

help: ## this list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## install the missing Debian packages
	@.ci/setup

demo: ## compare every engine on the shipped data, then the layers in a small study
	@.ci/setup gnuplot-nox
	$(SWIFT) build -c release --product norm
	@mkdir -p report/demo && rm -f report/demo/trainings.jsonl
	@echo
	.build/release/norm compare --tables report/demo/engines.txt --plot report/demo/engines.svg
	@echo
	.build/release/norm study --quick --report report/demo

# What `norm study` takes beside the folder: STUDY=--continue goes on with a study that was stopped.
STUDY ?=

study: ## train every network with every layer, into report/; STUDY=--continue goes on
	@.ci/setup gnuplot-nox
	$(SWIFT) build -c release --product norm
	.build/release/norm study --report report $(STUDY)
	@echo "docs/take-study takes it into docs/measurements"

PITCH := Examples/PitchTracker
PITCH_PACKAGES := libsndfile1-dev libsamplerate0-dev gnuplot-nox

pitch: ## track the pitch of a tone and of a sound file, and draw it in out/
	@.ci/setup $(PITCH_PACKAGES)
	$(SWIFT) build -c release --package-path $(PITCH) --product pitch
	@mkdir -p out
	$(PITCH)/.build/release/pitch --tone 440 --seconds 0.1
	$(PITCH)/.build/release/pitch $(PITCH)/Sounds/glide.wav --csv out/glide.csv \
		--plot out/glide.svg >/dev/null
	@awk 'NR == 1 || NR % 20 == 2' out/glide.csv
	@echo "every estimate: out/glide.csv; drawn: out/glide.svg"

MACHINES := Examples/ManyMachines
MPI_PACKAGES := libopenmpi-dev openmpi-bin

machines: setup ## train one network on eight processes over MPI, and draw it in out/
	@.ci/setup $(MPI_PACKAGES) gnuplot-nox
	SWIFT=$(SWIFT) $(MACHINES)/run

test: setup ## run every fast test
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build
	SWIFT=$(SWIFT) Tests/Guest/run

test-instruction-sets: setup ## run the engines' tests on the kernels of each instruction set
	$(SWIFT) build --build-tests
	Tests/instruction-sets

ARM64_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

test-arm64: ## run the kernels for arm64 under QEMU, on random calls against plain C
	@.ci/setup $(ARM64_PACKAGES)
	SWIFT=$(SWIFT) Tests/Arm64/run

test-mutants: ## plant errors in the kernels, and expect their tests to fail
	Tests/mutants

CASES ?= 120000
SEED ?= 0

test-long: setup ## run every test on all shapes and on CASES=120000 random cases from SEED=0
	$(SWIFT) build -c release --build-tests --scratch-path .build-long -Xswiftc -enable-testing
	NORMALIZATION_TEST_LONG=1 NORMALIZATION_TEST_CASES=$(CASES) NORMALIZATION_TEST_SEED=$(SEED) \
		$(SWIFT) test -c release --scratch-path .build-long -Xswiftc -enable-testing --skip-build

test-mpi: setup ## run the tests of NormalizationMPI over one, two and three processes
	@.ci/setup $(MPI_PACKAGES) iproute2
	SWIFT=$(SWIFT) Tests/MPI/run

test-examples: ## run the tests of the packages in Examples
	@.ci/setup $(PITCH_PACKAGES) $(MPI_PACKAGES)
	$(SWIFT) build --package-path $(PITCH) --build-tests
	$(SWIFT) test --package-path $(PITCH) --skip-build
	$(SWIFT) build --package-path $(MACHINES) --build-tests
	$(SWIFT) test --package-path $(MACHINES) --skip-build
	$(SWIFT) build --package-path Examples/Differentiation --build-tests
	$(SWIFT) test --package-path Examples/Differentiation --skip-build

examples: setup ## compile and run the Swift of the pages
	@command -v python3 >/dev/null || .ci/setup python3
	Examples/Pages/run

docs: setup ## build the pages and the reference of every public name into docs/site
	@command -v python3 >/dev/null || .ci/setup python3
	docs/build-reference

links: ## fail where a link of a page leads nowhere
	@command -v python3 >/dev/null || .ci/setup python3
	.ci/check-links

nightly: ## all that is too long for .ci/run, in an hour or two
	.ci/nightly

sanitize: setup ## run the tests under the address and thread sanitizers, kernels under UBSan
	Tests/sanitize

fuzz: setup ## fuzz readers, shapes and layers; SECONDS_EACH=120 for each of four
	Tests/Fuzzing/run

INTO ?= docs/measurements

accuracy: ## measure every engine and PyTorch against the truth, INTO=docs/measurements
	@.ci/setup gnuplot-nox python3-venv
	$(SWIFT) build -c release --product norm
	@mkdir -p $(INTO)
	python=$$(Tests/Fixtures/python) && "$$python" Tests/Fixtures/accuracy.py .build/release/norm $(INTO) && \
		"$$python" Tests/Fixtures/accuracy_family.py .build/release/norm $(INTO)

fold-check: ## fold networks of PyTorch by norm fold, and run both there
	@.ci/setup python3-venv
	$(SWIFT) build -c release --product norm
	python=$$(Tests/Fixtures/python) && "$$python" Tests/Fixtures/check_fold.py .build/release/norm

long-run: setup ## a million training and inference steps, with the memory they hold
	$(SWIFT) run -c release --package-path Tests/LongRun --scratch-path .build-long-run long-run

coverage: setup ## lines that the tests run, by file
	Tests/coverage

peers: ## race PyTorch and oneDNN, ten minutes; PEERS=--quick: one
	@.ci/setup python3-venv g++
	@python=$$(Benchmarks/peers/build) && "$$python" Benchmarks/peers/peers.py $(PEERS)

SOURCES := Package.swift Sources Tests Benchmarks Examples
C_SOURCES = $(shell find Sources Modules Tests Benchmarks Examples -name '.[a-z]*' -prune -o \
	\( -name '*.c' -o -name '*.h' -o -name '*.inc' -o -name '*.cpp' \) -print)

format: ## format every Swift, C and C++ file in place
	@.ci/setup clang-format
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)
	clang-format -i $(C_SOURCES)

format-check: ## fail where a file is not formatted, or breaks a lint rule
	@.ci/setup clang-format
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	clang-format --dry-run --Werror $(C_SOURCES)

architecture-check: ## fail where a file names what stands above it, or a room is too large
	@.ci/setup python3
	python3 Tests/Architecture/selftest.py
	python3 Tests/Architecture/check.py

clean: ## remove build products
	rm -rf .build
