"""A server on loopback that speaks no better than a script makes it: bytes on a socket, without any library of HTTP.

`FAULTS` is what real and hostile servers do, each with the kind of `NetError` that it ends in; "" where there is an
answer all the same, an error's.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import itertools
import json
import socket
import threading
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.clock import HANG

_SLOW = 0.05  # seconds between the bytes of a server that drips


@dataclass
class Asked:
    """One connection: what came over it, how much went back, and whether all was said that the script has."""

    head: bytes = b""
    sent: int = 0
    ended: bool = False


@dataclass
class Talk:
    """A connection as a script has it."""

    socket: socket.socket
    stop: threading.Event
    asked: Asked
    elsewhere: str = ""  # an address of another server

    def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)
            self.asked.sent += len(piece)

    def drip(self, text: bytes) -> None:
        """A byte now and then, over and over, for longer than any client should wait."""
        for byte in itertools.islice(itertools.cycle(text), int(HANG / _SLOW)):
            if self.stop.wait(_SLOW):
                return
            self.say(bytes([byte]))

    def on_and_on(self, piece: bytes) -> None:
        while not self.stop.is_set():
            self.say(piece)

    @property
    def key(self) -> str:
        """What the request had for its Authorization."""
        for line in self.asked.head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "authorization":
                return value
        return ""


Script = Callable[[Talk], None]


class FaultyServer:
    """Plays `script` on every connection; without one it listens and never accepts.

    `heard`: whether the request is read before.
    """

    def __init__(self, script: Script | None, elsewhere: str = "", *, heard: bool = True) -> None:
        self.asked: list[Asked] = []
        self._script, self._elsewhere, self._heard = script, elsewhere, heard
        self._stop = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FaultyServer:
        if self._script is not None:
            threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                made, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(made,), daemon=True).start()

    def _talk(self, made: socket.socket) -> None:
        asked = Asked()
        self.asked.append(asked)
        with made, contextlib.suppress(OSError):  # the client hangs up, which is what it is to do
            asked.head = _request(made) if self._heard else b""
            self._script(Talk(made, self._stop, asked, self._elsewhere))
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
    length = next(
        (int(v) for line in head.lower().split(b"\r\n") if (v := line.removeprefix(b"content-length:")) != line), 0
    )
    while len(body) < length and (piece := made.recv(65536)):
        body += piece
    return head


def http(body: bytes = b"", status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


@functools.cache
def gzipped(megabytes: int) -> bytes:
    """So many megabytes of zeros, in a thousandth of them."""
    work = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(work.compress(bytes(1 << 20)) for _ in range(megabytes)) + work.flush()


def said(text: str, status: str = "400 Bad Request") -> bytes:
    return http(json.dumps({"error": {"message": text}, "detail": text}).encode(), status)


def script(*pieces: bytes) -> Script:
    return lambda talk: talk.say(*pieces)


def _silent(talk: Talk) -> None:
    talk.stop.wait()


def _interim(talk: Talk) -> None:
    talk.on_and_on(b"HTTP/1.1 100 Continue\r\n\r\n")


def _redirect(status: str) -> Script:
    return lambda talk: talk.say(http(b"", status, f"Location: {talk.elsewhere}/steal?key={talk.key}"))


OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ZIP = "Content-Encoding: gzip"

FAULTS: dict[str, tuple[Script | None, str]] = {
    "never accepts": (None, "late"),
    "says nothing": (_silent, "late"),
    "drips its status": (lambda t: (t.say(b"HTTP/1.1 200 "), t.drip(b"O")), "late"),
    "drips heads": (lambda t: (t.say(OPEN[:-2]), t.drip(b"X-Y: z\r\n")), "late"),
    "drips its body": (lambda t: (t.say(OPEN), t.drip(b" ")), "late"),
    "drips chunks": (lambda t: (t.say(CHUNKED), t.drip(b"1\r\n \r\n")), "late"),
    "drips the body of an error": (lambda t: (t.say(BAD), t.drip(b" ")), ""),
    "hangs up": (lambda t: None, "broken"),
    "breaks off": (script(http(b"{}" * 50)[:-40]), "broken"),
    "breaks off in a chunk": (script(CHUNKED, b"ff\r\n{}"), "broken"),
    "a chunk of no size": (script(CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n"), "broken"),
    "a chunk of any size": (script(CHUNKED, b"FFFFFFFFFFFFFFF\r\n", b"x" * 999), "broken"),
    "a length that is a lie": (script(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}"), "large"),
    "a length below nothing": (script(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n<"), ""),
    "no HTTP": (script(b"SSH-2.0-x\r\n"), "garbled"),
    "garbage": (script(b"\x00\xff\xfe\r\n\r\n"), "garbled"),
    "a body without end": (lambda t: (t.say(OPEN), t.on_and_on(b" " * 65536)), "large"),
    "an error without end": (lambda t: (t.say(BAD), t.on_and_on(b"x" * 65536)), ""),
    "a failure without end": (
        lambda t: (t.say(BAD.replace(b"400", b"500")), t.on_and_on(b"x" * 65536)),
        "",
    ),
    "a head without end": (lambda t: (t.say(OPEN[:-2]), t.on_and_on(b"X-Y: " + b"z" * 60000 + b"\r\n")), "garbled"),
    "heads without end": (lambda t: (t.say(OPEN[:-2]), t.on_and_on(b"X-Y: z\r\n")), "garbled"),
    "a line without end": (lambda t: t.on_and_on(b"X" * 65536), "garbled"),
    "goes on without end": (_interim, "garbled"),
    "a bomb": (lambda t: t.say(http(gzipped(120), "200 OK", ZIP)), "large"),
    "a bomb for an error": (lambda t: t.say(http(gzipped(120), "400 Bad Request", ZIP)), ""),
    "no gzip": (script(http(b"{}", "200 OK", ZIP)), "garbled"),
    "half a gzip": (script(http(zlib.compress(b"[1,2,3]" * 99)[:-9], "200 OK", ZIP)), "broken"),
    "a compression of its own": (script(http(b"{}", "200 OK", "Content-Encoding: br")), "garbled"),
    "another status": (script(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "garbled"),
    **{
        f"sends elsewhere ({code})": (_redirect(f"{code} Moved"), "elsewhere")
        for code in (300, 301, 302, 303, 307, 308)
    },
}


def _split(key: str) -> str:
    return " ".join(key)


#: How servers repeat what they were told.
ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "spaced": _split,
    "over lines": lambda key: "\n".join(key[i : i + 5] for i in range(0, len(key), 5)),
    "percent-encoded": lambda key: urllib.parse.quote(key, safe=""),
    "percent-encoded twice": lambda key: urllib.parse.quote(urllib.parse.quote(key, safe=""), safe=""),
    "percent-encoded whole": lambda key: "".join(f"%{ord(c):02X}" for c in key),
    "escaped as JSON": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "escaped as HTML": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "in hex": lambda key: key.encode().hex(),
    **{
        f"in Base64 after {before!r}": (lambda key, before=before: base64.b64encode(f"{before}{key}".encode()).decode())
        for before in ("", "x", "xy", "user:")
    },
    "in Base64 without padding": lambda key: base64.b64encode(key.encode()).decode().rstrip("="),
    "in Base64 for addresses": lambda key: base64.urlsafe_b64encode(b"Bearer " + key.encode()).decode(),
    "in Base64 over lines": lambda key: base64.encodebytes(
        b"a longer text before it, and then " + key.encode() * 3
    ).decode(),
}


def forms(key: str) -> Iterator[tuple[str, str]]:
    """What must be nowhere: all of a key in each form, less what only its neighbours decide."""
    for name, echo in ECHOES.items():
        yield name, "".join(echo(key).split())[3:-4]
