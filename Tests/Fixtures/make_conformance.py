"""Writes Tests/Fixtures/conformance: what PyTorch, Keras and ONNX compute for their own cases.

    python Tests/Fixtures/make_conformance.py

The format and the versions stand in README.md beside this file.
"""

from pathlib import Path

import torch

from peers import keras_cases, onnx_cases, pytorch_cases
from peers.suite import write_cases

FOLDER = Path(__file__).resolve().parent / "conformance"


if __name__ == "__main__":
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    suites = [
        onnx_cases.backend_nodes(),
        onnx_cases.reference(),
        pytorch_cases.operator_samples(),
        pytorch_cases.module_samples(),
        pytorch_cases.layers(),
        pytorch_cases.errors(),
        keras_cases.layers(),
    ]
    for suite in suites:
        suite.write_tensors(FOLDER)
        size = (FOLDER / f"{suite.name}.safetensors").stat().st_size
        print(f"{suite.name:20} {len(suite.cases):4} cases {size / 1e6:6.2f} MB  {suite.source}")
    write_cases(suites, FOLDER)
