"""ONNX: the backend node cases of BatchNormalization, and more through its reference evaluator."""

import warnings

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from .suite import Suite, seed

INPUTS = ["x", "gamma", "beta", "running_mean", "running_variance"]


def attributes(node):
    """The node's attributes over the defaults of the operator, as a runtime reads them."""
    found = {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0}
    found.update((a.name, onnx.helper.get_attribute_value(a)) for a in node.attribute)
    return found


def backend_nodes():
    """The cases every ONNX runtime is tested with."""
    suite = Suite("onnx_nodes", f"onnx {onnx.__version__}, backend node cases")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases
        cases = collect_testcases("BatchNormalization")
    for case in cases:
        (inputs, outputs), = case.data_sets
        found = attributes(case.model.graph.node[0])
        state = dict(zip(INPUTS, inputs))
        step = {"mode": "training" if found["training_mode"] else "inference",
                "x": state.pop("x"), "y": outputs[0]}
        step["running_mean"], step["running_variance"] = (
            outputs[1:] if found["training_mode"] else inputs[3:])
        suite.add(case.name, dtype="F32", shape=inputs[0].shape, epsilon=found["epsilon"],
                  update={"kind": "decay", "value": found["momentum"]}, variance="biased",
                  state=state, steps=[step])
    return suite


def evaluator(dtype, epsilon, momentum, training):
    outputs = ["y", "mean", "variance"] if training else ["y"]
    node = onnx.helper.make_node("BatchNormalization", INPUTS, outputs, epsilon=epsilon,
                                 momentum=momentum, training_mode=int(training))
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node], "batch_normalization", [value(name, kind, None) for name in INPUTS],
        [value(name, kind, None) for name in outputs])
    opset = [onnx.helper.make_opsetid("", 15)]
    return ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=opset)), node


def reference():
    """Three training steps, then inference, of every rank and both types."""
    suite = Suite("onnx_reference", f"onnx {onnx.__version__}, reference evaluator")
    for dtype, label in (("float32", "F32"), ("float64", "F64")):
        for shape in ((6, 5), (4, 3, 7), (2, 3, 5, 4), (2, 4, 3, 2, 3)):
            for epsilon, momentum in ((1e-5, 0.9), (1e-2, 0.5)):
                name = f"{'x'.join(map(str, shape))}/epsilon {epsilon}, momentum {momentum}"
                seed(name)
                channels = shape[1]
                mean = np.random.randn(channels).astype(dtype)
                variance = np.random.rand(channels).astype(dtype)
                state = {"gamma": np.random.randn(channels).astype(dtype),
                         "beta": np.random.randn(channels).astype(dtype)}
                initial = {**state, "running_mean": mean, "running_variance": variance}
                steps = []
                for training in (True, True, True, False):
                    x = (2 * np.random.randn(*shape) + 0.5).astype(dtype)
                    model, node = evaluator(dtype, epsilon, momentum, training)
                    y, *running = model.run(None, {
                        "x": x, **state, "running_mean": mean, "running_variance": variance})
                    mean, variance = running or (mean, variance)
                    steps.append({"mode": "training" if training else "inference", "x": x, "y": y,
                                  "running_mean": mean, "running_variance": variance})
                found = attributes(node)
                suite.add(name, dtype=label, shape=shape, epsilon=found["epsilon"],
                          update={"kind": "decay", "value": found["momentum"]},
                          variance="biased", state=initial, steps=steps)
    return suite
