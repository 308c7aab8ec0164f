"""One training step of a network of sec. 4.2 or Table 1, or of VGG, in PyTorch, in float64, for tests/gradients-pytorch.test.ts.

    python step.py FOLDER...

Each folder holds problem.json and the inputs as raw float32 (labels: int32); the results are written beside them as
raw float64. Parameters and statistics are concatenated in the order of problem.json.
"""

import json
import sys
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    for folder in sys.argv[1:]:
        step(Path(folder))


def step(folder):
    problem = json.loads((folder / "problem.json").read_text())
    network, batch, size = problem["network"], problem["batch"], problem["imageSize"]
    images = read(folder, "images").reshape(batch, 3, size, size)
    labels = torch.from_numpy(numpy.fromfile(folder / "labels.i32", numpy.int32)).long()
    parameters = named(problem["parameters"], read(folder, "parameters"))
    velocity = named(problem["parameters"], read(folder, "velocity"))
    statistics = named(problem["statistics"], read(folder, "statistics"))
    for parameter in parameters.values():
        parameter.requires_grad_()

    sgd = problem["sgd"]
    optimizer = torch.optim.SGD(
        parameters.values(), lr=problem["rate"], momentum=sgd["momentum"], weight_decay=sgd["weightDecay"]
    )
    for name, parameter in parameters.items():
        optimizer.state[parameter]["momentum_buffer"] = velocity[name]

    if network["family"] == "vgg":
        masks = [read(folder, f"{layer}.mask").reshape(batch, -1) for layer in ("fc6", "fc7")]
        logits = vgg(parameters, masks, images)
    else:
        logits = forward(network, parameters, statistics, images)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    gradients = [p.grad.clone() for p in parameters.values()]
    optimizer.step()

    write(folder, "loss", [loss])
    write(folder, "logits", [logits])
    write(folder, "gradients", gradients)
    write(folder, "next-statistics", statistics.values())
    write(folder, "next-parameters", parameters.values())
    write(folder, "next-velocity", [optimizer.state[p]["momentum_buffer"] for p in parameters.values()])


def vgg(parameters, masks, images):
    """Logits of VGG; `masks`: of dropout after fc6 and fc7."""
    x, stage = images, 1
    for name in [name.removesuffix(".weight") for name in parameters if name.startswith("conv") and name.endswith(".weight")]:
        if int(name[4]) > stage:
            x, stage = F.max_pool2d(x, 2), int(name[4])
        x = F.relu(F.conv2d(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"], padding=1))
    x = F.max_pool2d(x, 2).flatten(1)
    for name, mask in zip(("fc6", "fc7"), masks):
        x = F.relu(F.linear(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])) * mask
    return F.linear(x, parameters["fc8.weight"], parameters["fc8.bias"])


def forward(network, parameters, statistics, images):
    """Logits; running statistics are updated in place."""

    def convolution(x, name, stride=1):
        weight = parameters[f"{name}.weight"]
        y = F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
        return F.batch_norm(
            y,
            statistics[f"{name}.bn.mean"],
            statistics[f"{name}.bn.variance"],
            parameters[f"{name}.bn.scale"],
            parameters[f"{name}.bn.shift"],
            training=True,
            momentum=network["batchNorm"]["momentum"],
            eps=network["batchNorm"]["epsilon"],
        )

    def basic(x, name, stride):
        return convolution(F.relu(convolution(x, f"{name}a", stride)), f"{name}b")

    def bottleneck(x, name, stride):
        first, second = (stride, 1) if network["strideIn"] == "first1x1" else (1, stride)
        y = F.relu(convolution(x, f"{name}a", first))
        return convolution(F.relu(convolution(y, f"{name}b", second)), f"{name}c")

    def shortcut(x, name, stride, channels):
        option, same = network["shortcut"], stride == 1 and channels == x.shape[1]
        if option == "C" or (option == "B" and not same):
            return convolution(x, f"{name}.projection", stride)
        return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, channels - x.shape[1]))

    residual = bottleneck if network["block"] == "bottleneck" else basic
    whole = network["stem"] == "imagenet"
    x = F.relu(convolution(images, "conv1", 2 if whole else 1))
    if whole:
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
    for stage, blocks in enumerate(network["blocks"]):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            name = f"conv{stage + 2}_{block + 1}"
            y = residual(x, name, stride)
            if network["shortcut"] != "none":
                y = y + shortcut(x, name, stride, y.shape[1])
            x = F.relu(y)
    return F.linear(x.mean((2, 3)), parameters["fc.weight"], parameters["fc.bias"])


def named(slots, vector):
    parts = torch.split(vector, [torch.Size(slot["shape"]).numel() for slot in slots])
    return {slot["name"]: part.reshape(slot["shape"]).clone() for slot, part in zip(slots, parts)}


def read(folder, name):
    return torch.from_numpy(numpy.fromfile(folder / f"{name}.f32", numpy.float32)).double()


def write(folder, name, tensors):
    torch.cat([torch.empty(0), *(t.detach().reshape(-1) for t in tensors)]).numpy().tofile(folder / f"{name}.f64")


main()
