#!/bin/sh
# Puts what training needs into build/train-venv: PyTorch, NumPy and Pillow from PyPI.
set -eu
cd "$(dirname "$0")/../.."
environment=build/train-venv
[ -x "$environment/bin/python" ] || python3 -m venv --without-pip "$environment"
"$environment/bin/python" -c "import torch, numpy, PIL" 2>/dev/null ||
  python3 -m pip --python "$environment/bin/python" install -r tools/train/requirements.txt
