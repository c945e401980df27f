"""The sweep as figures, tables and a heat map."""

import math

from figures import geometric_mean
from problems import OPERATIONS
from report import origin, table

ENGINES = ["fused", "blas", "reference"]
PEERS = ["PyTorch", "oneDNN"]
SMALL = ["64 KB", "1 MB"]  # these fit the caches


def best_engine(result):
    """The fastest of our engines, and how many times as fast as it the default is: 1 at most, but for noise."""
    times = {engine: result["nanoseconds"][f"ours, {engine}"] for engine in ENGINES}
    best = min(times, key=times.get)
    return best, times[best] / result["nanoseconds"]["ours"]


def speedup(result, peer):
    """How many times as fast as a peer the default is, or None."""
    theirs = result["nanoseconds"].get(peer)
    return theirs and theirs / result["nanoseconds"]["ours"]


def best_peer(result):
    """The fastest peer in the same layout and how many times as fast as it the default is, or None."""
    found = [(speedup(result, peer), peer) for peer in PEERS if result["nanoseconds"].get(peer)]
    return min(found, default=None)


def name(result):
    shape = (result["samples"], result["channels"], result["plane"])
    last = ", channels last" if result["layout"] == "last" else ""
    double = ", Double" if result["element"] == "Double" else ""
    return "×".join(map(str, shape)) + last + double


def goals(results):
    """Each figure of the sweep: what it is, the goal, and what it is for each operation."""
    rows = []

    def row(title, goal, figure):
        cells = []
        for operation in OPERATIONS:
            found = figure([r for r in results if r["operation"] == operation])
            cells.append("–" if found is None else found)
        rows.append([title, goal, *cells])

    def worst(value):
        def figure(chosen):
            found = [(value(r), name(r)) for r in chosen if value(r)]
            return f"{min(found)[0]:.2f}× ({min(found)[1]})" if found else None
        return figure

    def mean(sizes):
        def figure(chosen):
            ratios = [speedup(r, "PyTorch") for r in chosen if r["size"] in sizes and speedup(r, "PyTorch")]
            return f"{geometric_mean(ratios):.2f}×" if ratios else None
        return figure

    def plateau(chosen):
        """The slowest plane against the fastest, of tensors of the same bytes and number of channels."""
        ratios = []
        for size, channels, element in sorted({(r["size"], r["channels"], r["element"]) for r in chosen
                                               if r["size"] != "64 KB" and r["layout"] == "first"}):
            times = [(r["nanoseconds"]["ours"], name(r)) for r in chosen
                     if (r["size"], r["channels"], r["element"], r["layout"]) == (size, channels, element, "first")]
            if len(times) > 1:
                ratios.append((max(times)[0] / min(times)[0], max(times)[1]))
        return f"{max(ratios)[0]:.2f}× ({max(ratios)[1]})" if ratios else None

    row("default against the best of our engines: the worst cell", "≥ 0.95×", worst(lambda r: best_engine(r)[1]))
    row("default against PyTorch: the worst cell", "≥ 1×", worst(lambda r: speedup(r, "PyTorch")))
    row("default against PyTorch, 64 KB and 1 MB, geometric mean", "≥ 8, 3, 3×", mean(SMALL))
    row("default against PyTorch, 25 MB, geometric mean", "≥ 5, 1.5, 2.2×", mean(["25 MB"]))
    row("the slowest plane against the fastest, same channels and bytes, from 1 MB", "≤ 1.8, 1.4, 1.8×", plateau)
    row("BLAS calls against the scalar reference: the worst cell", "≥ 1×",
        worst(lambda r: r["nanoseconds"]["ours, reference"] / r["nanoseconds"]["ours, blas"]))
    return table(["figure", "goal", *OPERATIONS], rows)


def worst_cells(results, value, shown, count=10):
    """The cells where the default is furthest behind."""
    found = sorted((r for r in results if value(r) is not None), key=value)[:count]
    rows = [[name(r), r["size"], r["operation"], f"{r['nanoseconds']['ours']:.2f}", shown(r),
             f"{value(r):.2f}×"] for r in found]
    return table(["cell", "size", "operation", "ns an element", "fastest", "ours is"], rows)


def behind(results):
    """How many cells are slower than an engine of ours, or than a peer, by more than noise."""
    engines = sum(best_engine(r)[1] < 0.95 for r in results)
    peers = {peer: sum((speedup(r, peer) or 1) < 0.95 for r in results) for peer in PEERS}
    said = ", ".join(f"than {peer} in {count}" for peer, count in peers.items())
    return (f"Of {len(results)} cells the default is slower by more than 5 % than another engine of ours in "
            f"{engines}, {said}.")


def facts(run):
    """Where the figures come from, and what they are."""
    return "\n".join(origin(run) + [
        "* Nanoseconds an element, from medians of single calls into preallocated, touched outputs, everybody in turn.",
        "* A cell is samples × channels × plane, of about the size it stands under; planes of one value are features.",
        "* Engines, PyTorch and oneDNN are compared in the same layout. A call from Python costs PyTorch some"
        " microseconds, which favours ours at 64 KB.",
    ])


def markdown(run):
    """The whole report."""
    results = run["sweep"]
    return "\n\n".join([
        facts(run), "## Figures to reach", goals(results), behind(results),
        "## The ten worst cells against the best of our engines",
        worst_cells(results, lambda r: best_engine(r)[1], lambda r: best_engine(r)[0]),
        "## The ten worst cells against the best peer",
        worst_cells(results, lambda r: (best_peer(r) or [None])[0], lambda r: best_peer(r)[1]),
    ]) + "\n"


def page(run, pictures):
    """docs/measurements/sweep.md, with its pictures."""
    shown = [f"![{title}]({file})" for title, file in pictures]
    return "\n\n".join([
        "# Measured on shapes that no list chose",
        "Generated by `make peers PEERS='--sweep --write-docs'`; do not edit. [Performance](../performance.md) says"
        " what the\nfigures mean, [Benchmarks/peers](../../Benchmarks/peers/README.md) how they are taken.",
        *shown, markdown(run)])


STYLE = """
  text { font: 11px sans-serif; fill: #24292f } .title { font-size: 13px; font-weight: bold }
  .cell { fill: #111; font-size: 10px }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .cell { fill: #111 } }
"""
COLUMN, ROW, LEFT, HEAD, GAP = 38, 15, 44, 52, 26


def heat_map(results, kind, size):
    """An SVG of the cells of one size, channels first, Float: a panel an operation, a row a plane, a column a number
    of channels. `kind` is "time", ns an element, or "peer", how many times as fast as PyTorch."""
    shown = [r for r in results if r["size"] == size and r["layout"] == "first" and r["element"] == "Float"]
    planes = sorted({r["plane"] for r in shown})
    channels = sorted({r["channels"] for r in shown})
    panel = LEFT + COLUMN * len(channels) + GAP
    width, height = panel * 3, HEAD + ROW * len(planes) + 30
    what = "Nanoseconds an element" if kind == "time" else "Times as fast as PyTorch"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
             f'height="{height}" role="img"><title>{what}, tensors of {size}</title><style>{STYLE}</style>']
    for number, operation in enumerate(OPERATIONS):
        left = number * panel + LEFT
        parts.append(f'<text class="title" x="{left}" y="16">{operation.capitalize()}, {size}</text>')
        parts.append(f'<text x="{left - 6}" y="{HEAD - 8}" text-anchor="end">plane</text>')
        for column, count in enumerate(channels):
            parts.append(f'<text x="{left + COLUMN * (column + 0.5)}" y="{HEAD - 8}" '
                         f'text-anchor="middle">{"C=" if column == 0 else ""}{count}</text>')
        for row, plane in enumerate(planes):
            y = HEAD + ROW * row
            parts.append(f'<text x="{left - 6}" y="{y + 11}" text-anchor="end">{plane}</text>')
            for column, count in enumerate(channels):
                found = [r for r in shown if (r["plane"], r["channels"], r["operation"]) == (plane, count, operation)]
                if found:
                    value = found[0]["nanoseconds"]["ours"] if kind == "time" else speedup(found[0], "PyTorch")
                    parts.append(tile(left + COLUMN * column, y, value, color(kind, value), name(found[0])))
    legend = ("green: as fast as the fastest; red: 8 times slower" if kind == "time"
              else "white: as fast; green: faster; red: slower")
    parts.append(f'<text x="{LEFT}" y="{height - 8}">{what}. {legend}.</text>')
    return "\n".join([*parts, "</svg>\n"])


def tile(x, y, value, fill, said):
    text = f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return (f'<rect x="{x}" y="{y}" width="{COLUMN - 1}" height="{ROW - 1}" fill="{fill}"><title>{said}: '
            f'{value:.2f}</title></rect><text class="cell" x="{x + COLUMN / 2 - 0.5}" y="{y + 11}" '
            f'text-anchor="middle">{text}</text>')


def color(kind, value):
    """A color that reads on paper and on a screen: hue from green to red by the logarithm of the value."""
    if kind == "time":
        badness = min(1, max(0, math.log(value / 0.08) / math.log(16)))
        return f"hsl({130 - 130 * badness:.0f} 65% {78 - 10 * badness:.0f}%)"
    goodness = min(1, max(-1, math.log(value) / math.log(8)))
    return f"hsl({130 if goodness > 0 else 0} {70 * abs(goodness):.0f}% {92 - 22 * abs(goodness):.0f}%)"
