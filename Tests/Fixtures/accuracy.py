"""Measures how far every engine, and PyTorch, are from the true result on hard data.

    accuracy.py NORM FOLDER         writes accuracy.md and accuracy.svg into FOLDER

Data are made here from fixed seeds. Truth is numpy's longdouble (x87, 64 bits of mantissa, exponents
to 10^4932): two passes over deviations from the first value with pairwise sums, so its error, below
10^-18 of a deviation, is a thousandth of the rounding of Double, and nothing overflows. `check_truth`
compares it with exact rational arithmetic first.

Errors are in units of rounding, u = 2^-24 (Float) or 2^-53 (Double), of a scale:
mean: max(|mean|, deviation); variance: itself; y: max(1, |y|); dx: the largest |dx| of the channel;
and no unit is below half the smallest subnormal. A correctly rounded result has 1 at most.
"""

import datetime
import math
import os
import re
import subprocess
import sys
import tempfile
from fractions import Fraction

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Benchmarks/peers"))
import machine  # noqa: E402

ENGINES = ["fused", "blas", "reference"]
SUBJECTS = ENGINES + ["PyTorch"]
EPSILON = 1e-5
GAMMA, BETA = 1.5, -0.25
QUANTITIES = ["mean", "variance", "y", "dx"]
L = np.longdouble
assert np.finfo(L).nmant == 63, "expected the x87 long double"


def truth(x, g):
    """x, g: (channels, m) longdouble -> mean, variance, y, dx; exact data in, true results out."""
    m = x.shape[1]
    first = x[:, :1]
    d = x - first
    mean_d = d.sum(axis=1, keepdims=True) / m
    c = d - mean_d
    c = c - c.sum(axis=1, keepdims=True) / m
    variance = (c * c).sum(axis=1, keepdims=True) / m
    s = 1 / np.sqrt(variance + L(EPSILON))
    normalized = c * s
    y = L(GAMMA) * normalized + L(BETA)
    a = g.sum(axis=1, keepdims=True) / m
    b = (g * normalized).sum(axis=1, keepdims=True) / m
    dx = L(GAMMA) * s * (g - a - normalized * b)
    return {"mean": (first + mean_d)[:, 0], "variance": variance[:, 0], "y": y, "dx": dx}


def check_truth():
    """The longdouble statistics against rational numbers, on a channel of mean 10^7 deviations."""
    x = (np.random.default_rng(1).standard_normal(500) + 1e7).astype(np.float64)
    exact = [Fraction(float(v)) for v in x]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / len(exact)
    found = truth(x[None].astype(L), np.zeros((1, 500), L))
    for name, value in (("mean", mean), ("variance", variance)):
        mantissa, exponent = np.frexp(found[name][0])
        got = Fraction(int(mantissa * L(2) ** 64)) * Fraction(2) ** (int(exponent) - 64)
        assert abs(got - value) / value < Fraction(1, 10**18), name


def cases(dtype, random):
    """Name, shape, values by channel."""
    info = np.finfo(dtype)
    images, features = (16, 4, 24, 24), (9216, 4)

    def both(name, values):
        yield name, images, values
        yield name + ", features", features, values

    m = 9216
    normal = random.standard_normal((4, m))
    for power in range(8):
        yield from both(f"mean/deviation 10^{power}", normal + 10.0**power)
    constants = np.array([[0.1], [16777217.0], [-3e30], [1e-30]]) * np.ones((4, m))
    yield from both("constant", constants)
    base = np.array([[1.0], [0.1], [1e6], [-1e-6]]).astype(dtype)
    ulps = np.where(random.random((4, m)) < 0.5, base, np.nextafter(base, dtype(np.inf)))
    yield from both("one ulp", ulps)
    yield from both("subnormal", (normal * float(info.tiny) / 64).astype(L))
    yield from both("small (10^-25)", normal * 1e-25)
    yield from both("large (10^25)", normal * 1e25)
    yield from both("near overflow", (random.random((4, m)) * 1.8 - 0.9) * float(info.max))
    outliers = normal.copy()
    outliers[:, 0] = 1e6
    outliers[:, 5::1000] *= 1e5
    yield from both("heavy outliers", outliers)
    million = random.standard_normal((2, 1_000_000)) * 3 + 5
    yield "a million values", (1, 2, 1000, 1000), million
    yield "a million values, features", (1_000_000, 2), million


def to_tensor(channels, shape, dtype):
    """(channels, m) -> shape, channels at axis 1."""
    parts = channels.reshape((channels.shape[0], shape[0]) + shape[2:])
    return np.ascontiguousarray(np.swapaxes(parts, 0, 1)).astype(dtype)


def to_channels(tensor):
    return np.swapaxes(tensor, 0, 1).reshape(tensor.shape[1], -1)


def run_norm(norm, engine, folder):
    path = lambda name: os.path.join(folder, name)
    subprocess.run(
        [norm, "apply", "--mode", "backward", "--input", path("x.npy"), "--gradient",
         path("g.npy"), "--gamma", path("gamma.npy"), "--beta", path("beta.npy"), "--epsilon",
         repr(EPSILON), "--engine", engine, "--output-directory", path(engine)],
        check=True, stdout=subprocess.DEVNULL)
    load = lambda name: np.load(path(f"{engine}/{name}.npy"))
    return {"mean": load("batch_mean"), "variance": load("batch_variance"),
            "y": to_channels(load("y")), "dx": to_channels(load("dx"))}


def run_torch(x, g):
    x, g = torch.from_numpy(x.copy()).requires_grad_(), torch.from_numpy(g)
    channels, m = x.shape[1], x.numel() // x.shape[1]
    mean, variance = (torch.zeros(channels, dtype=x.dtype) for _ in range(2))
    gamma, beta = (torch.full((channels,), v, dtype=x.dtype) for v in (GAMMA, BETA))
    y = torch.nn.functional.batch_norm(
        x, mean, variance, gamma, beta, training=True, momentum=1.0, eps=EPSILON)
    y.backward(g)
    # A running variance is the unbiased one.
    variance = variance.numpy().astype(L) * (m - 1) / m
    return {"mean": mean.numpy(), "variance": variance,
            "y": to_channels(y.detach().numpy()), "dx": to_channels(x.grad.numpy())}


def error(found, true, scale, info):
    """The largest error in units of rounding; None where no true value is one of the type."""
    representable = np.broadcast_to(np.abs(true) <= L(info.max), true.shape)
    if not representable.any():
        return None
    unit = np.maximum(L(info.eps) / 2 * scale, L(info.smallest_subnormal) / 2)
    unit = np.broadcast_to(unit, true.shape)
    errors = np.abs(found.astype(L) - true) / unit
    errors = np.where(np.isfinite(found.astype(L)), errors, np.inf)[representable]
    return float(errors.max())


def measure(norm, dtype):
    info = np.finfo(dtype)
    random = np.random.default_rng(20240601)
    rows = []
    for name, shape, values in cases(dtype, random):
        with np.errstate(over="ignore"):
            x = to_tensor(values, shape, dtype)
        g = to_tensor(np.random.default_rng(7).standard_normal(values.shape) + 0.5, shape, dtype)
        true = truth(to_channels(x).astype(L), to_channels(g).astype(L))
        deviation = np.sqrt(true["variance"])
        scales = {
            "mean": np.maximum(np.abs(true["mean"]), deviation), "variance": true["variance"],
            "y": np.maximum(1, np.abs(true["y"])),
            "dx": np.abs(true["dx"]).max(axis=1, keepdims=True),
        }
        with tempfile.TemporaryDirectory() as folder:
            np.save(os.path.join(folder, "x.npy"), x)
            np.save(os.path.join(folder, "g.npy"), g)
            np.save(os.path.join(folder, "gamma.npy"), np.full(x.shape[1], GAMMA, dtype))
            np.save(os.path.join(folder, "beta.npy"), np.full(x.shape[1], BETA, dtype))
            results = {engine: run_norm(norm, engine, folder) for engine in ENGINES}
        results["PyTorch"] = run_torch(x, g)
        row = {s: [error(results[s][q], true[q], scales[q], info) for q in QUANTITIES]
               for s in SUBJECTS}
        if name.startswith("constant"):
            row["exact"] = [s for s in SUBJECTS if (results[s]["y"] == dtype(BETA)).all()]
        rows.append((name, row))
        print(dtype.__name__, name, {s: row[s] for s in SUBJECTS}, row.get("exact", ""), flush=True)
    return rows


def show(value):
    if value is None:
        return "·"
    if not math.isfinite(value):
        return "∞"
    return f"{value:.1f}" if value < 100 else f"{value:.0e}".replace("e+0", "e").replace("e+", "e")


def table(rows):
    lines = ["| data | " + " | ".join(SUBJECTS) + " |", "| --- |" + " --- |" * len(SUBJECTS)]
    for name, row in rows:
        cells = [" / ".join(show(v) for v in row[s]) for s in SUBJECTS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def losses(rows, quantities=QUANTITIES):
    """Where an engine is worse than PyTorch by more than rounding: twice its error, and 8 units."""
    found = []
    for name, row in rows:
        for engine in ENGINES:
            for quantity, ours, theirs in zip(quantities, row[engine], row["PyTorch"]):
                if ours is not None and ours > max(8, 2 * theirs):
                    found.append(f"{name}: {engine} {quantity} {show(ours)}, PyTorch {show(theirs)}")
    return found


def draw(rows, chart):
    points = [(int(name.split("^")[1]), row) for name, row in rows
              if re.fullmatch(r"mean/deviation 10\^\d", name)]
    series = "\n".join(
        "$" + s + " << EOD\n"
        + "\n".join(f"{10**p} {row[s][2]}" for p, row in points) + "\nEOD" for s in SUBJECTS)
    plots = ", ".join(f"${s} with linespoints lw 2 title '{s}'" for s in SUBJECTS)
    script = f"""{series}
set terminal svg size 760,420 background 'white'
set output '{chart}'
set logscale xy
set format '10^{{%T}}'
set key left top
set xlabel '|mean| / deviation'
set ylabel 'largest error of y, Float, in units of 2^{{-24}}'
set grid
plot {plots}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def conclusions(rows, quantities=QUANTITIES):
    """What a table says of losses and of constant data."""
    worse = losses(rows, quantities)
    lines = "Worse than PyTorch by more than rounding (over twice its error and over 8 units): "
    lines += "none.\n" if not worse else "\n" + "".join(f"* {line}\n" for line in worse)
    exact = [f"{name}: {', '.join(row['exact']) or 'none'}" for name, row in rows if "exact" in row]
    return lines + (f"\nConstant channels are exactly β: {'; '.join(exact)}.\n" if exact else "")


def facts():
    """What a page says of its origin."""
    return {"date": datetime.date.today().isoformat(), "machine": machine.name(), "torch": torch.__version__,
            "numpy": np.__version__}


HEAD = """# Accuracy, measured

Generated by `make accuracy`; do not edit. [Accuracy](../accuracy.md) says what the cells mean.

![Error of y against mean/deviation](accuracy.svg)

* Measured {date} on {machine}.
* Versions: PyTorch {torch}, numpy {numpy}.
* Command: `make accuracy`.

"""


def main():
    norm, folder = sys.argv[1:]
    check_truth()
    rows = {dtype: measure(norm, dtype) for dtype in (np.float32, np.float64)}
    parts = []
    for dtype, name in ((np.float32, "Float"), (np.float64, "Double")):
        parts.append(f"## {name}\n\n{table(rows[dtype])}\n")
        parts.append(conclusions(rows[dtype]))
    head = HEAD.format(**facts())
    with open(f"{folder}/accuracy.md", "w", encoding="utf-8") as file:
        file.write(head + "\n".join(parts))
    draw(rows[np.float32], f"{folder}/accuracy.svg")


if __name__ == "__main__":
    main()
