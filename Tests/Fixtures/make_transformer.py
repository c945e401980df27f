"""Writes Tests/Fixtures/weights/transformer.safetensors: the normalizations of small transformers and of a
convolutional network by the names that Hugging Face and PyTorch give them, beside tensors that are none;
and transformer_answers.safetensors, what PyTorch computes with them in double precision.

    python Tests/Fixtures/make_transformer.py
"""

from pathlib import Path

import torch
from safetensors.torch import save

from peers.row_cases import gemma, llama

FOLDER = Path(__file__).resolve().parent / "weights"
WIDTH, CHANNELS, GROUPS = 16, 8, 4


def around(value, *shape):
    return value + torch.randn(shape) / 4


def tensors():
    model = {"model.embed_tokens.weight": torch.randn(6, WIDTH),
             "model.norm.weight": around(1, WIDTH), "gemma.model.norm.weight": around(0, WIDTH)}
    for layer in range(2):
        start = f"model.layers.{layer}"
        model |= {f"{start}.input_layernorm.weight": around(1, WIDTH),
                  f"{start}.post_attention_layernorm.weight": around(1, WIDTH),
                  f"{start}.mlp.up_proj.weight": torch.randn(4, WIDTH)}
    # Llama's are saved in half the bytes.
    model = {name: tensor.to(torch.bfloat16) for name, tensor in model.items()}
    for name, shape in (("h.0.ln_1", (WIDTH,)), ("ln_f", (WIDTH,)), ("plane_norm", (2, WIDTH)),
                        ("down.0.norm1", (CHANNELS,))):
        model |= {f"{name}.weight": around(1, *shape), f"{name}.bias": around(0, *shape)}
    return model | {"down.0.conv1.weight": torch.randn(CHANNELS, 3, 3, 3),
                    "down.0.conv1.bias": torch.randn(CHANNELS)}


def answers(model):
    x = torch.randn(3, 2, WIDTH, dtype=torch.float64) * 2 + 1
    image = torch.randn(2, CHANNELS, 3, 3, dtype=torch.float64) * 2 + 1
    found = {"x": x, "image": image}

    def parameters(name):
        return (model[f"{name}.weight"].double(), model[f"{name}.bias"].double())

    for name in [key.removesuffix(".weight") for key in model if "norm.weight" in key]:
        if name.startswith("gemma"):
            found[f"{name}.y"] = gemma(x, model[f"{name}.weight"].double(), 1e-6)
        elif name.startswith("model"):
            found[f"{name}.y"] = llama(x, model[f"{name}.weight"].double(), 1e-5)
    for name, shape in (("h.0.ln_1", (WIDTH,)), ("ln_f", (WIDTH,)), ("plane_norm", (2, WIDTH))):
        found[f"{name}.y"] = torch.nn.functional.layer_norm(x, shape, *parameters(name), 1e-5)
    found["down.0.norm1.y"] = torch.nn.functional.group_norm(
        image, GROUPS, *parameters("down.0.norm1"), 1e-5)
    return found


def write(name, found):
    (FOLDER / name).write_bytes(save({key: value.contiguous() for key, value in found.items()}))


if __name__ == "__main__":
    print(f"torch {torch.__version__}")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    weights = tensors()
    write("transformer.safetensors", weights)
    write("transformer_answers.safetensors", answers(weights))
