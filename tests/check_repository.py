"""Rules of the house that a compiler does not know; CONTRIBUTING.md gives the reasons.

Every finding is one line, `FILE: what`; any finding fails the test.
"""

import collections
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED_FOLDERS = {".git", ".venv", "__pycache__", "models", "out"}  # and build, build-*
GENERATED = ("build", "models", "out")  # what documents may name though a fresh clone lacks it
SOURCES = {".h", ".hpp", ".cpp", ".cu", ".cuh", ".py", ".sh"}
LIBRARY = ("engine", "kernels", "loaders")
IN_THE_PROGRAM_THAT_USES_IT = {pathlib.PurePath("engine/fovea.hpp")}  # where failures are thrown
MAX_LINES = 600
VAGUE_NAMES = {"utils", "util", "common", "misc", "helpers", "helper"}
PLACEHOLDER = re.compile(r"(?:^|[/_.-])(?!README|CONTRIBUTING|LICENSE)[A-Z]{2,}(?=$|[/_.-])")
FORBIDDEN_IN_LIBRARY = re.compile(
    r"\b(?:printf|fprintf|puts|abort|exit|_Exit|terminate)\s*\(|\bstd::(?:cout|cerr|clog)\b"
    r"|\bfmt::print\b|\bthrow\b")


def repository_files():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS
                            and name != "build" and not name.startswith("build-"))
        for name in sorted(names):
            yield (pathlib.Path(folder) / name).relative_to(ROOT)


def without_comments_and_strings(code):
    """C++ `code` with a space for each comment and literal; line breaks stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<!\d)\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda match: " " + "\n" * match.group().count("\n"), code,
                  flags=re.DOTALL)


def check_library_is_silent(files):
    """The library never prints, throws, aborts or exits: errors are values."""
    for path in files:
        if (path.parts[0] in LIBRARY and path.suffix in SOURCES
                and path not in IN_THE_PROGRAM_THAT_USES_IT):
            code = without_comments_and_strings((ROOT / path).read_text(encoding="utf-8"))
            for number, line in enumerate(code.splitlines(), 1):
                if found := FORBIDDEN_IN_LIBRARY.search(line):
                    yield f"{path}:{number}: `{found.group().strip('( ')}` in the library"


def check_names(files):
    """A file's name says what is in it, and says it once in the tree."""
    places = collections.defaultdict(list)
    for path in files:
        if path.stem.lower() in VAGUE_NAMES:
            yield f"{path}: a name that says nothing of what is in it"
        if path.suffix in SOURCES:
            places[path.name].append(str(path))
    for name, paths in places.items():
        if len(paths) > 1:
            yield f"{name}: the same name in several places: {', '.join(paths)}"


def check_sizes(files):
    for path in files:
        if path.suffix in SOURCES or path.suffix == ".md" or path.name == "CMakeLists.txt":
            lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
            if lines > MAX_LINES:
                yield f"{path}: {lines} lines, limit {MAX_LINES}"


def check_folders_are_explained(files):
    folders = {path.parent for path in files if path.suffix in SOURCES}
    for folder in sorted(folders):
        if not (ROOT / folder / "README.md").is_file():
            yield f"{folder}: has sources and no README.md"
    if not (ROOT / "LICENSE").is_file():
        yield "LICENSE: missing"


def named_paths(text):
    """What Markdown `text` names as paths: link targets and `code/like.this`."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from (target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)
                if "://" not in target and not target.startswith("#"))
    for code in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"[\w.*-]+(?:/[\w.*-]*)+|[\w-]+\.(?:h|cpp|py|sh|md|json)", code):
            yield code


def check_documents_name_what_exists(files):
    """A path is looked up from the document's folder, then from the root. Those whose first part is
    no entry of either are taken for something else (a package, a media type)."""
    entries = {path.parts[0] for path in files}
    for document in (path for path in files if path.suffix == ".md"):
        beside = (ROOT / document).parent
        for name in sorted(set(named_paths((ROOT / document).read_text(encoding="utf-8")))):
            if PLACEHOLDER.search(name):  # test_UNIT.cpp: how to name a file
                continue
            first = name.split("/")[0]
            local = (beside / first).exists()
            if first in GENERATED or ("/" in name and first not in entries and not local):
                continue
            if not any(beside.glob(name)) and not any(ROOT.glob(name)):
                yield f"{document}: names {name}, which does not exist"


CHECKS = [check_library_is_silent, check_names, check_sizes, check_folders_are_explained,
          check_documents_name_what_exists]


def main():
    files = list(repository_files())
    findings = [finding for check in CHECKS for finding in check(files)]
    print("\n".join(findings) or f"{len(files)} files, {len(CHECKS)} checks, nothing found")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
