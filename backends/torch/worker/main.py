"""PyTorch behind the framed protocol: one worker holds any number of sessions, since importing torch takes seconds."""

from frames import Frames

frames = Frames()  # before torch, which may print

import platform  # noqa: E402

import torch  # noqa: E402

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
    frames.send(
        {
            "id": 0,
            "protocol": PROTOCOL,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "devices": devices(),
        }
    )
    frames.serve(Worker().answer)


class Worker:
    def __init__(self):
        self._sessions = {}

    def answer(self, header, arrays):
        op, number = header["op"], header.get("session")
        if op == "open":
            self._sessions[number] = Session(header)
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


CALLS = {
    "setState": Session.set_state,
    "getState": Session.get_state,
    "prepare": Session.prepare,
    "step": Session.step,
    "run": Session.run,
    "batchStatistics": Session.batch_statistics,
}


def devices():
    """What can compute here, and what decides results to the bit on it."""
    usage = [line for line in torch.__config__.show().splitlines() if "CPU capability usage" in line]
    found = {"cpu": usage[0].split(":")[-1].strip().lower() if usage else platform.machine()}
    if torch.cuda.is_available():
        major, minor = torch.cuda.get_device_capability(0)
        found["cuda"] = f"{torch.cuda.get_device_name(0)} (sm_{major}{minor}, cuda {torch.version.cuda})"
    return found


main()
