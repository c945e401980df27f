"""Whitening by the formulas of the papers, in double precision; PyTorch differentiates them."""

import torch

from .suite import Suite, differentiated, seed

# Shape, axis of the channels, channels of a group.
SHAPES = [((6, 4, 3, 3), 1, 4), ((6, 4, 3, 3), 1, 2), ((40, 6), 1, 3), ((2, 5, 4, 6), -1, 6), ((3, 3, 7), 1, 1)]
METHODS = [("zca", None), ("cholesky", None), ("newton", 5), ("newton", 1)]
EPSILON = 1e-3


def zca(sigma):
    values, vectors = torch.linalg.eigh(sigma)
    return vectors @ torch.diag(values.rsqrt()) @ vectors.T


def iterated_zca(sigma):
    """The inverse root without eigenvalues, whose gradient PyTorch has for equal ones, too: Denman and Beavers'
    iteration in its product form, until nothing changes."""
    scale = sigma.trace() / len(sigma)
    y, z, eye = sigma / scale, torch.eye(len(sigma), dtype=sigma.dtype), torch.eye(len(sigma), dtype=sigma.dtype)
    for _ in range(40):
        t = (3 * eye - z @ y) / 2
        y, z = y @ t, t @ z
    return z / scale.sqrt()


def cholesky(sigma):
    eye = torch.eye(len(sigma), dtype=sigma.dtype)
    return torch.linalg.solve_triangular(torch.linalg.cholesky(sigma), eye, upper=False)


def newton(sigma, iterations):
    """IterNorm, as published."""
    trace = sigma.trace()
    p = torch.eye(len(sigma), dtype=sigma.dtype)
    for _ in range(iterations):
        p = (3 * p - p @ p @ p @ (sigma / trace)) / 2
    return p / trace.sqrt()


def matrix(method, iterations, sigma):
    return newton(sigma, iterations) if method == "newton" else {
        "zca": zca, "iterated": iterated_zca, "cholesky": cholesky}[method](sigma)


def channel_rows(x, axis):
    """C x m, and the way back."""
    moved = x.movedim(axis, 0)
    return moved.reshape(moved.shape[0], -1), lambda rows: rows.reshape(moved.shape).movedim(0, axis)


def apply(x, axis, size, method, iterations, gamma, beta, running=None):
    rows, back = channel_rows(x, axis)
    outputs = []
    for first in range(0, len(rows), size):
        group = rows[first:first + size]
        if running is None:
            centered = group - group.mean(1, keepdim=True)
            covariance = centered @ centered.T / group.shape[1]
        else:
            centered = group - running[0][first:first + size, None]
            covariance = running[1][first // size]
        sigma = covariance + EPSILON * torch.eye(size, dtype=x.dtype)
        outputs.append(matrix(method, iterations, sigma) @ centered)
    y = torch.cat(outputs)
    if gamma is not None:
        y = y * gamma[:, None]
    if beta is not None:
        y = y + beta[:, None]
    return back(y)


def whitening():
    suite = Suite("whitening", f"torch {torch.__version__.split('+')[0]}")
    for shape, axis, size in SHAPES:
        for method, iterations in METHODS:
            for affine in (True, False):
                name = f"{method}{iterations or ''}/{'x'.join(map(str, shape))}/{size}{'' if affine else '/plain'}"
                seed(name)
                channels = shape[axis]
                mixing = torch.randn(channels, channels, dtype=torch.float64)
                rows = torch.randn(shape, dtype=torch.float64).movedim(axis, -1) @ mixing + 1
                _add(suite, name, rows.movedim(-1, axis), axis, size, method, iterations, affine)
    _add_equal_eigenvalues(suite)
    return suite


def _add(suite, name, x, axis, size, method, iterations, affine, formula=None):
    channels = x.shape[axis]
    gamma, beta = (torch.randn(channels, dtype=x.dtype, requires_grad=True) if affine else None for _ in "gb")
    parameters = {"dgamma": gamma, "dbeta": beta}
    mean = torch.randn(channels, dtype=x.dtype)
    roots = torch.randn(channels // size, size, size, dtype=x.dtype)
    covariance = roots @ roots.transpose(1, 2)

    def call(x, running=None):
        return apply(x, axis, size, formula or method, iterations, gamma, beta, running)

    steps = [differentiated("training", call, x, parameters),
             differentiated("inference", lambda x: call(x, (mean, covariance)), x, parameters)]
    suite.add(name, dtype="F64", shape=x.shape, epsilon=EPSILON, steps=steps, channel_axis=axis % x.ndim,
              state={"gamma": gamma, "beta": beta, "running_mean": mean})
    case = suite.cases[-1]
    case.update(group_size=size, method=method, iterations=iterations,
                running_covariance=suite._store(f"{case['name']}/running_covariance", covariance))


def _add_equal_eigenvalues(suite):
    """Channels that are orthogonal and equally long: every eigenvalue is the same, but for rounding. And two
    pairs of equal ones."""
    signs = torch.tensor([[1., 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1, 1, 1, -1, -1],
                          [1, -1, 1, -1, 1, -1, 1, -1], [1, -1, -1, 1, 1, -1, -1, 1]], dtype=torch.float64).T
    for name, scales in (("all", [2, 2, 2, 2]), ("pairs", [2, 2, 0.5, 0.5])):
        for method, iterations in METHODS:
            seed(f"equal {name} {method}")
            x = signs * torch.tensor(scales, dtype=torch.float64)
            _add(suite, f"equal-{name}/{method}{iterations or ''}", x, 1, 4, method, iterations, True,
                 formula="iterated" if method == "zca" else None)
