"""Writes a table of one vector a piece of the vocabulary: what the encoder itself begins with, its word embeddings.

The sum of a text's pieces is a rough vector of it at the price of a few lookups. The mean of all is taken off, and each is
weighted by how rare it is, a / (a + p) with p after Zipf's law (Arora, Liang, Ma: A Simple but Tough-to-Beat Baseline for Sentence
Embeddings, 2017). Asked for the sentence of a page nearest to a question (faq-headings, 119 of them), it names the whole
model's choice in 48 %, one of its first three in 78 %; what the whole model makes of each piece alone, as model2vec distils it,
would take minutes to work out, and does so in 50 % and 82 %. Rounded to 8 bits, by a scale of its own each.

The file: a line that names the form, the number of pieces and of dimensions (u32), all scales (f32), all vectors (i8), all
pieces in lines; numbers little-endian.
"""

import struct

import numpy as np

FORM = b"signpost static table 1\n"
RARE = 1e-4


def write_table(path, pieces, first_word, embeddings):
    """`pieces` stand by frequency from `first_word` on; those before it are letters and signs, and count as the commonest."""
    vectors = embeddings.astype(np.float64)  # so that all machines round to the same
    vectors -= vectors.mean(axis=0)
    rank = np.maximum(np.arange(len(pieces)) - first_word, 0) + 1
    probability = 1 / (rank * (np.log(len(pieces)) + np.euler_gamma))
    vectors *= (RARE / (RARE + probability))[:, None]
    vectors[[n for n, piece in enumerate(pieces) if piece.startswith("[") and len(piece) > 1]] = 0
    scales = np.abs(vectors).max(axis=1) / 127
    rounded = np.round(vectors / np.where(scales > 0, scales, 1)[:, None]).astype(np.int8)
    path.write_bytes(FORM + struct.pack("<II", *vectors.shape) + scales.astype("<f4").tobytes() + rounded.tobytes()
                     + "\n".join(pieces).encode() + b"\n")
