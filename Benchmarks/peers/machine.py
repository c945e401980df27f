"""What the machine is, and how much of it others took while we measured."""

import os
import platform
import time
from pathlib import Path


def name():
    """The processor's name and how many there are, as far as the system says."""
    model = platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} processors"


def last_level_cache():
    """The bytes of the largest cache of processor 0, or None where the system does not say."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        units = {"K": 1 << 10, "M": 1 << 20}
        sizes.append(int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text))
    return max(sizes, default=None)


class Others:
    """The processor time that is not ours, from the making of this object on.

    `processes` are ours besides this one, and must still run when `share` is asked for.
    """

    def __init__(self, processes):
        self.processes = processes
        self.start = self.now()

    def now(self):
        """Wall clock, busy time of the machine with what a hypervisor kept, our time; in seconds."""
        ticks = os.sysconf("SC_CLK_TCK")
        try:
            fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
            user, nice, system, _, _, interrupts, soft, stolen = map(int, fields)
            busy = (user + nice + system + interrupts + soft + stolen) / ticks
            ours = sum(os.times()[:2])
            for process in self.processes:
                # The second field is a name in brackets and may hold blanks.
                numbers = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
                ours += (int(numbers[11]) + int(numbers[12])) / ticks
        except (OSError, ValueError):
            return None
        return time.monotonic(), busy, ours

    def share(self):
        """Of all processors' time, the part others took, from 0 to 1; None where nobody says."""
        end = self.now()
        if self.start is None or end is None:
            return None
        wall, busy, ours = (after - before for before, after in zip(self.start, end))
        return max(0.0, (busy - ours) / (wall * os.cpu_count()))
