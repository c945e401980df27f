#!/usr/bin/env python3
"""Converts files as PyTorch and Keras save them with docs/convert_to_safetensors.py.

    python Tests/Fixtures/check_converter.py

Needs what requirements.txt names; no part of `make test`, which needs no Python.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from safetensors import safe_open

CONVERTER = Path(__file__).resolve().parents[2] / "docs" / "convert_to_safetensors.py"


class Converter(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return str(Path(self.folder.name) / name)

    def convert(self, name, *options):
        return subprocess.run([sys.executable, CONVERTER, self.path(name), self.path("out"), *options],
                              capture_output=True, text=True)

    def converted(self, name, *options):
        """Names and metadata of what comes out."""
        outcome = self.convert(name, *options)
        self.assertEqual(outcome.returncode, 0, outcome.stderr)
        with safe_open(self.path("out"), "np") as file:
            return sorted(file.keys()), file.metadata()

    def test_numbers_and_arguments_beside_the_weights_are_no_hindrance(self):
        state = torch.nn.BatchNorm1d(2).state_dict()
        torch.save({"state_dict": state, "epoch": np.int64(3), "best": np.float64(0.5),
                    "loss": np.float32(1), "args": argparse.Namespace(lr=0.1),
                    "curve": np.arange(3.0)}, self.path("model.pth.tar"))
        self.assertEqual(self.converted("model.pth.tar")[0], sorted(state))

    def test_code_beside_the_weights_is_refused(self):
        torch.save({"state_dict": {}, "hook": subprocess.Popen}, self.path("model.pth"))
        outcome = self.convert("model.pth")
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("something beside them", outcome.stderr)

    def test_a_key_may_lead_into_dictionaries(self):
        state = {"weight": torch.ones(2)}
        torch.save({"ema": {"model": state}, "a.b": {"c.d": state}}, self.path("model.pt"))
        for key in ("ema.model", "a.b.c.d"):
            self.assertEqual(self.converted("model.pt", "--key", key)[0], ["weight"])
        self.assertIn("no 'ema.other' in it", self.convert("model.pt", "--key", "ema.other").stderr)

    def test_keys_may_be_numbers(self):
        torch.save({0: torch.ones(2), 1: torch.zeros(2)}, self.path("model.bin"))
        self.assertEqual(self.converted("model.bin")[0], ["0", "1"])
        torch.save({0: {"weight": torch.ones(2)}}, self.path("model.bin"))
        self.assertIn("name the place with --key, one of 0", self.convert("model.bin").stderr)

    def test_settings_of_keras_are_kept(self):
        model = keras.Sequential([
            keras.Input((5, 4)),
            keras.layers.BatchNormalization(name="a", epsilon=1.001e-5, momentum=0.9),
            keras.layers.BatchNormalization(name="b", scale=False, center=False)])
        model.save(self.path("model.keras"))
        self.assertEqual(self.converted("model.keras")[1], {
            "normalization.a": "epsilon=1.001e-05 decay=0.9 variance=biased axis=-1 affine=both",
            "normalization.b": "epsilon=0.001 decay=0.99 variance=biased axis=-1 affine=none"})

    def test_settings_of_other_normalizations_are_kept(self):
        model = keras.Sequential([
            keras.Input((5, 4)), keras.layers.LayerNormalization(name="a", center=False),
            keras.layers.GroupNormalization(2, name="b", epsilon=1e-4),
            keras.layers.RMSNormalization(name="c"), keras.layers.Dense(4, name="d")])
        model.save(self.path("model.keras"))
        names, metadata = self.converted("model.keras")
        self.assertEqual(names, ["a.gamma", "b.beta", "b.gamma", "c.scale", "d.bias", "d.kernel"])
        self.assertEqual(metadata, {
            "normalization.a": "kind=layer epsilon=0.001 affine=gamma",
            "normalization.b": "kind=group groups=2 epsilon=0.0001 axis=-1 affine=both",
            "normalization.c": "kind=rms epsilon=1e-06 affine=gamma"})

    def test_parts_of_a_model_may_have_the_same_names(self):
        def part(name):
            return keras.Sequential(
                [keras.Input((4,)), keras.layers.BatchNormalization(name="bn")], name=name)
        inputs = keras.Input((4,))
        keras.Model(inputs, part("second")(part("first")(inputs))).save(self.path("model.keras"))
        names, metadata = self.converted("model.keras")
        self.assertEqual(len(names), 8)
        prefixes = {name.rpartition(".")[0] for name in names}
        self.assertEqual(len(prefixes), 2)
        self.assertEqual({f"normalization.{prefix}" for prefix in prefixes}, set(metadata))


if __name__ == "__main__":
    unittest.main()
