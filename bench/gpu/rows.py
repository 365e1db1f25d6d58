"""How a step tells what it measured: JSON objects, a line each, on standard output."""

import json
import sys


def emit(section, **values):
    """A row of a list of the report, or values of one of its objects (gpu_results.py has both)."""
    print(json.dumps({"section": section, **values}), flush=True)


def fail(reason):
    """Tells why there is nothing to tell, and ends the step."""
    emit("errors", error=reason)
    sys.exit(1)


def cuda_torch():
    """PyTorch with a GPU; without either the step ends."""
    try:
        import torch
    except ImportError as failure:
        fail(f"no PyTorch: {failure}")
    if not torch.cuda.is_available():
        fail("no GPU")
    return torch
