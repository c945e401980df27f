"""What is measured: shapes, operations, and who takes part with which layout."""

from dataclasses import dataclass
from pathlib import Path

SHAPES = Path(__file__).resolve().parents[2] / "Tests/Fixtures/shapes"
OPERATIONS = ["training", "inference", "backward"]
HALVES = ["float16", "bfloat16"]


@dataclass(frozen=True)
class Problem:
    """One shape (N, C, …) of a group of shapes that are averaged together."""

    group: str
    shape: tuple

    @property
    def name(self):
        """The shape as in "32x64x112x112"."""
        return "x".join(map(str, self.shape))

    @property
    def bytes(self):
        """The size of one Float tensor."""
        count = 4
        for dimension in self.shape:
            count *= dimension
        return count


@dataclass(frozen=True)
class Contestant:
    """A worker with the layout and engine that are asked of it."""

    name: str
    worker: str
    layout: str
    engine: str = ""
    element: str = ""  # f8 for Double, float16, bfloat16, else Float

    def request(self, operation, problem, threads, repetitions):
        """The request line for one operation on one problem."""
        request = {"operation": operation, "shape": problem.shape, "layout": self.layout,
                   "threads": threads, "repetitions": repetitions, "engine": self.engine}
        if self.element:
            request["element"] = self.element
        if self.layout == "limit":
            request |= {"operation": "limit", "of": operation}
        return request


# Loops in the library's own process, on its own tensors; the faster of them is the limit.
LIMITS = [Contestant(f"limit, {stores}", "ours", "limit", stores) for stores in ["streaming", "ordinary"]]


def network(name, batch, every=1):
    """The distinct inputs of a network's batch normalizations, or every so many of them."""
    lines = (SHAPES / f"{name}.txt").read_text().splitlines()
    shapes = [line for line in lines if line and not line.startswith("#")]
    return [(batch, *map(int, shape.split("x"))) for shape in shapes[::every]]


GROUPS = {
    "resnet50-32": network("resnet50", 32),
    "resnet50-1": network("resnet50", 1),
    "densenet121-1": network("densenet121", 1, every=3),
    "features": [(256, 1024), (4096, 64)],
    "beyond-cache": [(96, 256, 56, 56), (128, 64, 112, 112)],
}
TITLES = {
    "resnet50-32": "ResNet-50, batch 32",
    "resnet50-1": "ResNet-50, batch 1",
    "densenet121-1": "DenseNet-121, batch 1, every third of its distinct shapes",
    "features": "Features (N, C)",
    "beyond-cache": "Beyond the last-level cache",
}
QUICK = {"resnet50-32": [(32, 256, 56, 56), (32, 1024, 14, 14), (32, 2048, 7, 7)],
         "features": [(256, 1024)]}


def problems(groups):
    """The problems of a dictionary like `GROUPS`."""
    return [Problem(group, shape) for group, shapes in groups.items() for shape in shapes]


def contestants(problem, default_engine, types=()):
    """Everybody who takes part in a problem.

    With types of 16 bits: ours in Float, and everybody in those, with parameters in Float.
    """
    plain = "features" if len(problem.shape) == 2 else "nchw"
    if types:
        return [Contestant("ours", "ours", plain, default_engine)] + [
            Contestant(f"{name} {kind}", worker, plain, default_engine if worker == "ours" else "", kind)
            for kind in types
            for name, worker in [("ours", "ours"), ("PyTorch", "torch"), ("oneDNN", "onednn")]]
    taking_part = [
        Contestant("ours", "ours", plain, default_engine),
        Contestant("PyTorch", "torch", plain),
        Contestant("oneDNN", "onednn", plain),
        *LIMITS,
    ]
    if problem.group == "beyond-cache":
        # For the share of the limit; everybody else would take minutes.
        return taking_part
    if default_engine != "blas":
        taking_part.append(Contestant("ours, BLAS", "ours", plain, "blas"))
    if plain == "nchw":
        taking_part += [
            Contestant("oneDNN blocked", "onednn", "blocked"),
            Contestant("ours NHWC", "ours", "nhwc", default_engine),
            Contestant("PyTorch NHWC", "torch", "nhwc"),
            Contestant("oneDNN NHWC", "onednn", "nhwc"),
        ]
    return taking_part
