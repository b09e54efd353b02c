"""An encoder's hidden states worked out in float64, so that what is derived from them and rounded is the same on every machine."""

import numpy as np


def hidden_states(weights, layers, heads, epsilon, ids):
    """Last hidden states (texts, tokens, hidden) of texts of equal length; `weights` as in bert_graph, of any float type."""
    hidden = weights["emb.word"].shape[1]

    def norm(x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon)
        return x * weights[f"{name}.w"] + weights[f"{name}.b"]

    def linear(x, name):
        return x @ weights[f"{name}.w"].T.astype(np.float64) + weights[f"{name}.b"]

    def by_head(x):
        return x.reshape(*x.shape[:2], heads, hidden // heads).transpose(0, 2, 1, 3)

    x = weights["emb.word"][ids].astype(np.float64) + weights["emb.pos"][:ids.shape[1]] + weights["emb.type"][0]
    x = norm(x, "emb.ln")
    for n in range(layers):
        layer = f"l{n}"
        query, key, value = (by_head(linear(x, f"{layer}.{part}")) for part in "qkv")
        scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(hidden // heads)
        attention = np.exp(scores - scores.max(axis=-1, keepdims=True))
        attention /= attention.sum(axis=-1, keepdims=True)
        context = (attention @ value).transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(linear(context, f"{layer}.ao") + x, f"{layer}.aln")
        x = norm(linear(gelu(linear(x, f"{layer}.fi")), f"{layer}.fo") + x, f"{layer}.oln")
    return x


def gelu(x):
    """x · Φ(x), the error function after Abramowitz and Stegun 7.1.26 (off by 1.5e-7 at most)."""
    z = np.abs(x) / np.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return x * (1 + np.copysign(1 - series * np.exp(-z * z), x)) / 2
