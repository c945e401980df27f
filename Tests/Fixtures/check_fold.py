#!/usr/bin/env python3
"""Folds networks of PyTorch with `norm fold`, and runs both there: what folded computes is what unfolded did.

    python Tests/Fixtures/check_fold.py .build/release/norm

A ResNet of 50 layers as torchvision builds it, in four bytes and in two; a decoder of transposed convolutions,
in groups and not; dense layers. Statistics are those of batches, so that they are no round numbers. Also times
`norm inspect` on a file of a thousand layers. Needs torch, and no safetensors: the
files are written here.
"""

import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

NORM = sys.argv[1]
TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
         torch.int64: "I64"}


def save(tensors, path):
    """Writes a .safetensors file."""
    header, chunks, end = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [end, end + len(data)]}
        end += len(data)
        chunks.append(data)
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def load(path):
    """Reads one."""
    types = {name: kind for kind, name in TYPES.items()}
    data = Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(data[start:end]), dtype=types[entry["dtype"]]) \
            .reshape(entry["shape"])
    return tensors


class Bottleneck(nn.Module):
    """torchvision's, with its names."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for number, (width, blocks) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)], 1):
            parts = []
            for block in range(blocks):
                parts.append(Bottleneck(inputs, width, 2 if number > 1 and block == 0 else 1))
                inputs = 4 * width
            setattr(self, f"layer{number}", nn.Sequential(*parts))
        self.fc = nn.Linear(inputs, 1000)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for number in range(1, 5):
            x = getattr(self, f"layer{number}")(x)
        return self.fc(x.mean((2, 3)))


class Decoder(nn.Module):
    """Dense, transposed, and transposed in groups, each before a normalization."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(10, 8 * 4 * 4)
        self.bn = nn.BatchNorm1d(8 * 4 * 4)
        self.up1 = nn.ConvTranspose2d(8, 12, 4, 2, 1)
        self.norm1 = nn.BatchNorm2d(12, eps=1e-3)
        self.up2 = nn.ConvTranspose2d(12, 6, 3, 2, 1, 1, groups=3, bias=False)
        self.norm2 = nn.BatchNorm2d(6)
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.norm3 = nn.BatchNorm2d(6)

    def forward(self, x):
        x = torch.relu(self.bn(self.fc(x))).reshape(-1, 8, 4, 4)
        x = torch.relu(self.norm1(self.up1(x)))
        return self.norm3(self.depthwise(torch.relu(self.norm2(self.up2(x)))))


def trained(model, x):
    """Gives every normalization numbers of its own, and statistics of batches."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.normal_(module.bias, 0, 0.1)
    with torch.no_grad():
        for _ in range(12):
            model(x + 0.3 * torch.randn_like(x))
    return model.eval()


def folded(model):
    """The same network without normalizations, its layers with a bias."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, (nn.BatchNorm1d, nn.BatchNorm2d)):
                setattr(parent, name, nn.Identity())
            elif isinstance(child, (nn.Conv2d, nn.ConvTranspose2d)) and child.bias is None:
                child.bias = nn.Parameter(torch.zeros(child.out_channels))
    return model.eval()


def run(*arguments):
    outcome = subprocess.run([NORM, *arguments], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr + outcome.stdout
    return outcome.stdout


def check(name, make, x, pairs, folder, kind=torch.float32, limit=1e-5):
    """Folds a network in one command; prints how far the two outputs lie apart, against the largest."""
    torch.manual_seed(0)
    model = trained(make(), x)
    before, after = f"{folder}/{name}.safetensors", f"{folder}/{name}-folded.safetensors"
    state = {key: value.to(kind) if value.is_floating_point() else value
             for key, value in model.state_dict().items()}
    save(state, before)
    model.load_state_dict({key: value.float() if value.is_floating_point() else value
                           for key, value in state.items()})
    start = time.monotonic()
    options = [part for pair in pairs for part in ("--pair", pair)]
    said = run("fold", before, "--output", after, *options).splitlines()[-1]
    seconds = time.monotonic() - start
    tensors = load(after)
    assert all(tensor.dtype == kind for tensor in tensors.values()), "a type has changed"
    assert not any("running" in name for name in tensors), "a normalization is left"
    other = folded(make())
    other.load_state_dict({key: value.float() for key, value in tensors.items()})
    with torch.no_grad():
        expected, found = model(x), other(x)
    error = ((found - expected).abs().max() / expected.abs().max()).item()
    megabytes = Path(before).stat().st_size / 1e6
    print(f"{name}: {error:.1e} of the largest output apart, {megabytes:.0f} MB folded in "
          f"{seconds:.2f} s; {said.split(': ')[-1]}")
    assert error < limit, f"{name}: {error} is not below {limit}"


def inspect_a_thousand_layers(folder):
    tensors = {}
    for layer in range(1000):
        tensors[f"block{layer}.conv.weight"] = torch.randn(64, 16, 3, 3)
        for part, values in [("weight", torch.rand(64) + 0.5), ("bias", torch.randn(64)),
                             ("running_mean", torch.randn(64)), ("running_var", torch.rand(64) + 0.5)]:
            tensors[f"block{layer}.bn.{part}"] = values
        tensors[f"block{layer}.bn.num_batches_tracked"] = torch.tensor(7)
    path = f"{folder}/thousand.safetensors"
    save(tensors, path)
    run("inspect", path)
    start = time.monotonic()
    lines = run("inspect", path).splitlines()
    seconds = time.monotonic() - start
    assert lines[0].endswith("1000 normalizations, nothing wrong"), lines[0]
    print(f"inspect: 1000 layers in {seconds:.2f} s")
    assert seconds < 1, f"{seconds} s for a thousand layers"


def main():
    torch.manual_seed(0)
    picture = torch.randn(4, 3, 64, 64)
    resnet = ["conv1:bn1", "layer*.conv*:layer*.bn*", "layer*.downsample.0:layer*.downsample.1"]
    decoder = ["fc:bn", "up1:norm1,transposed,epsilon=0.001", "up2:norm2,transposed,groups=3",
               "depthwise:norm3"]
    with tempfile.TemporaryDirectory() as folder:
        check("resnet50", ResNet50, picture, resnet, folder)
        # Half a unit in the last place of each weight is what rounding to the type takes.
        check("resnet50-f16", ResNet50, picture, resnet, folder, torch.float16, 1e-2)
        check("decoder", Decoder, torch.randn(16, 10), decoder, folder)
        inspect_a_thousand_layers(folder)


main()
