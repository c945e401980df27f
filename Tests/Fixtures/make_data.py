"""Writes the data that ships with the command: Sources/norm/Data/*.npy.

    python Tests/Fixtures/make_data.py

Every source is carried by a Python package (see requirements.txt beside this file), so nothing
is downloaded. Sources, citations and licences stand in Sources/norm/Data/README.md.
"""

from pathlib import Path

import aeon
import numpy as np
import skimage
import skimage.data
import sklearn
import sklearn.datasets
from aeon.datasets import load_japanese_vowels

DATA = Path(__file__).resolve().parents[2] / "Sources" / "norm" / "Data"
TILE = 128


def save(name, array, dtype):
    array = np.ascontiguousarray(array, dtype=dtype)
    np.save(DATA / f"{name}.npy", array)
    print(f"{name + '.npy':32} {array.dtype.str} {array.shape}")


def tables():
    """The two UCI tables, as scikit-learn carries them: rows are samples, columns features."""
    digits = sklearn.datasets.load_digits()
    save("digits", digits.data, "<f4")
    save("digits_labels", digits.target, "<i4")
    cancer = sklearn.datasets.load_breast_cancer()
    save("breast_cancer", cancer.data, "<f8")
    save("breast_cancer_labels", cancer.target, "<i4")


def photograph():
    """A square photograph cut into tiles, row by row: (tile, colour, height, width) in 0...1."""
    image = skimage.data.astronaut()
    rows, columns = image.shape[0] // TILE, image.shape[1] // TILE
    tiles = image.reshape(rows, TILE, columns, TILE, 3).transpose(0, 2, 4, 1, 3)
    save("photograph", tiles.reshape(-1, 3, TILE, TILE).astype("<f4") / np.float32(255), "<f4")


def japanese_vowels():
    """Sequences of 12 coefficients, zero after their end: (utterance, coefficient, time)."""
    for split in ("train", "test"):
        sequences, speakers = load_japanese_vowels(split=split)
        padded = np.zeros((len(sequences), 12, 29))
        for row, sequence in zip(padded, sequences):
            row[:, : sequence.shape[1]] = sequence
        save(f"japanese_vowels_{split}", padded, "<f4")
        save(f"japanese_vowels_{split}_lengths", [s.shape[1] for s in sequences], "<i4")
        save(f"japanese_vowels_{split}_labels", speakers.astype(int) - 1, "<i4")


if __name__ == "__main__":
    packages = (np, sklearn, skimage, aeon)
    print(", ".join(f"{package.__name__} {package.__version__}" for package in packages))
    DATA.mkdir(parents=True, exist_ok=True)
    tables()
    photograph()
    japanese_vowels()
