"""Batch normalization beside PyTorch and oneDNN, on the same shapes, in the same run.

`make peers` builds what this needs and runs it; README.md says how it measures and why.
"""

import argparse
import datetime
import json
import subprocess
import sys
from pathlib import Path

import chart
import family
import half_report
import machine
import overview
import problems
import report
import stores
import sweep
import sweep_report
import workers as processes
from figures import Figures
from measuring import measure_all
from neighbour import Neighbour
from selftest import family_self_test, self_test

MEASUREMENTS = Path(__file__).resolve().parents[2] / "docs/measurements"


def arguments():
    parser = argparse.ArgumentParser(prog="peers.py", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few shapes, few rounds: a minute")
    parser.add_argument("--only", type=listed(problems.GROUPS), metavar="GROUPS",
                        help="of " + ",".join(problems.GROUPS))
    parser.add_argument("--operations", type=listed(problems.OPERATIONS),
                        default=problems.OPERATIONS, help="of " + ",".join(problems.OPERATIONS))
    parser.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")],
                        default=[1, 2], help="numbers of threads (1,2)")
    parser.add_argument("--types", type=listed(problems.HALVES), default=[],
                        help="tensors of 16 bits, beside ours in Float: of " + ",".join(problems.HALVES))
    parser.add_argument("--rounds", type=int, help="turns of everybody at each problem (7)")
    parser.add_argument("--busy", action="store_true",
                        help="while a neighbour streams through memory on the last processor")
    parser.add_argument("--sweep", action="store_true",
                        help="planes and channels that no list chose, one thread: ten minutes; with --quick, one")
    parser.add_argument("--family", action="store_true",
                        help="layer, RMS, group and instance norm, per sample, ghost, masks: ten minutes")
    parser.add_argument("--stores", action="store_true",
                        help="whether outputs go past the caches from the right size on: five minutes")
    parser.add_argument("--ours", metavar="FILE", help="another build of our worker, of an earlier commit for example")
    parser.add_argument("--sizes", type=listed(sweep.SIZES), default=list(sweep.SIZES),
                        help="of the sweep, of " + ",".join(sweep.SIZES))
    parser.add_argument("--elements", type=listed(sweep.ELEMENT), default=["Float"],
                        help="of the sweep, of " + ",".join(sweep.ELEMENT))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every raw time")
    parser.add_argument("--from", type=Path, nargs="+", dest="files", metavar="FILE",
                        help="report on files of earlier runs instead of measuring")
    parser.add_argument("--write-docs", action="store_true",
                        help="write docs/measurements/peers.md and peers.svg, sweep.md and its maps, or family.md")
    parser.add_argument("--self-test", action="store_true",
                        help="only check that everybody computes the same")
    options = parser.parse_args()
    if min(options.threads) < 1:
        parser.error("a number of threads is at least 1")
    if options.rounds is not None and options.rounds < 1:
        parser.error("the number of rounds is at least 1")
    if options.sweep and (options.only or options.files or options.types):
        parser.error("--sweep: not with --only, --types or --from")
    if options.family and (options.sweep or options.only or options.files or options.types):
        parser.error("--family: not with --sweep, --only, --types or --from")
    if options.stores and (options.sweep or options.family or options.only or options.files or options.types
                           or options.write_docs):
        parser.error("--stores: not with --sweep, --family, --only, --types, --from or --write-docs")
    if options.types and options.write_docs:
        parser.error("--write-docs: not with --types")
    return options


def listed(known):
    """A parser of comma-separated names that are all known."""
    def parse(text):
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name}: expected some of {','.join(known)}")
        return names
    return parse


def measure(options, workers, told):
    """A run: where, when, with what, and all its results."""
    run = {
        "date": datetime.date.today().isoformat(),
        "machine": machine.name() + (", with a neighbour on the last" if options.busy else ""),
        "lastLevelCache": machine.last_level_cache(),
        "versions": [f"swift-normalization {commit()}"]
        + [reply["version"] for reply in told.values()],
        "engine": told["ours"]["defaultEngine"],
        "command": command(options),
    }
    others = machine.Others([worker.process.pid for worker in workers.values()])
    neighbour = Neighbour() if options.busy else None
    try:
        if options.stores:
            run["stores"] = stores.measure(
                options.operations, options.threads, workers["ours"], run["engine"], options.rounds or 5)
        else:
            step = measure_sweep if options.sweep else measure_family if options.family else measure_groups
            run |= step(options, workers, run["engine"])
    finally:
        if neighbour:
            neighbour.stop()
    # The other workers of --stores would count as others, as the neighbour does.
    run["others"] = None if options.busy or options.stores else others.share()
    return run


def measure_groups(options, workers, engine):
    groups = problems.QUICK if options.quick else problems.GROUPS
    if options.only:
        groups = {name: shapes for name, shapes in groups.items() if name in options.only}
    chosen = problems.problems(groups)
    if not chosen:
        raise SystemExit("none of these groups has a shape that --quick measures")
    return {"results": measure_all(
        chosen, options.operations, options.threads, workers, engine,
        options.rounds or (3 if options.quick else 7), sys.stderr, options.types)}


def measure_sweep(options, workers, engine):
    chosen = sweep.cells(options.sizes, options.elements, options.quick)
    return {"sweep": sweep.measure(
        chosen, options.operations, options.threads[0], workers, engine, options.rounds or 3)}


def measure_family(options, workers, engine):
    return {"family": family.measure(
        options.operations, options.threads, workers, engine, options.rounds or 3, options.quick)}


def commit():
    """The commit that is measured, as git names it, or nothing outside a repository."""
    told = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=MEASUREMENTS,
                          capture_output=True, text=True, check=False)
    return told.stdout.strip()


def command(options):
    """The command that measures the same again."""
    said = [f"--{flag}" for flag in ["sweep", "family", "stores", "quick", "busy"] if getattr(options, flag)]
    if options.only:
        said += ["--only", ",".join(options.only)]
    if options.types:
        said += ["--types", ",".join(options.types)]
    if set(options.operations) != set(problems.OPERATIONS):
        said += ["--operations", ",".join(options.operations)]
    if options.sweep:
        said += ["--sizes", f'"{",".join(options.sizes)}"', "--elements", ",".join(options.elements),
                 "--threads", str(options.threads[0])]
    else:
        said += ["--threads", ",".join(map(str, options.threads))]
    if options.rounds:
        said += ["--rounds", str(options.rounds)]
    return f"make peers PEERS='{' '.join(said)}'"


def joined(files):
    """Earlier runs as one; results of the same problem come from the last file that has it."""
    runs = [json.loads(file.read_text()) for file in files]
    for part in ["machine", "versions"]:
        if any(run[part] != runs[0][part] for run in runs):
            raise SystemExit(f"these runs differ in {part} and do not make one report: "
                             + "; ".join(str(run[part]) for run in runs))
    results = {}
    for run in runs:
        for result in run["results"]:
            key = (result["group"], tuple(result["shape"]), result["operation"],
                   result["threads"], result["contestant"])
            results[key] = result
    shares = [run["others"] for run in runs if run["others"] is not None]
    return runs[-1] | {"results": list(results.values()), "others": max(shares, default=None),
                       "command": "`, `".join(dict.fromkeys(run["command"] for run in runs))}


def write_docs(run, figures):
    """Writes docs/measurements/peers.md, and its chart where there is something to draw."""
    picture = chart.chart(figures)
    if picture:
        (MEASUREMENTS / "peers.svg").write_text(picture)
    page = report.page(run, figures, "peers.svg" if picture else None)
    (MEASUREMENTS / "peers.md").write_text(page)


def write_sweep(run):
    """Writes docs/measurements/sweep.md, a map a size of the times and of the ratios, and speed.svg."""
    pictures = []
    sizes = {result["size"] for result in run["sweep"]}
    (MEASUREMENTS / "speed.svg").write_text(
        overview.picture(run["sweep"], "1 MB" if "1 MB" in sizes else min(sizes)))
    for size in dict.fromkeys(result["size"] for result in run["sweep"]):
        for kind, title in [("time", "Nanoseconds an element"), ("peer", "Times as fast as PyTorch")]:
            file = f"sweep-{kind}-{size.replace(' ', '').lower()}.svg"
            (MEASUREMENTS / file).write_text(sweep_report.heat_map(run["sweep"], kind, size))
            pictures.append((f"{title}, tensors of {size}", file))
    (MEASUREMENTS / "sweep.md").write_text(sweep_report.page(run, pictures))


def main():
    options = arguments()
    if options.files:
        run = joined(options.files)
    else:
        if options.ours:
            processes.COMMANDS["ours"] = [options.ours]
        workers, told = processes.start()
        try:
            if options.self_test:
                test = family_self_test if options.family else self_test
                right = test(workers, told["ours"]["engines"], options.threads)
                sys.exit(0 if right else 1)
            run = measure(options, workers, told)
        finally:
            for worker in workers.values():
                worker.close()
        if options.json:
            options.json.write_text(json.dumps(run))
        if options.sweep:
            print(sweep_report.markdown(run))
            if options.write_docs:
                write_sweep(run)
            return
        if options.stores:
            print(stores.markdown(run))
            return
        if options.family:
            print(family.markdown(run))
            if options.write_docs:
                (MEASUREMENTS / "family.md").write_text(family.page(run))
            return
    figures = Figures(run)
    if options.types:
        print(half_report.markdown(run, figures, options.types))
        return
    print(report.markdown(run, figures))
    if options.write_docs:
        write_docs(run, figures)


if __name__ == "__main__":
    main()
