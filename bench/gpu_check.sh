#!/bin/bash
# Everything there is to learn of the CUDA backend on a machine with a GPU, in one run of under ten
# minutes: build, ceilings, micro-benchmarks, correctness, times, baselines, sanitizer, profiler.
#
#   bench/gpu_check.sh [--out FILE.json] [--build FOLDER] [--only STEP,...] [--seconds N]
#
# Needs nvcc, CMake and a Python 3 with PyTorch (PYTHON names another than python3). The file is
# written anew after every step; a step that fails or takes too long is told there and the rest goes
# on. bench/README.md says what is in it.
exec "${PYTHON:-python3}" "$(dirname "$0")/gpu/run_steps.py" "$@"
