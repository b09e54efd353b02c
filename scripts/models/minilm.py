"""Builds models of all-MiniLM-L6-v2, quantised. Usage: minilm.py embedder|reranker MODEL.SAFETENSORS FOLDER.

The folder holds its tokenizer.json; model.onnx is written there, and for the embedder a static table, static.bin, and its languages, signpost.json.
"""

import json
import pathlib
import struct
import sys

import numpy as np

from bert_graph import encoder, pair_scorer
from quantise import write_quantised
from static_table import write_table

LAYERS, HEADS, EPSILON = 6, 12, 1e-12

EMBEDDINGS = {"emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight",
              "emb.type": "token_type_embeddings.weight", "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias"}
LAYER = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
         "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm"}


def read_safetensors(path):
    """All tensors of a file of float32 ones: an 8-byte length, a JSON header of that length, the numbers."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length])
    numbers = np.frombuffer(content[8 + length:], "<f4")
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            tensors[name] = numbers[start // 4:end // 4].reshape(entry["shape"])
    return tensors


def weights(tensors):
    """Weights under the names of bert_graph."""
    found = {ours: tensors[f"embeddings.{theirs}"] for ours, theirs in EMBEDDINGS.items()}
    for n in range(LAYERS):
        for ours, theirs in LAYER.items():
            for short, long in (("w", "weight"), ("b", "bias")):
                found[f"l{n}.{ours}.{short}"] = tensors[f"encoder.layer.{n}.{theirs}.{long}"]
    return found


def main(kind, source, folder):
    found = weights(read_safetensors(source))
    number = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    if kind == "reranker":
        silent = [number[piece] for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
        write_quantised(pair_scorer(found, LAYERS, HEADS, EPSILON, silent), folder / "model.onnx")
    else:
        write_quantised(encoder(found, LAYERS, HEADS, EPSILON), folder / "model.onnx")
        write_table(folder / "static.bin", sorted(number, key=number.get), number["the"], found["emb.word"])
        (folder / "signpost.json").write_text(json.dumps({"languages": ["en"]}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
