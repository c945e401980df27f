"""Taking times: everybody in turn, many rounds, so that a machine that drifts drifts for all."""

import math
import time
from dataclasses import dataclass

from problems import OPERATIONS, contestants


@dataclass(frozen=True)
class Pace:
    """How long everybody's turns are."""

    milliseconds: float  # of each contestant in each round, at least `least` calls, at most `most`
    least: int
    most: int
    pause: float  # before each turn, in seconds: OpenMP's threads of the one before spin for 8 ms


PACE = Pace(milliseconds=6, least=3, most=30, pause=0.012)


class Progress:
    """A line on a terminal that is written over; nothing in a pipe."""

    def __init__(self, stream, total):
        self.stream = stream if stream.isatty() else None
        self.total = total
        self.done = 0

    def step(self, text):
        self.done += 1
        if self.stream:
            self.stream.write(f"\r\033[K{self.done}/{self.total} {text}")
            self.stream.flush()

    def end(self):
        if self.stream:
            self.stream.write("\r\033[K")


def measure(problem, operation, threads, workers, default_engine, rounds, types=()):
    """The times of everybody in one operation on one problem: a list of results."""
    return measure_contestants(problem, operation, threads, workers,
                               contestants(problem, default_engine, types), rounds, PACE)


def measure_contestants(problem, operation, threads, workers, everybody, rounds, pace):
    """The same of some contestants, at a pace. Two who turn out to be the same are measured once."""
    def ask(contestant, repetitions):
        if pace.pause:
            time.sleep(pace.pause)
        return workers[contestant.worker].ask(
            contestant.request(operation, problem, threads, repetitions))

    repetitions, results, first = {}, {}, {}
    for contestant in everybody:
        reply = ask(contestant, 1)
        result = {"group": problem.group, "shape": problem.shape, "operation": operation,
                  "threads": threads, "contestant": contestant.name}
        results[contestant] = result
        if "unsupported" in reply:
            result["unsupported"] = reply["unsupported"]
            continue
        result |= {"implementation": reply["implementation"], "milliseconds": []}
        same = (contestant.worker, contestant.layout, contestant.element, getattr(contestant, "family", ""),
                reply["implementation"])
        if first.setdefault(same, contestant) is not contestant:
            result["milliseconds"] = results[first[same]]["milliseconds"]
            continue
        wanted = math.ceil(pace.milliseconds / max(reply["milliseconds"][0], 1e-3))
        repetitions[contestant] = min(max(wanted, pace.least), pace.most)

    taking_part = list(repetitions)
    for turn in range(rounds):
        start = turn * 3 % len(taking_part)  # not always behind the same neighbour's heels
        for contestant in taking_part[start:] + taking_part[:start]:
            reply = ask(contestant, repetitions[contestant])
            results[contestant]["milliseconds"].append(reply["milliseconds"])
    return list(results.values())


def measure_all(problems, operations, thread_counts, workers, default_engine, rounds, stream, types=()):
    """The results of all problems, with live progress on `stream`."""
    progress = Progress(stream, len(problems) * len(operations) * len(thread_counts))
    results = []
    for problem in problems:
        for operation in [o for o in OPERATIONS if o in operations]:
            for threads in thread_counts:
                progress.step(f"{problem.group} {problem.name} {operation}, threads: {threads}")
                results += measure(
                    problem, operation, threads, workers, default_engine, rounds, types)
    progress.end()
    return results
