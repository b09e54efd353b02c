"""Builds the ONNX graph of a BERT-shaped encoder from its weights: input ids and attention mask in, last hidden states out.

Weights are a dictionary of float32 arrays, matrices as (out, in):
    emb.word (vocabulary, hidden), emb.pos, emb.type, emb.ln.w, emb.ln.b, and of each layer N
    lN.{q,k,v,ao,fi,fo}.{w,b}   query, key, value, attention output, feed-forward in and out
    lN.{aln,oln}.{w,b}          layer norms after attention and after the feed-forward part

Residuals are added by `Sum`, not `Add`: onnxruntime fuses Add and LayerNormalization into a kernel that takes four times as long.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8
MASKED = -10_000.0


class Graph:
    """Nodes and initializers of a graph being written; names count upwards, so that equal weights give equal bytes."""

    def __init__(self):
        self.nodes, self.initializers = [], {}

    def op(self, kind, *inputs, **attributes):
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def const(self, name, value, dtype):
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(np.array(value, dtype, order="C"), name)
        return name

    def floats(self, name, value):
        return self.const(name, value, np.float32)

    def ints(self, name, value):
        return self.const(name, value, np.int64)


def encoder(weights, layers, heads, epsilon):
    """The graph as an ONNX model; its output is named `last_hidden_state`, shape (batch, tokens, hidden)."""
    g = Graph()
    hidden = weights["emb.word"].shape[1]
    split = g.ints("split", [0, 0, heads, hidden // heads])
    join = g.ints("join", [0, 0, hidden])

    def norm(x, name):
        return g.op("LayerNormalization", x, g.floats(f"{name}.w", weights[f"{name}.w"]),
                    g.floats(f"{name}.b", weights[f"{name}.b"]), axis=-1, epsilon=epsilon)

    def linear(x, name):
        product = g.op("MatMul", x, g.floats(f"{name}.w", weights[f"{name}.w"].T))
        return g.op("Add", product, g.floats(f"{name}.b", weights[f"{name}.b"]))

    def by_head(x, *order):
        return g.op("Transpose", g.op("Reshape", x, split), perm=order)

    def gelu(x):
        erf = g.op("Erf", g.op("Div", x, g.floats("sqrt2", np.sqrt(2))))
        return g.op("Mul", g.op("Mul", x, g.op("Add", erf, g.floats("one", 1))), g.floats("half", 0.5))

    length = g.op("Gather", g.op("Shape", "input_ids"), g.ints("second", [1]), axis=0)
    positions = g.op("Slice", g.floats("emb.pos", weights["emb.pos"]), g.ints("zero", [0]), length, g.ints("first_axis", [0]))
    words = g.op("Gather", g.floats("emb.word", weights["emb.word"]), "input_ids")
    x = g.op("Add", g.op("Add", words, positions), g.floats("emb.type", weights["emb.type"][0]))
    x = norm(x, "emb.ln")
    mask = g.op("Unsqueeze", g.op("Cast", "attention_mask", to=TensorProto.FLOAT), g.ints("head_and_query", [1, 2]))
    mask = g.op("Mul", g.op("Sub", g.floats("one", 1), mask), g.floats("masked", MASKED))
    for n in range(layers):
        layer = f"l{n}"
        query, value = (by_head(linear(x, f"{layer}.{part}"), 0, 2, 1, 3) for part in "qv")
        key = by_head(linear(x, f"{layer}.k"), 0, 2, 3, 1)
        scores = g.op("Mul", g.op("MatMul", query, key), g.floats("scale", (hidden // heads) ** -0.5))
        attention = g.op("Softmax", g.op("Add", scores, mask), axis=-1)
        context = g.op("Transpose", g.op("MatMul", attention, value), perm=[0, 2, 1, 3])
        x = norm(g.op("Sum", linear(g.op("Reshape", context, join), f"{layer}.ao"), x), f"{layer}.aln")
        x = norm(g.op("Sum", linear(gelu(linear(x, f"{layer}.fi")), f"{layer}.fo"), x), f"{layer}.oln")
    g.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))

    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", hidden])]
    graph = helper.make_graph(g.nodes, "encoder", inputs, outputs, list(g.initializers.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="")
    onnx.checker.check_model(model)
    return model
