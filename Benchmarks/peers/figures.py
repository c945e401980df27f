"""From raw times to figures: medians, ratios, shares of the memory limit, targets."""

import math
import statistics
from dataclasses import dataclass

from problems import LIMITS, OPERATIONS, Problem


def geometric_mean(values):
    """The n-th root of the product."""
    return math.exp(statistics.fmean(map(math.log, values)))


def median_of(result):
    """The median of all calls in all turns, in milliseconds."""
    return statistics.median(time for turn in result["milliseconds"] for time in turn)


class Figures:
    """The medians of a run's results, and what is derived from them."""

    def __init__(self, run):
        self.cache = run["lastLevelCache"]
        self.medians = {}
        for result in run["results"]:
            if "unsupported" in result:
                continue
            key = (Problem(result["group"], tuple(result["shape"])), result["operation"],
                   result["threads"], result["contestant"])
            self.medians[key] = median_of(result)
        self.problems = list(dict.fromkeys(key[0] for key in self.medians))
        self.operations = [o for o in OPERATIONS if any(key[1] == o for key in self.medians)]
        self.threads = sorted({key[2] for key in self.medians})

    def of_group(self, group):
        return [problem for problem in self.problems if problem.group == group]

    def median(self, problem, operation, threads, contestant):
        """The median time in milliseconds, or None where it was not measured."""
        return self.medians.get((problem, operation, threads, contestant))

    def limit(self, problem, operation, threads):
        """The time of the faster of the two limits, or None."""
        times = [self.median(problem, operation, threads, limit.name) for limit in LIMITS]
        return min((time for time in times if time is not None), default=None)

    def gigabytes_per_second(self, problem, operation, threads):
        """The limit as bytes read and written."""
        tensors = 3 if operation == "backward" else 2
        limit = self.limit(problem, operation, threads)
        return None if limit is None else tensors * problem.bytes / limit / 1e6

    def speedup(self, problem, operation, threads, peer, ours="ours"):
        """How many times as fast as the peer ours is, or None."""
        mine = self.median(problem, operation, threads, ours)
        theirs = self.median(problem, operation, threads, peer)
        return None if mine is None or theirs is None else theirs / mine

    def share(self, problem, operation, threads, ours="ours"):
        """Limit's time over our time, or None."""
        limit = self.limit(problem, operation, threads)
        mine = self.median(problem, operation, threads, ours)
        return None if mine is None or limit is None else limit / mine


@dataclass(frozen=True)
class Target:
    """A figure to reach: what it is, per operation the least, and how it is computed."""

    title: str
    least: dict
    figure: object  # (figures, operation, threads) -> (value, remark) or None
    unit: str = "×"


def mean_speedup(peer, ours="ours"):
    def figure(figures, operation, threads):
        ratios = [figures.speedup(problem, operation, threads, peer, ours)
                  for problem in figures.of_group("resnet50-32")]
        ratios = [ratio for ratio in ratios if ratio is not None]
        return (geometric_mean(ratios), "") if ratios else None
    return figure


def worst_speedup(figures, operation, threads):
    ratios = [(figures.speedup(problem, operation, threads, peer), f"{peer}, {problem.name}")
              for problem in figures.problems for peer in ["PyTorch", "oneDNN"]]
    return min((ratio for ratio in ratios if ratio[0] is not None), default=None)


def worst_share(figures, operation, threads):
    shares = [(figures.share(problem, operation, threads), problem.name)
              for problem in figures.problems if problem.bytes > (figures.cache or 0)]
    return min((share for share in shares if share[0] is not None), default=None)


def each(training, inference, backward):
    return {"training": training, "inference": inference, "backward": backward}


def targets(has_blas):
    """The figures to reach. `has_blas`: the BLAS engine was measured beside the default one."""
    blas = "ours, BLAS" if has_blas else "ours"
    return [
        Target("PyTorch NCHW, ResNet-50 at batch 32, geometric mean", each(6, 1.3, 3),
               mean_speedup("PyTorch")),
        Target("oneDNN NCHW, same", each(8, 4, 6), mean_speedup("oneDNN")),
        Target("oneDNN blocked against our NCHW, same", each(1, 1, 1),
               mean_speedup("oneDNN blocked")),
        Target("no single shape slower than a peer in NCHW or (N, C): the worst", each(1, 1, 1),
               worst_speedup),
        Target("BLAS engine against PyTorch NCHW, ResNet-50 at batch 32", {"training": 4},
               mean_speedup("PyTorch", blas)),
        Target("share of the memory limit, tensors beyond the last-level cache: the least",
               each(0.75, 0.90, 0.75), worst_share, "%"),
    ]
