"""One connection to one server, from the look-up of its name to its last byte within one deadline.

A time limit of a socket holds for each operation: a server that sends a byte now and then is never late. Here every
operation gets what is left of the whole.
"""

from __future__ import annotations

import functools
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from stylus_core.net.errors import GARBLED, LATE, UNREACHABLE, NetError

_AT_ONCE = 1 << 16  # bytes that are sent at once

LookUp = Callable[..., list[tuple[Any, ...]]]


class Deadline:
    """The end of `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than 0. Raises `NetError` when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.late()
        return left

    def shorten(self, seconds: float) -> None:
        """Ends `seconds` from now at the latest."""
        self._end = min(self._end, time.monotonic() + seconds)

    def late(self) -> NetError:
        """The error of a server that did not make it in time."""
        return NetError(LATE, f"did not answer within {self.seconds:.3g} s")


T = TypeVar("T")


def run_within(deadline: Deadline, work: Callable[[], T]) -> T:
    """Runs `work`, of which nothing else bounds the time, in a thread of its own, which ends when `work` does.

    Args:
        deadline: when it is given up.
        work: what is run; whatever it raises is raised here.

    Returns:
        What `work` returned.

    Raises:
        NetError: it took too long.
    """
    box: list[T | BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            box.append(work())
        except BaseException as error:
            box.append(error)
        done.set()

    threading.Thread(target=run, name="stylus-look-up", daemon=True).start()
    if not done.wait(deadline.left()):
        raise deadline.late()
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]


class Connection:
    """A connection of which no more than `allowance` bytes are read. It is what `http.client` takes for a socket.

    Args:
        host: name or number.
        port: of the server.
        deadline: for all of it.
        look_up: finds the numbers of a name, as `socket.getaddrinfo` does.
    """

    def __init__(self, host: str, port: int, deadline: Deadline, look_up: LookUp = socket.getaddrinfo) -> None:
        self.allowance = 0
        self._deadline = deadline
        self._socket = _connected(_found(host, port, deadline, look_up), deadline)

    def encrypt(self, host: str) -> None:
        """Speaks TLS from now on, with a server that proves to be `host`."""
        self._socket.settimeout(self._deadline.left())
        try:
            self._socket = _trusted().wrap_socket(self._socket, server_hostname=host)
        except TimeoutError:
            raise self._deadline.late() from None
        except (OSError, ValueError) as error:  # ValueError: a host that cannot be a server's name
            raise NetError(UNREACHABLE, f"cannot be reached safely ({reason(error)})") from None

    def receive(self, buffer: Any) -> int:
        """Puts into `buffer` what came, as soon as something did; 0 when there is no more."""
        view = memoryview(buffer)[: self.allowance]
        if not view:
            raise NetError(GARBLED, "sent a head, or marks between the parts of its answer, without end")
        self._socket.settimeout(self._deadline.left())
        try:
            count = int(self._socket.recv_into(view))
        except TimeoutError:
            raise self._deadline.late() from None
        self.allowance -= count
        return count

    def sendall(self, data: bytes) -> None:
        """Sends all of `data` within the deadline."""
        view = memoryview(data)
        while view:
            self._socket.settimeout(self._deadline.left())
            try:
                view = view[self._socket.send(view[:_AT_ONCE]) :]
            except TimeoutError:
                raise self._deadline.late() from None

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `http.client` reads the answer from; `mode` is always "rb"."""
        return io.BufferedReader(_Stream(self))

    def close(self) -> None:
        """`http.client` calls this before it has read the answer: nothing is closed before `hang_up`."""

    def hang_up(self) -> None:
        """Closes the connection."""
        self._socket.close()


class _Stream(io.RawIOBase):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._connection.receive(buffer)


def reach(host: str, port: int, seconds: float) -> None:
    """Connects and hangs up, to see whether somebody listens.

    Args:
        host: name or number.
        port: of the server.
        seconds: for the look-up of the name and the connection together.

    Raises:
        NetError: nobody listens there, or not in time.
    """
    Connection(host, port, Deadline(seconds)).hang_up()


def reason(error: Exception) -> str:
    """The operating system's words for what went wrong."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _found(host: str, port: int, deadline: Deadline, look_up: LookUp) -> list[tuple[Any, ...]]:
    """The numbers of a host."""

    def found() -> list[tuple[Any, ...]]:
        return look_up(host, port, type=socket.SOCK_STREAM)

    try:
        return found() if _is_number(host) else run_within(deadline, found)
    except (OSError, UnicodeError) as error:  # UnicodeError for a name that cannot be one
        raise NetError(UNREACHABLE, f"cannot be reached ({reason(error)})") from None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _connected(places: list[tuple[Any, ...]], deadline: Deadline) -> Any:
    """A socket at the first of the places that takes a connection; each gets its share of the time."""
    why = "its name has no address"
    for number, (family, kind, protocol, _, address) in enumerate(places):
        try:
            made = socket.socket(family, kind, protocol)
        except OSError as error:  # a family that this machine does not speak
            why = reason(error)
            continue
        try:
            made.settimeout(deadline.left() / (len(places) - number))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.connect(address)
            return made
        except TimeoutError:
            made.close()
            why = "it does not answer"
        except OSError as error:
            made.close()
            why = reason(error)
    deadline.left()
    raise NetError(UNREACHABLE, f"cannot be reached ({why})")


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The machine's authorities, and those of certifi where it is installed: not every Python finds the machine's."""
    context = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        return context
    context.load_verify_locations(certifi.where())
    return context
