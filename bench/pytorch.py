"""PyTorch's side of `npm run bench`: the same network, step and evaluation, in one of several forms.

usage: pytorch.py FORM DEVICE THREADS WORKLOAD
FORM: contiguous, channels_last, compile (torch.compile on channels_last), graph (contiguous, the step as a CUDA graph)
WORKLOAD: JSON with network (a specification of ml/nets/spec.ts), size, batch, evaluationBatch

Reads lines `train K` and `evaluate K` from standard input; answers each with a JSON line
{"milliseconds": [K values]}; `memory` answers {"mebibytes": peak resident memory}.
"""

import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Layer(nn.Sequential):
    """Convolution and batch normalisation (sec. 3.4)."""

    def __init__(self, channels, width, kernel, stride):
        conv = nn.Conv2d(channels, width, kernel, stride, (kernel - 1) // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(width))


class Block(nn.Module):
    """Two 3x3 layers, or 1x1, 3x3, 1x1 ("bottleneck", Figure 5), with a shortcut of option A, B or C (sec. 3.3)."""

    def __init__(self, network, channels, width, stride):
        super().__init__()
        if network["block"] == "bottleneck":
            first, second = (stride, 1) if network["strideIn"] == "first1x1" else (1, stride)
            layers = [(width, 1, first), (width, 3, second), (4 * width, 1, 1)]
        else:
            layers = [(width, 3, stride), (width, 3, 1)]
        self.layers = nn.ModuleList()
        source = channels
        for outputs, kernel, step in layers:
            self.layers.append(Layer(source, outputs, kernel, step))
            source = outputs
        self.outputs = source
        grows = stride > 1 or source != channels
        option = network["shortcut"]
        projects = option == "C" or (option == "B" and grows)
        self.projection = Layer(channels, source, 1, stride) if projects else None
        self.stride, self.added = stride, source - channels

    def forward(self, x):
        y = x
        for layer in self.layers[:-1]:
            y = F.relu(layer(y), inplace=True)
        y = self.layers[-1](y)
        if self.projection:
            x = self.projection(x)
        elif self.stride > 1 or self.added:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))
        return F.relu(y + x, inplace=True)


class ResNet(nn.Module):
    """The residual networks of secs. 4.1 and 4.2."""

    def __init__(self, network):
        super().__init__()
        widths = network["widths"]
        self.pools = network["stem"] == "imagenet"
        self.stem = Layer(3, widths[0], 7, 2) if self.pools else Layer(3, widths[0], 3, 1)
        blocks, channels = [], widths[0]
        for stage, width in enumerate(widths):
            for block in range(network["blocks"][stage]):
                blocks.append(Block(network, channels, width, 2 if stage > 0 and block == 0 else 1))
                channels = blocks[-1].outputs
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(channels, network["classes"])

    def forward(self, x):
        x = F.relu(self.stem(x), inplace=True)
        if self.pools:
            x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        return self.fc(self.blocks(x).mean((2, 3)))


def main():
    form, device, threads, workload = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
    network = workload["network"]
    size, batch, evaluation_batch = (workload[k] for k in ("size", "batch", "evaluationBatch"))
    torch.manual_seed(0)
    torch.backends.cudnn.allow_tf32 = False  # float32 that is float32, as on our side
    torch.set_num_threads(threads)
    layout = torch.contiguous_format if form in ("contiguous", "graph") else torch.channels_last
    net = ResNet(network).to(device, memory_format=layout)
    images = torch.randn(batch, 3, size, size, device=device).contiguous(memory_format=layout)
    labels = (torch.arange(batch) % network["classes"]).to(device)
    test_images = torch.randn(evaluation_batch, 3, size, size, device=device).contiguous(memory_format=layout)
    sgd = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    forward = torch.compile(net) if form == "compile" else net

    def step():
        sgd.zero_grad()
        F.cross_entropy(forward(images), labels).backward()
        sgd.step()

    def recorded():
        side = torch.cuda.Stream()
        with torch.cuda.stream(side):
            for _ in range(3):
                step()
        side.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph.replay

    net.train()
    advance = recorded() if form == "graph" else step

    def train():
        net.train()
        advance()

    def evaluate():
        net.eval()
        with torch.inference_mode():
            forward(test_images)

    for line in sys.stdin:
        what, *count = line.split()
        if what == "memory":
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(json.dumps({"mebibytes": peak, "version": torch.__version__}), flush=True)
            continue
        run = {"train": train, "evaluate": evaluate}[what]
        times = []
        for _ in range(int(count[0])):
            begin = time.perf_counter()
            run()
            if device != "cpu":
                torch.cuda.synchronize()
            times.append((time.perf_counter() - begin) * 1e3)
        print(json.dumps({"milliseconds": times}), flush=True)


main()
