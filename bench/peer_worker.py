"""One peer in a process of its own: peer_worker.py PEER WORKLOAD THREADS.

It loads, runs once, keeps the result beside the reference and says so; then each line on standard
input, a number n, is answered by the times of n runs after one that is not counted, and by whether
AVX-512 registers were used meanwhile. Answers are lines of JSON on what standard output was at the start: libraries that print go to standard error.
"""

import json
import os
import pathlib
import re
import sys
import time

import numpy as np
from instruction_sets import avx512_used_within
from peer_engines import LOADERS
from peer_packages import PEERS
from workloads import named


def peak_bytes():
    """The most this process has held. Not ru_maxrss: that begins with the starter's."""
    text = pathlib.Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(re.search(r"^VmHWM:\s*(\d+) kB", text, re.MULTILINE).group(1)) * 1024


def time_runs(run, count):
    since = time.perf_counter()
    times = []
    for _ in range(count + 1):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    time.sleep(0.02)
    return times[1:], avx512_used_within(time.perf_counter() - since)


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(**values):
        print(json.dumps(values), file=answers, flush=True)

    peer, workload, threads = sys.argv[1], named(sys.argv[2]), int(sys.argv[3])
    __import__(PEERS[peer])
    library_bytes = peak_bytes()
    run = LOADERS[peer](workload, threads)
    result = np.asarray(run())
    loaded_bytes = peak_bytes()
    np.save(workload.folder / f"output-{peer}.npy", result)
    del result
    answer(library_bytes=library_bytes, peak_bytes=loaded_bytes)

    idle_since = time.process_time()
    for line in sys.stdin:
        idle_ms = (time.process_time() - idle_since) * 1000
        times, avx512 = time_runs(run, int(line))
        answer(times_ms=times, peak_bytes=peak_bytes(), idle_cpu_ms=idle_ms, avx512=avx512)
        idle_since = time.process_time()


if __name__ == "__main__":
    main()
