"""Measures how far the other layers of the family, and PyTorch's, are from the true result on hard data.

    accuracy_family.py NORM FOLDER         writes accuracy-family.md into FOLDER

As accuracy.py, whose data and units these are: y in units of rounding of max(1, |y|), dx of the largest |dx| that
shares its statistics, the gradients of gamma and beta of themselves or, where their terms cancel, of the root of the
sum of their squares.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional as F

from accuracy import ENGINES, EPSILON, SUBJECTS, L, conclusions, error, facts, table

QUANTITIES = ["y", "dx", "dgamma", "dbeta"]
SAMPLES, CHANNELS, SIDE = 6, 8, 20


@dataclass(frozen=True)
class Layer:
    """A layer, the shape it is measured on, and what shares statistics, γ and β there."""

    name: str
    shape: tuple
    # The shape in which statistics are taken over some axes.
    view: tuple
    axes: tuple
    # The shape of γ and β, and the axes of x over which their gradients are sums.
    affine: tuple
    summed: tuple
    torch: object
    options: list = field(default_factory=list)
    is_centered: bool = True
    is_masked: bool = False


def by_channel(values):
    return values.reshape(values.shape + (1,) * 2)


def torch_rows(x, gamma, beta):
    return F.layer_norm(x, x.shape[1:], gamma, beta, EPSILON)


def torch_rms(x, gamma, beta):
    return F.rms_norm(x, x.shape[1:], gamma, EPSILON)


def torch_group(x, gamma, beta):
    return F.group_norm(x, 4, gamma, beta, EPSILON)


def torch_instance(x, gamma, beta):
    return F.instance_norm(x, weight=gamma, bias=beta, eps=EPSILON)


def torch_batch(x):
    return F.batch_norm(x, None, None, training=True, eps=EPSILON)


def torch_conditional(x, gamma, beta):
    return by_channel(gamma) * torch_batch(x) + by_channel(beta)


def torch_masked(x, gamma, beta):
    valid = torch.from_numpy(mask())
    rows = x.movedim(1, -1)
    y = torch.zeros_like(rows)
    y[valid] = torch_batch(rows[valid]) * gamma + beta
    return y.movedim(-1, 1)


IMAGES = (SAMPLES, CHANNELS, SIDE, SIDE)
OVER_BATCH = {"shape": IMAGES, "view": IMAGES, "axes": (0, 2, 3)}
LAYERS = [
    Layer("layer norm", (64, 768), (64, 768), (1,), (768,), (0,), torch_rows, ["--layer", "layer"]),
    Layer("RMS norm", (64, 768), (64, 768), (1,), (768,), (0,), torch_rms, ["--layer", "rms"], is_centered=False),
    Layer("group norm, 4 groups", IMAGES, (SAMPLES, 4, CHANNELS // 4, SIDE, SIDE), (2, 3, 4), (CHANNELS,), (0, 2, 3),
          torch_group, ["--layer", "group", "--groups", "4"]),
    Layer("instance norm", IMAGES, IMAGES, (2, 3), (CHANNELS,), (0, 2, 3), torch_instance, ["--layer", "instance"]),
    Layer("batch norm, γ and β per sample", affine=(SAMPLES, CHANNELS), summed=(2, 3), torch=torch_conditional,
          **OVER_BATCH),
    Layer("batch norm, masked", affine=(CHANNELS,), summed=(0, 2, 3), torch=torch_masked, is_masked=True, **OVER_BATCH),
]


def mask():
    """Lengths from half to full of the rows of each image."""
    valid = np.zeros((SAMPLES, SIDE, SIDE), bool)
    for sample in range(SAMPLES):
        valid[sample, : SIDE - 2 * sample] = True
    return valid


def truth(layer, x, g, gamma, beta):
    """All in longdouble -> y, dx, dgamma, dbeta, and what their errors are measured by."""
    valid = mask()[:, None] if layer.is_masked else np.ones((1,) * x.ndim, bool)
    valid = np.broadcast_to(valid, x.shape).reshape(layer.view)

    def mean(values):
        return (values * valid).sum(axis=layer.axes, keepdims=True) / valid.sum(axis=layer.axes, keepdims=True)

    def spread(values):
        """γ or β at every position."""
        if layer.affine != layer.shape[-len(layer.affine):]:
            values = by_channel(values)
        return np.broadcast_to(values, layer.shape).reshape(layer.view)

    x, g = x.reshape(layer.view), g.reshape(layer.view) * valid
    if layer.is_centered:
        first = x[tuple(slice(0, 1) if axis in layer.axes else slice(None) for axis in range(len(layer.view)))]
        d = x - first
        c = d - mean(d)
        c = c - mean(c)
    else:
        c = x
    s = 1 / np.sqrt(mean(c * c) + L(EPSILON))
    normalized = c * s
    weighted = g * spread(gamma)
    y = (normalized * spread(gamma) + (spread(beta) if layer.is_centered else 0)) * valid
    inner = weighted - (mean(weighted) if layer.is_centered else 0)
    dx = s * (inner - normalized * mean(weighted * normalized)) * valid
    flat = lambda values: values.reshape(layer.shape).sum(axis=layer.summed)
    terms = g * normalized
    return {"y": y.reshape(layer.shape), "dx": dx.reshape(layer.shape), "dgamma": flat(terms), "dbeta": flat(g),
            "dx by statistics": dx, "dgamma's size": np.sqrt(flat(terms * terms)),
            "dbeta's size": np.sqrt(flat(g * g))}


def cases(dtype, layer, random):
    """Name and values, by what shares statistics."""
    kept = tuple(axis for axis in range(len(layer.view)) if axis not in layer.axes)
    sets = tuple(layer.view[axis] for axis in kept)
    order = kept + layer.axes

    def tensor(values):
        moved = np.broadcast_to(values, sets + tuple(layer.view[axis] for axis in layer.axes))
        return np.ascontiguousarray(moved.transpose(np.argsort(order))).reshape(layer.shape)

    shape = sets + tuple(layer.view[axis] for axis in layer.axes)
    normal = random.standard_normal(shape)
    for power in range(0, 8, 2):
        yield f"mean/deviation 10^{power}", tensor(normal + 10.0**power)
    each = random.choice([0.1, 16777217.0, -3e30, 1e-30], sets).reshape(sets + (1,) * len(layer.axes))
    yield "constant", tensor(each)
    base = random.choice([1.0, 0.1, 1e6, -1e-6], sets).reshape(each.shape).astype(dtype)
    yield "one ulp", tensor(np.where(random.random(shape) < 0.5, base, np.nextafter(base, dtype(np.inf))))
    yield "small (10^-25)", tensor(normal * 1e-25)
    yield "large (10^25)", tensor(normal * 1e25)
    outliers = normal.reshape(-1).copy()
    outliers[::97] *= 1e5
    yield "heavy outliers", tensor(outliers.reshape(shape))


def run_norm(norm, engine, layer, folder):
    path = lambda name: os.path.join(folder, name)
    options = layer.options + ["--beta", path("beta.npy")] * layer.is_centered
    if layer.is_masked:
        options += ["--mask", path("mask.npy")]
    subprocess.run(
        [norm, "apply", "--mode", "backward", "--input", path("x.npy"), "--gradient", path("g.npy"), "--gamma",
         path("gamma.npy"), *options, "--epsilon", repr(EPSILON), "--engine", engine, "--output-directory",
         path(engine)], check=True, stdout=subprocess.DEVNULL)
    names = QUANTITIES if layer.is_centered else QUANTITIES[:3]
    return {name: np.load(path(f"{engine}/{name}.npy")) for name in names}


def run_torch(layer, *arrays):
    x, g, gamma, beta = (torch.from_numpy(array.copy()) for array in arrays)
    inputs = [x, gamma, beta]
    for tensor in inputs:
        tensor.requires_grad_()
    y = layer.torch(x, gamma, beta)
    y.backward(g)
    gradients = [None if tensor.grad is None else tensor.grad.numpy() for tensor in inputs]
    return {"y": y.detach().numpy(), "dx": gradients[0], "dgamma": gradients[1], "dbeta": gradients[2]}


def measure(norm, dtype, layer):
    info = np.finfo(dtype)
    random = np.random.default_rng(20240601)
    rows = []
    for name, values in cases(dtype, layer, random):
        x = values.astype(dtype)
        draw = np.random.default_rng(7)
        g = (draw.standard_normal(layer.shape) + 0.5).astype(dtype)
        gamma = (draw.standard_normal(layer.affine) * 0.25 + 1.5).astype(dtype)
        beta = (draw.standard_normal(layer.affine) * 0.25 - 0.25).astype(dtype)
        true = truth(layer, *(array.astype(L) for array in (x, g, gamma, beta)))
        largest = np.abs(true["dx by statistics"]).max(axis=layer.axes, keepdims=True)
        scales = {
            "y": np.maximum(1, np.abs(true["y"])),
            "dx": np.broadcast_to(largest, layer.view).reshape(layer.shape),
            "dgamma": np.maximum(np.abs(true["dgamma"]), true["dgamma's size"]),
            "dbeta": np.maximum(np.abs(true["dbeta"]), true["dbeta's size"]),
        }
        with tempfile.TemporaryDirectory() as folder:
            for file, array in (("x", x), ("g", g), ("gamma", gamma), ("beta", beta), ("mask", mask())):
                np.save(os.path.join(folder, f"{file}.npy"), array)
            results = {engine: run_norm(norm, engine, layer, folder) for engine in ENGINES}
        results["PyTorch"] = run_torch(layer, x, g, gamma, beta)

        def errors(found):
            return [None if found.get(q) is None else error(found[q], true[q], scales[q], info) for q in QUANTITIES]

        row = {subject: errors(results[subject]) for subject in SUBJECTS}
        if name == "constant" and layer.is_centered:
            expected = true["y"].astype(dtype)
            row["exact"] = [s for s in SUBJECTS if (results[s]["y"] == expected).all()]
        rows.append((name, row))
        print(dtype.__name__, layer.name, name, row, flush=True)
    return rows


HEAD = """# Accuracy of the family, measured

Generated by `make accuracy`; do not edit. [Accuracy](../accuracy.md) says what the units are.

A cell is the largest error of **y / ∂x / ∂γ / ∂β**; `·` where there is none, or the true number is beyond the type's range.
∂x is measured against the largest that shares its statistics, ∂γ and ∂β against themselves or, where their terms cancel,
against the root of the sum of their squares. γ is about 1.5 and β about −0.25, one for each channel, value of a row, or channel of a sample. PyTorch has no
masks: it normalizes the valid positions, gathered.

* Measured {date} on {machine}.
* Versions: PyTorch {torch}, numpy {numpy}.
* Command: `make accuracy`.

"""


def main():
    norm, folder = sys.argv[1:]
    parts = []
    for layer in LAYERS:
        shape = " × ".join(str(size) for size in layer.shape)
        parts.append(f"## {layer.name[0].upper()}{layer.name[1:]}, {shape}\n")
        for dtype, name in ((np.float32, "Float"), (np.float64, "Double")):
            rows = measure(norm, dtype, layer)
            parts.append(f"{name}:\n\n{table(rows)}\n\n{conclusions(rows, QUANTITIES)}")
    with open(f"{folder}/accuracy-family.md", "w", encoding="utf-8") as file:
        file.write(HEAD.format(**facts()) + "\n".join(parts))


if __name__ == "__main__":
    main()
