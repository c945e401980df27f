"""Makes glide.wav beside this file, with nothing but Python's standard library.

A voice-like tone of six partials: 1.2 s up from 150 to 450 Hz with a vibrato, a pause, then 0.5 s
down to 220 Hz. 22.05 kHz, 16 bits, the right channel at half the loudness of the left.
"""

import math
import struct
import wave
from pathlib import Path

RATE = 22_050


def frequency(time):
    """Hz at `time` seconds, or None in the pause."""
    if time < 1.2:
        vibrato = 0.02 * math.sin(2 * math.pi * 5.5 * time)
        return 150 * 3 ** (time / 1.2) * (1 + vibrato)
    return None if time < 1.4 else 450 * (220 / 450) ** ((time - 1.4) / 0.5)


phase, samples = 0.0, []
for index in range(int(1.9 * RATE)):
    hertz = frequency(index / RATE)
    phase += (hertz or 0) / RATE
    tone = sum(math.sin(2 * math.pi * k * phase) / k for k in range(1, 7))
    value = 0.25 * tone if hertz else 0.0
    samples.append(struct.pack("<hh", round(32767 * value), round(16384 * value)))
with wave.open(str(Path(__file__).with_name("glide.wav")), "wb") as file:
    file.setnchannels(2)
    file.setsampwidth(2)
    file.setframerate(RATE)
    file.writeframes(b"".join(samples))
