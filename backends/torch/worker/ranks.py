"""The processes that torchrun starts, one for each replica: rank 0 speaks with the harness, the others follow it.

Without torchrun there is one process. What decides the work (headers, batches, states) travels by gloo, gradients by the
backend of the device.
"""

import os

import torch
import torch.distributed as dist


class Ranks:
    def __init__(self):
        # Schedulers set such variables for other ends: they count under torchrun alone.
        self.size = int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else 1
        if self.size == 1:
            return
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")

    def tell(self, order=None):
        """The order of rank 0, in every rank."""
        box = [order]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def share(self, vectors):
        """Vectors of rank 0, in every rank, written into those of the others."""
        for vector in vectors:
            held = vector.detach().cpu()
            dist.broadcast(held, src=0)
            vector.copy_(held)

    def deal(self, parts, like):
        """The part of this rank, of those that rank 0 has. `like`: an empty tensor of its shape and type, on the CPU."""
        dist.scatter(like, parts, src=0)
        return like

    def mean(self, tensor):
        """The mean over all ranks, in place."""
        dist.all_reduce(tensor)
        return tensor.div_(self.size)

    def joined(self, tensor):
        """Tensors of all ranks one after the other, along the first axis, on the CPU."""
        own = tensor.detach().cpu().contiguous()
        parts = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(parts, own)
        return torch.cat(parts)
