"""One training step of a CIFAR-10 network (sec. 4.2) in PyTorch, in float64, for tests/gradients-pytorch.test.ts.

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


def forward(network, parameters, statistics, images):
    """Logits; running statistics are updated in place."""

    def convolution(x, name, stride):
        y = F.conv2d(x, parameters[f"{name}.weight"], stride=stride, padding=1)
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

    x = F.relu(convolution(images, "conv1", 1))
    for stage, width in enumerate(network["widths"]):
        for block in range(network["n"]):
            stride = 2 if stage > 0 and block == 0 else 1
            name = f"conv{stage + 2}_{block + 1}"
            y = convolution(F.relu(convolution(x, f"{name}a", stride)), f"{name}b", 1)
            if network["family"] == "resnet":
                y = y + F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, width - x.shape[1]))
            x = F.relu(y)
    return F.linear(x.mean((2, 3)), parameters["fc.weight"], parameters["fc.bias"])


def named(slots, vector):
    parts = torch.split(vector, [torch.Size(slot["shape"]).numel() for slot in slots])
    return {slot["name"]: part.reshape(slot["shape"]).clone() for slot, part in zip(slots, parts)}


def read(folder, name):
    return torch.from_numpy(numpy.fromfile(folder / f"{name}.f32", numpy.float32)).double()


def write(folder, name, tensors):
    torch.cat([t.detach().reshape(-1) for t in tensors]).numpy().tofile(folder / f"{name}.f64")


main()
