"""PyTorch: the samples its own tests run (OpInfo, ModuleInfo), its errors, and shared layers."""

import itertools

import torch
from torch.nn.functional import batch_norm
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

from .suite import DTYPES, Suite, copied, differentiated, seed

VERSION = f"torch {torch.__version__}"


def weight_of(momentum):
    if momentum is None:
        return {"kind": "cumulative", "value": None}
    return {"kind": "new_weight", "value": momentum}


# The functional interface


def operator_samples():
    """OpInfo's samples of nn.functional.batch_norm: one call each."""
    suite = Suite("pytorch_opinfo", f"{VERSION}, OpInfo of nn.functional.batch_norm")
    info = next(op for op in op_db if op.name == "nn.functional.batch_norm")
    for dtype, label in DTYPES.items():
        seed(suite.name)
        for index, sample in enumerate(info.sample_inputs("cpu", dtype, requires_grad=True)):
            operator_sample(suite, index, sample, label)
    return suite


def operator_sample(suite, index, sample, label):
    x, (mean, variance, weight, bias) = sample.input, sample.args
    training = sample.kwargs.get("training", False)
    momentum = sample.kwargs.get("momentum", 0.1)
    epsilon = sample.kwargs.get("eps", 1e-5)
    mode = "training" if training else "inference"
    name = f"{index}, {mode} {'x'.join(map(str, x.shape))}"
    about = {"dtype": label, "shape": x.shape, "epsilon": epsilon}
    state = dict(zip(("running_mean", "running_variance", "gamma", "beta"),
                     copied(mean, variance, weight, bias)))
    updates = training and mean is not None
    if updates:
        about.update(update=weight_of(momentum), variance="unbiased")

    # Two kinds of sample PyTorch computes and this library refuses.
    if x.dim() < 2:
        suite.add(name, **about, state=state, steps=[{"mode": mode, "x": x}], reason="rank")
        return
    if updates and not 0 <= momentum <= 1:
        suite.add(f"{name}, momentum {momentum}", **about, state=state,
                  steps=[{"mode": mode, "x": x}], reason="update_weight")
        mean = variance = state["running_mean"] = state["running_variance"] = None
        about.update(update=None, variance=None)
        name += ", without running statistics"

    step = differentiated(mode, lambda x: batch_norm(x, mean, variance, weight, bias,
                                                     training, momentum, epsilon),
                          x, {"dgamma": weight, "dbeta": bias})
    step["running_mean"], step["running_variance"] = copied(mean, variance)
    suite.add(name, **about, state=state, steps=[step])


# The modules


def record(suite, name, label, module, inputs, modes):
    """Runs a module through the modes, one input each, keeping what changes."""
    tracks = module.running_mean is not None
    state = dict(zip(
        ("gamma", "beta", "running_mean", "running_variance"),
        copied(module.weight, module.bias, module.running_mean, module.running_var)))
    steps = []
    for mode, x in zip(modes, inputs):
        module.train(mode == "training")
        step = differentiated(mode, module, x, {"dgamma": module.weight, "dbeta": module.bias})
        step["running_mean"], step["running_variance"] = copied(
            module.running_mean, module.running_var)
        steps.append(step)
    suite.add(name, dtype=label, shape=inputs[0].shape, epsilon=module.eps,
              update=weight_of(module.momentum) if tracks else None,
              variance="unbiased" if tracks else None, state=state, steps=steps)


def randomize(module):
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.normal_()
        if module.running_mean is not None:
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 1.5)


def module_samples():
    """ModuleInfo's samples of BatchNorm1d, 2d and 3d: three training steps, then inference.

    Each as PyTorch initializes it, and with random parameters and running statistics; the first
    sample of each also in inference alone.
    """
    suite = Suite("pytorch_moduleinfo", f"{VERSION}, ModuleInfo of BatchNorm1d, 2d, 3d")
    for (dtype, label), dimensions in itertools.product(DTYPES.items(), (1, 2, 3)):
        kind = getattr(torch.nn, f"BatchNorm{dimensions}d")
        info = next(module for module in module_db if module.module_cls is kind)
        seed(kind.__name__)
        samples = info.module_inputs_func(info, "cpu", dtype, False, True)
        for index, sample in enumerate(samples):
            construct, x = sample.constructor_input, sample.forward_input.args[0]
            for start in ("initial", "random"):
                name = f"{kind.__name__}/{index} {sample.desc or 'default'}, {start}"
                seed(name)
                module = kind(*construct.args, **construct.kwargs).to(dtype)
                if start == "random":
                    randomize(module)
                if index == 0:
                    record(suite, f"{name}, inference", label, module, [x], ["inference"])
                inputs = [x] + [3 * torch.randn_like(x) + 1 for _ in range(3)]
                record(suite, name, label, module, inputs, 3 * ["training"] + ["inference"])
    return suite


class SharedBatchNorm(torch.nn.modules.batchnorm._BatchNorm):
    """Batch normalization whose weight and bias are per channel, one number for all, or absent.

    Sharing is PyTorch's own `expand`, so its gradients come from PyTorch's own autograd. The copy
    is needed: of an expanded weight batch_norm's dx is wrong on (N, C) data (torch 2.13.0).
    """

    def __init__(self, channels, weight, bias, dtype):
        super().__init__(channels, affine=False, dtype=dtype)
        size = {"shared": 1, "per channel": channels}
        self.weight, self.bias = (
            None if kind == "absent" else torch.nn.Parameter(torch.randn(size[kind], dtype=dtype))
            for kind in (weight, bias))

    def forward(self, x):
        weight, bias = (
            None if parameter is None else parameter.expand(self.num_features).contiguous()
            for parameter in (self.weight, self.bias))
        return batch_norm(x, self.running_mean, self.running_var, weight, bias,
                          self.training, self.momentum, self.eps)


def layers():
    """Every combination of gamma and beta absent, shared or per channel, in every rank."""
    suite = Suite("pytorch_layers", f"{VERSION}, batch_norm with expanded weight and bias")
    kinds = ("absent", "shared", "per channel")
    shapes = ((6, 5), (4, 3, 7), (2, 3, 5, 4), (2, 4, 3, 2, 3), (2, 7, 1, 1))
    for (dtype, label), shape in itertools.product(DTYPES.items(), shapes):
        for weight, bias in itertools.product(kinds, kinds):
            name = f"{'x'.join(map(str, shape))}/gamma {weight}, beta {bias}"
            seed(name)
            module = SharedBatchNorm(shape[1], weight, bias, dtype)
            inputs = [2 * torch.randn(shape, dtype=dtype) + 0.5 for _ in range(3)]
            record(suite, name, label, module, inputs, ["training", "training", "inference"])
    return suite


# The errors


def errors():
    """Calls PyTorch refuses, with its message."""
    suite = Suite("pytorch_errors", f"{VERSION}, errors of nn.functional.batch_norm")
    ordinary = {"shape": (2, 3, 4), "mode": "training", "epsilon": 1e-5,
                "gamma": 3, "beta": 3, "running_mean": 3, "running_variance": 3}
    refused = {
        "one value per channel, 1x3": ("single_value", {"shape": (1, 3)}),
        "one value per channel, 1x3x1x1": ("single_value", {"shape": (1, 3, 1, 1)}),
        "epsilon 0 in training": ("epsilon", {"epsilon": 0.0}),
        "epsilon -1 in training": ("epsilon", {"epsilon": -1.0}),
        "epsilon -1 in inference": ("epsilon", {"epsilon": -1.0, "mode": "inference"}),
        "gamma too short": ("gamma", {"gamma": 2}),
        "beta too long": ("beta", {"beta": 4}),
        "running mean too short": ("running_mean", {"running_mean": 2}),
        "running mean too short in inference": (
            "running_mean", {"running_mean": 2, "mode": "inference"}),
        "running variance too long": ("running_variance", {"running_variance": 4}),
    }
    for (dtype, label), (name, (reason, changes)) in itertools.product(
            DTYPES.items(), refused.items()):
        call = {**ordinary, **changes}
        x = torch.ones(call["shape"], dtype=dtype)
        state = {key: torch.ones(call[key], dtype=dtype)
                 for key in ("gamma", "beta", "running_mean", "running_variance")}
        try:
            batch_norm(x, state["running_mean"], state["running_variance"], state["gamma"],
                       state["beta"], call["mode"] == "training", 0.1, call["epsilon"])
        except (ValueError, RuntimeError) as error:
            suite.add(name, dtype=label, shape=x.shape, epsilon=call["epsilon"],
                      update=weight_of(0.1), variance="unbiased", state=state,
                      steps=[{"mode": call["mode"], "x": x}], reason=reason,
                      peer_message=str(error))
        else:
            raise AssertionError(f"PyTorch accepts {name}")
    return suite
