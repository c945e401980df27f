"""The family's layers in PyTorch, for torch_worker.py: what a user's model would call, forward into preallocated
outputs where there is such a form."""

import torch

EPSILON = 1e-5
GROUPS = 32


class Family:
    """The buffers of one shape, (rows, width) or (N, C, H, W), and the calls made on them."""

    def __init__(self, shape, buffers):
        self.shape, self.flat = shape, buffers
        self.weight, self.bias = torch.ones(shape[1]), torch.zeros(shape[1])
        self.gradients = self.output = None

    def view(self, name, layout):
        flat = self.flat[name]
        if layout == "nhwc":
            n, c, h, w = self.shape
            return flat.view(n, h, w, c).permute(0, 3, 1, 2)
        return flat.view(self.shape)

    def call(self, operation, layer, layout):
        """A closure that runs the operation once and leaves `output` or `gradients`, and its implementation's name."""
        x, y, gradient = (self.view(name, layout) for name in ["x", "y", "gradient"])
        if layer == "layer":
            return self.layer_norm(operation, x, y, gradient)
        if layer == "group":
            return self.group_norm(operation, x, gradient)
        if layer == "rms":
            return self.by_autograd(operation, x, gradient, "rms_norm", lambda value, weight, bias:
                                    torch.nn.functional.rms_norm(value, self.shape[1:], weight, EPSILON))
        return self.by_autograd(operation, x, gradient, "instance_norm", lambda value, weight, bias:
                                torch.instance_norm(value, weight, bias, None, None, True, 0.1, EPSILON, False))

    def layer_norm(self, operation, x, y, gradient):
        width = self.shape[1:]
        mean, deviation = torch.empty(self.shape[0], 1), torch.empty(self.shape[0], 1)

        def forward():
            torch.ops.aten.native_layer_norm.out(
                x, width, self.weight, self.bias, EPSILON, out0=y, out1=mean, out2=deviation)
            self.output = y
        if operation != "backward":
            return forward, "native_layer_norm.out"
        forward()

        def backward():
            self.gradients = None
            self.gradients = torch.ops.aten.native_layer_norm_backward(
                gradient, x, width, mean, deviation, self.weight, self.bias, [True, True, True])
        return backward, "native_layer_norm_backward"

    def group_norm(self, operation, x, gradient):
        n, c, h, w = self.shape

        def forward():
            self.output = None
            self.output = torch.native_group_norm(x, self.weight, self.bias, n, c, h * w, GROUPS, EPSILON)
        if operation != "backward":
            return forward, "native_group_norm"
        forward()
        _, mean, deviation = self.output

        def backward():
            self.gradients = None
            self.gradients = torch.ops.aten.native_group_norm_backward(
                gradient, x, mean, deviation, self.weight, n, c, h * w, GROUPS, [True, True, True])
        return backward, "native_group_norm_backward"

    def by_autograd(self, operation, x, gradient, name, function):
        """Where a backward has no name of its own, autograd's, the graph made once."""
        if operation != "backward":
            def forward():
                self.output = None
                self.output = function(x, self.weight, self.bias)
            return forward, name
        with torch.enable_grad():
            leaves = [value.detach().requires_grad_() for value in [x, self.weight, self.bias]]
            y = function(*leaves)
        wanted = leaves if name == "instance_norm" else leaves[:2]

        def backward():
            self.gradients = None
            self.gradients = torch.autograd.grad(y, wanted, gradient, retain_graph=True)
        return backward, f"{name}, autograd"

    def result(self, operation):
        """y or ∂x of the last call, in the order of the shape."""
        found = self.gradients if operation == "backward" else self.output
        return (found[0] if isinstance(found, tuple) else found).reshape(-1).tolist()
