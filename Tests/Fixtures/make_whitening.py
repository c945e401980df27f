"""Writes Tests/Fixtures/conformance/whitening.json and whitening.safetensors: what the published formulas of
whitening give in PyTorch, in double precision, with PyTorch's own gradients.

    python Tests/Fixtures/make_whitening.py
"""

from pathlib import Path

import torch

from peers import whitening_cases
from peers.suite import write_cases

FOLDER = Path(__file__).resolve().parent / "conformance"

if __name__ == "__main__":
    torch.set_num_threads(1)
    suite = whitening_cases.whitening()
    suite.write_tensors(FOLDER)
    write_cases([suite], FOLDER, "whitening.json")
    print(f"{suite.name}: {len(suite.cases)} cases, {suite.source}")
