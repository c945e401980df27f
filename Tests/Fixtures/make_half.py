"""Writes Tests/Fixtures/weights/half_*.safetensors: a small residual network's normalizations, saved after
`.half()` and `.bfloat16()`, and what PyTorch makes of 16-bit tensors with them.

    python Tests/Fixtures/make_half.py

PyTorch's mixed form on CPUs: tensors of 16 bits, and the saved parameters and statistics in Float.
"""

from pathlib import Path

import torch
from safetensors.torch import save

FOLDER = Path(__file__).resolve().parent / "weights"


class Block(torch.nn.Module):
    """The normalizations of one residual block, as torchvision names them."""

    def __init__(self, before, after):
        super().__init__()
        self.bn1 = torch.nn.BatchNorm2d(after)
        self.bn2 = torch.nn.BatchNorm2d(after)
        if before != after:
            self.downsample = torch.nn.Sequential(torch.nn.Conv2d(before, after, 1), torch.nn.BatchNorm2d(after))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.layer1 = torch.nn.Sequential(Block(4, 4))
        self.layer2 = torch.nn.Sequential(Block(4, 6))


def trained():
    """Parameters and statistics that are none of the first ones."""
    network = Network()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.weight, 1, 0.3)
            torch.nn.init.normal_(module.bias, 0, 0.3)
            scale = torch.rand(module.num_features) * 2 + 0.5
            for _ in range(3):
                module(torch.randn(4, module.num_features, 5, 5) * scale.view(1, -1, 1, 1) + scale.view(1, -1, 1, 1))
    return network.eval()


def main():
    torch.manual_seed(17)
    state = trained().state_dict()
    for name, kind in [("f16", torch.float16), ("bf16", torch.bfloat16)]:
        network = Network().eval()
        network.load_state_dict(state)
        network.to(kind)
        saved = {key: value.contiguous() for key, value in network.state_dict().items()}
        (FOLDER / f"half_saved_{name}.safetensors").write_bytes(save(saved))
        found = {}
        for prefix, module in network.named_modules():
            if not isinstance(module, torch.nn.BatchNorm2d):
                continue
            x = (torch.randn(2, module.num_features, 5, 5) * 1.5 + 0.5).to(kind)
            found[f"{prefix}.x"] = x
            found[f"{prefix}.y"] = module.float()(x)
            assert found[f"{prefix}.y"].dtype == kind
        (FOLDER / f"half_inferred_{name}.safetensors").write_bytes(
            save({key: value.contiguous() for key, value in found.items()}))


with torch.no_grad():
    main()
