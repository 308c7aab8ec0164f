"""A network in training. The state is three flat vectors in the project's canonical layout; tensors are views of them."""

import ctypes

import torch

from captured import CapturedStep
from gradients import GRADIENTS
from graph import RULES, Graph, flat


class Session:
    def __init__(self, header, ranks):
        self.threads = header["threads"]
        self.replicas = header["replicas"]
        # Replicas in processes of their own, or one after the other in this one, to the same bits if they are two.
        self._ranks = ranks if ranks.size > 1 and self.replicas > 1 else None
        self._device = header["device"]
        self._sgd = header["sgd"]
        self._slots = header["parameters"], header["statistics"]
        self._forward = Graph(header["forward"])
        self._results = header["forward"]["outputs"], header["forward"]["nextStatistics"]
        self._evaluations = {}
        self._captures = header["variant"] == "cuda-graph"
        self._layout = torch.channels_last if header["variant"] == "channels-last" else torch.contiguous_format
        self._captured = None
        self._ahead = None
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
            if self._ranks:
                self._ranks.share(self._state)
        return {}, []

    def get_state(self, header, arrays):
        return {}, [raw(vector) for vector in self._state]

    def prepare(self, header, arrays):
        """Takes the batch of the next step, which then comes without one."""
        self._ahead = self._taken(arrays)
        return {}, []

    def step(self, header, arrays):
        batch = self._taken(arrays) if arrays else self._ahead
        if self._ranks:
            batch = self._dealt(batch)
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
        batch = self._placed(self._read(graph, arrays))
        return {}, [raw(flat(graph.run(self._feeds(graph, batch, self._running), graph.outputs)))]

    @torch.no_grad()
    def batch_statistics(self, header, arrays):
        _, next_statistics = self._results
        zeros = views(torch.zeros_like(self._statistics), self._slots[1])
        first = [tensor.chunk(self.replicas)[0] for tensor in self._read(self._forward, arrays, self.replicas)]
        found = self._forward.run(self._feeds(self._forward, self._placed(first), zeros), next_statistics)
        return {}, [raw(flat(found))] if found else [b""]

    @property
    def _state(self):
        return self._parameters, self._velocity, self._statistics

    def _advance(self, batch, rate):
        """One step of SGD: loss and logits of the parameters before it."""
        parts = zip(*(tensor.chunk(1 if self._ranks else self.replicas) for tensor in batch))
        losses, logits, gradients, statistics = zip(*[self._differentiated(part) for part in parts])
        loss, gradient = mean(losses), mean(gradients)
        logits = logits[0] if len(logits) == 1 else torch.cat(logits)
        if self._ranks:
            loss, gradient, logits = self._ranks.mean(loss), self._ranks.mean(gradient), self._ranks.joined(logits)
        self._update(gradient, rate)
        if statistics[0]:
            self._statistics.copy_(flat(statistics[0]))
        return loss, logits

    def _differentiated(self, batch):
        """Loss, logits, gradient and next statistics of a replica."""
        outputs, next_statistics = self._results
        feeds = self._feeds(self._forward, batch, self._running)
        loss, logits, *statistics = self._forward.run(feeds, [outputs["loss"], outputs["logits"], *next_statistics])
        gradient = flat(torch.autograd.grad(loss, list(self._leaves.values())))
        return loss.detach(), logits.detach(), gradient, [value.detach() for value in statistics]

    @torch.no_grad()
    def _update(self, gradients, rate):
        """The two forms of ml/optim/sgd.ts: decay before momentum; Caffe's velocity contains the learning rate."""
        gradients.add_(self._parameters, alpha=self._sgd["weightDecay"])
        self._velocity.mul_(self._sgd["momentum"])
        if self._sgd["form"] == "caffe":
            self._parameters.sub_(self._velocity.add_(gradients.mul_(rate)))
        else:
            self._parameters.sub_(self._velocity.add_(gradients) * rate)

    def _taken(self, arrays):
        """A training batch: on the device, or where it can be dealt to the other ranks."""
        batch = self._read(self._forward, arrays, self.replicas)
        return batch if self._ranks else self._placed(batch)

    def _dealt(self, batch):
        """This rank's part of a batch that rank 0 has, on the device."""
        parts = []
        for place, (dtype, shape) in enumerate(fed(self._forward)):
            whole = batch and list(batch[place].chunk(self.replicas))
            parts.append(self._ranks.deal(whole, torch.empty(shape, dtype=dtype)))
        return self._placed(parts)

    def _read(self, graph, arrays, parts=1):
        """What is fed to a graph, so many times, in the order of its inputs."""
        return [
            read(array, dtype).reshape([parts * shape[0], *shape[1:]])
            for array, (dtype, shape) in zip(arrays, fed(graph))
        ]

    def _placed(self, batch):
        """A batch on the device. What is computed from images in a layout comes out in it; weights are turned where they are used."""
        found = [tensor.to(self._device) for tensor in batch]
        return [tensor.contiguous(memory_format=self._layout) if tensor.dim() == 4 else tensor for tensor in found]

    def _feeds(self, graph, batch, statistics):
        """All inputs of a graph by id: what is fed, and the state."""
        given = iter(batch)
        held = {"parameter": self._leaves, "statistic": statistics}
        return {
            entry["id"]: held[entry["kind"]][graph.values[entry["id"]]["name"]] if entry["kind"] in held else next(given)
            for entry in graph.inputs
        }


def fed(graph):
    """Type and shape of what is fed to a graph besides its state, in the order of its inputs."""
    entries = [entry for entry in graph.inputs if entry["kind"] not in ("parameter", "statistic")]
    return [(dtype_of(entry["kind"]), graph.values[entry["id"]]["shape"]) for entry in entries]


def mean(values):
    """The mean over replicas."""
    first, *others = values
    return sum(others, first) / len(values) if others else first


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
    return torch.int32 if kind in ("labels", "indices") else torch.float32


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
