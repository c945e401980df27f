"""Writes Tests/Fixtures/weights: layers that PyTorch and Keras saved, and what became of them.

    python Tests/Fixtures/make_weights.py

The Keras file goes through docs/convert_to_safetensors.py, as a user's would.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from safetensors.torch import save

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "weights"
CONVERTER = HERE.parents[1] / "docs" / "convert_to_safetensors.py"

SHAPE, STEPS, LEARNING_RATE = (4, 6, 3, 3), 10, 0.05
LAYERS = {"features.1": {"epsilon": 1e-5, "update": {"kind": "new_weight", "value": 0.1}},
          "features.3": {"epsilon": 1e-3, "update": {"kind": "cumulative", "value": None}}}


def write(name, tensors):
    contiguous = {key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}
    (FOLDER / name).write_bytes(save(contiguous))


def trained(dtype):
    """A small network after five steps: one layer averages exponentially, one cumulatively."""
    convolution, normalization = torch.nn.Conv2d, torch.nn.BatchNorm2d
    model = torch.nn.ModuleDict({"features": torch.nn.Sequential(
        convolution(3, 6, 3), normalization(6),
        convolution(6, 6, 3), normalization(6, eps=1e-3, momentum=None))}).to(dtype)
    optimizer = torch.optim.SGD(model.parameters(), LEARNING_RATE)
    for _ in range(5):
        optimizer.zero_grad()
        model["features"](torch.randn(4, 3, 8, 8, dtype=dtype)).pow(2).mean().backward()
        optimizer.step()
    return model


def continued(model, dtype):
    """Ten more steps of plain SGD on each layer alone, from its own inputs and cotangents."""
    record = {}
    for prefix in LAYERS:
        layer = model.get_submodule(prefix)
        optimizer = torch.optim.SGD(layer.parameters(), LEARNING_RATE)
        for step in range(STEPS):
            x, dy = 2 * torch.randn(SHAPE, dtype=dtype) + 0.5, torch.randn(SHAPE, dtype=dtype)
            optimizer.zero_grad()
            layer(x).backward(dy)
            optimizer.step()
            record.update({f"{prefix}.step{step}.x": x, f"{prefix}.step{step}.dy": dy})
            record.update({f"{prefix}.step{step}.{name}": value.clone()
                           for name, value in layer.state_dict().items()})
    return record


def halves():
    """Numbers in half precision with the same in F32: normal, subnormal, extreme, not finite."""
    special = torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 2.0**-14, 2.0**-24, 3 * 2.0**-24,
                            float("inf"), float("-inf"), float("nan"), 1 / 3, 3e38, 1e-40])
    values = torch.cat([special, torch.randn(50)])
    tensors = {}
    for name, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        tensors[name] = values.to(dtype)
        tensors[f"{name}.as_f32"] = values.to(dtype).to(torch.float32)
    write("half_precision.safetensors", tensors)


def from_keras():
    """A Keras model saved, converted as a user would, and its layers' answers beside it."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((5, 5, 4)), keras.layers.BatchNormalization(name="first"),
        keras.layers.BatchNormalization(name="second", scale=False, epsilon=1e-2)])
    for layer in model.layers:
        layer.set_weights([np.random.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        subprocess.run([sys.executable, CONVERTER, f"{folder}/model.keras",
                        FOLDER / "keras_model.safetensors"], check=True, capture_output=True)
    x = torch.randn(2, 5, 5, 4)
    write("keras_answers.safetensors", {
        "x": x, **{f"{layer.name}.y": layer(x, training=False) for layer in model.layers}})


if __name__ == "__main__":
    print(f"torch {torch.__version__}, keras {keras.__version__}")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    FOLDER.mkdir(exist_ok=True)
    for dtype, label in ((torch.float32, "f32"), (torch.float64, "f64")):
        model = trained(dtype)
        write(f"pytorch_saved_{label}.safetensors", model.state_dict())
        write(f"pytorch_continued_{label}.safetensors", continued(model, dtype))
    (FOLDER / "pytorch_continued.json").write_text(json.dumps(
        {"shape": SHAPE, "steps": STEPS, "learning_rate": LEARNING_RATE, "variance": "unbiased",
         "layers": LAYERS}, indent=2) + "\n")
    halves()
    from_keras()
