"""A server on loopback that says whatever a fault says, byte by byte; and another origin that notes what it is sent."""

from __future__ import annotations

import base64
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable
from contextlib import suppress

#: Nobody's: what is looked for in everything that is said, logged and kept.
KEY = "sk-Zq7vK/pW3+nMxT9hRb2yLd5uQe8c"
USER = "mallory"


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    out = {secret, secret.upper(), secret.lower(), urllib.parse.quote(secret, safe=""), " ".join(secret)}
    for shift in range(3):  # Base64 of a text with the secret in it: what is the same whatever stands around
        whole = base64.b64encode(b"\0" * shift + raw).decode()
        out.add(whole[4 if shift else 0 : len(whole) // 4 * 4 - 4])
    return out


SECRETS = sorted(_forms(KEY))


class Talk:
    """One connection, as a fault sees it."""

    def __init__(self, sock: socket.socket, request: bytes, stop: threading.Event, here: str, other: str) -> None:
        self._socket, self._request, self._stop = sock, request, stop
        self.here, self.other = here, other

    def send(self, data: bytes) -> bool:
        """Whether it could be sent: the other side may have gone."""
        if self._stop.is_set():
            return False
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def wait(self, seconds: float) -> None:
        """Waits, or until the server is stopped."""
        self._stop.wait(seconds)

    def reset(self) -> None:
        """Ends the connection the hard way."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def header(self, name: str) -> str:
        """A header of the request, "" if it has none of this name."""
        return _header(self._request, name)


def _header(request: bytes, name: str) -> str:
    for line in request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name.encode():
            return value.strip().decode("latin-1")
    return ""


class FaultyServer:
    """Plays one fault for every connection; `stolen` holds the credentials that another origin was sent."""

    def __init__(self, fault: Callable[[Talk], None]) -> None:
        self.stolen: list[str] = []
        self._fault = fault
        self._stop = threading.Event()
        self._mine, self._other = _listening(), _listening()
        self.url = f"http://127.0.0.1:{self._mine.getsockname()[1]}"
        self._there = f"http://127.0.0.1:{self._other.getsockname()[1]}"

    def __enter__(self) -> FaultyServer:
        for sock, answer in ((self._mine, self._play), (self._other, self._take)):
            threading.Thread(target=self._serve, args=(sock, answer), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for sock in (self._mine, self._other):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _serve(self, listening: socket.socket, answer: Callable[[socket.socket, bytes], None]) -> None:
        while not self._stop.is_set():
            try:
                sock, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answered, args=(sock, answer), daemon=True).start()

    def _answered(self, sock: socket.socket, answer: Callable[[socket.socket, bytes], None]) -> None:
        with sock, suppress(OSError):
            sock.settimeout(10)
            answer(sock, _request(sock))

    def _play(self, sock: socket.socket, request: bytes) -> None:
        self._fault(Talk(sock, request, self._stop, self.url, self._there))

    def _take(self, sock: socket.socket, request: bytes) -> None:
        if given := _header(request, "authorization") or _header(request, "cookie"):
            self.stolen.append(given)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def _listening() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(16)
    return sock


def _request(sock: socket.socket) -> bytes:
    """Head and body of a request."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < 1 << 20:
        piece = sock.recv(65536)
        if not piece:
            return data
        data += piece
    length = int(_header(data, "content-length") or 0)
    body = len(data) - data.index(b"\r\n\r\n") - 4
    while body < length:
        piece = sock.recv(65536)
        if not piece:
            break
        body += len(piece)
    return data
