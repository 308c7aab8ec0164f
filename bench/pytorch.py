"""PyTorch's side of `npm run bench`: the same network, step and evaluation, in one of three forms.

usage: pytorch.py FORM THREADS WIDTHS N SIZE BATCH EVALUATION_BATCH
FORM: contiguous, channels_last, compile (torch.compile on channels_last)

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


class Block(nn.Module):
    """Two 3x3 layers with an option-A shortcut (secs. 3.2 and 4.2)."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride = stride
        self.added = width - channels

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        if self.stride > 1 or self.added:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))
        return F.relu(y + x, inplace=True)


class ResNet(nn.Module):
    def __init__(self, widths, n, classes=10):
        super().__init__()
        self.conv = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(widths[0])
        blocks, channels = [], widths[0]
        for stage, width in enumerate(widths):
            for block in range(n):
                blocks.append(Block(channels, width, 2 if stage > 0 and block == 0 else 1))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)), inplace=True)
        return self.fc(self.blocks(x).mean((2, 3)))


def main():
    form, threads = sys.argv[1], int(sys.argv[2])
    widths = [int(w) for w in sys.argv[3].split(",")]
    n, size, batch, evaluation_batch = (int(a) for a in sys.argv[4:8])
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    layout = torch.contiguous_format if form == "contiguous" else torch.channels_last
    net = ResNet(widths, n).to(memory_format=layout)
    images = torch.randn(batch, 3, size, size).contiguous(memory_format=layout)
    labels = torch.randint(0, 10, (batch,))
    test_images = torch.randn(evaluation_batch, 3, size, size).contiguous(memory_format=layout)
    sgd = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    forward = torch.compile(net) if form == "compile" else net

    def train():
        net.train()
        sgd.zero_grad()
        F.cross_entropy(forward(images), labels).backward()
        sgd.step()

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
            times.append((time.perf_counter() - begin) * 1e3)
        print(json.dumps({"milliseconds": times}), flush=True)


main()
