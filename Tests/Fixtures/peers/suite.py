"""One conformance suite: cases in a list, their tensors in a .safetensors file."""

import json
import zlib

import numpy as np
import torch
from safetensors.numpy import save

DTYPES = {torch.float32: "F32", torch.float64: "F64"}


class Suite:
    def __init__(self, name, source):
        self.name, self.source = name, source
        self.cases, self.tensors = [], {}

    def add(self, name, *, dtype, shape, epsilon, steps, channel_axis=1, update=None,
            variance=None, state=None, reason=None, peer_message=None):
        """Adds a case. `state` and each step hold arrays, None or (in a step) the mode's name.

        With a `reason` it is a case of an error: the layer must refuse it.
        """
        name = f"{self.name}/{name}/{dtype}"
        assert all(case["name"] != name for case in self.cases), name
        state = dict(state or {})
        case = {"name": name, "suite": self.name, "source": self.source, "dtype": dtype,
                "shape": list(shape), "channel_axis": channel_axis, "epsilon": epsilon,
                "update": update, "variance": variance}
        for key in ("gamma", "beta", "running_mean", "running_variance"):
            case[key] = self._store(f"{name}/{key}", state.get(key))
        case["steps"] = [
            {key: value if key == "mode" else self._store(f"{name}/{index}/{key}", value)
             for key, value in step.items()}
            for index, step in enumerate(steps)]
        if reason:
            case.update(error=True, reason=reason, peer_message=peer_message)
        self.cases.append(case)

    def _store(self, name, value):
        if value is None:
            return None
        if isinstance(value, torch.Tensor):
            value = value.detach().numpy()
        self.tensors[name] = np.array(value, order="C")
        return name

    def write_tensors(self, folder):
        (folder / f"{self.name}.safetensors").write_bytes(save(self.tensors))


def write_cases(suites, folder, name="cases.json"):
    """All cases of all suites: one JSON array with a case a line."""
    lines = [json.dumps(case) for suite in suites for case in suite.cases]
    (folder / name).write_text("[\n" + ",\n".join(lines) + "\n]\n")


def seed(name):
    """Seeds PyTorch's and NumPy's generators from a name, so that no case depends on another."""
    number = zlib.crc32(name.encode())
    torch.manual_seed(number)
    np.random.seed(number)


def differentiated(mode, call, x, parameters):
    """Runs `call` on x and pulls a random cotangent back: x, dy, y, dx and parameter gradients.

    `parameters` maps "dgamma" and "dbeta" to the tensor to differentiate by, or to None.
    """
    x = x.detach().clone().requires_grad_()
    y = call(x)
    dy = torch.randn_like(y)
    present = {key: value for key, value in parameters.items() if value is not None}
    dx, *gradients = torch.autograd.grad(y, [x, *present.values()], dy)
    found = dict(zip(present, gradients))
    return {"mode": mode, "x": x, "dy": dy, "y": y, "dx": dx,
            "dgamma": found.get("dgamma"), "dbeta": found.get("dbeta")}


def copied(*tensors):
    """Copies, because a running statistic's own storage changes with the next step."""
    return [None if tensor is None else tensor.detach().clone() for tensor in tensors]
