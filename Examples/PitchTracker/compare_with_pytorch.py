"""Times CREPE's "tiny" network here and in PyTorch, on the same frames and the same threads.

    swift build -c release --package-path Examples/PitchTracker
    python Examples/PitchTracker/compare_with_pytorch.py [--frames N] [--threads 1 2]

PyTorch runs torchcrepe's own network in inference mode; the fastest of several runs counts, on both
sides. The probabilities are compared too. Needs torch, torchcrepe and numpy.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

import numpy as np
import torch

# torchcrepe needs torchaudio only to open audio files, which is not done here.
sys.modules["torchaudio"] = types.ModuleType("torchaudio")
import torchcrepe  # noqa: E402

HERE = Path(__file__).resolve().parent
BENCH = HERE / ".build" / "release" / "pitch-bench"


def frames(count):
    """Normalized frames: sines of every pitch between 60 and 1200 Hz in a little noise."""
    generator = np.random.default_rng(0)
    hertz = 60 * 20 ** generator.random((count, 1))
    phase = 2 * np.pi * (hertz * np.arange(1024) / 16_000 + generator.random((count, 1)))
    audio = np.sin(phase) + 0.1 * generator.standard_normal((count, 1024))
    audio -= audio.mean(axis=1, keepdims=True)
    return (audio / audio.std(axis=1, ddof=1, keepdims=True)).astype("<f4")


def pytorch(inputs, threads, batch, repeats):
    """Milliseconds per frame, and the probabilities, of torchcrepe's network."""
    torch.set_num_threads(threads)
    model, tensor = torchcrepe.infer.model, torch.from_numpy(inputs)
    best, outputs = float("inf"), None
    with torch.inference_mode():
        for _ in range(repeats):
            start = time.perf_counter()
            outputs = torch.cat([model(part) for part in tensor.split(batch)])
            best = min(best, time.perf_counter() - start)
    return 1e3 * best / len(inputs), outputs.numpy()


def ours(path, threads, repeats, *options):
    """What pitch-bench prints, as a dictionary, and its probabilities."""
    output = path.with_name("output.npy")
    text = subprocess.run(
        [BENCH, path, "--threads", str(threads), "--repeats", str(repeats), "--output", output,
         *options], check=True, capture_output=True, text=True).stdout
    print("    " + text.splitlines()[0])
    return dict(line.split() for line in text.splitlines()[1:]), np.load(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=512)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    if not BENCH.exists():
        sys.exit(f"{BENCH} is missing: run swift build -c release first")
    torchcrepe.infer(torch.zeros(1, 1024), "tiny")  # loads the model
    inputs = frames(arguments.frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npy"
        np.save(path, inputs)
        print(f"PyTorch {torch.__version__}, torchcrepe, {arguments.frames} frames")
        for threads in arguments.threads:
            times = {}
            for batch in (64, 512):
                times[f"PyTorch, {batch} frames a batch"], theirs = pytorch(
                    inputs, threads, batch, arguments.repeats)
            for name, options in (("here", []), ("here, folded", ["--folded"])):
                result, probabilities = ours(path, threads, arguments.repeats, *options)
                times[name] = float(result["ms_per_frame"])
                share = float(result["share_batch_normalization"])
                print(f"    {name}: batch normalization {100 * share:.2f} % of the time, largest "
                      f"difference from PyTorch {abs(probabilities - theirs).max():.1e}")
            for name, milliseconds in times.items():
                print(f"  {threads} thread(s)  {name:30}{milliseconds:8.3f} ms a frame")


if __name__ == "__main__":
    main()
