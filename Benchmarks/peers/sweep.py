"""A sweep over shapes that no list of networks chose: is there a plane, a number of channels or a size at which
somebody falls off a cliff?

A cell is a shape (N, C, 1, plane) of about so many bytes, channels first, or (N, C, 7, 7) with the channels last. Planes
are powers of two and their neighbours, squares and primes.
"""

import sys
from dataclasses import dataclass

from figures import median_of
from measuring import Pace, Progress, measure_contestants
from problems import OPERATIONS, Contestant, Problem

PLANES = [1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 25, 31, 32, 33, 49, 63, 64, 65, 81, 100, 121, 127, 129, 169, 196,
          256, 509, 784, 1024, 2048, 3136, 4096]
CHANNELS = [3, 12, 37, 64, 256, 1000, 2048]
SIZES = {"64 KB": 1 << 16, "1 MB": 1 << 20, "25 MB": 25 << 20}
FEW_PLANES = [1, 3, 7, 15, 16, 17, 31, 49, 65, 100, 256, 784, 3136]
FEW_CHANNELS = [3, 64, 1000]
ELEMENT = {"Float": 4, "Double": 8}

PACE = Pace(milliseconds=2, least=1, most=30, pause=0)


@dataclass(frozen=True)
class Cell:
    """One tensor of the sweep."""

    size: str
    layout: str  # first or last
    element: str
    plane: int
    channels: int
    samples: int

    @property
    def problem(self):
        if self.layout == "last":
            return Problem(self.size, (self.samples, self.channels, 7, 7))
        if self.plane == 1:
            return Problem(self.size, (self.samples, self.channels))
        return Problem(self.size, (self.samples, self.channels, 1, self.plane))

    @property
    def count(self):
        return self.samples * self.channels * self.plane

    @property
    def name(self):
        layout = ", channels last" if self.layout == "last" else ""
        return f"{self.problem.name}{layout}{'' if self.element == 'Float' else ', Double'}"


def cell(size, layout, element, plane, channels):
    """The shape nearest to the size; None where a sample is twice as much, or there is but one value a channel."""
    sample = plane * channels * ELEMENT[element]
    if sample > 2 * SIZES[size]:
        return None
    samples = max(1, (SIZES[size] + sample // 2) // sample)
    return Cell(size, layout, element, plane, channels, samples) if samples * plane > 1 else None


def cells(sizes, elements, few):
    """All cells, the small tensors first."""
    found = []
    for element in elements:
        for size in sizes:
            for plane in FEW_PLANES if few else PLANES:
                found += [cell(size, "first", element, plane, c) for c in (FEW_CHANNELS if few else CHANNELS)]
            found += [cell(size, "last", element, 49, c) for c in (FEW_CHANNELS if few else CHANNELS)]
    return [one for one in found if one]


def contestants(one, default_engine):
    """Everybody who takes part in a cell: the default, our other engines, the peers."""
    rank = len(one.problem.shape)
    layout = "nhwc" if one.layout == "last" else "features" if rank == 2 else "nchw"
    element = "" if one.element == "Float" else "f8"
    taking_part = [Contestant("ours", "ours", layout, default_engine, element)]
    taking_part += [Contestant(f"ours, {engine}", "ours", layout, engine, element)
                    for engine in ["fused", "blas", "reference"]]
    taking_part.append(Contestant("PyTorch", "torch", layout, "", element))
    if one.element == "Float":
        taking_part.append(Contestant("oneDNN", "onednn", layout))
        if layout == "nchw":
            taking_part.append(Contestant("oneDNN blocked", "onednn", "blocked"))
    return taking_part


def measure(chosen, operations, threads, workers, default_engine, rounds, stream=sys.stderr):
    """The results of all cells: nanoseconds an element of everybody, medians."""
    progress = Progress(stream, len(chosen))
    results = []
    for one in chosen:
        progress.step(f"{one.size} {one.name}")
        for operation in [o for o in OPERATIONS if o in operations]:
            found = measure_contestants(
                one.problem, operation, threads, workers, contestants(one, default_engine), rounds, PACE)
            results.append({
                "size": one.size, "layout": one.layout, "element": one.element, "plane": one.plane,
                "channels": one.channels, "samples": one.samples, "operation": operation, "threads": threads,
                "nanoseconds": {result["contestant"]: median_of(result) * 1e6 / one.count
                                for result in found if "milliseconds" in result},
                "chosen": found[0].get("implementation", "")})
    progress.end()
    return results
