"""A network in training. The state is three flat vectors in the project's canonical layout; tensors are views of them."""

import ctypes

import torch

from graph import Graph, flat


class Session:
    def __init__(self, header):
        self.threads = header["threads"]
        self._device = header["device"]
        self._sgd = header["sgd"]
        self._slots = header["parameters"], header["statistics"]
        self._forward = Graph(header["forward"])
        self._results = header["forward"]["outputs"], header["forward"]["nextStatistics"]
        self._evaluations = {}

    def set_state(self, header, arrays):
        self._parameters, self._velocity, self._statistics = (self._vector(array) for array in arrays)
        parameters, statistics = self._slots
        self._leaves = views(self._parameters, parameters)
        for leaf in self._leaves.values():
            leaf.requires_grad_()
        self._running = views(self._statistics, statistics)
        return {}, []

    def get_state(self, header, arrays):
        return {}, [raw(vector) for vector in (self._parameters, self._velocity, self._statistics)]

    def step(self, header, arrays):
        outputs, next_statistics = self._results
        feeds = self._feeds(self._forward, arrays, self._running)
        loss, logits, *statistics = self._forward.run(feeds, [outputs["loss"], outputs["logits"], *next_statistics])
        gradients = flat(torch.autograd.grad(loss, list(self._leaves.values())))
        self._update(gradients, header["rate"])
        if statistics:
            self._statistics.copy_(flat(statistics))
        return {}, [raw(loss), raw(logits)]  # JSON has no word for a loss that is no number

    @torch.no_grad()
    def run(self, header, arrays):
        name = header["graph"]
        if "plain" in header:
            self._evaluations[name] = Graph(header["plain"])
        graph = self._evaluations[name]
        return {}, [raw(flat(graph.run(self._feeds(graph, arrays, self._running), graph.outputs)))]

    @torch.no_grad()
    def batch_statistics(self, header, arrays):
        _, next_statistics = self._results
        zeros = views(torch.zeros_like(self._statistics), self._slots[1])
        found = self._forward.run(self._feeds(self._forward, arrays, zeros), next_statistics)
        return {}, [raw(flat(found))] if found else [b""]

    @torch.no_grad()
    def _update(self, gradients, rate):
        """The two forms of ml/optim/sgd.ts: decay before momentum; Caffe's velocity contains the learning rate."""
        caffe = self._sgd["form"] == "caffe"
        gradients.add_(self._parameters, alpha=self._sgd["weightDecay"])
        self._velocity.mul_(self._sgd["momentum"]).add_(gradients, alpha=rate if caffe else 1)
        self._parameters.sub_(self._velocity, alpha=1 if caffe else rate)

    def _feeds(self, graph, arrays, statistics):
        batch = iter(arrays)
        feeds = {}
        for entry in graph.inputs:
            kind, value = entry["kind"], graph.values[entry["id"]]
            if kind == "parameter":
                feeds[entry["id"]] = self._leaves[value["name"]]
            elif kind == "statistic":
                feeds[entry["id"]] = statistics[value["name"]]
            else:
                feeds[entry["id"]] = self._fed(next(batch), kind, value["shape"])
        return feeds

    def _fed(self, array, kind, shape):
        return read(array, dtype_of(kind)).reshape(shape).to(self._device)

    def _vector(self, array):
        return read(array, torch.float32).to(self._device, copy=True)


def run_graph(header, arrays):
    """Runs a graph once on the CPU; the values of `header["wanted"]`, one after the other."""
    graph = Graph(header["plain"])
    feeds = {}
    for entry, array in zip(graph.inputs, arrays):
        feeds[entry["id"]] = read(array, dtype_of(entry["kind"])).reshape(graph.values[entry["id"]]["shape"])
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
