"""What real and hostile servers do, and how they repeat a key.

Each of the `FAULTS` stands with the kind of `NetError` that it ends in; "" where there is an answer all the same, an
error's.
"""

from __future__ import annotations

import base64
import functools
import json
import urllib.parse
import zlib
from collections.abc import Callable, Iterator

from tests.net.faulty_server import Script, Talk, http


@functools.cache
def gzipped(megabytes: int) -> bytes:
    """So many megabytes of zeros, in a thousandth of them."""
    work = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(work.compress(bytes(1 << 20)) for _ in range(megabytes)) + work.flush()


def said(text: str, status: str = "400 Bad Request") -> bytes:
    """An error with a text, as the clients' servers word it."""
    return http(json.dumps({"error": {"message": text}, "detail": text}).encode(), status)


def script(*pieces: bytes) -> Script:
    """Says these pieces and nothing else."""
    return lambda talk: talk.say(*pieces)


def _redirect(status: str) -> Script:
    return lambda talk: talk.say(http(b"", status, f"Location: {talk.elsewhere}/steal?key={_key(talk)}"))


def _key(talk: Talk) -> str:
    return talk.asked.header("authorization")


OPEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ZIP = "Content-Encoding: gzip"

FAULTS: dict[str, tuple[Script | None, str]] = {
    "never accepts": (None, "late"),
    "says nothing": (Talk.wait, "late"),
    "drips its status": (lambda t: t.say(b"HTTP/1.1 200 ").drip(b"O"), "late"),
    "drips heads": (lambda t: t.say(OPEN[:-2]).drip(b"X-Y: z\r\n"), "late"),
    "drips its body": (lambda t: t.say(OPEN).drip(b" "), "late"),
    "drips chunks": (lambda t: t.say(CHUNKED).drip(b"1\r\n \r\n"), "late"),
    "drips the body of an error": (lambda t: t.say(BAD).drip(b" "), ""),
    "hangs up": (lambda t: None, "broken"),
    "breaks off": (script(http(b"{}" * 50)[:-40]), "broken"),
    "breaks off in a chunk": (script(CHUNKED, b"ff\r\n{}"), "broken"),
    "a chunk of no size": (script(CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n"), "broken"),
    "a chunk of any size": (script(CHUNKED, b"FFFFFFFFFFFFFFF\r\n", b"x" * 999), "broken"),
    "a length that is a lie": (script(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}"), "large"),
    "a length below nothing": (script(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n<"), ""),
    "no HTTP": (script(b"SSH-2.0-x\r\n"), "garbled"),
    "garbage": (script(b"\x00\xff\xfe\r\n\r\n"), "garbled"),
    "a body without end": (lambda t: t.say(OPEN).on_and_on(b" " * 65536), "large"),
    "an error without end": (lambda t: t.say(BAD).on_and_on(b"x" * 65536), ""),
    "a failure without end": (lambda t: t.say(BAD.replace(b"400", b"500")).on_and_on(b"x" * 65536), ""),
    "a head without end": (lambda t: t.say(OPEN[:-2]).on_and_on(b"X-Y: " + b"z" * 60000 + b"\r\n"), "garbled"),
    "heads without end": (lambda t: t.say(OPEN[:-2]).on_and_on(b"X-Y: z\r\n"), "garbled"),
    "a line without end": (lambda t: t.on_and_on(b"X" * 65536), "garbled"),
    "goes on without end": (lambda t: t.on_and_on(b"HTTP/1.1 100 Continue\r\n\r\n"), "garbled"),
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


def _in_base64(before: str, key: str) -> str:
    return base64.b64encode(f"{before}{key}".encode()).decode()


#: How servers repeat what they were told.
ECHOES: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "spaced": " ".join,
    "over lines": lambda key: "\n".join(key[i : i + 5] for i in range(0, len(key), 5)),
    "percent-encoded": lambda key: urllib.parse.quote(key, safe=""),
    "percent-encoded twice": lambda key: urllib.parse.quote(urllib.parse.quote(key, safe=""), safe=""),
    "percent-encoded whole": lambda key: "".join(f"%{ord(c):02X}" for c in key),
    "escaped as JSON": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "escaped as HTML": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "in hex": lambda key: key.encode().hex(),
    **{f"in Base64 after {before!r}": functools.partial(_in_base64, before) for before in ("", "x", "xy", "user:")},
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
