"""Writes the reranker of the tests: its score is the number of equal pieces of query and passage. Usage: overlap_reranker.py FILE."""

import sys

import onnx
from onnx import TensorProto, helper

from bert_graph import IR_VERSION, OPSET, Graph


def overlap():
    g = Graph()
    rows, columns = g.ints("rows", [1]), g.ints("columns", [2])
    equal = g.op("Equal", g.op("Unsqueeze", "input_ids", columns), g.op("Unsqueeze", "input_ids", rows))
    in_passage = g.op("Unsqueeze", g.op("Cast", "token_type_ids", to=TensorProto.FLOAT), columns)
    in_query = g.op("Transpose", g.op("Sub", g.floats("one", 1), in_passage), perm=[0, 2, 1])
    pairs = g.op("MatMul", g.op("MatMul", in_query, g.op("Cast", equal, to=TensorProto.FLOAT)), in_passage)
    g.nodes.append(helper.make_node("Squeeze", [pairs, columns], ["logits"]))
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
              for name in ("input_ids", "attention_mask", "token_type_ids")]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])
    graph = helper.make_graph(g.nodes, "overlap", inputs, [output], list(g.initializers.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="")


if __name__ == "__main__":
    model = overlap()
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[1])
