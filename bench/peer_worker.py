"""One peer in a process of its own: peer_worker.py PEER WORKLOAD THREADS.

It loads, runs once, keeps the result beside the reference and says so; then each line on standard
input, a number n, is answered by the times of n runs after one that is not counted. Answers are
lines of JSON on what standard output was at the start: libraries that print go to standard error.
"""

import json
import os
import resource
import sys
import time

import numpy as np
from peer_engines import LOADERS
from peer_packages import PEERS
from workloads import named


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def time_runs(run, count):
    times = []
    for _ in range(count + 1):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return times[1:]


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
        times = time_runs(run, int(line))
        answer(times_ms=times, peak_bytes=peak_bytes(), idle_cpu_ms=idle_ms)
        idle_since = time.process_time()


if __name__ == "__main__":
    main()
