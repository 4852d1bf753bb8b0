"""What servers do wrong, below and above HTTP, and the forms in which they say a key back."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.parse
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.net.faulty_server import Script, Talk

#: Nobody's: what is looked for in everything that is said, logged and kept.
KEY = "sk-Zq7vK/pW3+nMxT9hRb2yLd5uQe8c"
_MB = 1 << 20


@cache
def bomb(wbits: int, megabytes: int = 1500) -> bytes:
    """Zeros in a thousandth of their room, as gzip (31) or deflate (15) has them. Made once: it takes seconds."""
    maker = zlib.compressobj(9, zlib.DEFLATED, wbits)
    zeros = b"\0" * _MB
    return b"".join([*(maker.compress(zeros) for _ in range(megabytes)), maker.flush()])


def _head(status: str = "200 OK", **headers: Any) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _whole(body: bytes, status: str = "200 OK", **headers: Any) -> Script:
    return lambda talk: talk.say(_head(status, Content_Length=len(body), **headers) + body)


def _packed(make: Callable[[], bytes], coding: str, status: str = "200 OK") -> Script:
    """A body that is `coding`, made when it is first sent."""
    return lambda talk: _whole(make(), status, Content_Encoding=coding)(talk)


def _bytes(data: bytes) -> Script:
    return lambda talk: talk.say(data)


def _endless(chunk: bytes, status: str = "200 OK", **headers: Any) -> Script:
    return lambda talk: talk.say(_head(status, **headers)).on_and_on(chunk)


def _drip(lead: bytes, piece: bytes, pause: float = 0.3) -> Script:
    return lambda talk: talk.say(lead).on_and_on(piece, pause)


def _silent(lead: bytes = b"") -> Script:
    return lambda talk: talk.say(lead).wait()


def _echo(make: Callable[[str, str], bytes], status: str = "400 Bad Request") -> Script:
    """Says the secret that came with the request, as `make(credential, plain)` writes it."""

    def script(talk: Talk) -> None:
        given = talk.asked.header("authorization")
        plain = given.partition(" ")[2]
        if given.lower().startswith("basic "):
            plain = base64.b64decode(plain).decode()
        body = make(given, plain)
        talk.say(_head(status, Content_Length=len(body)) + body)

    return script


def _said(text: str) -> bytes:
    """As each of the servers would say it: an error, a completion's text, an info."""
    told = {
        "error": {"message": text},
        "detail": text,
        "errors": text,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "results": [{"index": 0, "relevance_score": 0.5, "document": text}],
        "info": json.dumps({"infotexts": [text]}),
        "images": [text],
    }
    return json.dumps(told).encode()


def _redirect(status: str, target: str) -> Script:
    return lambda talk: talk.say(
        _head(status, Location=target.format(here=talk.here, other=talk.elsewhere), Content_Length=0)
    )


_CHUNKED = {"Transfer_Encoding": "chunked"}
FAULTS: dict[str, Script] = {
    "nothing is ever said": _silent(),
    "the line is cut at once": lambda talk: None,
    "the line is reset": Talk.reset,
    "garbage": _bytes(b"\0\xff\xfe garbage\r\n\r\n"),
    "another protocol": _bytes(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a TLS alert": _bytes(b"\x15\x03\x01\x00\x02\x02\x28"),
    "a status of letters": _bytes(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status of 999": _whole(b"{}", "999 Odd"),
    "a status of 0": _whole(b"{}", "0 Odd"),
    "a version of 9": _bytes(b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "an endless status line": _drip(b"HTTP/1.1 200 ", b"x" * 65536, 0),
    "a status line that drips": _drip(b"HTTP/1.1 200 ", b"x"),
    "headers that drip": _drip(b"HTTP/1.1 200 OK\r\n", b"X-A: y\r\n"),
    "endless headers": _drip(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 900 + b"\r\n", 0),
    "one endless header": _drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"y" * 65536, 0),
    "headers without an end": _silent(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"),
    "100 Continue for ever": _drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "an empty body": _whole(b""),
    "a body of spaces": _whole(b" " * 100_000),
    "no JSON": _whole(b"<html><script>alert(1)</script>"),
    "JSON of an odd type": _whole(b"[1, 2]"),
    "null": _whole(b"null"),
    "deep JSON": _whole(b"[" * 200_000),
    "digits without end": _whole(b"1" * 3_000_000),
    "a number of 400 digits": _whole(b'{"choices": ' + b"9" * 400 + b', "results": ' + b"9" * 400 + b"}"),
    "not UTF-8": _whole(b'{"choices": "\xff\xfe"}'),
    "lone surrogates": _whole(_said("\\ud800")),
    "too short a length": _bytes(_head(Content_Length=1) + _said("x")),
    "too long a length": _bytes(_head(Content_Length=10_000_000) + _said("x")),
    "a length of letters": _bytes(_head(Content_Length="many") + _said("x")),
    "a negative length": _bytes(_head(Content_Length=-5) + _said("x")),
    "a length of 2**70": _silent(_head(Content_Length=2**70) + b"{"),
    "a body that stops": _silent(_head(Content_Length=1000) + b"{"),
    "a body that drips": _drip(_head(Content_Length=10**9), b" "),
    "an endless body": _endless(b"x" * _MB),
    "endless spaces": _endless(b" " * _MB),
    "chunks without end": _endless(b"10000\r\n" + b" " * 65536 + b"\r\n", **_CHUNKED),
    "chunks that drip": _drip(_head(**_CHUNKED), b"1\r\n \r\n"),
    "a chunk of letters": _bytes(_head(**_CHUNKED) + b"zz\r\n{}\r\n"),
    "a chunk of exabytes": _silent(_head(**_CHUNKED) + b"ffffffffffffffff\r\n{"),
    "a chunk size without end": _drip(_head(**_CHUNKED), b"0" * 65536, 0),
    "trailers without end": _drip(_head(**_CHUNKED) + b"2\r\n{}\r\n0\r\n", b"X-A: y\r\n", 0.01),
    "gzip bomb": _packed(lambda: bomb(31), "gzip"),
    "deflate bomb": _packed(lambda: bomb(15), "deflate"),
    "gzip in gzip": _packed(lambda: gzip.compress(bomb(31)), "gzip, gzip"),
    "gzip bomb as an error": _packed(lambda: bomb(31), "gzip", "400 Bad Request"),
    "gzip that is none": _whole(b"{}", Content_Encoding="gzip"),
    "a coding that nobody knows": _whole(b"{}", Content_Encoding="x-odd"),
    "an endless error": _endless(b"x" * _MB, "500 Failed"),
    "an endless refusal": _endless(b"x" * _MB, "400 Bad Request"),
    "an error that drips": _drip(_head("500 Failed", Content_Length=10**9), b" "),
    "an error that stops": _silent(_head("503 Busy", Content_Length=100)),
    "429 with a wait of ages": _whole(b"{}", "429 Slow", Retry_After="1e308"),
    "429 with a wait of letters": _whole(b"{}", "429 Slow", Retry_After="soon"),
    "204": _bytes(b"HTTP/1.1 204 None\r\n\r\n"),
    "304": _bytes(b"HTTP/1.1 304 Same\r\n\r\n"),
    "401": _whole(b"{}", "401 No"),
    "404 of a web page": _whole(b"<html>404</html>", "404 None"),
    "413": _whole(b"{}", "413 Large"),
    "302 to another origin": _redirect("302 There", "{other}/take"),
    "307 to another origin": _redirect("307 There", "{other}/take"),
    "308 to another origin": _redirect("308 There", "{other}/take"),
    "a redirect to itself": _redirect("307 There", "{here}/"),
    "a redirect to a file": _redirect("302 There", "file:///etc/passwd"),
    "a redirect to nothing": _redirect("302 There", ""),
    "the key in an error": _echo(lambda given, plain: _said(given)),
    "the key in a refusal": _echo(lambda given, plain: _said(plain), "422 No"),
    "the key in plain text": _echo(lambda given, plain: given.encode(), "500 Failed"),
    "the key in Base64": _echo(lambda given, plain: _said(base64.b64encode(plain.encode()).decode())),
    "the key in Base64, shifted": _echo(lambda given, plain: _said(base64.b64encode(b"x" + plain.encode()).decode())),
    "the key URL-encoded": _echo(lambda given, plain: _said(urllib.parse.quote(plain, safe=""))),
    "the key in capitals": _echo(lambda given, plain: _said(plain.upper())),
    "the key spaced": _echo(lambda given, plain: _said(" ".join(plain))),
    "the key in the answer": _echo(lambda given, plain: _said(plain), "200 OK"),
    "the key in the status line": _echo(lambda given, plain: _said(plain), f"418 {KEY}"),
    "the key in a redirect": lambda talk: talk.say(_head("302 There", Location=f"{talk.elsewhere}/?k={KEY}")),
}
