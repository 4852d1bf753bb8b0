"""One request and its answer, over a connection of its own: nothing of one request is left for the next.

Redirects are not followed: the address that a user gave is the one that gets the key. What a server says is handed
on without the secrets that it was told.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stylus_core.net.address import origin
from stylus_core.net.body import Unpacker
from stylus_core.net.connection import Connection, Deadline, reason, run_within
from stylus_core.net.errors import BROKEN, ELSEWHERE, GARBLED, UNREACHABLE, NetError
from stylus_core.net.redaction import Redaction

_HEAD = 128 << 10  # bytes of a head, of all that come before an answer together
_PIECE = 1 << 16
_ERROR = 64 << 10  # bytes of the body of an error: what is longer is no sentence
_ERROR_SECONDS = 2.0  # for that body: the status alone says enough
_LOCAL = ("localhost", "127.0.0.1", "::1")
_OURS = ("host", "connection", "accept-encoding", "content-length", "transfer-encoding", "te", "expect")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is asked.

    Attributes:
        url: of http or https, without user, password, query and fragment.
        body: sent with POST; None is a GET.
        headers: without those that belong to the connection.
        seconds: for everything, from the look-up of the name to the last byte.
        limit: bytes of the answer, compressed and not.
    """

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float = 30.0
    limit: int = 256 << 10


class HttpReply:
    """What a server answered, without the secrets of the request.

    Args:
        status: HTTP's; none from 300 to 399.
        body: decompressed; of an error empty where it does not come whole and soon.
        retry_after: what the header of that name says, "" without one.
        redaction: knows the secrets.
    """

    def __init__(self, status: int, body: bytearray, retry_after: str, redaction: Redaction) -> None:
        self.status = status
        self.retry_after = redaction.clean(retry_after)[:100]
        self._body = body
        self._redaction = redaction

    @cached_property
    def body(self) -> bytes:
        """The whole of it. What is no UTF-8 stays none."""
        try:
            return self._redaction.clean(self._body.decode("utf-8")).encode("utf-8")
        except UnicodeDecodeError:
            return self._redaction.clean(self._body.decode("latin-1")).encode("latin-1", "replace")

    def json(self, leave: Iterable[str] = ()) -> Any:
        """Reads the body as JSON, the secrets of the request taken out of every text.

        Args:
            leave: names under which data lies, such as pictures in Base64: it stays as it came.

        Returns:
            The value.

        Raises:
            ValueError: it is no JSON, or nested too deeply.
        """
        try:
            return self._redaction.cleaned(json.loads(self._body), frozenset(leave))
        except RecursionError:
            raise ValueError("the value is too deep") from None


def send(request: HttpRequest) -> HttpReply:
    """Sends a request and reads the answer, over a connection of its own.

    Args:
        request: what is asked, with its limits of time and size.

    Returns:
        The answer; statuses from 400 on are answers too.

    Raises:
        NetError: there is none in time, within the limit, and from that server itself.
    """
    exchange = _Exchange(request)
    try:
        return exchange.reply()
    except NetError as error:
        raise NetError(error.kind, exchange.redaction.clean(str(error)), error.status) from None
    finally:
        exchange.end()


class _Exchange:
    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._parts = urllib.parse.urlsplit(request.url)
        self._host = self._parts.hostname or ""
        self._tls = self._parts.scheme == "https"
        self._port = self._parts.port or (443 if self._tls else 80)
        self._deadline = Deadline(request.seconds)
        self._connection: Connection | None = None
        self.redaction = Redaction.of(request.headers)

    def end(self) -> None:
        if self._connection is not None:
            self._connection.hang_up()

    def reply(self) -> HttpReply:
        headers = {k: v for k, v in self._request.headers.items() if k.lower() not in _OURS}
        if not all(v.isascii() and v.isprintable() for v in headers.values()):
            raise NetError(UNREACHABLE, "cannot be asked: the key, or a header, has characters that none can have")
        path = urllib.parse.quote(self._parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        proxy = _proxy(self._parts.scheme, self._host, self._deadline)
        place = (self._host, self._port) if proxy is None else (proxy.hostname or "", proxy.port or 80)
        connection = self._connection = Connection(*place, self._deadline)
        if proxy is not None:
            allowed = _proxy_headers(proxy)
            self.redaction = Redaction.of({**headers, **allowed})
            if self._tls:
                self._tunnel(connection, allowed)
            else:
                path, headers = f"http://{self._parts.netloc}{path}", {**headers, **allowed}
        if self._tls:
            connection.encrypt(self._host)
        response = self._head(connection, path, headers)
        if 300 <= response.status < 400:
            raise self._elsewhere(response)
        if response.status < 200:
            raise NetError(GARBLED, f"answered with a status that ends nothing ({response.status})")
        body = self._body(response, connection)
        return HttpReply(response.status, body, response.headers.get("Retry-After", ""), self.redaction)

    def _head(self, connection: Connection, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        body = self._request.body
        speaker = http.client.HTTPConnection(self._host, self._port)
        # connected as it is, `http.client` opens nothing: it writes the request and reads the head of the answer
        speaker.sock = connection
        if self._tls:
            speaker.default_port = 443  # for the header Host
        connection.allowance = _HEAD
        try:
            # a server may refuse a long body and hang up before it is all there: what it said is read all the same
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                asked = {**headers, "Connection": "close", "Accept-Encoding": "identity"}
                speaker.request("GET" if body is None else "POST", path, body, asked)
            return speaker.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            raise NetError(BROKEN, "broke off the connection") from None
        except (http.client.HTTPException, ValueError) as error:
            raise NetError(GARBLED, f"answered with what is no HTTP ({type(error).__name__})") from None
        except OSError as error:
            raise NetError(BROKEN, f"broke off the connection ({reason(error)})") from None

    def _tunnel(self, connection: Connection, headers: Mapping[str, str]) -> None:
        """Has the proxy pass on what is said from now on."""
        named = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        lines = [f"CONNECT {named} HTTP/1.1", f"Host: {named}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection.allowance = _HEAD
        response = http.client.HTTPResponse(connection, method="CONNECT")  # type: ignore[arg-type]
        try:
            connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
            response.begin()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NetError(UNREACHABLE, f"cannot be reached (the proxy: {reason(error)})") from None
        if response.status != 200:
            raise NetError(UNREACHABLE, f"cannot be reached (the proxy refuses it: {response.status})")

    def _elsewhere(self, response: http.client.HTTPResponse) -> NetError:
        where = ""
        with contextlib.suppress(ValueError):  # no address
            where = origin(urllib.parse.urljoin(self._request.url, response.headers.get("Location", "")[:2000]))
        named = f" to {where}" if where else ""
        return NetError(
            ELSEWHERE,
            f"sends elsewhere{named} ({response.status}), which is not followed: give the address that it ends at",
            response.status,
        )

    def _body(self, response: http.client.HTTPResponse, connection: Connection) -> bytearray:
        """All of it. Of an error nothing where it is long or late: its beginning might end within a key."""
        if response.status < 400:
            return self._whole(response, connection, self._request.limit)
        self._deadline.shorten(_ERROR_SECONDS)
        try:
            return self._whole(response, connection, min(self._request.limit, _ERROR))
        except NetError:
            return bytearray()

    def _whole(self, response: http.client.HTTPResponse, connection: Connection, limit: int) -> bytearray:
        connection.allowance = 2 * limit + _HEAD  # what parts it is no more than it is itself
        unpacker = Unpacker(response.headers.get("Content-Encoding", ""), limit)
        if (response.length or 0) > limit:
            raise unpacker.too_long()
        body = bytearray()
        try:
            while piece := response.read1(_PIECE):
                body += unpacker.unpack(piece)
                if len(body) > limit:
                    raise unpacker.too_long()
        except (OSError, http.client.HTTPException, ValueError):
            raise NetError(BROKEN, "stopped in the middle of its answer") from None
        if response.length or not unpacker.whole:  # of `Content-Length`, what did not come
            raise NetError(BROKEN, "stopped in the middle of its answer")
        return body


def _proxy(scheme: str, host: str, deadline: Deadline) -> urllib.parse.SplitResult | None:
    """The proxy that the environment or the operating system names for this host. This machine is behind none."""
    named = urllib.request.getproxies()
    given = named.get(scheme) or named.get("all")
    # where the operating system says what goes by no proxy, names are looked up
    if not given or host in _LOCAL or run_within(deadline, lambda: urllib.request.proxy_bypass(host)):
        return None
    try:
        parts = urllib.parse.urlsplit(given if "://" in given else f"http://{given}")
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NetError(UNREACHABLE, "cannot be reached (the proxy that this machine names is no http proxy)")
    return parts


def _proxy_headers(proxy: urllib.parse.SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    given = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(given.encode()).decode('ascii')}"}
