"""Builds ONNX graphs of a BERT-shaped encoder from its weights: ids in, last hidden states or a score of two texts out.

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


class Encoder:
    """The layers of an encoder, written into a graph."""

    def __init__(self, weights, layers, heads, epsilon):
        self.g, self.weights, self.layers, self.heads, self.epsilon = Graph(), weights, layers, heads, epsilon
        self.hidden = weights["emb.word"].shape[1]
        self.split = self.g.ints("split", [0, 0, heads, self.hidden // heads])
        self.join = self.g.ints("join", [0, 0, self.hidden])

    def weight(self, name):
        return self.g.floats(name, self.weights[name])

    def norm(self, x, name):
        return self.g.op("LayerNormalization", x, self.weight(f"{name}.w"), self.weight(f"{name}.b"), axis=-1, epsilon=self.epsilon)

    def linear(self, x, name):
        product = self.g.op("MatMul", x, self.g.floats(f"{name}.w", self.weights[f"{name}.w"].T))
        return self.g.op("Add", product, self.weight(f"{name}.b"))

    def by_head(self, x, *order):
        return self.g.op("Transpose", self.g.op("Reshape", x, self.split), perm=order)

    def gelu(self, x):
        g = self.g
        erf = g.op("Erf", g.op("Div", x, g.floats("sqrt2", np.sqrt(2))))
        return g.op("Mul", g.op("Mul", x, g.op("Add", erf, g.floats("one", 1))), g.floats("half", 0.5))

    def embeddings(self, positions):
        """What the layers begin with; `positions` are (tokens, hidden) or (batch, tokens, hidden)."""
        g = self.g
        words = g.op("Gather", self.weight("emb.word"), "input_ids")
        x = g.op("Add", g.op("Add", words, positions), g.floats("emb.type", self.weights["emb.type"][0]))
        return self.norm(x, "emb.ln")

    def states(self, x, seen):
        """Last hidden states, from embeddings and from what each token sees: 1 or 0, in a shape that fits (batch, heads, tokens,
        tokens)."""
        g = self.g
        mask = g.op("Mul", g.op("Sub", g.floats("one", 1), seen), g.floats("masked", MASKED))
        for n in range(self.layers):
            layer = f"l{n}"
            query, value = (self.by_head(self.linear(x, f"{layer}.{part}"), 0, 2, 1, 3) for part in "qv")
            key = self.by_head(self.linear(x, f"{layer}.k"), 0, 2, 3, 1)
            scores = g.op("Mul", g.op("MatMul", query, key), g.floats("scale", (self.hidden // self.heads) ** -0.5))
            attention = g.op("Softmax", g.op("Add", scores, mask), axis=-1)
            context = g.op("Transpose", g.op("MatMul", attention, value), perm=[0, 2, 1, 3])
            context = self.linear(g.op("Reshape", context, self.join), f"{layer}.ao")
            x = self.norm(g.op("Sum", context, x), f"{layer}.aln")
            x = self.norm(g.op("Sum", self.linear(self.gelu(self.linear(x, f"{layer}.fi")), f"{layer}.fo"), x), f"{layer}.oln")
        return x

    def model(self, inputs, output, value, shape):
        """The graph as an ONNX model with one output."""
        self.g.nodes.append(helper.make_node("Identity", [value], [output]))
        ins = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs]
        outs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self.g.nodes, "encoder", ins, outs, list(self.g.initializers.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="")
        onnx.checker.check_model(model)
        return model


def encoder(weights, layers, heads, epsilon):
    """An encoder as an ONNX model; its output is named `last_hidden_state`, shape (batch, tokens, hidden)."""
    e = Encoder(weights, layers, heads, epsilon)
    g = e.g
    length = g.op("Gather", g.op("Shape", "input_ids"), g.ints("second", [1]), axis=0)
    positions = g.op("Slice", e.weight("emb.pos"), g.ints("zero", [0]), length, g.ints("first_axis", [0]))
    x = e.embeddings(positions)
    seen = g.op("Unsqueeze", g.op("Cast", "attention_mask", to=TensorProto.FLOAT), g.ints("head_and_query", [1, 2]))
    states = e.states(x, seen)
    return e.model(["input_ids", "attention_mask"], "last_hidden_state", states, ["batch", "tokens", e.hidden])


def pair_scorer(weights, layers, heads, epsilon, silent):
    """A scorer of pairs `[CLS] query [SEP] passage [SEP]` as an ONNX model; its output is named `logits`, shape (batch, 1).

    Query and passage are encoded apart, as the encoder has learnt it; then each token of the query looks for the token of the
    passage that is nearest to it, and the score is the mean of their cosines: late interaction (Khattab, Zaharia: ColBERT,
    2020). `silent` are the pieces that take no part.
    """
    e = Encoder(weights, layers, heads, epsilon)
    g = e.g
    present = g.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    in_passage = g.op("Cast", "token_type_ids", to=TensorProto.FLOAT)
    in_query = g.op("Mul", present, g.op("Sub", g.floats("one", 1), in_passage))
    keys, rows = g.ints("last_axis", [2]), g.ints("middle_axis", [1])

    # A passage begins at position 1 again, as if behind a [CLS] of its own.
    place = g.op("CumSum", "attention_mask", g.const("along_tokens", 1, np.int64))
    query_length = g.op("ReduceSum", in_query, rows, keepdims=1)
    place = g.op("Sub", g.op("Sub", place, g.ints("one_back", 1)),
                 g.op("Mul", "token_type_ids", g.op("Sub", g.op("Cast", query_length, to=TensorProto.INT64), g.ints("one_back", 1))))
    place = g.op("Max", place, g.ints("no_place", 0))
    same_text = g.op("Cast", g.op("Equal", g.op("Unsqueeze", "token_type_ids", keys), g.op("Unsqueeze", "token_type_ids", rows)),
                     to=TensorProto.FLOAT)
    # Both see the one [CLS]: encoders rest attention on it. Without it scores are worse, and worse still if all see all.
    start = g.op("Cast", g.op("Equal", place, g.ints("no_place", 0)), to=TensorProto.FLOAT)
    seen = g.op("Mul", g.op("Max", same_text, g.op("Unsqueeze", start, rows)), g.op("Unsqueeze", present, rows))
    states = e.states(e.embeddings(g.op("Gather", e.weight("emb.pos"), place)), g.op("Unsqueeze", seen, rows))

    length = g.op("Sqrt", g.op("ReduceSum", g.op("Mul", states, states), keys, keepdims=1))
    states = g.op("Div", states, length)
    cosines = g.op("MatMul", states, g.op("Transpose", states, perm=[0, 2, 1]))
    telling = np.ones(len(weights["emb.word"]), np.float32)
    telling[silent] = 0
    telling = g.op("Gather", g.floats("telling", telling), "input_ids")
    other = g.op("Sub", g.op("Mul", g.op("Mul", in_passage, present), telling), g.floats("one", 1))
    cosines = g.op("Add", cosines, g.op("Mul", g.op("Unsqueeze", other, rows), g.floats("far", 2)))
    nearest = g.op("ReduceMax", cosines, axes=[2], keepdims=0)
    asking = g.op("Mul", in_query, telling)
    total = g.op("Max", g.op("ReduceSum", asking, rows, keepdims=1), g.floats("one", 1))
    score = g.op("Div", g.op("ReduceSum", g.op("Mul", nearest, asking), rows, keepdims=1), total)
    return e.model(["input_ids", "attention_mask", "token_type_ids"], "logits", score, ["batch", 1])
