"""Framed messages between a worker and the engine, and the choice of the codec."""

import os
import signal
import struct
import threading

try:
    import _kdeps_codec as codec  # Built into the kdeps-python executable.
except ImportError:
    from . import codec

LENGTH = struct.Struct("<I")


class KdepsError(RuntimeError):
    """What get(), set() and the other functions raise when the engine refuses."""

    __module__ = "builtins"  # Shown to users as `KdepsError`.


class Wire:
    """One worker's socket. Threads of a script may ask at once; their questions take turns."""

    def __init__(self, sock):
        self._sock = sock
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self.max_bytes = 1 << 20
        self.call_number = 0

    def receive(self):
        """The next message. Without an engine there is nothing to live for."""
        try:
            data = self._sock.recv(65536)
            if len(data) < 4:
                data = self._more(data, 4)
            total = 4 + LENGTH.unpack_from(data)[0]
            if len(data) < total:
                data = self._more(data, total)
        except OSError:
            end_group()
        return codec.decode(memoryview(data)[4:])

    def _more(self, head, total):
        data = bytearray(total)
        data[: len(head)] = head
        view = memoryview(data)
        filled = len(head)
        while filled < total:
            count = self._sock.recv_into(view[filled:])
            if count == 0:
                end_group()
            filled += count
        return data

    def answer(self, *message):
        """Sends the end of a call, after any question that a thread has still open."""
        with self._lock:
            self._send(message)

    def _send(self, message):
        payload = codec.encode(message, self.max_bytes, self.call_number)
        self._sock.sendall(LENGTH.pack(len(payload)) + payload)

    def is_forked(self):
        """Whether this is a child that a script forked, which must never use the socket."""
        return os.getpid() != self._owner

    def ask(self, *question):
        """Sends a question while a call runs and returns the answer's value."""
        if self.is_forked():
            raise KdepsError("kdeps functions cannot be used in a forked process")
        with self._lock:
            try:
                self._send(("ask", *question))
            except codec.TooLarge:
                raise KdepsError(f"the value is larger than {self.max_bytes} bytes") from None
            kind, value = self.receive()
        if kind == "error":
            raise KdepsError(value)
        return value


def end_group():
    """Ends this worker and every process it started."""
    os.killpg(0, signal.SIGKILL)
