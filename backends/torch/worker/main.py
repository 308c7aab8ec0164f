"""PyTorch behind the framed protocol: one worker holds any number of sessions, since importing torch takes seconds."""

import os

from frames import Frames, quiet

# Before torch, which may print. Under torchrun the first process speaks.
frames = quiet() if "TORCHELASTIC_RUN_ID" in os.environ and os.environ["RANK"] != "0" else Frames()

import platform  # noqa: E402
import traceback  # noqa: E402

import torch  # noqa: E402

from ranks import Ranks  # noqa: E402
from session import Session, run_graph  # noqa: E402

PROTOCOL = 1


def main():
    # The same bits twice on the same device and threads, and float32 that is float32.
    torch.use_deterministic_algorithms(True)
    if hasattr(torch.utils, "deterministic"):  # PyTorch 2.2: else every new tensor is filled first, which costs a kernel each
        torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    ranks = Ranks()
    worker = Worker(ranks)
    if frames is None:
        return worker.follow()
    frames.send(
        {
            "id": 0,
            "protocol": PROTOCOL,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "ranks": ranks.size,
            "devices": devices(),
        }
    )
    frames.serve(worker.answer)
    if ranks.size > 1:
        ranks.tell({"op": "exit"})


class Worker:
    def __init__(self, ranks):
        self._ranks = ranks
        self._sessions = {}

    def answer(self, header, arrays):
        op, number = header["op"], header.get("session")
        if op == "peakMemory":
            return {"peak": peak_memory()}, []
        replicas = header["replicas"] if op == "open" else getattr(self._sessions.get(number), "replicas", 1)
        if self._ranks.size == 1 or replicas == 1 or op not in FOLLOWED:
            return self._do(header, arrays)
        try:
            self._ranks.tell(header)
            return self._do(header, arrays)
        except Exception:  # a rank is gone, or they are out of step: no state is to be trusted
            traceback.print_exc()
            os._exit(4)

    def follow(self):
        """Does what rank 0 does to the sessions that all ranks have."""
        while True:
            header = self._ranks.tell()
            if header["op"] == "exit":
                return
            self._do(header, [])

    def _do(self, header, arrays):
        op, number = header["op"], header.get("session")
        if op == "open":
            self._sessions[number] = Session(header, self._ranks)
            return {}, []
        if op == "close":
            self._sessions.pop(number, None)
            return {}, []
        threads = header["threads"] if op == "runGraph" else self._sessions[number].threads
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if op == "runGraph":
            return run_graph(header, arrays)
        return CALLS[op](self._sessions[number], header, arrays)


FOLLOWED = {"open", "close", "setState", "step"}

CALLS = {
    "setState": Session.set_state,
    "getState": Session.get_state,
    "prepare": Session.prepare,
    "step": Session.step,
    "run": Session.run,
    "batchStatistics": Session.batch_statistics,
}


def peak_memory():
    """Bytes of this process at most; ru_maxrss is in KiB, on macOS in bytes; Windows does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if platform.system() == "Darwin" else 1024 * most


def devices():
    """What can compute here, and what decides results to the bit on it."""
    usage = [line for line in torch.__config__.show().splitlines() if "CPU capability usage" in line]
    found = {"cpu": usage[0].split(":")[-1].strip().lower() if usage else platform.machine()}
    if torch.cuda.is_available():
        major, minor = torch.cuda.get_device_capability(0)
        found["cuda"] = f"{torch.cuda.get_device_name(0)} (sm_{major}{minor}, cuda {torch.version.cuda})"
    return found


main()
