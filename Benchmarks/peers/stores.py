"""Whether the size from which outputs go past the caches is the right one here: ours with its own choice, with all
outputs past them, and with none, on tensors below and above."""

import sys

from figures import geometric_mean, median_of
from measuring import PACE, Progress, measure_contestants
from problems import Contestant, Problem
from report import origin
from workers import Worker

SHAPES = [(16, 64, 28, 28), (32, 64, 28, 28), (48, 64, 28, 28), (64, 64, 28, 28), (96, 64, 28, 28), (128, 64, 28, 28),
          (256, 64, 28, 28), (2048, 1024), (8192, 1024)]
CHOICES = {"past the caches": "0", "through them": "never"}
# A choice that loses more than this is worth measuring for.
CLOSE = 0.9


def measure(operations, thread_counts, own, engine, rounds, stream=sys.stderr):
    """The medians of each choice in every cell."""
    workers = {"ours": own} | {
        name: Worker("ours", {"NORMALIZATION_NON_TEMPORAL": size}) for name, size in CHOICES.items()}
    cells = [(shape, layout) for shape in SHAPES
             for layout in (["features"] if len(shape) == 2 else ["nchw", "nhwc"])]
    progress = Progress(stream, len(cells))
    results = []
    try:
        for shape, layout in cells:
            problem = Problem("stores", shape)
            progress.step(f"{problem.name} {layout}")
            for operation in operations:
                for threads in thread_counts:
                    found = measure_contestants(
                        problem, operation, threads, workers,
                        [Contestant(name, name, layout, engine) for name in workers], rounds, PACE)
                    results.append({
                        "shape": shape, "layout": layout, "operation": operation, "threads": threads,
                        "medians": {one["contestant"]: median_of(one) for one in found}})
    finally:
        for name in CHOICES:
            workers[name].close()
    progress.end()
    return results


def markdown(run):
    """A row for each cell, worst first, and what they amount to."""
    rows = []
    for result in run["stores"]:
        medians = result["medians"]
        best = min(medians[name] for name in CHOICES)
        rows.append((best / medians["ours"], result, medians))
    rows.sort(key=lambda row: row[0])
    ratios = [row[0] for row in rows]
    lost = sum(ratio < CLOSE for ratio in ratios)
    lines = [*origin(run), "",
             f"Our choice against the better one of both, {len(rows)} cells: geometric mean {geometric_mean(ratios):.2f}, "
             f"least {ratios[0]:.2f}; {lost} below {CLOSE}.", "",
             "| tensor | MB | layout | operation | threads | ours, ms | past the caches | through them | of the better |",
             "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for ratio, result, medians in rows:
        problem = Problem("stores", tuple(result["shape"]))
        times = [f"{medians[name]:.3g}" for name in ["ours", *CHOICES]]
        lines.append("| " + " | ".join([
            problem.name, f"{problem.bytes / 1e6:.1f}", result["layout"], result["operation"], str(result["threads"]),
            *times, f"{ratio:.2f}"]) + " |")
    return "\n".join(lines)
