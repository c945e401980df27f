"""How far estimates of known pitches are off: here, and torchcrepe's with each of its decoders.

    swift build -c release --package-path Examples/PitchTracker
    python Examples/PitchTracker/measure_pitches.py

145 pitches from 110 to 880 Hz, a quarter of a semitone apart, 0.1 s each, of random phase and
loudness, one after the other in one sound; what counts are frames that one tone fills. Here is
`pitch` as a user runs it, torchcrepe does what its predict() does with fmin 50 Hz and fmax 2006 Hz.
Errors are in
percent of the pitch. Needs torch, torchcrepe and numpy.
"""

import struct
import subprocess
import sys
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np
import torch

# torchcrepe needs torchaudio only to open audio files, which is not done here.
sys.modules["torchaudio"] = types.ModuleType("torchaudio")
warnings.filterwarnings("ignore")
import torchcrepe  # noqa: E402

PITCH = Path(__file__).resolve().parent / ".build" / "release" / "pitch"
RATE, HOP, LENGTH = 16_000, 160, 1600
PITCHES = 110 * 2 ** (np.arange(0, 3601, 25) / 1200)

# Name, partials (the k-th 1/k as loud), dB from the tone down to white noise, octaves a second.
SOUNDS = [("sines", 1, None, 0), ("three partials", 3, None, 0), ("ten partials", 10, None, 0),
          ("sines, noise at -20 dB", 1, 20, 0), ("sines, noise at -10 dB", 1, 10, 0),
          ("ten partials, noise at -10 dB", 10, 10, 0), ("sines, noise at 0 dB", 1, 0, 0),
          ("six partials, gliding 1 octave/s", 6, None, 1)]


def sound(partials, decibels, slope, generator):
    """Samples, and the pitch at each."""
    samples, pitches = [], []
    seconds = (np.arange(LENGTH) - LENGTH / 2) / RATE
    for pitch in PITCHES:
        hertz = pitch * 2 ** (slope * seconds)
        phase = 2 * np.pi * (np.cumsum(hertz) / RATE + generator.random())
        tone = sum(np.sin(k * phase) / k for k in range(1, partials + 1)
                   if k * pitch < 0.47 * RATE)
        if decibels is not None:
            noise = generator.standard_normal(LENGTH)
            tone = tone + tone.std() * 10 ** (-decibels / 20) * noise
        samples.append(10 ** generator.uniform(-2, 0) * tone / abs(tone).max())
        pitches.append(hertz)
    return np.concatenate(samples).astype("<f4"), np.concatenate(pitches)


def write_wave(path, samples):
    """A WAV file of 32-bit floats, so that nothing is rounded."""
    data = samples.tobytes()
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt "
                     + struct.pack("<IHHIIHH", 16, 3, 1, RATE, 4 * RATE, 4, 32)
                     + b"data" + struct.pack("<I", len(data)) + data)


def here(path, *options):
    text = subprocess.run([PITCH, path, *options], check=True, capture_output=True, text=True).stdout
    return np.array([float(line.split(",")[1]) for line in text.splitlines()[1:]])


def theirs(samples, decoders):
    """The pitches of predict(), whose network runs once for all decoders."""
    frames = torch.cat(list(torchcrepe.preprocess(torch.from_numpy(samples)[None], RATE, HOP)))
    with torch.inference_mode():
        outputs = torch.cat([torchcrepe.infer(part, "tiny") for part in frames.split(64)]).T[None]
        return [torchcrepe.postprocess(outputs.clone(), 50, torchcrepe.MAX_FMAX, decoder)[0].numpy()
                for decoder in decoders]


def main():
    if not PITCH.exists():
        sys.exit(f"{PITCH} is missing: run swift build -c release first")
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    print("| sound | estimate | median | 90 % | 99 % | largest | share beyond 0.5 % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, *kind in SOUNDS:
        samples, pitches = sound(*kind, generator)
        # Of the frames, centred on every 160th sample, those that one tone fills.
        centres = np.arange(0, len(samples), HOP)
        counted = (centres % LENGTH >= 512) & (centres % LENGTH <= LENGTH - 512)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sound.wav"
            write_wave(path, samples)
            estimates = {"`pitch`": here(path), "`pitch --unrefined`": here(path, "--unrefined")}
        names = ("weighted_argmax", "viterbi", "argmax")
        for decoder, hertz in zip(
                names, theirs(samples, [getattr(torchcrepe.decode, each) for each in names])):
            estimates[f"torchcrepe, {decoder}"] = hertz
        for who, hertz in estimates.items():
            off = 100 * abs(hertz[:len(centres)] / pitches[centres] - 1)[counted]
            cells = [f"{number:.3f}" for number in (*np.quantile(off, (0.5, 0.9, 0.99)), off.max())]
            print(f"| {name} | {who} | {' | '.join(cells)} | {100 * (off > 0.5).mean():.1f} % |",
                  flush=True)


if __name__ == "__main__":
    main()
