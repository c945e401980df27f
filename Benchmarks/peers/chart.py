"""The chart of docs/measurements/peers.svg: how many times as fast, per shape and peer, on a logarithmic axis."""

import math

PEERS = [("PyTorch", "PyTorch NCHW", "torch"), ("oneDNN", "oneDNN NCHW", "onednn"),
         ("oneDNN blocked", "oneDNN blocked, against our NCHW", "blocked")]
STYLE = """
  text { font: 12px sans-serif; fill: #24292f }
  .title { font-size: 14px; font-weight: bold }
  .grid { stroke: #d0d7de } .one { stroke: #24292f; stroke-width: 1.5 }
  .torch { fill: #d1495b; stroke: #d1495b } .onednn { fill: #2e6fbb; stroke: #2e6fbb }
  .blocked { fill: #2b8a3e; stroke: #2b8a3e } .hollow { fill: none; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .grid { stroke: #30363d } .one { stroke: #e6edf3 }
    .torch { fill: #ff7b8a; stroke: #ff7b8a } .onednn { fill: #6cb2ff; stroke: #6cb2ff }
    .blocked { fill: #6fd07f; stroke: #6fd07f } .hollow { fill: none }
  }
"""
WIDTH, LEFT, RIGHT = 820, 150, 30
ROW, HEAD, FOOT = 22, 34, 34


def chart(figures, group="resnet50-32"):
    """The SVG text, or None where the group was not measured: a panel an operation, a row a shape."""
    problems = figures.of_group(group)
    ratios = {(p, o, t, peer): figures.speedup(p, o, t, peer) for p in problems
              for o in figures.operations for t in figures.threads for peer, *_ in PEERS}
    known = [ratio for ratio in ratios.values() if ratio is not None]
    if not known:
        return None
    low, high = min(0.5, *known) / 1.1, max(2, *known) * 1.1

    def across(ratio):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(ratio / low) / math.log(high / low)

    panel = HEAD + ROW * len(problems) + FOOT
    legend = 24 * (len(PEERS) + 1)
    height = panel * len(figures.operations) + legend
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
             f'width="{WIDTH}" height="{height}" role="img">',
             "<title>How many times as fast as PyTorch and oneDNN, ResNet-50 at batch 32</title>",
             f"<style>{STYLE}</style>"]
    for number, operation in enumerate(figures.operations):
        top = number * panel
        bottom = top + HEAD + ROW * len(problems)
        parts.append(text(LEFT, top + 20, operation.capitalize(), "start", "title"))
        for tick in [2.0**power for power in range(-5, 7)]:
            if low <= tick <= high:
                x = across(tick)
                kind = "one" if tick == 1 else "grid"
                parts.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" '
                             f'y1="{top + HEAD - 4}" y2="{bottom}"/>')
                parts.append(text(x, bottom + 14, f"{tick:g}×", "middle"))
        for row, problem in enumerate(problems):
            y = top + HEAD + ROW * (row + 0.5)
            parts.append(text(LEFT - 12, y + 4, problem.name, "end"))
            for threads in figures.threads:
                for peer, label, style in PEERS:
                    ratio = ratios[problem, operation, threads, peer]
                    if ratio is not None:
                        said = f"{label}, threads {threads}: {ratio:.2f}×"
                        parts.append(dot(across(ratio), y, style, threads == 1, said))
        if operation == figures.operations[-1]:
            parts.append(text((LEFT + WIDTH - RIGHT) / 2, bottom + 30,
                              "their time / our time; right of 1× ours is faster", "middle"))
    top = panel * len(figures.operations) + 14
    for row, (_, label, style) in enumerate(PEERS):
        parts.append(dot(LEFT, top + 24 * row, style, False, label))
        parts.append(text(LEFT + 14, top + 24 * row + 4, label, "start"))
    note = "hollow: 1 thread, filled: more" if 1 in figures.threads else ""
    parts.append(text(LEFT + 14, top + 24 * len(PEERS) + 4, note, "start"))
    return "\n".join([*parts, "</svg>\n"])


def text(x, y, content, anchor, style=""):
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{content}</text>'


def dot(x, y, style, is_hollow, said):
    hollow = " hollow" if is_hollow else ""
    return (f'<circle class="{style}{hollow}" cx="{x:.1f}" cy="{y:.1f}" r="5">'
            f"<title>{said}</title></circle>")
