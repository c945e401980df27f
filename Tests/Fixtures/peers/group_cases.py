"""Group and instance normalization, and γ and β per sample: PyTorch and ONNX."""

import itertools
import json
import warnings

import numpy as np
import onnx
import torch
from torch.nn.functional import batch_norm, group_norm, instance_norm
from torch.testing._internal.common_methods_invocations import op_db

from .suite import DTYPES, Suite, differentiated, seed

VERSION = f"torch {torch.__version__}"
TENSORS = ("x", "y", "dy", "dx", "gamma", "beta", "dgamma", "dbeta", "gammas", "betas")


class GroupSuite(Suite):
    """One call a case: no running statistics, and nothing that a step would change."""

    def add(self, name, *, dtype, shape, groups, epsilon, channel_axis=1, scale_offset=0,
            of_batch=False, per_group=False, refused=False, **tensors):
        name = f"{self.name}/{name}/{dtype}"
        assert all(case["name"] != name for case in self.cases), name
        case = {"name": name, "suite": self.name, "source": self.source, "dtype": dtype,
                "shape": list(shape), "channel_axis": channel_axis, "groups": groups,
                "epsilon": epsilon, "scale_offset": scale_offset, "of_batch": of_batch,
                "per_group": per_group, "refused": refused}
        for key in TENSORS:
            case[key] = self._store(f"{name}/{key}", tensors.pop(key, None))
        assert not tensors, tensors
        self.cases.append(case)


def step(call, x, parameters):
    found = differentiated("training", call, x, parameters)
    del found["mode"]
    return found


def values_per_group(shape, groups):
    return int(np.prod(shape[1:])) // groups


# PyTorch's own samples


def operator_samples():
    """OpInfo's samples of group_norm and instance_norm, without those that use running statistics."""
    suite = GroupSuite("group_opinfo", f"{VERSION}, OpInfo of group_norm and instance_norm")
    for operator, (dtype, label) in itertools.product(("group", "instance"), DTYPES.items()):
        seed(f"{suite.name} {operator}")
        info = next(op for op in op_db if op.name == f"nn.functional.{operator}_norm")
        for index, sample in enumerate(info.sample_inputs("cpu", dtype, requires_grad=True)):
            x, options = sample.input, sample.kwargs
            if not options.get("use_input_stats", True) or x.dim() < 2:
                continue
            weight, bias = options.get("weight"), options.get("bias")
            epsilon = options.get("eps", 1e-5)
            groups = sample.args[0] if operator == "group" else x.shape[1]
            name = f"{operator} {index}, {'x'.join(map(str, x.shape))} in {groups}"
            about = {"dtype": label, "shape": x.shape, "groups": groups, "epsilon": epsilon,
                     "gamma": weight, "beta": bias}
            # PyTorch computes with an ε below zero, and this library refuses it.
            if epsilon <= 0:
                suite.add(name, **about, x=x, refused=True)
                continue
            suite.add(name, **about, **step(
                lambda x: group_norm(x, groups, weight, bias, epsilon), x,
                {"dgamma": weight, "dbeta": bias}))
    return suite


def single_values():
    """One value per group: PyTorch refuses some of these, and this library all."""
    suite = GroupSuite("group_errors", f"{VERSION}, one value per group")
    for (dtype, label), (shape, refuses) in itertools.product(
            DTYPES.items(), (((2, 3, 1), True), ((1, 6), True), ((4, 6), False))):
        x = torch.ones(shape, dtype=dtype)
        try:
            call = instance_norm if len(shape) > 2 else group_norm
            call(x) if call is instance_norm else call(x, shape[1])
        except ValueError:
            assert refuses, shape
        else:
            assert not refuses, shape
        suite.add("x".join(map(str, shape)), dtype=label, shape=shape, groups=shape[1],
                  epsilon=1e-5, x=x, refused=True)
    return suite


# Layers


def layers():
    """γ and β absent, shared and per channel, groups of one channel to all, every rank, both layouts."""
    suite = GroupSuite("group_layers", f"{VERSION}, group_norm with expanded weight and bias")
    kinds = ("absent", "shared", "per channel")
    shapes = ((6, 4), (3, 6, 7), (2, 12, 5, 4), (2, 4, 3, 2, 3), (2, 8, 17, 9))
    for (dtype, label), shape in itertools.product(DTYPES.items(), shapes):
        channels = shape[1]
        # Of the large one, one grouping.
        for groups in sorted({1, 2, channels // 2, channels}) if shape[-1] < 9 else [4]:
            if values_per_group(shape, groups) == 1:
                continue
            for weight, bias in zip(kinds, ("per channel", "absent", "per channel")):
                layer(suite, shape, groups, weight, bias, dtype, label, last=False)
            if len(shape) > 2:
                layer(suite, shape, groups, "per channel", "shared", dtype, label, last=True)
    return suite


def layer(suite, shape, groups, weight, bias, dtype, label, last):
    name = (f"{'x'.join(map(str, shape))}, {groups} groups, gamma {weight}, beta {bias}"
            + (", channels last" if last else ""))
    seed(name)
    channels = shape[1]
    size = {"shared": 1, "per channel": channels}
    weight, bias = (
        None if kind == "absent" else torch.randn(size[kind], dtype=dtype).requires_grad_()
        for kind in (weight, bias))
    x = 2 * torch.randn(shape, dtype=dtype) + 0.5

    def call(x):
        if last:
            x = x.movedim(-1, 1)
        # Without a weight or a bias PyTorch's group_norm has no gradient of the other (torch 2.13.0).
        full = [p.expand(channels).contiguous() if p is not None else absent.expand(channels)
                for p, absent in ((weight, torch.ones(1, dtype=dtype)),
                                  (bias, torch.zeros(1, dtype=dtype)))]
        # PyTorch's instance_norm is another way to the same numbers.
        if groups == channels:
            w, b = full
            y = instance_norm(x, weight=w, bias=b, eps=1e-5)
        else:
            y = group_norm(x, groups, *full, eps=1e-5)
        return y.movedim(1, -1) if last else y

    if last:
        x = x.movedim(1, -1).contiguous()
    suite.add(name, dtype=label, shape=x.shape, groups=groups, epsilon=1e-5,
              channel_axis=x.dim() - 1 if last else 1, gamma=weight, beta=bias,
              **step(call, x, {"dgamma": weight, "dbeta": bias}))


# γ and β per sample


def conditional():
    """BigGAN's gain on batch norm, FiLM on instance and group norm, and AdaIN."""
    suite = GroupSuite("group_conditional", f"{VERSION}, batch, instance and group norm, then γ, β")
    for (dtype, label), shape in itertools.product(
            DTYPES.items(), ((5, 4), (3, 4, 7), (2, 6, 5, 3), (4, 8, 9, 7))):
        n, c = shape[:2]
        wide = (n, c) + (1,) * (len(shape) - 2)
        for kind, offset in (("batch", 1), ("batch", 0), ("instance", 0), ("group", 1)):
            groups = {"batch": 1, "instance": c, "group": 2}[kind]
            if kind != "batch" and values_per_group(shape, groups) == 1:
                continue
            name = f"{kind} {'x'.join(map(str, shape))}, {offset} + gamma"
            seed(name)
            x = 2 * torch.randn(shape, dtype=dtype) + 0.5
            gammas = torch.randn(n, c, dtype=dtype).requires_grad_()
            betas = torch.randn(n, c, dtype=dtype).requires_grad_()

            def call(x):
                normalized = {
                    "batch": lambda: batch_norm(x, None, None, training=True, eps=1e-5),
                    "instance": lambda: instance_norm(x, eps=1e-5),
                    "group": lambda: group_norm(x, groups, eps=1e-5)}[kind]()
                return (offset + gammas).view(wide) * normalized + betas.view(wide)

            suite.add(name, dtype=label, shape=shape, groups=groups, epsilon=1e-5,
                      scale_offset=offset, of_batch=kind == "batch", gammas=gammas, betas=betas,
                      **step(call, x, {"dgamma": gammas, "dbeta": betas}))
    for dtype, label in DTYPES.items():
        adain(suite, dtype, label)
    return suite


def adain(suite, dtype, label):
    """AdaIN as its authors compute it: with the unbiased variances of content and style, and 1e-5."""
    seed("adain")
    content = 2 * torch.randn(2, 3, 6, 5, dtype=dtype) + 0.5
    style = 3 * torch.randn(2, 3, 8, 4, dtype=dtype) - 1

    def of(x):
        flat = x.flatten(2)
        return ((flat.var(dim=2) + 1e-5).sqrt()[..., None, None], flat.mean(dim=2)[..., None, None])

    (deviation, mean), (style_deviation, style_mean) = of(content), of(style)
    y = (content - mean) / deviation * style_deviation + style_mean
    # The library's variance is M2/k, so the factor (k − 1)/k goes into γ and ε.
    factor = (30 - 1) / 30
    suite.add("adain 2x3x6x5", dtype=label, shape=content.shape, groups=3, epsilon=1e-5 * factor,
              gammas=style_deviation[:, :, 0, 0] * factor ** 0.5, betas=style_mean[:, :, 0, 0],
              x=content, y=y)


# ONNX


def onnx_nodes():
    """GroupNormalization-21's node cases; -18's γ and β of a number per group, by its formula."""
    suite = GroupSuite("group_onnx", f"onnx {onnx.__version__}, node cases and the formula of opset 18")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases
        found = {operator: collect_testcases(operator)
                 for operator in ("GroupNormalization", "InstanceNormalization")}
    known = set()
    for case in (case for cases in found.values() for case in cases):
        node = case.model.graph.node[0]
        if case.name in known or node.op_type not in found or len(case.model.graph.node) > 1:
            continue
        known.add(case.name)
        (inputs, outputs), = case.data_sets
        options = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        suite.add(case.name, dtype="F32", shape=inputs[0].shape,
                  groups=options.get("num_groups", inputs[0].shape[1]),
                  epsilon=options.get("epsilon", 1e-5), x=inputs[0], gamma=inputs[1],
                  beta=inputs[2], y=outputs[0])
    for (dtype, label), (shape, groups) in itertools.product(
            (("float32", "F32"), ("float64", "F64")), (((3, 4, 2, 2), 2), ((2, 6, 5), 3))):
        name = f"opset 18, {'x'.join(map(str, shape))} in {groups}"
        seed(name)
        x, gamma, beta = (np.random.randn(*s).astype(dtype) for s in (shape, (groups,), (groups,)))
        grouped = x.astype(np.float64).reshape(shape[0], groups, -1)
        normalized = (grouped - grouped.mean(-1, keepdims=True)) / np.sqrt(
            grouped.var(-1, keepdims=True) + 1e-5)
        y = (gamma[:, None] * normalized + beta[:, None]).reshape(shape).astype(dtype)
        suite.add(name, dtype=label, shape=shape, groups=groups, epsilon=1e-5, per_group=True,
                  x=x, gamma=gamma, beta=beta, y=y)
    return suite


def write(folder):
    suites = [operator_samples(), single_values(), layers(), conditional(), onnx_nodes()]
    for suite in suites:
        suite.write_tensors(folder)
        size = (folder / f"{suite.name}.safetensors").stat().st_size
        print(f"{suite.name:20} {len(suite.cases):4} cases {size / 1e6:6.2f} MB  {suite.source}")
    lines = [json.dumps(case) for suite in suites for case in suite.cases]
    (folder / "group_cases.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
