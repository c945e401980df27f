#!/usr/bin/env python3
"""Converts a PyTorch or Keras file to .safetensors, which this library reads.

    python convert_to_safetensors.py model.pth model.safetensors
    python convert_to_safetensors.py model.keras model.safetensors

PyTorch: .pth, .pt, .pth.tar, .ckpt or .bin with a state_dict, alone or under "state_dict",
"model_state_dict" or "model"; --key names another place, dots lead into dictionaries in dictionaries.
Needs torch, numpy and safetensors.
Names stay as they are: features.1.weight, features.1.running_mean ...

Keras: .keras or .h5 with a whole model. Needs keras, its backend and safetensors; for another
backend than TensorFlow set KERAS_BACKEND to torch or jax.
Names are the variables' paths joined with dots: batch_normalization.gamma ...; where parts of a model
have variables of the same name, the parts' names stand before them.
What no variable holds of a normalization (its kind, epsilon, momentum, axis, groups, scale and center)
goes into the metadata, under normalization.NAME.
"""

import argparse
import os
import sys
import zipfile
from collections import Counter
from pathlib import Path


def first_sentence(error):
    return str(error).split(". ")[0].splitlines()[0]


def harmless_beside_weights():
    """Types that training scripts save beside the weights, and that no code hides in."""
    import numpy as np

    core = getattr(np, "_core", None) or np.core
    numbers = [np.dtype(kind).type for kind in "?bBhHiIlLqQefdFD"]
    return [argparse.Namespace, np.dtype, np.ndarray, core.multiarray.scalar,
            core.multiarray._reconstruct, *numbers,
            *{type(np.dtype(number)) for number in numbers}]


def entry(place, key):
    """What stands under a key, or under its parts between dots; None where there is nothing."""
    if not isinstance(place, dict):
        return None
    if key in place:
        return place[key]
    for end in [index for index, character in enumerate(key) if character == "."]:
        found = entry(place.get(key[:end]), key[end + 1:])
        if found is not None:
            return found
    return None


def from_pytorch(path, key):
    import torch
    from safetensors.torch import save

    try:
        with torch.serialization.safe_globals(harmless_beside_weights()):
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        sys.exit(f"{path}: PyTorch cannot load it as plain weights: there is something beside them "
                 f"that may hold code. Save model.state_dict() alone. ({first_sentence(error)})")
    if key:
        state = entry(state, key)
        if state is None:
            sys.exit(f"{path}: no {key!r} in it")
    else:
        state = next((found for name in ("state_dict", "model_state_dict", "model")
                      if (found := entry(state, name)) is not None), state)
    if not isinstance(state, dict):
        sys.exit(f"{path}: expected a dictionary of tensors, found {type(state).__name__}")
    tensors = {}
    for name, value in state.items():
        if not isinstance(value, torch.Tensor):
            continue
        name = str(name)
        if value.layout != torch.strided or value.is_quantized:
            sys.exit(f"{path}: {name}: expected a dense tensor, found {value.dtype}, {value.layout}")
        if name in tensors:
            sys.exit(f"{path}: two tensors are called {name}")
        # Of its own memory, as the format wants it: tied weights are written twice.
        tensors[name] = value.detach().clone(memory_format=torch.contiguous_format)
    if not tensors:
        sys.exit(f"{path}: no tensors at the top; name the place with --key, one of "
                 f"{', '.join(map(str, state)) or 'none'}")
    return tensors, {"format": "pt"}, save


def places(layer, path=()):
    """Every variable with the names of the parts of the model that lead to it."""
    for part in getattr(layer, "layers", []):
        yield from places(part, (*path, part.name))
    for variable in layer.variables:
        yield variable, path


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
    # The deepest place of each variable comes first.
    names, parts = {}, {}
    for variable, part in places(model):
        parts.setdefault(id(variable), part)
    variables = [v for v in model.variables if "seed_generator" not in v.path]
    count = Counter(variable.path for variable in variables)
    for variable in variables:
        words = variable.path.split("/")
        if count[variable.path] > 1:
            words = [*parts.get(id(variable), ())[:-1], *words]
        names[id(variable)] = ".".join(words)
    arrays = {}
    for variable in variables:
        name = names[id(variable)]
        if name in arrays:
            sys.exit(f"{path}: two variables are called {name}")
        arrays[name] = keras.ops.convert_to_numpy(variable)
    return arrays, keras_settings(model, names), save


def keras_settings(model, names):
    """What no variable holds of the normalizations, under their names."""
    import keras

    settings = {}
    for layer in model._flatten_layers():
        if not layer.built or not layer.variables:
            continue
        words = normalization_words(keras.layers, layer)
        if words:
            name = names[id(layer.variables[0])].rpartition(".")[0]
            settings[f"normalization.{name}"] = " ".join(words)
    return settings


def normalization_words(layers, layer):
    """The words of a layer's settings; none for another layer."""
    epsilon = f"epsilon={float(getattr(layer, 'epsilon', 0) or 0)!r}"
    axis = getattr(layer, "axis", None)
    axis = f"axis={int(axis[0] if isinstance(axis, (list, tuple)) else axis or 0)}"
    affine = {(True, True): "both", (True, False): "gamma", (False, True): "beta",
              (False, False): "none"}
    affine = "affine=" + affine[bool(getattr(layer, "scale", True) is not False),
                                bool(getattr(layer, "center", False))]
    if isinstance(layer, layers.BatchNormalization):
        return [epsilon, f"decay={float(layer.momentum)!r}", "variance=biased", axis, affine]
    if isinstance(layer, layers.GroupNormalization):
        return ["kind=group", f"groups={int(layer.groups)}", epsilon, axis, affine]
    if isinstance(layer, getattr(layers, "RMSNormalization", ())):
        return ["kind=rms", epsilon, "affine=gamma"]
    if isinstance(layer, layers.LayerNormalization):
        # With rms_scaling it is neither layer nor RMS normalization, and read as none.
        kind = "rms_scaling" if getattr(layer, "rms_scaling", False) else "layer"
        return [f"kind={kind}", epsilon, affine]
    return []


READERS = {".pth": from_pytorch, ".pt": from_pytorch, ".pth.tar": from_pytorch,
           ".ckpt": from_pytorch, ".bin": from_pytorch, ".keras": from_keras, ".h5": from_keras}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help=" ".join(READERS))
    parser.add_argument("target", type=Path, help="the .safetensors file to write")
    parser.add_argument("--key", help="where in a PyTorch file the state_dict is, such as ema.model")
    call = parser.parse_args()
    reader = next((r for end, r in READERS.items() if call.source.name.endswith(end)), None)
    if reader is None:
        sys.exit(f"{call.source}: expected one of {' '.join(READERS)}")
    if not call.source.is_file():
        sys.exit(f"{call.source}: no such file")

    try:
        tensors, metadata, save = reader(call.source, call.key)
    except ModuleNotFoundError as error:
        backend = "; Keras on another backend: set KERAS_BACKEND to torch or jax"
        sys.exit(f"{call.source}: needs the Python package {error.name}"
                 f"{backend if error.name == 'tensorflow' else ''}")
    try:
        data = save(tensors, metadata=metadata)
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
