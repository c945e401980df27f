#!/usr/bin/env python3
"""Converts a PyTorch or Keras file to .safetensors, which this library reads.

    python convert_to_safetensors.py model.pth model.safetensors
    python convert_to_safetensors.py model.keras model.safetensors

PyTorch: .pth, .pt, .ckpt or .bin with a state_dict, alone or under "state_dict",
"model_state_dict" or "model"; --key names another place. Needs torch, numpy and safetensors.
Names stay as they are: features.1.weight, features.1.running_mean ...

Keras: .keras or .h5 with a whole model. Needs keras, its backend and safetensors; for another
backend than TensorFlow set KERAS_BACKEND to torch or jax.
Names are the variables' paths joined with dots: batch_normalization.gamma ...
"""

import argparse
import os
import sys
import zipfile
from pathlib import Path


def first_sentence(error):
    return str(error).split(". ")[0].splitlines()[0]


def from_pytorch(path, key):
    import torch
    from safetensors.torch import save

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        sys.exit(f"{path}: PyTorch cannot load it as plain weights. Save model.state_dict(), "
                 f"not the model. ({first_sentence(error)})")
    keys = [key] if key else ["state_dict", "model_state_dict", "model"]
    place = next((k for k in keys if isinstance(state, dict) and k in state), None)
    if key and place is None:
        sys.exit(f"{path}: no {key!r} in it")
    state = state[place] if place else state
    if not isinstance(state, dict):
        sys.exit(f"{path}: expected a dictionary of tensors, found {type(state).__name__}")
    tensors = {}
    for name, value in state.items():
        if not isinstance(value, torch.Tensor):
            continue
        if value.layout != torch.strided or value.is_quantized:
            sys.exit(f"{path}: {name}: expected a dense tensor, found {value.dtype}, {value.layout}")
        # Of its own memory, as the format wants it: tied weights are written twice.
        tensors[name] = value.detach().clone(memory_format=torch.contiguous_format)
    if not tensors:
        sys.exit(f"{path}: no tensors at the top; name the place with --key, one of "
                 f"{', '.join(map(str, state)) or 'none'}")
    return tensors, save


def from_keras(path, _):
    import keras
    from safetensors.numpy import save

    if path.suffix == ".keras" and not zipfile.is_zipfile(path):
        sys.exit(f"{path}: expected a zip archive, as Keras 3 saves; this one is cut short or "
                 "something else")
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:
        sys.exit(f"{path}: Keras cannot load it as a whole model. Save it with "
                 f"model.save(\"model.keras\"). ({first_sentence(error)})")
    arrays = {}
    for variable in model.variables:
        name = variable.path.replace("/", ".")
        if "seed_generator" in name:
            continue
        if name in arrays:
            sys.exit(f"{path}: two variables are called {name}")
        arrays[name] = keras.ops.convert_to_numpy(variable)
    return arrays, save


READERS = {".pth": from_pytorch, ".pt": from_pytorch, ".ckpt": from_pytorch, ".bin": from_pytorch,
           ".keras": from_keras, ".h5": from_keras}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help=" ".join(READERS))
    parser.add_argument("target", type=Path, help="the .safetensors file to write")
    parser.add_argument("--key", help="where in a PyTorch file the state_dict is")
    call = parser.parse_args()
    if call.source.suffix not in READERS:
        sys.exit(f"{call.source}: expected one of {' '.join(READERS)}")
    if not call.source.is_file():
        sys.exit(f"{call.source}: no such file")

    try:
        tensors, save = READERS[call.source.suffix](call.source, call.key)
    except ModuleNotFoundError as error:
        backend = "; Keras on another backend: set KERAS_BACKEND to torch or jax"
        sys.exit(f"{call.source}: needs the Python package {error.name}"
                 f"{backend if error.name == 'tensorflow' else ''}")
    try:
        data = save(tensors)
    except KeyError as error:
        name = next((n for n, t in tensors.items() if t.dtype == error.args[0]), "a tensor")
        sys.exit(f"{call.source}: {name}: .safetensors has no elements of type {error}")
    unfinished = call.target.with_name(call.target.name + ".unfinished")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, call.target)
    except OSError as error:
        sys.exit(f"{call.target}: cannot write: {error.strerror}")
    for name, tensor in tensors.items():
        print(f"{name:48} {str(tensor.dtype).removeprefix('torch.'):9} {tuple(tensor.shape)}")


if __name__ == "__main__":
    main()
