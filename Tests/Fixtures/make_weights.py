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
from safetensors.torch import save, save_model

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


def tied():
    """Layers that share γ and β, or all they have, saved as safetensors.torch saves a model, in half
    precision; and the answers of each in inference."""
    torch.manual_seed(1)
    model = torch.nn.ModuleDict({name: torch.nn.BatchNorm1d(3) for name in ("p1", "p2", "p3")})
    for _ in range(13):
        for layer in model.values():
            layer(torch.randn(8, 3) * 3 + 1)
    with torch.no_grad():
        for layer in model.values():
            layer.weight.copy_(torch.randn(3) + 100)
            layer.bias.copy_(torch.randn(3))
    model["p2"].weight, model["p2"].bias = model["p1"].weight, model["p1"].bias
    model["p4"] = model["p3"]
    model.half().eval()
    for layer in list(model.values())[:3]:
        # As in a checkpoint whose tensors are all cast, {name: tensor.half()}.
        layer.num_batches_tracked = layer.num_batches_tracked.half()
    save_model(model, str(FOLDER / "tied_half.safetensors"))
    (FOLDER / "tied_half.safetensors").chmod(0o644)
    x = torch.randn(4, 3, dtype=torch.float64)
    write("tied_half_answers.safetensors", {"x": x, **{
        f"{name}.y": torch.nn.functional.batch_norm(
            x, layer.running_mean.double(), layer.running_var.double(), layer.weight.double(),
            layer.bias.double(), eps=layer.eps) for name, layer in model.items()}})


def submodels():
    """A Keras model of two parts whose layers have one name, converted; ε is not the default."""
    keras.utils.set_random_seed(2)

    def part(name, epsilon):
        return keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(
            name="bn", epsilon=epsilon)], name=name)

    parts = [part("first", 1.001e-5), part("second", 0.5)]
    inputs = keras.Input((3,))
    model = keras.Model(inputs, parts[1](parts[0](inputs)))
    for part in parts:
        part.layers[0].set_weights([np.random.uniform(0, 1e-4, 3) + np.arange(1, 4) / 1e5
                                    for _ in range(4)])
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        subprocess.run([sys.executable, CONVERTER, f"{folder}/model.keras",
                        FOLDER / "keras_submodels.safetensors"], check=True, capture_output=True)
    x = torch.from_numpy(np.random.normal(size=(4, 3)).astype("float32"))
    write("keras_submodels_answers.safetensors", {
        "x": x, **{f"{part.name}.y": part(x, training=False) for part in parts}})


def keras_family():
    """A Keras model of a layer, a group and an RMS normalization, converted; and each one's answers."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([
        keras.Input((5, 4)), keras.layers.LayerNormalization(name="layer"),
        keras.layers.GroupNormalization(2, epsilon=1e-2, name="group"),
        keras.layers.RMSNormalization(name="rms")])
    for layer in model.layers:
        layer.set_weights([np.random.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        subprocess.run([sys.executable, CONVERTER, f"{folder}/model.keras",
                        FOLDER / "keras_family.safetensors"], check=True, capture_output=True)
    x = torch.from_numpy(np.random.normal(size=(2, 5, 4)).astype("float32"))
    write("keras_family_answers.safetensors", {
        "x": x, **{f"{layer.name}.y": layer(x) for layer in model.layers}})


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
    tied()
    submodels()
    keras_family()
