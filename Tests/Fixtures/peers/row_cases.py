"""Layer norm and RMS norm of rows: PyTorch's functions, and the models' own formulas for RMS norm."""

import torch
import torch.nn.functional as F

from .suite import Suite, differentiated, seed

# Shapes, and how many last axes are normalized.
SHAPES = [((2, 3, 5), 1), ((4, 16), 1), ((3, 4, 7, 2), 2), ((2, 5, 77), 1), ((3, 300), 1), ((1, 64), 1)]
# Of N x C x H x W, normalized over C: what ConvNeXt calls channels first.
PLANES = [((2, 6, 5, 3), 1), ((1, 24, 4, 4), 1)]


def llama(x, weight, epsilon):
    """transformers' LlamaRMSNorm, whose input is float32 here."""
    variance = x.pow(2).mean(-1, keepdim=True)
    return weight * (x * torch.rsqrt(variance + epsilon))


def gemma(x, weight, epsilon):
    """transformers' GemmaRMSNorm: the weight is stored less 1."""
    return (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)) * (1.0 + weight)


def convnext(x, weight, bias, epsilon):
    """ConvNeXt's LayerNorm for data_format channels_first."""
    mean = x.mean(1, keepdim=True)
    variance = (x - mean).pow(2).mean(1, keepdim=True)
    x = (x - mean) / torch.sqrt(variance + epsilon)
    return weight[:, None, None] * x + bias[:, None, None]


def rows():
    suite = Suite("rows", f"torch {torch.__version__.split('+')[0]}")
    for dtype in (torch.float32, torch.float64):
        for shape, last in SHAPES:
            _trailing(suite, dtype, shape, last)
        for shape, axis in PLANES:
            seed(f"planes {shape} {dtype}")
            gamma, beta = (torch.randn(shape[axis], dtype=dtype, requires_grad=True) for _ in "gb")
            x = torch.randn(shape, dtype=dtype) * 2 + 1
            _add(suite, f"convnext/{shape}", "layer", x, [axis, axis], 1e-6, gamma, beta,
                 lambda x: convnext(x, gamma, beta, 1e-6))
    return suite


def _trailing(suite, dtype, shape, last):
    seed(f"{shape} {dtype}")
    normalized, axes = shape[-last:], [len(shape) - last, len(shape) - 1]
    x = torch.randn(shape, dtype=dtype) * 2 + 1
    gamma, beta = (torch.randn(normalized, dtype=dtype, requires_grad=True) for _ in "gb")
    for weight, bias in ((gamma, beta), (gamma, None), (None, None)):
        name = f"{'gamma' if weight is not None else ''}{'beta' if bias is not None else ''}"
        _add(suite, f"layer_norm/{shape}/{name}", "layer", x, axes, 1e-5, weight, bias,
             lambda x: F.layer_norm(x, normalized, weight, bias, 1e-5))
    for weight in (gamma, None):
        for epsilon in (None, 1e-3):
            name = f"{'gamma' if weight is not None else ''}{'' if epsilon is None else epsilon}"
            _add(suite, f"rms_norm/{shape}/{name}", "rms", x, axes,
                 torch.finfo(dtype).eps if epsilon is None else epsilon, weight, None,
                 lambda x: F.rms_norm(x, normalized, weight, epsilon))
    if last == 1:
        _add(suite, f"llama/{shape}", "rms", x, axes, 1e-6, gamma, None,
             lambda x: llama(x, gamma, 1e-6))
        _add(suite, f"gemma/{shape}", "rms", x, axes, 1e-6, gamma, None,
             lambda x: gemma(x, gamma, 1e-6), offset=1)


def _add(suite, name, kind, x, axes, epsilon, gamma, beta, call, offset=0):
    step = differentiated("training", call, x, {"dgamma": gamma, "dbeta": beta})
    suite.add(name.replace(" ", ""), dtype={torch.float32: "F32", torch.float64: "F64"}[x.dtype],
              shape=x.shape, epsilon=epsilon, steps=[step], state={"gamma": gamma, "beta": beta})
    suite.cases[-1].update(kind=kind, axes=axes, scale_offset=offset)
