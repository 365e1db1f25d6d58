# The commands people need, in one word each. The work is done by CMake, tools/ and tests/.
# Variables: IMG=photo.jpg for `make demo`; CMAKE_FLAGS=... for CMake (README.md lists its options).

IMG ?= tests/pictures/cat.png
CMAKE_FLAGS ?=
export FOVEA_MODELS := $(CURDIR)/models
# Pictures and outputs that are not this project's to ship; tests that want them skip without.
ifneq ($(wildcard ../shared),)
export FOVEA_TEST_DATA ?= $(abspath ../shared)
export FOVEA_TRAINING_DATA ?= $(abspath ../shared/data/train)
endif

ccache := $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
configure := cmake -G Ninja $(ccache)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo check models build bench bench-gpu bench-kernels bench-loading bench-peers check-asan check-tsan check-long clean setup train

help:  ## this list
	@echo "fovea makes pictures larger. The commands, in the order in which they are wanted:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

demo: setup build  ## set up, build, upscale a picture (IMG=photo.jpg)
	@python3 tools/demo.py $(IMG)

check: setup models  ## build with warnings as errors and run every test
	@$(configure) -S . -B build -DFOVEA_WERROR=ON $(CMAKE_FLAGS)
	@cmake --build build
	@build/tests/test_cpu_kernels --gtest_filter=Isa.ToldInTheLog | grep "^instruction sets"
	@ctest --test-dir build --output-on-failure --parallel 2

models:  ## fetch Real-ESRGAN's models into models/
	@python3 tools/fetch_models.py

build: build/build.ninja  ## build build/fovea
	@cmake --build build --target fovea_cli

build/build.ninja:
	@$(configure) -S . -B build $(CMAKE_FLAGS)

bench: build models  ## time the networks on this machine
	@python3 bench/models.py

bench-loading: build  ## time loading a model of 67 MB
	@cmake --build build --target load_times
	@python3 bench/loading.py

bench-kernels: setup  ## time single kernels at every instruction set of this machine
	@$(configure) -S . -B build $(CMAKE_FLAGS)
	@cmake --build build --target fovea_bench_kernels
	@build/bench_kernels --benchmark_filter='^(RRDB|SRVGG|SRCNN|bicubic)'

bench-gpu:  ## check and time the CUDA backend, on a machine with a GPU (bench/gpu/make_kit.py packs for one)
	@bench/gpu_check.sh

bench-peers: build models  ## time ncnn, onnxruntime, OpenVINO and PyTorch beside it (installs 6 GB)
	@python3 bench/peers.py

train: setup  ## train one of fovea's own models: MODEL=standard-x2 (DATA=folder; tools/train/README.md)
	@tools/train/environment.sh
	@build/train-venv/bin/python tools/train/train.py $(MODEL) $(if $(DATA),--data $(DATA))

check-asan: setup models  ## every test with AddressSanitizer and UndefinedBehaviorSanitizer
	@$(configure) --preset asan $(CMAKE_FLAGS)
	@cmake --build --preset asan
	@ctest --preset asan --parallel 2

check-tsan: setup models  ## the tests that use threads, with ThreadSanitizer
	@$(configure) --preset tsan $(CMAKE_FLAGS)
	@cmake --build --preset tsan
	@ctest --preset tsan --parallel 2

check-long: setup models  ## the proofs that take an hour, with a log (PART=fuzz, MINUTES=10, PYTHON=..., CLONES=...)
	@python3 tests/long/check_long.py $(foreach part,$(PART),--part $(part)) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(if $(PYTHON),--python $(PYTHON)) \
	  $(if $(CLONES),--clones $(CLONES))

clean:  ## remove the build folders and out/; models/ stays
	rm -rf build build-debug build-asan build-tsan build-fuzz build-cuda out

setup:
	@tools/setup.sh
