"""A training step recorded as a CUDA graph: one launch in place of several hundred, each shorter than its own start."""

import torch


class CapturedStep:
    """`advance(batch, rate)` must write its state in place and return tensors; `state` stands as before afterwards."""

    def __init__(self, advance, batch, state):
        self._batch = batch
        self._rate = torch.zeros((), device=batch[0].device)
        before = [vector.clone() for vector in state]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # libraries allocate and choose at first, which cannot be recorded
            for _ in range(3):
                advance(batch, self._rate)
        torch.cuda.current_stream().wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._results = advance(batch, self._rate)
        for vector, values in zip(state, before):
            vector.copy_(values)

    def replay(self, batch, rate):
        """The results for this batch; the next replay writes over them."""
        for tensor, values in zip(self._batch, batch):
            tensor.copy_(values)
        self._rate.fill_(rate)
        self._graph.replay()
        return self._results
