"""The gradient operators of the vocabulary by PyTorch's own autograd, as a training step has it, for the conformance suite."""

import torch
import torch.nn.functional as F

from graph import RULES


def vjp(forward, x, dy):
    """The gradient of `forward` at `x`, from that of its output."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(forward(x), x, dy)[0]


def conv_input(dy, w, stride, pad, size):
    x = dy.new_zeros(dy.shape[0], w.shape[1], *size)
    return vjp(lambda x: RULES["conv"](x, w, stride, pad), x, dy)


def conv_weight(x, dy, stride, pad, kernel):
    w = x.new_zeros(dy.shape[1], x.shape[1], *kernel)
    return vjp(lambda w: RULES["conv"](x, w, stride, pad), w, dy)


def batch_norm(dy, x, gamma, mean, inverseStd):
    return torch.ops.aten.native_batch_norm_backward(
        dy, x, gamma, None, None, mean, inverseStd, True, 0.0, [True, True, True]
    )


def shortcut_a(dy, stride, channels, size):
    x = dy.new_zeros(dy.shape[0], channels, *size)
    return vjp(lambda x: RULES["shortcutA"](x, stride, dy.shape[1]), x, dy)


def softmax_cross_entropy(probabilities, labels):
    return vjp(lambda logits: F.cross_entropy(logits, labels.long()), probabilities.log(), probabilities.new_ones(()))


def batch_norm_inference(dy, gamma, variance, epsilon):
    zeros = torch.zeros_like(gamma)
    return vjp(lambda x: RULES["batchNormInference"](x, gamma, zeros, zeros, variance, epsilon), torch.zeros_like(dy), dy)


def loss(op, prediction, *rest, **attributes):
    """The gradient of a loss by its first input."""
    return vjp(lambda x: RULES[op](x, *rest, **attributes), prediction, prediction.new_ones(()))


GRADIENTS = {
    "convInputGradient": conv_input,
    "convWeightGradient": conv_weight,
    "batchNormGradient": batch_norm,
    "reluGradient": lambda dy, y: vjp(F.relu, y, dy),
    "shortcutAGradient": shortcut_a,
    "maxPoolGradient": lambda dy, x, y, **window: vjp(lambda x: RULES["maxPool"](x, **window), x, dy),
    "globalAveragePoolGradient": lambda dy, size: vjp(RULES["globalAveragePool"], dy.new_zeros(*dy.shape, *size), dy),
    "flattenGradient": lambda dy, channels, size: vjp(RULES["flatten"], dy.new_zeros(len(dy), channels, *size), dy),
    "denseInputGradient": lambda dy, w: vjp(lambda x: x @ w.T, dy.new_zeros(len(dy), w.shape[1]), dy),
    "denseWeightGradient": lambda x, dy: vjp(lambda w: x @ w.T, dy.new_zeros(dy.shape[1], x.shape[1]), dy),
    "denseBiasGradient": lambda dy: dy.sum(0),
    "softmaxCrossEntropyGradient": softmax_cross_entropy,
    "batchNormInferenceGradient": batch_norm_inference,
    "biasGradient": lambda dy: vjp(lambda b: torch.zeros_like(dy) + b[:, None, None], dy.new_zeros(dy.shape[1]), dy),
    "roiMaxPoolGradient": lambda dy, x, cells, bins: vjp(lambda x: RULES["roiMaxPool"](x, cells, bins), x, dy),
    "gatherRowsGradient": lambda dy, rows, count: vjp(lambda x: x[rows.long()], dy.new_zeros(count, dy.shape[1]), dy),
    "sigmoidCrossEntropyGradient": lambda **inputs: loss("sigmoidCrossEntropy", *inputs.values()),
    "smoothL1Gradient": lambda sigma, **inputs: loss("smoothL1", *inputs.values(), sigma=sigma),
}
