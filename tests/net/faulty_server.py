"""A server on loopback that speaks no better than a script makes it: bytes on a socket, without any library of HTTP."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.clock import HANG

_SLOW = 0.05  # seconds between the bytes of a server that drips


@dataclass
class ServedRequest:
    """One connection: what came over it, how much went back, and whether all was said that the script has."""

    head: bytes = b""
    sent: int = 0
    ended: bool = False

    def header(self, name: str) -> str:
        """A header's value by its name in small letters, "" if the request has none of it."""
        for line in self.head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode():
                return value.strip().decode("latin-1")
        return ""


@dataclass
class Talk:
    """A connection as a script has it. Talking to a client that hung up raises `OSError`, which ends the script."""

    socket: socket.socket
    stop: threading.Event  # set when the server ends
    asked: ServedRequest
    here: str  # the address of this server
    elsewhere: str  # of another one, "" without one

    def say(self, *pieces: bytes) -> Talk:
        """Sends each piece."""
        for piece in pieces:
            self.socket.sendall(piece)
            self.asked.sent += len(piece)
        return self

    def drip(self, text: bytes) -> Talk:
        """Sends a text byte by byte, over and over, for longer than any client should wait."""
        for byte in itertools.islice(itertools.cycle(text), int(HANG / _SLOW)):
            if self.stop.wait(_SLOW):
                break
            self.say(bytes([byte]))
        return self

    def on_and_on(self, piece: bytes, pause: float = 0.0) -> Talk:
        """Sends the same piece until somebody has enough; `pause`: seconds between."""
        while not self.stop.wait(pause) if pause else not self.stop.is_set():
            self.say(piece)
        return self

    def wait(self) -> Talk:
        """Says nothing until the server ends."""
        self.stop.wait()
        return self

    def reset(self) -> Talk:
        """Ends the connection the hard way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return self


Script = Callable[[Talk], object]


class FaultyServer:
    """Plays a script on every connection, and notes what it was asked.

    Args:
        script: what is said; None: it listens and never accepts.
        elsewhere: the address of another server, for scripts that send there.
        heard: whether the request is read before.
    """

    def __init__(self, script: Script | None, elsewhere: str = "", *, heard: bool = True) -> None:
        self.asked: list[ServedRequest] = []
        self._script, self._elsewhere, self._heard = script, elsewhere, heard
        self._stop = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FaultyServer:
        if self._script is not None:
            threading.Thread(target=self._serve, args=(self._script,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self, script: Script) -> None:
        while not self._stop.is_set():
            try:
                made, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(made, script), daemon=True).start()

    def _talk(self, made: socket.socket, script: Script) -> None:
        asked = ServedRequest()
        self.asked.append(asked)
        with made, contextlib.suppress(OSError):  # the client hangs up, which is what it is to do
            made.settimeout(HANG)
            asked.head = _request(made) if self._heard else b""
            script(Talk(made, self._stop, asked, self.url, self._elsewhere))
            asked.ended = True


def _request(made: socket.socket) -> bytes:
    """The head of a request; its body is read as well."""
    came = b""
    while b"\r\n\r\n" not in came:
        piece = made.recv(65536)
        if not piece:
            return came
        came += piece
    head, _, body = came.partition(b"\r\n\r\n")
    left = int(ServedRequest(head).header("content-length") or 0) - len(body)
    while left > 0 and (piece := made.recv(65536)):
        left -= len(piece)
    return head


def http(body: bytes = b"", status: str = "200 OK", *more: str) -> bytes:
    """A whole answer: `more` are header lines."""
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body
