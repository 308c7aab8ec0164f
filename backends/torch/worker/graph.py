"""Graphs in the project's operator vocabulary, run by PyTorch.

A rule takes the inputs of its operator and then its attributes, by the names of `signatures` in ml/graph/ops.ts, and
returns its outputs in that order. Gradients are PyTorch's own: what a rule calls must be differentiable.
"""

import torch
import torch.nn.functional as F


def shortcut_a(x, stride, channels):
    return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, channels - x.shape[1]))


def batch_norm(x, gamma, beta, runningMean, runningVariance, epsilon, momentum):
    mean, variance = runningMean.clone(), runningVariance.clone()  # PyTorch writes the next ones into them
    y, batch_mean, inverse_std = torch.native_batch_norm(x, gamma, beta, mean, variance, True, momentum, epsilon)
    return y, batch_mean, inverse_std, mean, variance


def max_pool(x, kernel, stride, pads):
    return F.max_pool2d(F.pad(x, tuple(pads) * 2, value=float("-inf")), kernel, stride)


def softmax_cross_entropy(logits, labels):
    return F.cross_entropy(logits, labels.long()), logits.softmax(1)


def roi_max_pool(x, cells, bins):
    # One gather of rows and a maximum: its gradient goes to the first of equal cells, as CPU's max over a dimension has it.
    table = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
    gathered = table[cells.reshape(-1, cells.shape[1] // bins**2).long()]
    return gathered.max(1).values.reshape(len(cells), bins, bins, -1).permute(0, 3, 1, 2)


def smooth_l1(prediction, targets, weights, sigma):
    distance = (prediction - targets).abs()
    within = (distance * sigma**2).clamp(max=1)
    return (weights * within * (distance - within * (0.5 / sigma**2))).sum()


RULES = {
    "conv": lambda x, w, stride, pad: F.conv2d(x, w, stride=stride, padding=pad),
    "batchNorm": batch_norm,
    "batchNormInference": lambda x, gamma, beta, mean, variance, epsilon: F.batch_norm(
        x, mean, variance, gamma, beta, False, 0, epsilon
    ),
    "relu": lambda x: F.relu(x),
    "add": lambda a, b: a + b,
    "shortcutA": shortcut_a,
    "maxPool": max_pool,
    "globalAveragePool": lambda x: x.mean((2, 3)),
    "flatten": lambda x: x.flatten(1),
    "dropout": lambda x, mask: x * mask,
    "bias": lambda x, b: x + b[:, None, None],
    "dense": lambda x, w, b: F.linear(x, w, b),
    "softmaxCrossEntropy": softmax_cross_entropy,
    "moments": lambda x: torch.stack([x.mean(), x.square().mean()]),
    "roiMaxPool": roi_max_pool,
    "gatherRows": lambda x, rows: x[rows.long()],
    "sigmoidCrossEntropy": lambda logits, targets, weights: F.binary_cross_entropy_with_logits(
        logits, targets, weights, reduction="sum"
    ),
    "smoothL1": smooth_l1,
}


class Graph:
    """A graph as ml/graph/plain.ts writes it: values by id, nodes in an order in which they can be run."""

    def __init__(self, plain, rules=RULES):
        self._rules = rules
        self.values = plain["values"]
        self.inputs = plain["inputs"]
        self.outputs = list(plain["outputs"].values())
        self._nodes = plain["nodes"]

    def run(self, feeds, wanted):
        """The values whose ids are wanted. `feeds`: inputs by id; any other value goes once nobody reads it any more."""
        values = dict(feeds)
        last = {}
        for place, node in enumerate(self._nodes):
            for value in (*node["inputs"].values(), *node["outputs"].values()):
                last[value] = place
        kept = set(wanted)
        for place, node in enumerate(self._nodes):
            inputs = {name: values[value] for name, value in node["inputs"].items()}
            found = self._rules[node["op"]](**inputs, **node["attributes"])
            found = found if isinstance(found, tuple) else (found,)
            values.update(zip(node["outputs"].values(), found))
            for value in (*node["inputs"].values(), *node["outputs"].values()):
                if last[value] == place and value not in kept:
                    values.pop(value, None)
        return [values[value] for value in wanted]


def flat(tensors):
    """Tensors one after the other as one vector, row-major whatever their memory format."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
