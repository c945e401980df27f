"""Writes group_cases.json and its tensors in Tests/Fixtures/conformance: what PyTorch and ONNX compute for
group and instance normalization, and for γ and β per sample.

    python Tests/Fixtures/make_group_conformance.py

The format and the versions stand in README.md beside this file.
"""

from pathlib import Path

import torch

from peers import group_cases

FOLDER = Path(__file__).resolve().parent / "conformance"


if __name__ == "__main__":
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    group_cases.write(FOLDER)
