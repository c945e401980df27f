"""Writes docs/whitening.svg: two channels that go together, as they are, after batch normalization, and whitened.

    python3 docs/draw_whitening.py
"""

import math
import random
from pathlib import Path

SIDE, SCALE = 170, 24
PANELS = ("x", "batch norm", "zca", "cholesky")


def points(count=150):
    generator = random.Random(4)
    for _ in range(count):
        a, b = generator.gauss(0, 1), generator.gauss(0, 1)
        yield 1.5 * a + 0.6, 1.0 * a + 0.42 * b + 0.4


def statistics(rows):
    n = len(rows)
    mean = [sum(row[i] for row in rows) / n for i in (0, 1)]
    return mean, [[sum((r[i] - mean[i]) * (r[j] - mean[j]) for r in rows) / n for j in (0, 1)] for i in (0, 1)]


def matrices(s):
    """W of each panel but the first."""
    (a, b), (_, c) = s
    # The inverse root of a symmetric 2 x 2 matrix: (S + sqrt(det) I)/t is its root.
    root_det = math.sqrt(a * c - b * b)
    t = math.sqrt(a + c + 2 * root_det)
    p, q, r = (a + root_det) / t, b / t, (c + root_det) / t
    det = p * r - q * q
    l11 = math.sqrt(a)
    l21, l22 = b / l11, math.sqrt(c - b * b / a)
    return {"batch norm": [[1 / math.sqrt(a), 0], [0, 1 / math.sqrt(c)]],
            "zca": [[r / det, -q / det], [-q / det, p / det]],
            "cholesky": [[1 / l11, 0], [-l21 / (l11 * l22), 1 / l22]]}


def main():
    rows = list(points())
    mean, covariance = statistics(rows)
    found = matrices(covariance)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(PANELS) * SIDE} {SIDE + 26}" '
           'font-family="sans-serif" font-size="13">',
           "<title>Two channels before and after batch normalization and whitening</title>"]
    for index, name in enumerate(PANELS):
        x0, y0 = index * SIDE + SIDE / 2, SIDE / 2
        out.append(f'<path d="M{x0 - 78:.0f},{y0:.0f}h156M{x0:.0f},{y0 - 78:.0f}v156" stroke="#808080" '
                   'stroke-width="0.7" fill="none"/>')
        if name != "x":
            out.append(f'<circle cx="{x0:.0f}" cy="{y0:.0f}" r="{SCALE}" fill="none" stroke="#d95f02" '
                       'stroke-width="1.4"/>')
        for row in rows:
            if name == "x":
                u, v = row
            else:
                w, d = found[name], [row[0] - mean[0], row[1] - mean[1]]
                u, v = (w[i][0] * d[0] + w[i][1] * d[1] for i in (0, 1))
            if max(abs(u), abs(v)) * SCALE < 80:
                out.append(f'<circle cx="{x0 + u * SCALE:.1f}" cy="{y0 - v * SCALE:.0f}" r="1.6" '
                           'fill="#1b9e77" fill-opacity="0.75"/>')
        out.append(f'<text x="{x0:.0f}" y="{SIDE + 14}" text-anchor="middle" fill="#808080">{name}</text>')
    out.append("</svg>\n")
    Path(__file__).with_name("whitening.svg").write_text("\n".join(out))


if __name__ == "__main__":
    main()
