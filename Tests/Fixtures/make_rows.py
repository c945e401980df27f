"""Writes Tests/Fixtures/conformance/rows.json and rows.safetensors: what PyTorch and the models' own
formulas compute for layer norm and RMS norm.

    python Tests/Fixtures/make_rows.py
"""

from pathlib import Path

import torch

from peers import row_cases
from peers.suite import write_cases

FOLDER = Path(__file__).resolve().parent / "conformance"

if __name__ == "__main__":
    torch.set_num_threads(1)
    suite = row_cases.rows()
    suite.write_tensors(FOLDER)
    write_cases([suite], FOLDER, "rows.json")
    print(f"{suite.name}: {len(suite.cases)} cases, {suite.source}")
