"""Power and clock during the whole check, from nvidia-smi dmon."""

import subprocess
import tempfile

COMMAND = ("nvidia-smi", "dmon", "-s", "pucm", "-d", "1", "-o", "T")


def summary_of(text):
    """{max_W, mean_busy_MHz, max_C, samples} of dmon's table; empty without a row. The clock is
    that of seconds in which the multiprocessors worked."""
    columns, rows = [], []
    for line in text.splitlines():
        cells = line.lstrip("#").split()
        if line.startswith("#"):
            columns = cells if "pwr" in cells else columns
        elif columns and len(cells) == len(columns):
            rows.append(dict(zip(columns, cells)))

    def numbers(name, chosen):
        return [int(row[name]) for row in chosen if row.get(name, "-").isdigit()]

    watts, degrees = numbers("pwr", rows), numbers("gtemp", rows)
    busy = [row for row in rows if row.get("sm", "-").isdigit() and int(row["sm"]) > 0]
    clocks = numbers("pclk", busy)
    found = {"samples": len(rows)}
    if watts:
        found["max_W"] = max(watts)
    if degrees:
        found["max_C"] = max(degrees)
    if clocks:
        found["mean_busy_MHz"] = round(sum(clocks) / len(clocks))
        found["min_busy_MHz"] = min(clocks)
    return found


class Monitor:
    """Runs dmon while the `with` block does."""

    def __enter__(self):
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8")
        try:
            self.process = subprocess.Popen(COMMAND, stdout=self.output, stderr=subprocess.DEVNULL)
        except OSError:
            self.process = None
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()
        self.output.seek(0)
        self.text = self.output.read()
        self.output.close()

    def summary(self):
        return summary_of(self.text)
