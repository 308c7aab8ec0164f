"""A network in training. The state is three flat vectors in the project's canonical layout; tensors are views of them."""

import ctypes

import torch

from captured import CapturedStep
from gradients import GRADIENTS
from graph import RULES, Graph, flat


class Session:
    def __init__(self, header):
        self.threads = header["threads"]
        self._device = header["device"]
        self._sgd = header["sgd"]
        self._slots = header["parameters"], header["statistics"]
        self._forward = Graph(header["forward"])
        self._results = header["forward"]["outputs"], header["forward"]["nextStatistics"]
        self._evaluations = {}
        self._captures = header["variant"] == "cuda-graph"
        self._layout = torch.channels_last if header["variant"] == "channels-last" else torch.contiguous_format
        self._captured = None
        parameters, statistics = self._slots
        self._parameters, self._velocity, self._statistics = (
            torch.zeros(sum(slot["size"] for slot in slots), device=self._device)
            for slots in (parameters, parameters, statistics)
        )
        self._leaves = views(self._parameters, parameters)
        for leaf in self._leaves.values():
            leaf.requires_grad_()
        self._running = views(self._statistics, statistics)

    def set_state(self, header, arrays):
        with torch.no_grad():
            for vector, array in zip(self._state, arrays):
                vector.copy_(read(array, torch.float32))
        return {}, []

    def get_state(self, header, arrays):
        return {}, [raw(vector) for vector in self._state]

    def prepare(self, header, arrays):
        """Takes the batch of the next step, which then comes without one."""
        self._ahead = self._batch(self._forward, arrays)
        return {}, []

    def step(self, header, arrays):
        batch = self._batch(self._forward, arrays) if arrays else self._ahead
        if self._captures and self._captured is None:
            self._captured = CapturedStep(self._advance, [tensor.clone() for tensor in batch], self._state)
        advance = self._captured.replay if self._captures else self._advance
        # Bytes, not JSON: that has no word for a loss that is no number.
        return {}, [raw(result) for result in advance(batch, header["rate"])]

    @torch.no_grad()
    def run(self, header, arrays):
        name = header["graph"]
        if "plain" in header:
            self._evaluations[name] = Graph(header["plain"])
        graph = self._evaluations[name]
        return {}, [raw(flat(graph.run(self._feeds(graph, self._batch(graph, arrays), self._running), graph.outputs)))]

    @torch.no_grad()
    def batch_statistics(self, header, arrays):
        _, next_statistics = self._results
        zeros = views(torch.zeros_like(self._statistics), self._slots[1])
        feeds = self._feeds(self._forward, self._batch(self._forward, arrays), zeros)
        found = self._forward.run(feeds, next_statistics)
        return {}, [raw(flat(found))] if found else [b""]

    @property
    def _state(self):
        return self._parameters, self._velocity, self._statistics

    def _advance(self, batch, rate):
        """One step of SGD: loss and logits of the parameters before it."""
        outputs, next_statistics = self._results
        feeds = self._feeds(self._forward, batch, self._running)
        loss, logits, *statistics = self._forward.run(feeds, [outputs["loss"], outputs["logits"], *next_statistics])
        self._update(flat(torch.autograd.grad(loss, list(self._leaves.values()))), rate)
        if statistics:
            self._statistics.copy_(flat(statistics))
        return loss.detach(), logits.detach()

    @torch.no_grad()
    def _update(self, gradients, rate):
        """The two forms of ml/optim/sgd.ts: decay before momentum; Caffe's velocity contains the learning rate."""
        gradients.add_(self._parameters, alpha=self._sgd["weightDecay"])
        self._velocity.mul_(self._sgd["momentum"])
        if self._sgd["form"] == "caffe":
            self._parameters.sub_(self._velocity.add_(gradients.mul_(rate)))
        else:
            self._parameters.sub_(self._velocity.add_(gradients) * rate)

    def _batch(self, graph, arrays):
        """What is fed to a graph, on the device, in the order of its inputs."""
        entries = [entry for entry in graph.inputs if entry["kind"] not in ("parameter", "statistic")]
        shapes = [graph.values[entry["id"]]["shape"] for entry in entries]
        found = [
            read(array, dtype_of(entry["kind"])).reshape(shape).to(self._device)
            for array, entry, shape in zip(arrays, entries, shapes)
        ]
        # What is computed from images in a layout comes out in it; weights are turned where they are used.
        return [tensor.contiguous(memory_format=self._layout) if tensor.dim() == 4 else tensor for tensor in found]

    def _feeds(self, graph, batch, statistics):
        """All inputs of a graph by id: what is fed, and the state."""
        fed = iter(batch)
        held = {"parameter": self._leaves, "statistic": statistics}
        return {
            entry["id"]: held[entry["kind"]][graph.values[entry["id"]]["name"]] if entry["kind"] in held else next(fed)
            for entry in graph.inputs
        }


def run_graph(header, arrays):
    """Runs a graph of any operators once; the values of `header["wanted"]`, one after the other."""
    graph = Graph(header["plain"], {**RULES, **GRADIENTS})
    feeds = {}
    for entry, array in zip(graph.inputs, arrays):
        shape = graph.values[entry["id"]]["shape"]
        feeds[entry["id"]] = read(array, dtype_of(entry["kind"])).reshape(shape).to(header["device"])
    with torch.no_grad():
        return {}, [raw(value) for value in graph.run(feeds, header["wanted"])]


def dtype_of(kind):
    return torch.int32 if kind == "labels" else torch.float32


def views(vector, slots):
    """Tensors by name that share a vector's memory and no history."""
    return {
        slot["name"]: vector[slot["offset"] : slot["offset"] + slot["size"]].view(slot["shape"]).detach()
        for slot in slots
    }


def read(array, dtype):
    return torch.frombuffer(array, dtype=dtype) if len(array) else torch.empty(0, dtype=dtype)


def raw(tensor):
    """The bytes of a tensor, row-major; a copy, as the next step writes into the state."""
    tensor = tensor.detach().cpu().contiguous()
    return ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size())
