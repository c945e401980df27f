"""The race in 16 bits as text: ours against ours in Float, and against the peers in the same type."""

from figures import geometric_mean
from problems import TITLES

PEERS = ["PyTorch", "oneDNN"]


def markdown(run, figures, types):
    """A table of medians for each operation, number of threads and type, with what they amount to."""
    parts = [f"{run['date']}, {run['machine']}; {', '.join(run['versions'])}", f"`{run['command']}`"]
    for group in dict.fromkeys(problem.group for problem in figures.problems):
        parts.append(f"## {TITLES.get(group, group)}")
        for operation in figures.operations:
            for threads in figures.threads:
                parts += [table(figures, group, operation, threads, kind) for kind in types]
    return "\n\n".join(parts)


def table(figures, group, operation, threads, kind):
    """Milliseconds of one type, and ratios; the last row has their geometric means."""
    ours = f"ours {kind}"
    others = ["ours"] + [f"{peer} {kind}" for peer in PEERS]
    lines = [f"{operation}, {kind}, threads: {threads}", "",
             "| shape | ours | ours, Float | PyTorch | oneDNN | × Float | × PyTorch | × oneDNN |",
             "| --- |" + " ---: |" * 7]
    ratios = {other: [] for other in others}
    for problem in figures.of_group(group):
        times = [figures.median(problem, operation, threads, name) for name in [ours] + others]
        speedups = [figures.speedup(problem, operation, threads, other, ours) for other in others]
        for other, ratio in zip(others, speedups):
            if ratio is not None:
                ratios[other].append(ratio)
        lines.append("| " + " | ".join([problem.name, *map(number, times), *map(number, speedups)]) + " |")
    means = [geometric_mean(ratios[other]) if ratios[other] else None for other in others]
    worst = [min(ratios[other], default=None) for other in others]
    lines.append("| geometric mean | | | | | " + " | ".join(map(number, means)) + " |")
    lines.append("| least | | | | | " + " | ".join(map(number, worst)) + " |")
    return "\n".join(lines)


def number(value):
    """Three digits, or a dash."""
    return "–" if value is None else f"{value:.3g}"
