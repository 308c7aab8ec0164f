"""The framed protocol: u32 header bytes, u32 payload bytes (little endian), header (JSON), payload (raw arrays).

`bytes` in the header gives the lengths of the arrays. Standard output belongs to the frames alone: it is duplicated away
before anything else can print. A thread reads ahead, and ends the process when its parent is gone; another one sends a
heartbeat each second, so that silence means a stopped process.
"""

import faulthandler
import json
import os
import queue
import signal
import struct
import threading
import time
import traceback

HEADER_LIMIT = 1 << 26
READ_AHEAD = 2
HEARTBEAT_SECONDS = 1


class Frames:
    """The worker's end. Make it before anything is imported that may print."""

    def __init__(self):
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        self._in = os.fdopen(os.dup(0), "rb", buffering=0)
        quiet()
        self._lock = threading.Lock()
        self._requests = queue.Queue(READ_AHEAD)
        if hasattr(signal, "SIGUSR1"):  # where does it hang?
            faulthandler.register(signal.SIGUSR1, all_threads=True)
        for work in (self._read, self._beat):
            threading.Thread(target=work, daemon=True).start()

    def send(self, header, arrays=()):
        """Sends one frame; `arrays` are buffers of bytes."""
        views = [memoryview(array).cast("B") for array in arrays]
        head = json.dumps({**header, "bytes": [len(view) for view in views]}).encode()
        sizes = struct.pack("<II", len(head), sum(len(view) for view in views))
        with self._lock:
            for view in (memoryview(sizes + head), *views):
                while len(view):
                    view = view[self._out.write(view) :]

    def serve(self, answer):
        """Answers requests until `exit`. `answer` takes header and arrays and returns them; what it raises is a reply."""
        while True:
            header, arrays = self._requests.get()
            request = header["id"]
            if header["op"] == "exit":
                return self.send({"id": request})
            try:
                result, found = answer(header, arrays)
                self.send({"id": request, **result}, found)
            except Exception as error:
                kind = type(error).__name__
                self.send({"id": request, "error": str(error), "kind": kind, "trace": traceback.format_exc()})

    def _read(self):
        while True:
            header_bytes, payload_bytes = struct.unpack("<II", self._exactly(8))
            if header_bytes > HEADER_LIMIT:
                self._end(f"the stream is out of step: a header of {header_bytes} bytes")
            try:
                header = json.loads(self._exactly(header_bytes))
            except ValueError:
                self._end("the stream is out of step: a header that is no JSON")
            payload = memoryview(self._exactly(payload_bytes))
            arrays, at = [], 0
            for length in header["bytes"]:
                arrays.append(payload[at : at + length])
                at += length
            self._requests.put((header, arrays))

    def _exactly(self, count):
        buffer = bytearray(count)
        view, done = memoryview(buffer), 0
        while done < count:
            read = self._in.readinto(view[done:])
            if not read:
                os._exit(0)  # the parent is gone
            done += read
        return buffer

    def _end(self, message):
        os.write(2, f"{message}\n".encode())
        os._exit(4)

    def _beat(self):
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            self.send({"beat": True})


def quiet():
    """Whatever prints or reads goes elsewhere. What a terminal sends reaches the whole group; the parent decides what comes of it."""
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
