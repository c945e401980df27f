"""Do all peers compute the same? Each worker's outputs against the formulas, in Double.

A check goes the way of a measurement, buffers and call, with data that the conductor sends.
"""

import random

import family
from problems import OPERATIONS, Problem, contestants

# One for the smallest case, one that is cut for two threads, short planes, features.
SHAPES = [(2, 16, 3, 5), (4, 32, 32, 32), (3, 48, 7, 7), (33, 32)]
TOLERANCE = 1e-5  # of the largest value: Float sums of some thousand values, in any order
EPSILON = 1e-5


def channel_of(index, shape):
    """The channel of an element in the order of (N, C, …)."""
    inner = 1
    for dimension in shape[2:]:
        inner *= dimension
    return index // inner % shape[1]


def expected(operation, shape, data):
    """Output and two numbers per channel, straight from the formulas."""
    channels = shape[1]
    of = [[] for _ in range(channels)]
    for index in range(len(data["x"])):
        of[channel_of(index, shape)].append(index)
    output = [0.0] * len(data["x"])
    first, second = [0.0] * channels, [0.0] * channels
    for channel, indices in enumerate(of):
        x = [data["x"][index] for index in indices]
        g = [data["gradient"][index] for index in indices]
        m = len(x)
        if operation == "inference":
            mean, variance = data["mean"][channel], data["variance"][channel]
        else:
            mean = sum(x) / m
            variance = sum((value - mean) ** 2 for value in x) / m
        scale = (variance + EPSILON) ** -0.5
        gamma, beta = data["gamma"][channel], data["beta"][channel]
        normalized = [(value - mean) * scale for value in x]
        first[channel], second[channel] = mean, variance
        if operation == "backward":
            a, b = sum(g), sum(gi * xi for gi, xi in zip(g, normalized))
            first[channel], second[channel] = b, a
            values = [gamma * scale * (gi - a / m - xi * b / m) for gi, xi in zip(g, normalized)]
        else:
            values = [gamma * value + beta for value in normalized]
        for index, value in zip(indices, values):
            output[index] = value
    return {"output": output, "first": first, "second": second}


def random_data(shape, seed):
    """Inputs whose channels differ in mean and deviation, in numbers that Float holds exactly.

    Every fifth channel varies so little that ε counts.
    """
    generator = random.Random(seed)

    def numbers(count, low, high):
        return [round(generator.uniform(low, high) * 1024) / 1024 for _ in range(count)]

    count = 1
    for dimension in shape:
        count *= dimension
    channels = shape[1]
    spread = [1 / 64 if channel % 5 == 0 else 1 + channel % 3 for channel in range(channels)]
    x = [value * spread[channel_of(index, shape)] + channel_of(index, shape) % 5
         for index, value in enumerate(numbers(count, -2, 2))]
    return {"x": x, "gradient": numbers(count, -1, 1), "gamma": numbers(channels, 0.5, 2),
            "beta": numbers(channels, -1, 1),
            "mean": [channel % 5 + 0.25 * spread[channel] for channel in range(channels)],
            "variance": [value * value for value in spread]}


def difference(actual, wanted):
    """The largest absolute difference, relative to the largest value wanted where that exceeds 1."""
    if len(actual) != len(wanted):
        return float("inf")
    largest = max(1.0, max(abs(value) for value in wanted))
    # A NaN is no small difference.
    return max((abs(a - w) / largest if a == a else float("inf"))
               for a, w in zip(actual, wanted))


def taking_part(shape, engines):
    """Everybody who computes, each engine of ours under its own name."""
    everybody = {contestant for engine in engines
                 for contestant in contestants(Problem("self-test", shape), engine)
                 if contestant.layout != "limit" and contestant.name != "ours, BLAS"}
    return sorted(everybody, key=lambda contestant: (contestant.name, contestant.engine))


def family_self_test(workers, engines, thread_counts):
    """The same for the layers that PyTorch has too: everybody's output beside its own."""
    worst, wrong = {}, []
    shapes = [(layer, "rows", shape) for layer in ["layer", "rms"] for shape in [(3, 32), (130, 77), (1, 768)]]
    shapes += [(layer, layout, (3, 64, 5, 7)) for layer in ["group", "instance"] for layout in ["nchw", "nhwc"]]
    for seed, (layer, layout, shape) in enumerate(shapes):
        problem, data = Problem("self-test", shape), random_data(shape, seed)
        given = {"x": data["x"], "gradient": data["gradient"], "operation": "check"}
        for operation in OPERATIONS:
            for threads in thread_counts:
                outputs = {}
                for engine in engines:
                    for one in family.contestants(layer, layout, engine):
                        if one.layout == "limit":
                            continue
                        request = one.request(operation, problem, threads, 1) | given | {"of": operation}
                        outputs[f"{one.name} {one.engine}".strip()] = workers[one.worker].ask(request)["output"]
                for name, output in outputs.items():
                    found = difference(output, outputs["PyTorch"])
                    worst[name, layer] = max(worst.get((name, layer), 0), found)
                    if found > TOLERANCE:
                        wrong.append(f"{name}: {operation} of {layer}, {problem.name} {layout}, "
                                     f"threads {threads}, differs by {found:.1e}")
    for (name, layer), found in worst.items():
        print(f"{name:16} {layer:9} differs from PyTorch by at most {found:.1e}")
    for line in wrong:
        print(f"WRONG: {line}")
    return not wrong


def self_test(workers, engines, thread_counts):
    """Prints a line for everybody and for each wrong output; returns whether all were right."""
    worst, wrong = {}, []
    for seed, shape in enumerate(SHAPES):
        problem, data = Problem("self-test", shape), random_data(shape, seed)
        for operation in OPERATIONS:
            wanted = expected(operation, shape, data)
            for contestant in taking_part(shape, engines):
                name = f"{contestant.name} {contestant.engine}".strip()
                for threads in thread_counts:
                    request = contestant.request(operation, problem, threads, 1) | data
                    request |= {"operation": "check", "of": operation}
                    reply = workers[contestant.worker].ask(request)
                    if "unsupported" in reply:
                        raise SystemExit(f"{name}, {problem.name}: {reply['unsupported']}")
                    for key in wanted:
                        found = difference(reply[key], wanted[key])
                        worst[name] = max(worst.get(name, 0), found)
                        if found > TOLERANCE:
                            wrong.append(f"{name}: {key} of {operation}, {problem.name}, "
                                         f"threads {threads}, differs by {found:.1e}")
    for name, found in worst.items():
        print(f"{name:24} differs from the formulas by at most {found:.1e}")
    for line in wrong:
        print(f"WRONG: {line}")
    return not wrong
