"""One picture of all shapes: the scalar path, BLAS calls, the fused kernels and PyTorch side by side."""

import math

from problems import OPERATIONS

ROWS = [("scalar", "ours, reference", "#8c959f"), ("BLAS calls", "ours, blas", "#bc4c00"),
        ("PyTorch", "PyTorch", "#8250df"), ("fused", "ours", "#1a7f37")]
STYLE = """
  text { font: 13px sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: bold }
  .small { font-size: 12px } .grid { stroke: #8c959f; stroke-opacity: 0.35 }
  .median { font-weight: bold }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
"""
LEFT, WIDTH, ROW, HEAD, GAP = 92, 600, 24, 26, 14
TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20]


def at(nanoseconds):
    """Where a time lies between the ends of the axis, logarithmic."""
    low, high = math.log(0.05), math.log(24)
    return LEFT + WIDTH * min(1, max(0, (math.log(nanoseconds) - low) / (high - low)))


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def picture(results, size):
    """An SVG with a panel an operation and a row for each way to compute it: a mark for each shape, channels first,
    `Float`, and the median of all."""
    shown = [r for r in results if r["size"] == size and r["layout"] == "first" and r["element"] == "Float"]
    panel = HEAD + ROW * len(ROWS) + GAP
    height = panel * len(OPERATIONS) + 52
    title = f"Nanoseconds an element on tensors of {size}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 76} {height}" '
             f'width="{LEFT + WIDTH + 76}" height="{height}" role="img"><title>{title}</title><style>{STYLE}</style>']
    for number, operation in enumerate(OPERATIONS):
        top = number * panel
        parts.append(f'<text class="title" x="{LEFT}" y="{top + 18}">{operation.capitalize()}</text>')
        for tick in TICKS:
            parts.append(f'<line class="grid" x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="{top + HEAD}" '
                         f'y2="{top + HEAD + ROW * len(ROWS)}"/>')
        for row, (label, contestant, fill) in enumerate(ROWS):
            times = [r["nanoseconds"][contestant] for r in shown
                     if r["operation"] == operation and r["nanoseconds"].get(contestant)]
            if not times:
                continue
            y = top + HEAD + ROW * row
            parts.append(f'<text x="{LEFT - 8}" y="{y + 17}" text-anchor="end">{label}</text>')
            parts += [f'<rect x="{at(time) - 1:.1f}" y="{y + 4}" width="2" height="{ROW - 8}" fill="{fill}" '
                      f'fill-opacity="0.35"/>' for time in times]
            middle = median(times)
            parts.append(f'<circle cx="{at(middle):.1f}" cy="{y + ROW / 2}" r="6" fill="{fill}"/>')
            parts.append(f'<text class="median" x="{LEFT + WIDTH + 8}" y="{y + 17}">{middle:.2f}</text>')
    bottom = panel * len(OPERATIONS)
    for tick in TICKS:
        parts.append(f'<text class="small" x="{at(tick):.1f}" y="{bottom + 6}" text-anchor="middle">{tick:g}</text>')
    count = len({(r["samples"], r["channels"], r["plane"]) for r in shown})
    parts.append(f'<text class="small" x="{LEFT}" y="{bottom + 28}">Nanoseconds an element, one thread, Float, less is '
                 f'better.</text>')
    parts.append(f'<text class="small" x="{LEFT}" y="{bottom + 44}">A mark for each of {count} shapes of {size}, a dot '
                 f'and a number for the median.</text>')
    return "\n".join([*parts, "</svg>\n"])
