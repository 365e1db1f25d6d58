"""What fovea, and the trainer's scripts that run it, tell of a model."""

import json
import os
import subprocess
import sys

from own_models import ROOT


def told(command, **environment):
    """Standard output of a command that succeeds."""
    return subprocess.run([str(word) for word in command], check=True, capture_output=True,
                          text=True, env={**os.environ, **environment}).stdout


def eval_row(fovea, dataset, model, scale, *options):
    """What `fovea eval --json` tells of one model on one dataset."""
    command = [fovea, "eval", dataset, "-n", model, "-s", scale, "--json", *options]
    return json.loads(told(command).splitlines()[-1])


def judged(script, fovea, *arguments):
    """What a script of tools/train/ tells with --json."""
    command = [sys.executable, ROOT / "tools" / "train" / script, *arguments, "--json"]
    return json.loads(told(command, FOVEA_BIN=str(fovea)))
