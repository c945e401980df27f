"""Computes every case of group_cases.json again in NumPy, in double, and compares.

    python Tests/Fixtures/check_group_conformance.py

It needs NumPy and safetensors only. For each suite and type it prints the largest difference, in units of
that type's machine epsilon times the size of the terms that are summed, which README.md lists.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

FOLDER = Path(__file__).resolve().parent / "conformance"


class Case:
    """One case with its channels moved to axis 1: samples × channels × positions."""

    def __init__(self, case, tensors):
        self.case, self.tensors, self.worst = case, tensors, defaultdict(float)
        n, c = case["shape"][0], case["shape"][case["channel_axis"]]
        self.groups = case["groups"]
        self.size = (n, c, int(np.prod(case["shape"])) // max(n * c, 1))
        gammas, betas = self.small("gammas"), self.small("betas")
        self.is_per_sample = gammas is not None
        if self.is_per_sample:
            self.gamma, self.beta = gammas.reshape(n, c, 1), betas.reshape(n, c, 1)
        else:
            self.gamma, self.beta = self.affine("gamma", 1.0, c), self.affine("beta", 0.0, c)
        self.scale = self.gamma + case["scale_offset"]

    def small(self, key):
        name = self.case[key]
        return None if name is None else self.tensors[name].astype(np.float64)

    def affine(self, key, absent, c):
        values = self.small(key)
        if values is None:
            return np.full((1, 1, 1), absent)
        if self.case["per_group"]:
            values = np.repeat(values, c // self.groups)
        return values.reshape(1, -1, 1)

    def large(self, key):
        values = self.small(key)
        if values is None:
            return None
        return np.moveaxis(values, self.case["channel_axis"], 1).reshape(self.size)

    def average(self, values):
        """The mean over what shares statistics, in the shape of the values."""
        if self.case["of_batch"]:
            return np.broadcast_to(values.mean((0, 2), keepdims=True), values.shape)
        n = values.shape[0]
        means = values.reshape(n, self.groups, -1).mean(-1)
        wide = np.repeat(means, values.shape[1] // self.groups, axis=1)
        return np.broadcast_to(wide[..., None], values.shape)

    def run(self):
        x, dy = self.large("x"), self.large("dy")
        if x.size == 0:
            return self.worst
        mean = self.average(x)
        s = 1 / np.sqrt(self.average((x - mean) ** 2) + self.case["epsilon"])
        xhat = (x - mean) * s
        size = (abs(x) + self.average(abs(x))) * s
        scale = np.broadcast_to(self.scale, x.shape)
        self.compare(self.large("y"), "y", scale * xhat + self.beta,
                     abs(scale) * size + abs(self.beta))
        if dy is None:
            return self.worst
        h = scale * dy
        self.compare(self.large("dx"), "dx",
                     s * (h - self.average(h) - xhat * self.average(h * xhat)),
                     s * self.terms(abs(h), size))
        self.parameter("dbeta", "beta", dy, abs(dy))
        self.parameter("dgamma", "gamma", dy * xhat, abs(dy) * size)
        return self.worst

    def terms(self, h, size):
        with_mean = h + self.average(h)
        return with_mean + size * self.average(with_mean * size)

    def parameter(self, key, name, products, sizes):
        expected = self.small(key)
        if expected is None:
            return
        if self.is_per_sample:
            axes = (2,)
        else:
            axes = (0, 1, 2) if expected.size == 1 < products.shape[1] else (0, 2)
        self.compare(expected.reshape(-1), key, products.sum(axes).reshape(-1),
                     sizes.sum(axes).reshape(-1))

    def compare(self, expected, key, computed, size):
        unit = np.finfo(self.tensors[self.case["x"]].dtype).eps * np.broadcast_to(
            size, expected.shape)
        ratio = np.max(abs(expected - computed) / np.maximum(unit, 1e-300), initial=0)
        self.worst[key] = max(self.worst[key], ratio)


if __name__ == "__main__":
    files, worst, count = {}, defaultdict(lambda: defaultdict(float)), defaultdict(int)
    for case in json.loads((FOLDER / "group_cases.json").read_text()):
        suite = case["suite"]
        if suite not in files:
            files[suite] = load_file(FOLDER / f"{suite}.safetensors")
        key = (suite, "refused" if case["refused"] else case["dtype"])
        count[key] += 1
        if case["refused"]:
            continue
        for name, ratio in Case(case, files[suite]).run().items():
            worst[key][name] = max(worst[key][name], ratio)
    for key, number in count.items():
        ratios = ", ".join(f"{name} {ratio:.1f}" for name, ratio in worst[key].items())
        print(f"{key[0]:20}{key[1]:9}{number:4}  {ratios}")
