#!/usr/bin/env python3
"""A compile launcher for nvcc: keeps what ptxas says beside the object, as OBJECT.ptxas.txt.

ptxas tells in words alone that it serialised wgmma (C75xx), and only while it compiles; the gate
reads it later. What ptxas says at length of every kernel is kept, not shown; warnings, errors and
C75xx lines are shown too.

    keep_ptxas_output.py [ccache] nvcc ARGUMENTS
"""

import os
import pathlib
import subprocess
import sys

OPTIONS = ["-Xptxas", "-v,-warn-spills,-warn-lmem-usage"]


def shown(line):
    """Whether a person wants the line in a build's output."""
    return "(C7" in line or not (line.startswith("ptxas info") or "bytes stack frame" in line)


def main(command):
    if "-c" not in command or "-o" not in command:  # a link, or dependencies alone
        return subprocess.run(command, check=False).returncode
    run = subprocess.run([*command, *OPTIONS], stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.writelines(line for line in run.stderr.splitlines(True) if shown(line))
    kept = pathlib.Path(command[command.index("-o") + 1] + ".ptxas.txt")
    if run.returncode == 0:
        part = kept.with_name(kept.name + ".part")
        part.write_text(run.stderr, encoding="utf-8")
        os.replace(part, kept)
    else:
        kept.unlink(missing_ok=True)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
