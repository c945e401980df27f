"""PyTorch as a worker of peers.py: one JSON request a line on stdin, one reply a line on stdout.

The protocol is described in README.md. Buffers are allocated and written once per shape and serve
both layouts: what is random in one order of the same elements is random in another.

Outputs are preallocated for PyTorch as for everybody. Forward has an `out=` form that writes
straight into them. That of backward (`native_batch_norm_backward.out`) computes into fresh memory
and copies, which is slower, so the plain form is called; peers.py starts this process with
MALLOC_MMAP_MAX_=0 and a trim threshold out of reach, so that glibc hands the same touched memory to
every call, as if it had been preallocated.
"""

import gc
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")  # it is not needed
import torch  # noqa: E402

from torch_family import Family  # noqa: E402

EPSILON = 1e-5
MOMENTUM = 0.1
PERIOD = 1048573  # a prime: long tensors repeat their random numbers after as many elements


# The type of the elements of a tensor, and that of parameters and statistics: for 16 bits PyTorch's mixed form.
KINDS = {"": (torch.float32, torch.float32), "f8": (torch.float64, torch.float64),
         "float16": (torch.float16, torch.float32), "bfloat16": (torch.bfloat16, torch.float32)}


class Unsupported(Exception):
    """What a problem cannot be measured as, said to the conductor in these words."""


class Problem:
    """The buffers of one shape (N, C, …), and the calls made on them."""

    def __init__(self, shape, element=""):
        self.shape, self.element = shape, element
        tensor_kind, kind = KINDS[element]
        count = 1
        for dimension in shape:
            count *= dimension
        generator = torch.Generator().manual_seed(1)
        self.flat = {name: torch.randn(min(count, PERIOD), generator=generator, dtype=kind)
                     .to(tensor_kind).repeat(-(-count // PERIOD))[:count].clone()
                     for name in ["x", "y", "gradient"]}
        channels = shape[1]
        self.gamma, self.beta = torch.ones(channels, dtype=kind), torch.zeros(channels, dtype=kind)
        self.running = (torch.full((channels,), 0.1, dtype=kind),
                        torch.full((channels,), 1.5, dtype=kind))
        self.none = torch.empty(0, dtype=kind), torch.empty(0, dtype=kind)
        # mean, 1/√(variance + ε)
        self.batch = torch.zeros(channels, dtype=kind), torch.zeros(channels, dtype=kind)
        self.gradients = None
        self.family = Family(shape, self.flat)

    def view(self, name, layout):
        """The buffer as a tensor of `shape`, its elements in memory in the order of `layout`."""
        flat = self.flat[name]
        if layout == ("features" if len(self.shape) == 2 else "nchw"):
            return flat.view(self.shape)
        if layout == "nhwc" and len(self.shape) == 4:
            n, c, h, w = self.shape
            return flat.view(n, h, w, c).permute(0, 3, 1, 2)
        raise Unsupported(f"layout {layout} of rank {len(self.shape)}")

    def call(self, operation, layout):
        """A closure that runs the operation once, and its implementation's name."""
        x, y = self.view("x", layout), self.view("y", layout)
        if operation == "training":
            def run():
                torch.native_batch_norm(
                    x, self.gamma, self.beta, *self.running, True, MOMENTUM, EPSILON,
                    out=(y, *self.batch))
            return run, "native_batch_norm.out"
        if operation == "inference":
            def run():
                torch.native_batch_norm(
                    x, self.gamma, self.beta, *self.running, False, MOMENTUM, EPSILON,
                    out=(y, *self.none))
            return run, "native_batch_norm.out"
        if operation == "backward":
            gradient = self.view("gradient", layout)
            backward = torch.ops.aten.native_batch_norm_backward.default
            self.call("training", layout)[0]()  # the batch's statistics

            def run():
                # The gradients of the call before are freed first, so that this one gets their memory.
                self.gradients = None
                self.gradients = backward(
                    gradient, x, self.gamma, *self.running, *self.batch, True, EPSILON,
                    [True, True, True])
            return run, "native_batch_norm_backward"
        raise Unsupported(f"operation {operation}")

    def check(self, request):
        """One operation on given data, which and whose results are in the order of `shape`."""
        layout, operation = request["layout"], request["of"]

        def given(name):
            return torch.tensor(request[name])

        if "layer" in request:
            for name in ["x", "gradient"]:
                self.family.view(name, layout).copy_(given(name).view(self.shape))
            self.family.call(operation, request["layer"], layout)[0]()
            return {"output": self.family.result(operation)}
        for name in ["x", "gradient"]:
            self.view(name, layout).copy_(given(name).view(self.shape))
        self.gamma, self.beta = given("gamma"), given("beta")
        self.running = given("mean"), given("variance")
        self.call(operation, layout)[0]()
        if operation == "backward":
            output, *two = self.gradients
        else:
            output, two = self.view("y", layout), self.batch
            if operation == "training":
                two = two[0], two[1] ** -2 - EPSILON
            else:
                two = self.running
        return {"output": output.flatten().tolist(), "first": two[0].tolist(),
                "second": two[1].tolist()}

    def measure(self, request):
        if "layer" in request:
            run, implementation = self.family.call(request["operation"], request["layer"], request["layout"])
        else:
            run, implementation = self.call(request["operation"], request["layout"])
        run()  # caches, and threads woken
        milliseconds = []
        for _ in range(request["repetitions"]):
            start = time.perf_counter_ns()
            run()
            milliseconds.append((time.perf_counter_ns() - start) / 1e6)
        return {"milliseconds": milliseconds, "implementation": implementation}


def main():
    torch.set_grad_enabled(False)
    gc.disable()
    problem = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["operation"] == "describe":
                reply = {"version": f"PyTorch {torch.__version__}", "engines": []}
            else:
                torch.set_num_threads(request["threads"])
                wanted = request["shape"], request.get("element", "")
                if problem is None or (problem.shape, problem.element) != wanted:
                    problem = None
                    problem = Problem(*wanted)
                step = problem.check if request["operation"] == "check" else problem.measure
                reply = step(request)
        except Unsupported as reason:
            reply = {"unsupported": str(reason)}
        except Exception as error:  # the conductor says which request it was
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
