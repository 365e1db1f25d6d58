"""Plants the mutants of the kernels into a copy of their sources: all in one program, one of them
alive at a time, so that nothing is compiled for each."""

import dataclasses
import pathlib

from . import mutants
from .kernel_source import KernelSource


@dataclasses.dataclass(frozen=True)
class Mutant:
    id: int
    file: str     # of the kernels' folder
    line: int
    rule: str
    place: str    # the line with the mutated code in [brackets], #2 for the second such line
    device: bool  # not in the launcher

    def key(self):
        return self.file, self.rule, self.place


class Planting:
    """The mutants of `files` (names in `folder`), and the sources that have them."""

    def __init__(self, folder, files):
        self.kernels = {name: KernelSource(name, (folder / name).read_text(encoding="utf-8"))
                        for name in sorted(files)}
        self.edits, self.mutants = {}, []
        next_id = 1
        for name, kernel in self.kernels.items():
            self.edits[name] = []
            seen = {}
            for edit in mutants.edits(kernel):
                self.edits[name].append((edit, next_id))
                for i, rule in enumerate(edit.rules):
                    if not rule:
                        continue
                    place = _place(kernel, edit)
                    count = seen[rule, place] = seen.get((rule, place), 0) + 1
                    self.mutants.append(Mutant(
                        next_id + i, name, kernel.line_of(edit.begin), rule,
                        place + (f" #{count}" if count > 1 else ""),
                        kernel.is_device(edit.begin)))
                next_id += len(edit.rules)

    def write(self, folder):
        for name, kernel in self.kernels.items():
            (folder / name).write_text(_planted(kernel.source, self.edits[name]), encoding="utf-8")

    def drop(self, name, line):
        """Takes out the edits that touch a line, which does not compile with them; returns them as
        mutants."""
        kernel = self.kernels[name]
        gone = [(edit, first) for edit, first in self.edits[name]
                if kernel.line_of(edit.begin) <= line <= kernel.line_of(edit.end)]
        self.edits[name] = [each for each in self.edits[name] if each not in gone]
        ids = {first + i for edit, first in gone for i in range(len(edit.rules))}
        dropped = [mutant for mutant in self.mutants if mutant.id in ids]
        self.mutants = [mutant for mutant in self.mutants if mutant.id not in ids]
        return dropped


def _place(kernel, edit):
    line = kernel.line_of(edit.begin)
    start = kernel.line_starts[line - 1]
    text = kernel.line_text(line)
    begin, end = edit.begin - start, min(edit.end - start, len(text))
    return f"{text[:begin]}[{text[begin:end]}]{text[end:]}".strip()


def _planted(source, edits):
    # Of insertions at one place those that close come first, inner before outer, then those that
    # open, outer before inner.
    insertions, removed = [], []
    for edit, first in edits:
        before, after = edit.before.format(id=first), edit.after.format(id=first)
        insertions.append((edit.begin, 1, -edit.end, first, before))
        if after:
            insertions.append((edit.end, 0, -edit.begin, -first, after))
        if edit.replaces:
            removed.append((edit.begin, edit.end))
    result, at = [], 0
    skip_until = 0
    marks = sorted(insertions)
    gaps = dict(removed)
    for position, _, _, _, text in marks:
        result.append(source[max(at, skip_until):position] if position > skip_until else "")
        at = max(at, position)
        result.append(text)
        if position in gaps and text:
            skip_until = max(skip_until, gaps[position])
    result.append(source[max(at, skip_until):])
    return "".join(result)


def planted_copy(root, folder):
    """A copy of kernels/cuda of `root` in `folder`, for its mutated files to be written into."""
    source = pathlib.Path(root) / "kernels" / "cuda"
    target = pathlib.Path(folder) / "kernels" / "cuda"
    for path in source.rglob("*"):
        if path.suffix in (".h", ".cuh", ".cu", ".cmake", ".cpp"):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return target
