# Thin: every rule is a script or a CMake preset that can be called by itself. Bare Debian 12 needs git and make.
EXAMPLE ?= examples/monitored_pool
EXAMPLE_ARGS ?= run monitored_pool

.PHONY: help run test conformance build debug bench bench-smoke gate gate-accept gate-selftest model sim soak proof proof-sim proof-stress \
  proof-soak asan tsan \
  fuzz numa-guest trace-viewer tidy clang-tidy format clean packages packages-test packages-fuzz packages-guest packages-viewer

# One rule at a time: packages before builds; each build uses every processor anyway.
.NOTPARALLEL:

help:
	@echo "make run         install what is missing, build release, run $(EXAMPLE)"
	@echo "make test        the same, then every test of the release and debug builds"
	@echo "make conformance which promises (tests/conformance/process.txt, host.txt, typed.txt) are shown by passing tests"
	@echo "make build       release build only: build/release/bin/"
	@echo "make bench       all benchmarks (minutes) and the table for perf-reports; make bench-smoke: each once"
	@echo "make gate        counts and instructions against bench/gate/baseline.json; make gate-accept, gate-selftest"
	@echo "make model       model suites: every interleaving within stated bounds"
	@echo "make sim         deterministic simulation tests; make proof-sim: 100,000 seeds and every plant from 20 starts"
	@echo "make proof-stress  10^8 messages, 100,000 Lua processes, idle crowds; SANITIZER=asan|tsan: a tenth (minutes)"
	@echo "make asan tsan   sanitizer builds of unit and stress tests; make fuzz: libFuzzer targets"
	@echo "make soak        a node under spawns, crashes, upgrades, reloads at full speed for a minute leaves nothing behind"
	@echo "make proof       proof-sim, proof-stress and proof-soak, the soak of ten minutes (an hour)"
	@echo "make numa-guest  placement and stealing on a real kernel with 4 NUMA nodes, in QEMU"
	@echo "make trace-viewer  a flight recording opened in the viewer of chrome://tracing, headless"
	@echo "make tidy        include rules, seams, budgets, format; make clang-tidy; make format; make clean"

run: packages
	@scripts/build.sh release wippy
	@cd $(EXAMPLE) && "$(CURDIR)/build/release/bin/wippy" $(EXAMPLE_ARGS)

test: packages-test run
	@scripts/make-test.sh

# Which promises of the process model tests show; uses the results of `make test` where they are fresh.
conformance: packages-test
	@scripts/build.sh release
	@tests/conformance/selftest.py
	@tests/conformance/report.py build/release

build: packages
	@scripts/build.sh release

debug: packages
	@scripts/build.sh debug

bench: packages-test
	@scripts/bench.sh

bench-smoke: packages-test
	@scripts/bench-smoke.sh

gate: packages-test
	@scripts/gate.sh check

gate-accept: packages-test
	@scripts/gate.sh accept

gate-selftest: packages-test
	@scripts/gate.sh selftest

model: packages-test
	@scripts/build.sh model
	@scripts/run-tests.sh model --verbose

sim: packages-test
	@scripts/build.sh sim
	@scripts/run-tests.sh sim

proof-sim: packages-test
	@scripts/build.sh sim sim_swarm
	@build/sim/bin/sim_swarm --proof

asan tsan: packages-test
	@scripts/build.sh $@
	@scripts/run-tests.sh $@

# 10^8 messages between 10^4 processes, 100,000 Lua processes, idle crowds. SANITIZER=asan or tsan: a tenth of it.
SANITIZER ?=
proof-stress: packages-test
	@scripts/build.sh $(or $(SANITIZER),release) stress
	@WIPPY_STRESS_SCALE=10000 build/$(or $(SANITIZER),release)/bin/stress --gtest_filter='StressProof.*'

# tests/soak/soak.py: WIPPY_SOAK_SECONDS of load after WIPPY_SOAK_WARM.
soak: packages-test
	@scripts/build.sh release soak_node
	@tests/soak/soak.py build/release/bin

proof-soak: packages-test
	@scripts/build.sh release soak_node
	@tests/soak/soak.py build/release/bin --selftest
	@WIPPY_SOAK_SECONDS=600 WIPPY_SOAK_WARM=30 tests/soak/soak.py build/release/bin

proof: proof-sim proof-stress proof-soak

fuzz: packages-fuzz
	@scripts/build.sh fuzz
	@scripts/run-fuzz.sh $(FUZZ_SECONDS)

numa-guest: packages-guest
	@scripts/build.sh release numa_guest wippy
	@tests/numa_guest/guest.sh build/release/bin build/numa_guest/vmlinuz

trace-viewer: packages-viewer
	@scripts/build.sh release wippy
	@scripts/trace-viewer.sh

tidy: packages-test
	@tests/tidy/tidy.py

clang-tidy: packages-test
	@scripts/clang-tidy.sh

format:
	@git ls-files -co --exclude-standard '*.cpp' '*.hpp' '*.h' | xargs -r clang-format-14 -i

packages:
	@scripts/install-packages.sh run
packages-test:
	@scripts/install-packages.sh test
packages-fuzz:
	@scripts/install-packages.sh fuzz
packages-guest:
	@scripts/install-packages.sh guest
packages-viewer:
	@scripts/install-packages.sh viewer

clean:
	rm -rf build
