"""Keras: BatchNormalization on its PyTorch backend.

In F32 only: there a float64 layer of Keras 3.15.1 computes in float32 (its result type of float64
and float32 is float32 on every backend but TensorFlow).
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch

from .suite import Suite, copied, differentiated, seed


def value(variable):
    return None if variable is None else variable.value


def layers():
    """Three training steps, then inference, with random gamma, beta and moving statistics."""
    suite = Suite("keras", f"keras {keras.__version__} on torch {torch.__version__}")
    for shape in ((6, 5), (4, 3, 7), (2, 3, 5, 4), (2, 4, 3, 2, 3)):
        for axis in (-1, 1) if len(shape) > 2 else (-1,):
            for momentum, center, scale in (
                    (0.99, True, True), (0.9, True, True), (0.9, False, True),
                    (0.9, True, False), (0.9, False, False)):
                case(suite, shape, axis, momentum, center, scale)
    single_value(suite)
    return suite


def case(suite, shape, axis, momentum, center, scale):
    name = (f"{'x'.join(map(str, shape))}/axis {axis}, momentum {momentum}"
            f"{'' if center else ', no center'}{'' if scale else ', no scale'}")
    seed(name)
    layer = keras.layers.BatchNormalization(
        axis=axis, momentum=momentum, center=center, scale=scale)
    layer.build(shape)
    layer.set_weights([
        (torch.rand(w.shape) + 0.5 if w.name == "moving_variance" else torch.randn(w.shape)).numpy()
        for w in layer.weights])
    gamma, beta = value(layer.gamma), value(layer.beta)
    state = dict(zip(
        ("gamma", "beta", "running_mean", "running_variance"),
        copied(gamma, beta, value(layer.moving_mean), value(layer.moving_variance))))
    steps = []
    for training in (True, True, True, False):
        x = 2 * torch.randn(shape) + 0.5
        step = differentiated(
            "training" if training else "inference", lambda x: layer(x, training=training), x,
            {"dgamma": gamma, "dbeta": beta})
        step["running_mean"], step["running_variance"] = copied(
            value(layer.moving_mean), value(layer.moving_variance))
        steps.append(step)
    suite.add(name, dtype="F32", shape=shape, channel_axis=axis % len(shape),
              epsilon=layer.epsilon, update={"kind": "decay", "value": momentum},
              variance="biased", state=state, steps=steps)


def single_value(suite):
    """Keras normalizes a single value to beta; we refuse it as PyTorch does."""
    suite.add("single value per channel", dtype="F32", shape=(1, 5), epsilon=1e-3,
              update={"kind": "decay", "value": 0.99}, variance="biased",
              state={"running_mean": torch.zeros(5), "running_variance": torch.ones(5)},
              steps=[{"mode": "training", "x": torch.ones(1, 5)}],
              reason="single_value")
