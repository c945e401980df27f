"""Times CREPE's "tiny" network here and in PyTorch, in turn on the same frames and threads.

    swift build -c release --package-path Examples/PitchTracker
    python Examples/PitchTracker/compare_with_pytorch.py [--frames N] [--threads 1 2]

PyTorch runs torchcrepe's own network in inference mode, here pitch-bench waits for its turn with its
frames loaded. Round by round each runs once; medians count. The probabilities are compared too.
Needs torch, torchcrepe and numpy.
"""

import argparse
import statistics
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
BATCHES = (64, 256)


def frames(count):
    """Normalized frames: sines of every pitch between 60 and 1200 Hz in a little noise."""
    generator = np.random.default_rng(0)
    hertz = 60 * 20 ** generator.random((count, 1))
    phase = 2 * np.pi * (hertz * np.arange(1024) / 16_000 + generator.random((count, 1)))
    audio = np.sin(phase) + 0.1 * generator.standard_normal((count, 1024))
    audio -= audio.mean(axis=1, keepdims=True)
    return (audio / audio.std(axis=1, ddof=1, keepdims=True)).astype("<f4")


class Here:
    """pitch-bench as a worker that runs once when asked."""

    def __init__(self, folder, path, threads):
        outputs = [Path(folder) / f"{name}.npy" for name in ("as_it_is", "folded")]
        self.process = subprocess.Popen(
            [BENCH, path, "--threads", str(threads), "--on-request", "--output", outputs[0],
             "--folded-output", outputs[1]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.kernels = self.process.stdout.readline().split()[1]
        self.probabilities = [np.load(output) for output in outputs]

    def milliseconds(self):
        """Of the network as it is and of the folded one."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def pytorch(tensor, batch):
    """Milliseconds and the probabilities of torchcrepe's network."""
    with torch.inference_mode():
        start = time.perf_counter()
        outputs = torch.cat([torchcrepe.infer.model(part) for part in tensor.split(batch)])
        return 1e3 * (time.perf_counter() - start), outputs.numpy()


def compare(tensor, path, folder, threads, rounds):
    torch.set_num_threads(threads)
    here = Here(folder, path, threads)
    theirs = [pytorch(tensor, batch)[1] for batch in BATCHES][0]  # and warms up
    names = [f"PyTorch, {batch} frames a batch" for batch in BATCHES] + ["here", "here, folded"]
    times = []
    for _ in range(rounds):
        times.append([pytorch(tensor, batch)[0] for batch in BATCHES] + here.milliseconds())
    here.close()
    print(f"{threads} thread(s), {here.kernels} kernels of OpenBLAS here, medians of {rounds} rounds")
    for column, name in enumerate(names):
        medians = statistics.median(row[column] for row in times) / len(tensor)
        ratio = statistics.median(min(row[:len(BATCHES)]) / row[column] for row in times)
        print(f"  {name:30}{medians:8.3f} ms a frame{ratio:8.2f} times as fast as PyTorch's faster")
    for name, found in zip(names[len(BATCHES):], here.probabilities):
        print(f"  {name}: largest difference of a probability {abs(found - theirs).max():.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=256)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    if not BENCH.exists():
        sys.exit(f"{BENCH} is missing: run swift build -c release first")
    torchcrepe.infer(torch.zeros(1, 1024), "tiny")  # loads the model
    inputs = frames(arguments.frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npy"
        np.save(path, inputs)
        print(f"PyTorch {torch.__version__}, torchcrepe's network, {arguments.frames} frames")
        for threads in arguments.threads:
            compare(torch.from_numpy(inputs), path, folder, threads, arguments.rounds)


if __name__ == "__main__":
    main()
