"""The file of a GPU check: what it holds, and how it is written."""

import json
import os
import pathlib

SCHEMA = 1
OBJECTS = ("machine", "ceilings", "dmon")
LISTS = (
    "micro",
    "correctness",
    "kernels",
    "nets",
    "pictures",
    "baselines",
    "sanitizer",
    "ncu",
    "steps",
    "errors",
)


class Results:
    """{schema, sha, dirty, date, and a part for each of OBJECTS and LISTS}, in a file that is
    whole at any time."""

    def __init__(self, path, sha, dirty, date):
        self.path = pathlib.Path(path)
        self.values = {"schema": SCHEMA, "sha": sha, "dirty": dirty, "date": date}
        self.values |= {name: {} for name in OBJECTS} | {name: [] for name in LISTS}

    def add(self, row, step):
        """A line of a step: {section, ...}. Returns why it was not taken, or None."""
        section = row.pop("section", None)
        if section in OBJECTS:
            self.values[section].update(row)
        elif section in LISTS:
            self.values[section].append({"step": step, **row} if section == "errors" else row)
        else:
            return f"a row of section {section!r}"
        return None

    def error(self, step, reason):
        self.values["errors"].append({"step": step, "error": reason})

    def save(self):
        part = self.path.with_name(self.path.name + ".part")
        part.write_text(json.dumps(self.values, indent=1) + "\n", encoding="utf-8")
        os.replace(part, self.path)
