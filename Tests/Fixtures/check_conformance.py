"""Computes every conformance case again in NumPy, in double, and compares.

    python Tests/Fixtures/check_conformance.py

This is the format read as simply as it can be, and the proof that the fixtures follow the
definitions: it needs NumPy and safetensors only. For each suite and type it prints the largest
difference, in units of that type's machine epsilon times the size of the terms that are summed.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

FOLDER = Path(__file__).resolve().parent / "conformance"


class Case:
    def __init__(self, case, tensors):
        self.case, self.tensors = case, tensors
        self.ndim, self.axis = len(case["shape"]), case["channel_axis"]
        self.others = tuple(a for a in range(self.ndim) if a != self.axis)
        self.running = [self.tensor(case["running_mean"]), self.tensor(case["running_variance"])]
        self.worst = defaultdict(float)

    def tensor(self, name):
        return None if name is None else self.tensors[name].astype(np.float64)

    def wide(self, values):
        """One value a channel, shaped to broadcast against x."""
        return values.reshape([-1 if a == self.axis else 1 for a in range(self.ndim)])

    def affine(self, name, absent):
        values = self.tensor(self.case[name])
        return self.wide(np.full(1, absent) if values is None else values)

    def weight(self, count):
        kind, value = self.case["update"].values()
        return {"new_weight": value, "decay": 1 - (value or 0), "cumulative": 1 / count}[kind]

    def run(self):
        updates = 0
        for step in self.case["steps"]:
            x, dy = self.tensor(step["x"]), self.tensor(step.get("dy"))
            training = step["mode"] == "training"
            batch = training or self.running[0] is None
            if x.size == 0:
                mean, variance = np.zeros((2, x.shape[self.axis]))
            elif batch:
                mean, variance = x.mean(self.others), x.var(self.others)
            else:
                mean, variance = self.running
            if training and self.running[0] is not None and x.size:
                updates += 1
                self.update(mean, variance, x.size // mean.size, self.weight(updates))
            self.forward_and_backward(step, x, dy, mean, variance, batch)
            if self.running[0] is not None:
                self.compare(step, "running_mean", self.running[0], 1 + abs(self.running[0]))
                self.compare(step, "running_variance", self.running[1], 1 + self.running[1])
                # The peer's own rounding is carried from step to step, as a layer carries it.
                self.running = [self.tensor(step["running_mean"]),
                                self.tensor(step["running_variance"])]

    def update(self, mean, variance, m, w):
        if self.case["variance"] == "unbiased":
            variance = variance * m / (m - 1)
        self.running = [(1 - w) * old + w * new
                        for old, new in zip(self.running, (mean, variance))]

    def forward_and_backward(self, step, x, dy, mean, variance, batch):
        gamma, beta = self.affine("gamma", 1.0), self.affine("beta", 0.0)
        s = self.wide(1 / np.sqrt(variance + self.case["epsilon"]))
        xhat = (x - self.wide(mean)) * s
        centre = self.average(abs(x)) if batch else self.wide(abs(mean))
        size = (abs(x) + centre) * s
        self.compare(step, "y", gamma * xhat + beta, abs(gamma) * size + abs(beta))
        if dy is None:
            return
        self.parameter(step, "dbeta", "beta", dy, abs(dy))
        self.parameter(step, "dgamma", "gamma", dy * xhat, abs(dy) * size)
        g, terms = dy, abs(dy)
        if batch:
            g = dy - self.average(dy) - xhat * self.average(dy * xhat)
            terms = terms + self.average(terms) + size * self.average(terms * size)
        self.compare(step, "dx", gamma * s * g, abs(gamma) * s * terms)

    def average(self, values):
        """The mean over each channel, 0 of no values."""
        m = max(values.size // values.shape[self.axis], 1)
        return values.sum(self.others, keepdims=True) / m

    def parameter(self, step, gradient, name, products, sizes):
        """Sums a parameter's gradient: over all where it is one number, else channel by channel."""
        if self.case[name] is None:
            assert step[gradient] is None
            return
        shared = self.tensor(self.case[name]).size == 1 < self.case["shape"][self.axis]
        total, size = (np.atleast_1d(v.sum(None if shared else self.others))
                       for v in (products, sizes))
        self.compare(step, gradient, total, size)

    def compare(self, step, key, computed, size):
        if step.get(key) is None:
            return
        expected = self.tensor(step[key])
        assert expected.shape == computed.shape, (self.case["name"], key)
        unit = np.finfo(self.tensors[step[key]].dtype).eps * np.broadcast_to(size, expected.shape)
        ratio = np.max(abs(expected - computed) / np.maximum(unit, 1e-300), initial=0)
        self.worst[key] = max(self.worst[key], ratio)


if __name__ == "__main__":
    files, worst, count = {}, defaultdict(lambda: defaultdict(float)), defaultdict(int)
    for case in json.loads((FOLDER / "cases.json").read_text()):
        suite = case["suite"]
        if suite not in files:
            files[suite] = load_file(FOLDER / f"{suite}.safetensors")
        if case.get("error"):
            count[suite, "error"] += 1
            continue
        checked = Case(case, files[suite])
        checked.run()
        count[suite, case["dtype"]] += 1
        for key, ratio in checked.worst.items():
            worst[suite, case["dtype"]][key] = max(worst[suite, case["dtype"]][key], ratio)
    for key, number in count.items():
        ratios = ", ".join(f"{name} {ratio:.1f}" for name, ratio in worst[key].items())
        print(f"{key[0]:20}{key[1]:6}{number:4}  {ratios}")
