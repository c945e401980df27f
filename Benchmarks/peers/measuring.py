"""Taking times: everybody in turn, many rounds, so that a machine that drifts drifts for all."""

import math
import time

from problems import OPERATIONS, contestants

ROUND_MILLISECONDS = 6  # of each contestant in each round, at least LEAST calls, at most MOST
LEAST, MOST = 3, 30
PAUSE = 0.012  # before each turn, in seconds: OpenMP's threads of the one before spin for 8 ms


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


def measure(problem, operation, threads, workers, default_engine, rounds):
    """The times of everybody in one operation on one problem: a list of results."""
    def ask(contestant, repetitions):
        time.sleep(PAUSE)
        return workers[contestant.worker].ask(
            contestant.request(operation, problem, threads, repetitions))

    repetitions, results = {}, {}
    for contestant in contestants(problem, default_engine):
        reply = ask(contestant, 1)
        result = {"group": problem.group, "shape": problem.shape, "operation": operation,
                  "threads": threads, "contestant": contestant.name}
        if "unsupported" in reply:
            result["unsupported"] = reply["unsupported"]
        else:
            wanted = math.ceil(ROUND_MILLISECONDS / max(reply["milliseconds"][0], 1e-3))
            repetitions[contestant] = min(max(wanted, LEAST), MOST)
            result |= {"implementation": reply["implementation"], "milliseconds": []}
        results[contestant] = result

    taking_part = list(repetitions)
    for turn in range(rounds):
        first = turn * 3 % len(taking_part)  # not always behind the same neighbour's heels
        for contestant in taking_part[first:] + taking_part[:first]:
            reply = ask(contestant, repetitions[contestant])
            results[contestant]["milliseconds"].append(reply["milliseconds"])
    return list(results.values())


def measure_all(problems, operations, thread_counts, workers, default_engine, rounds, stream):
    """The results of all problems, with live progress on `stream`."""
    progress = Progress(stream, len(problems) * len(operations) * len(thread_counts))
    results = []
    for problem in problems:
        for operation in [o for o in OPERATIONS if o in operations]:
            for threads in thread_counts:
                progress.step(f"{problem.group} {problem.name} {operation}, threads: {threads}")
                results += measure(
                    problem, operation, threads, workers, default_engine, rounds)
    progress.end()
    return results
