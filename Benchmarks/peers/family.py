"""The other layers of the family: layer, RMS, group and instance norm beside PyTorch and oneDNN; γ and β per sample,
batch renormalization, ghost batches and masks beside our own batch norm."""

import sys
from dataclasses import dataclass

from figures import geometric_mean, median_of
from measuring import PACE, Progress, measure_contestants
from problems import LIMITS, OPERATIONS, Contestant, Problem, network
from report import compared, milliseconds, origin, table

ROWS = [(8192, 64), (4096, 768), (4096, 1024), (2048, 4096), (512, 8192), (1, 768), (64, 1000), (4096, 77)]
PLANES = network("resnet50", 8) + [(4, 320, 64, 64)]
BATCHES = network("resnet50", 32, every=3)
OWN = ["conditional", "renormalized", "ghost", "masked"]
TITLES = {
    "layer": "Layer norm, rows × width", "rms": "RMS norm, rows × width",
    "group": "Group norm of 32 groups", "instance": "Instance norm",
    "conditional": "γ and β per sample, beside plain batch norm",
    "renormalized": "Batch renormalization, beside plain batch norm",
    "ghost": "Ghost batches of 8, beside plain batch norm",
    "masked": "Lengths from half to full, beside no mask",
}
GOALS = {"layer": 1.5, "rms": 1.5, "group": 2, "instance": 2, "conditional": 1 / 1.15, "renormalized": 1 / 1.15,
         "ghost": 1 / 1.15, "masked": 1}


@dataclass(frozen=True)
class FamilyContestant(Contestant):
    """A worker with the layer that is asked of it."""

    family: str = "batch"

    def request(self, operation, problem, threads, repetitions):
        return super().request(operation, problem, threads, repetitions) | {"layer": self.family}


def cells(quick):
    """Every layer with its shapes and layouts."""
    some = slice(None, None, 4) if quick else slice(None)
    found = [(layer, "rows", shape) for layer in ["layer", "rms"] for shape in ROWS[some]]
    found += [(layer, layout, shape) for layer in ["group", "instance"] for layout in ["nchw", "nhwc"]
              for shape in PLANES[some]]
    return found + [(layer, layout, shape) for layer in OWN for layout in ["nchw", "nhwc"]
                    for shape in BATCHES[some]]


def contestants(layer, layout, engine):
    """Ours first, then whom it is compared with."""
    ours = FamilyContestant("ours", "ours", layout, engine, family=layer)
    if layer in OWN:
        return [ours, FamilyContestant("batch norm", "ours", layout, engine)]
    taking_part = [ours, FamilyContestant("PyTorch", "torch", layout, family=layer)]
    if layer == "layer":
        taking_part.append(FamilyContestant("oneDNN", "onednn", layout, family=layer))
    if layer in ["group", "instance"]:
        taking_part += LIMITS
    return taking_part


def medians_of(found):
    """The median of everybody who could; of the two limits the faster one, as "limit"."""
    medians = {one["contestant"]: median_of(one) for one in found if "milliseconds" in one}
    limits = [medians.pop(limit.name) for limit in LIMITS if limit.name in medians]
    return medians | ({"limit": min(limits)} if limits else {})


def measure(operations, thread_counts, workers, engine, rounds, quick, stream=sys.stderr):
    """The medians of everybody in every cell."""
    chosen = cells(quick)
    progress = Progress(stream, len(chosen))
    results = []
    for layer, layout, shape in chosen:
        problem = Problem(layer, shape)
        progress.step(f"{layer} {problem.name} {layout}")
        for operation in [o for o in OPERATIONS if o in operations]:
            if operation == "inference" and layer in ["renormalized", "ghost"]:
                continue  # the plain layer's
            for threads in thread_counts:
                found = measure_contestants(
                    problem, operation, threads, workers, contestants(layer, layout, engine), rounds, PACE)
                results.append({
                    "layer": layer, "layout": layout, "shape": shape, "operation": operation, "threads": threads,
                    "medians": medians_of(found)})
    progress.end()
    return results


def ratio(result, peer):
    """How many times as fast as the peer ours is, or None."""
    theirs = result["medians"].get(peer)
    return theirs and theirs / result["medians"]["ours"]


def peers_of(results):
    return [peer for peer in ["PyTorch", "oneDNN", "batch norm", "limit"] if any(peer in r["medians"] for r in results)]


def goal_table(results):
    """A row a layer and layout: the geometric mean and the worst shape against each peer, by operation."""
    rows = []
    for layer, layout in dict.fromkeys((r["layer"], r["layout"]) for r in results):
        chosen = [r for r in results if (r["layer"], r["layout"]) == (layer, layout)]
        for peer in peers_of(chosen):
            goal = {"oneDNN": "≥ 1.00×", "limit": "–"}.get(peer, f"≥ {GOALS[layer]:.2f}×")
            row = [f"{layer}, {layout}", peer, goal]
            for operation in OPERATIONS:
                told = []
                for threads in sorted({r["threads"] for r in chosen}):
                    ratios = [ratio(r, peer) for r in chosen
                              if (r["operation"], r["threads"]) == (operation, threads) and ratio(r, peer)]
                    if ratios:
                        told.append(f"{geometric_mean(ratios):.2f} ({min(ratios):.2f})")
                row.append(" / ".join(told) or "–")
            rows.append(row)
    return table(["layer", "against", "goal", *OPERATIONS], rows)


def shape_tables(results, layer):
    """A table a layout and operation: our time and everybody's, by number of threads."""
    parts = []
    chosen = [r for r in results if r["layer"] == layer]
    peers = peers_of(chosen)
    for layout, operation in dict.fromkeys((r["layout"], r["operation"]) for r in chosen):
        rows = {}
        for r in chosen:
            if (r["layout"], r["operation"]) == (layout, operation):
                rows.setdefault("x".join(map(str, r["shape"])), []).append(r)
        said = "" if layout == "rows" else f", {layout}"
        parts.append(f"{operation.capitalize()}{said}, by number of threads:")
        parts.append(table(["shape", "ours, ms", *peers], [
            [shape, " / ".join(milliseconds(r["medians"]["ours"]) for r in found),
             *[" / ".join(compared(r["medians"].get(peer), ratio(r, peer)) for r in found) for peer in peers]]
            for shape, found in rows.items()]))
    return parts


def markdown(run):
    """The whole report."""
    results = run["family"]
    parts = ["\n".join(origin(run) + [
        "* Medians in milliseconds of single calls into preallocated, touched outputs, Float, everybody in turn;"
        " in brackets how many times as fast ours is.",
        "* PyTorch's RMS norm and instance norm have no backward of their own; autograd's is measured, its graph made"
        " once. oneDNN 3.2 has layer norm alone.",
        "* The limit is a loop that reads and writes the same tensors once, with next to no arithmetic; beside it is our"
        " share of it.",
    ]), "## Figures to reach", "Geometric mean over the shapes, in brackets the worst one; by number of threads.",
        goal_table(results)]
    for layer in dict.fromkeys(r["layer"] for r in results):
        parts += [f"## {TITLES[layer]}", *shape_tables(results, layer)]
    return "\n\n".join(parts) + "\n"


def page(run):
    """docs/measurements/family.md."""
    return "\n\n".join([
        "# The family beside PyTorch, oneDNN and our batch norm",
        "Generated by `make peers PEERS='--family --write-docs'`; do not edit. [Performance](../performance.md) says"
        " what\nthe figures mean, [Benchmarks/peers](../../Benchmarks/peers/README.md) how they are taken.",
        markdown(run)])
