"""Writes the small .npy and .safetensors files of files/, with NumPy and safetensors.

    python3 -m pip install numpy safetensors torch
    python3 Tests/Fixtures/make_npy_fixtures.py

The numbers are the same on every run, so a second run changes no byte.
"""

import pathlib

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

folder = pathlib.Path(__file__).parent / "files"


def write(name, array, version=(1, 0)):
    with open(folder / name, "wb") as file:
        np.lib.format.write_array(file, array, version=version)


# 0, 1/4, 2/4 ...: exact in every type.
ramp = np.arange(24) / 4

write("f4_2x3x4.npy", ramp.astype("<f4").reshape(2, 3, 4))
write("f8_2x3x4_v2.npy", ramp.astype("<f8").reshape(2, 3, 4), (2, 0))
write("f8_24_v3.npy", ramp.astype("<f8"), (3, 0))
write("u1_2x2.npy", np.array([[0, 1], [254, 255]], "u1"))
write("i4_3.npy", np.array([-(2**31), 0, 2**31 - 1], "<i4"))
write("i8_3.npy", np.array([-(2**63), 0, 2**63 - 1], "<i8"))
write("f8_scalar.npy", np.array(2.5))
write("f4_empty_2x0x3.npy", np.zeros((2, 0, 3), "<f4"))
write("f4_special.npy", np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], "<f4"))
write("fortran_4x1.npy", np.asfortranarray(np.arange(4, dtype="<f4").reshape(4, 1)))
write("fortran_2x3.npy", np.asfortranarray(np.arange(6, dtype="<f4").reshape(2, 3)))
write("fortran_big_endian_3x4x5x2.npy",
      np.asfortranarray(np.arange(120, dtype=">f8").reshape(3, 4, 5, 2)))
write("big_endian_f4_3.npy", np.arange(3, dtype=">f4"))
write("f2_3.npy", np.arange(3, dtype="<f2"))
write("b1_2.npy", np.array([True, False]))
for size in (1, 2, 4, 8):
    for order in "<>" if size > 1 else "|":
        prefix = "big_endian_" if order == ">" else ""
        write(f"{prefix}u{size}.npy", np.array([0, 1, 2**(8 * size) - 1], f"{order}u{size}"))
        write(f"{prefix}i{size}.npy", np.array([-2**(8 * size - 1), 2], f"{order}i{size}"))

# What is refused.
np.savez(folder / "refused_several.npz", gamma=np.ones(3, "<f4"))
write("refused_complex.npy", np.arange(3, dtype="<c8"))
write("refused_structure.npy", np.zeros(2, [("x", "<f4"), ("y", "<f4")]))
with open(folder / "refused_two_arrays.npy", "wb") as file:
    np.save(file, ramp)
    np.save(file, ramp)

# What a PyTorch model holds of a batch normalization, and its halves.
layer = torch.nn.BatchNorm2d(4)
with torch.no_grad():
    for k, name in enumerate(["weight", "bias", "running_mean", "running_var"]):
        getattr(layer, name).copy_(torch.arange(4) / 4 + k)
    layer.num_batches_tracked.fill_(7)
state = {f"features.bn1.{name}": tensor for name, tensor in layer.state_dict().items()}
safetensors.torch.save_file(state, folder / "torch_batchnorm.safetensors", {"format": "pt"})

numbers = torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 6e-8, float("inf"), float("-inf")])
safetensors.torch.save_file(
    {
        "half": numbers.to(torch.float16),
        "bfloat": numbers.to(torch.bfloat16),
        "single": numbers,
        "double": numbers.to(torch.float64),
        "flags": torch.tensor([True, False, True]),
        "empty": torch.zeros(2, 0),
    },
    folder / "torch_types.safetensors",
)
safetensors.numpy.save_file(
    {'qu"o\\te\n\u0001': np.array(1.0, "f8"), "größe/😀": np.arange(2, dtype="f4"), "n": np.array(5)},
    folder / "names.safetensors",
    {'k"\t': "v\u001f\\"},
)
safetensors.numpy.save_file({}, folder / "nothing.safetensors")

# safetensors lets only the owner read its files.
for path in folder.iterdir():
    path.chmod(0o644)
