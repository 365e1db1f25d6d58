"""Imports networks from clones of their authors' repositories, as they are.

A clone is the folder OWNER+NAME. Its packages are taken one module at a time: their __init__ files,
which pull in a trainer's worth of packages, are not run, and what only a trainer needs is a
stand-in."""

import argparse
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pathlib
import re
import sys
import types

from torch import nn


class Anything:
    """Stands for what a file imports and a network does not use: registries, loggers.
    As a decorator it changes nothing; as a base class it makes more of its kind."""

    def __init__(self, *_, **__):
        pass

    def __call__(self, *arguments, **_):
        return arguments[0] if len(arguments) == 1 and callable(arguments[0]) else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class StandIn(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


def neosr_options(*_, **__):
    """What a network of neosr asks for its default scale."""
    return {"scale": 4, "datasets": {}}, argparse.Namespace(input=None)


# Modules that are never imported, and what is given in their stead.
STAND_INS = {
    "basicsr.ops": {},
    "basicsr.utils": {},
    "mmcv": {},
    "mmengine": {"BaseModule": nn.Module, "_BatchNorm": nn.BatchNorm2d},
    "mmagic.registry": {},
    "mmedit.utils": {},
    "neosr.utils": {"parse_options": neosr_options},
    "traiNNer.utils": {},
    "distutils": {"LooseVersion": str},
}
# What some clones have themselves and others expect to be installed.
ELSEWHERE = ("basicsr",)


def stands_in(name, known):
    return name == known or name.startswith(f"{known}.")


class Package(types.ModuleType):
    """A folder whose __init__ is not run: a name is taken from the file that defines it."""

    def __getattr__(self, name):
        if not name.startswith("__"):
            defines = re.compile(rf"^(class|def) {re.escape(name)}\b|^{re.escape(name)} *=", re.M)
            for folder in self.__path__:
                for path in sorted(pathlib.Path(folder).glob("*.py")):
                    if path.stem != "__init__" and defines.search(path.read_text("utf-8")):
                        module = importlib.import_module(f"{self.__name__}.{path.stem}")
                        return getattr(module, name)
        raise AttributeError(f"{self.__name__} has no {name}")


class CloneFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what stands in, packages of a clone, and its modules."""

    def __init__(self, root):
        self.root = root

    def find_spec(self, name, path=None, target=None):
        del target
        if any(stands_in(name, known) for known in STAND_INS):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        for other in ELSEWHERE:
            if stands_in(name, other) and not (self.root / other).is_dir():
                return importlib.machinery.ModuleSpec(name, self, is_package=True)
        folders = [pathlib.Path(entry) for entry in path] if path else [self.root]
        last = name.rpartition(".")[2]
        for folder in folders:
            if not folder.is_relative_to(self.root):
                continue
            if (folder / f"{last}.py").is_file():
                return importlib.util.spec_from_file_location(name, folder / f"{last}.py")
            if (folder / last).is_dir() and any((folder / last).rglob("*.py")):
                spec = importlib.machinery.ModuleSpec(name, self, is_package=True)
                spec.submodule_search_locations = [str(folder / last)]
                return spec
        return None

    def create_module(self, spec):
        for known, given in STAND_INS.items():
            if stands_in(spec.name, known):
                module = StandIn(spec.name)
                vars(module).update(given)
                return module
        return StandIn(spec.name) if spec.submodule_search_locations == [] else Package(spec.name)

    def exec_module(self, module):
        pass


class Clones:
    """Networks' modules by repository, each imported once."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.modules = {}

    def path(self, repository, *parts):
        return self.folder.joinpath(repository.replace("/", "+"), *parts)

    def has(self, repository):
        return self.path(repository).is_dir()

    def module(self, repository, name, root=""):
        """Module `name` below folder `root` of a clone."""
        key = (repository, name, root)
        if key not in self.modules:
            with importing_from(self.path(repository, root)):
                self.modules[key] = importlib.import_module(name)
        return self.modules[key]


@contextlib.contextmanager
def importing_from(root):
    """Within it, imports look into `root` first; afterwards they are forgotten, as many clones have
    a module called model."""
    finder, before = CloneFinder(root), dict(sys.modules)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - set(before):
            module = sys.modules[name]
            place = getattr(module, "__file__", None) or str(root)
            if isinstance(module, (Package, StandIn)) or place.startswith(str(root)):
                del sys.modules[name]
