"""Figures as Markdown tables, for the terminal and for docs/measurements/peers.md."""

from figures import geometric_mean, targets
from problems import TITLES

IDLE = 0.03  # what others may take of a machine that is called idle
COLUMNS = ["PyTorch", "oneDNN", "oneDNN blocked", "PyTorch NHWC", "oneDNN NHWC"]


def table(header, rows):
    """A Markdown table, its columns padded so that it also reads as plain text."""
    lines = [header, ["---"] * len(header), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
        for line in lines)


def milliseconds(time):
    """Three significant digits."""
    if time is None:
        return "–"
    return f"{time:.3g}" if time < 100 else f"{time:.0f}"


def compared(time, ratio):
    """A peer's time and, in brackets, how many times as fast ours is."""
    return "–" if time is None else f"{milliseconds(time)} ({ratio:.2f}×)"


def percent(share):
    return "–" if share is None else f"{share * 100:.0f} %"


def shape_table(figures, group, operation, threads):
    """A row a shape: our time, everybody's time and our speed-up, our share of the limit."""
    problems = figures.of_group(group)
    has_blas = any(figures.median(p, operation, threads, "ours, BLAS") for p in problems)
    peers = [peer for peer in COLUMNS
             if any(figures.median(p, operation, threads, peer) for p in problems)]
    header = ["shape", "MB", "ours", *peers]
    header += (["our BLAS engine"] if has_blas else []) + ["limit", "our share of it"]
    rows = []
    for problem in problems:
        def time(contestant):
            return figures.median(problem, operation, threads, contestant)

        row = [problem.name, milliseconds(problem.bytes / 1e6), milliseconds(time("ours"))]
        row += [compared(time(peer), figures.speedup(problem, operation, threads, peer))
                for peer in peers]
        if has_blas:
            row.append(milliseconds(time("ours, BLAS")))
        speed = figures.gigabytes_per_second(problem, operation, threads)
        row.append("–" if speed is None else f"{speed:.0f} GB/s")
        row.append(percent(figures.share(problem, operation, threads)))
        rows.append(row)
    means = [mean_of(figures.speedup(p, operation, threads, peer) for p in problems)
             for peer in peers]
    rows.append(["geometric mean", "", "", *means, *[""] * (has_blas + 1),
                 mean_of((figures.share(p, operation, threads) for p in problems), percent)])
    return table(header, rows)


def mean_of(values, shown="({:.2f}×)".format):
    values = [value for value in values if value is not None]
    return shown(geometric_mean(values)) if values else "–"


def same_layout_table(figures, group, operation):
    """NHWC against NHWC: a row a shape, all thread counts in a cell."""
    header = ["shape", "ours NHWC", "PyTorch NHWC", "oneDNN NHWC", "share of the limit"]
    rows = []
    problems = [p for p in figures.of_group(group) if any(
        figures.median(p, operation, t, "ours NHWC") for t in figures.threads)]
    for problem in problems:
        def cells(text):
            return " / ".join(text(threads) for threads in figures.threads)

        row = [problem.name, cells(lambda t: milliseconds(
            figures.median(problem, operation, t, "ours NHWC")))]
        for peer in header[2:4]:
            row.append(cells(lambda t: compared(
                figures.median(problem, operation, t, peer),
                figures.speedup(problem, operation, t, peer, "ours NHWC"))))
        row.append(cells(lambda t: percent(
            figures.share(problem, operation, t, "ours NHWC"))))
        rows.append(row)
    if not rows:
        return None
    rows.append(["geometric mean", "", *[" / ".join(
        mean_of(figures.speedup(p, operation, t, peer, "ours NHWC") for p in problems)
        for t in figures.threads) for peer in header[2:4]], ""])
    return table(header, rows)


def target_table(figures):
    """Each figure to reach, what it is, and whether it is reached."""
    has_blas = any(key[3] == "ours, BLAS" for key in figures.medians)
    header = ["against", "operation", "to reach"]
    header += [counted(threads) for threads in figures.threads]
    rows = []
    for target in targets(has_blas):
        for operation in figures.operations:
            if operation not in target.least:
                continue
            least = target.least[operation]
            row = [target.title, operation, f"≥ {amount(least, target.unit)}"]
            for threads in figures.threads:
                found = target.figure(figures, operation, threads)
                if found is None:
                    row.append("not measured")
                    continue
                value, remark = found
                verdict = "reached" if value >= least else "**not reached**"
                remark = f" ({remark})" if remark else ""
                row.append(f"{amount(value, target.unit)} {verdict}{remark}")
            rows.append(row)
    return table(header, rows)


def amount(value, unit):
    return f"{value * 100:.0f} %" if unit == "%" else f"{value:.2f}×"


def counted(threads):
    return "1 thread" if threads == 1 else f"{threads} threads"


def origin(run):
    """When, where, with what and by which command the figures were taken."""
    cache, others = run["lastLevelCache"], run["others"]
    return [
        f"* Measured {run['date']} on {run['machine']}"
        + (f", last-level cache {cache >> 20} MiB" if cache else "") + "."
        + (f" Other programs and the hypervisor took {percent(others)} of its time."
           if others is not None else "")
        + (" **That is too much to trust the figures; run again when it is idle.**"
           if others is not None and others > IDLE else ""),
        f"* Versions: {'; '.join(run['versions'])}.",
        f"* Command: `{run['command']}`.",
    ]


def facts(run):
    """The same, and what the tables show."""
    lines = origin(run) + [
        "* Times are medians in milliseconds of single calls into preallocated, touched outputs,"
        " Float, everybody in turn in each round.",
        "* In brackets: how many times as fast ours is.",
        "* The limit is a loop of the same traffic and next to no arithmetic in our process, with"
        " non-temporal or ordinary stores, whichever is faster at that size. GB/s are bytes read and"
        " written.",
        "* Tensors smaller than the last-level cache are warm in it, for everybody.",
        "* oneDNN blocked is its primitive on data that already are in nChw16c.",
        "* NHWC peers stand against our NCHW, but in the tables that say NHWC for everybody.",
    ]
    return "\n".join(lines)


def markdown(run, figures):
    """The whole report."""
    parts = [facts(run), "## Figures to reach", target_table(figures)]
    for group in dict.fromkeys(problem.group for problem in figures.problems):
        parts.append(f"## {TITLES[group]}")
        for operation in figures.operations:
            for threads in figures.threads:
                parts.append(f"{operation.capitalize()}, {counted(threads)}:")
                parts.append(shape_table(figures, group, operation, threads))
        for operation in figures.operations:
            same = same_layout_table(figures, group, operation)
            if same:
                counts = " / ".join(map(counted, figures.threads))
                parts.append(f"{operation.capitalize()}, NHWC for everybody, {counts}:")
                parts.append(same)
    return "\n\n".join(parts) + "\n"


def page(run, figures, picture):
    """docs/measurements/peers.md. `picture` is the file of the chart beside it, or None."""
    parts = [
        "# Measured beside PyTorch and oneDNN",
        "Generated by `make peers PEERS='--write-docs'`; do not edit."
        " [Performance](../performance.md) says what the\nfigures mean,"
        " [Benchmarks/peers](../../Benchmarks/peers/README.md) how they are taken.",
    ]
    if picture:
        parts.append(f"![How many times as fast, per shape and peer]({picture})")
    return "\n\n".join([*parts, markdown(run, figures)])
