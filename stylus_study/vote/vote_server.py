"""The page of the vote over HTTP: three files of ours, pictures without metadata, and a few lines of JSON.

It answers to names of the loopback alone, so that no web page can reach it through a name of its own, takes JSON alone,
which a form cannot send, and its page may load nothing from elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from stylus_core.errors import StylusError
from stylus_core.library.hostile_text import clean_line
from stylus_core.pictures import MADE, PictureError, jpeg, read_file
from stylus_study.study.finite_numbers import parse
from stylus_study.study.picture_pairs import PicturePair
from stylus_study.study.types import StudyPicture
from stylus_study.vote.bounded_server import BoundedServer
from stylus_study.vote.deck import VoteCard, deck
from stylus_study.vote.vote_store import SAME, Vote, VoteStore

log = logging.getLogger("stylus")

_STATIC_FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_HOSTS = frozenset(("127.0.0.1", "localhost", "::1"))
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAX_REQUEST_BYTES = 4096
_JPEG_SIDE, _JPEG_QUALITY = 2048, 95  # pixels: all that a screen shows
_KEPT_JPEGS = 64
_MAX_NAME = 60  # characters of a rater's name
_KEPT_DECKS = 64  # raters whose pairs are kept ready; those of another are drawn again, and are the same
_CHOICES = frozenset(("left", "right", "same"))


class Refused(Exception):
    """A request that is not answered; the status says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class VoteServer(BoundedServer):
    """Serves the vote on `pairs` at `address`; a context manager that closes it."""

    def __init__(
        self, address: tuple[str, int], pairs: dict[str, PicturePair], store: VoteStore, rater: str | None
    ) -> None:
        if ":" in address[0]:
            import socket

            self.address_family = socket.AF_INET6
        self._pairs = pairs
        self._store = store
        self._rater = _rater_name(rater) if rater else None
        self._lock = threading.Lock()
        self._decks: OrderedDict[str, list[VoteCard]] = OrderedDict()
        self._by_address: dict[str, StudyPicture] = {}  # name in an address -> picture
        self._jpegs: OrderedDict[str, bytes] = OrderedDict()
        self._broken: set[str] = set()  # pairs with a picture that cannot be shown
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Where a browser finds the page."""
        host, port = self.server_address[:2]
        name = str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}/"

    def file(self, name: str) -> bytes:
        """Reads one of the page's own files."""
        return resources.files(__package__).joinpath("page", name).read_bytes()

    def picture(self, name: str) -> bytes | None:
        """The picture of an address as a JPEG without metadata, or None."""
        with self._lock:
            picture, data = self._by_address.get(name), self._jpegs.get(name)
        if picture is None or data is not None:
            return data
        with contextlib.suppress(OSError, PictureError):
            data = jpeg(read_file(picture.path, MADE.bytes), _JPEG_SIDE, _JPEG_QUALITY, MADE)
        if data is not None:
            with self._lock:
                self._jpegs[name] = data
                while len(self._jpegs) > _KEPT_JPEGS:
                    self._jpegs.popitem(last=False)
        return data

    def state(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the page shows next. A rater that is not named yet is asked for the name."""
        if self._rater is None and not request.get("rater"):
            return {"rater": None}
        rater = self._rater or _rater_name(request.get("rater"))
        cards = self._deck(rater)
        voted = self._store.voted(rater)
        left = [card for card in cards if card.pair not in voted]
        ready: list[VoteCard] = []
        for card in left:
            if len(ready) == 2:  # the pair to show, and the one that the page loads meanwhile
                break
            if self._showable(card):
                ready.append(card)
        gone = sum(card.pair in self._broken for card in left)
        state: dict[str, Any] = {
            "rater": rater,
            "fixed": self._rater is not None,
            "done": sum(card.pair in voted for card in cards),
            "total": len(cards) - gone,
            "pair": None,
            "next": [],
        }
        if ready:
            card = ready[0]
            state["pair"] = {"name": card.name, "prompt": card.text, **_addresses(card)}
            state["next"] = [address for after in ready[1:] for address in _addresses(after).values()]
        return state

    def vote(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps a vote, then says what comes next."""
        rater = self._rater or _rater_name(request.get("rater"))
        choice = request.get("choice")
        card = next((card for card in self._deck(rater) if card.name == request.get("pair")), None)
        if card is None or choice not in _CHOICES:
            raise Refused(HTTPStatus.BAD_REQUEST)
        winner = {"left": card.left.sha256, "right": card.right.sha256, "same": SAME}[str(choice)]
        self._store.put(Vote(rater, card.pair, winner, card.left.sha256))
        return self.state({"rater": rater})

    def undo(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Takes the last vote back; its pair is what comes next."""
        rater = self._rater or _rater_name(request.get("rater"))
        self._store.undo(rater)
        return self.state({"rater": rater})

    def _deck(self, rater: str) -> list[VoteCard]:
        with self._lock:
            cards = self._decks.get(rater)
            if cards is None:
                cards = self._decks[rater] = deck(self._pairs, rater, self._store.secret)
                for card in cards:
                    self._by_address[card.left_name] = card.left
                    self._by_address[card.right_name] = card.right
            self._decks.move_to_end(rater)
            while len(self._decks) > _KEPT_DECKS:
                for card in self._decks.popitem(last=False)[1]:
                    self._by_address.pop(card.left_name, None)
                    self._by_address.pop(card.right_name, None)
        return cards

    def _showable(self, card: VoteCard) -> bool:
        if card.pair in self._broken:
            return False
        if any(self.picture(name) is None for name in (card.left_name, card.right_name)):
            log.warning("a pair is not shown: one of its pictures is gone or broken")
            self._broken.add(card.pair)
            return False
        return True


def _addresses(card: VoteCard) -> dict[str, str]:
    return {"left": f"/picture/{card.left_name}", "right": f"/picture/{card.right_name}"}


def _rater_name(value: Any) -> str:
    """A rater's name, the same however it is spaced. Raises `Refused`."""
    name = clean_line(value, _MAX_NAME) if isinstance(value, str) else ""
    if not name:
        raise Refused(HTTPStatus.BAD_REQUEST)
    return name


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body, sent apart, cost 40 ms
    timeout = 60
    server: VoteServer

    def do_GET(self) -> None:
        self._handle(self._get)

    def do_POST(self) -> None:
        self._handle(self._post)

    def _get(self) -> None:
        path = urlsplit(self.path).path
        if path in _STATIC_FILES:
            name, kind = _STATIC_FILES[path]
            self._send(HTTPStatus.OK, self.server.file(name), f"{kind}; charset=utf-8")
            return
        picture = self.server.picture(path.removeprefix("/picture/")) if path.startswith("/picture/") else None
        if picture is None:
            raise Refused(HTTPStatus.NOT_FOUND)
        self._send(HTTPStatus.OK, picture, "image/jpeg", "private, max-age=86400, immutable")

    def _post(self) -> None:
        works = {"/state": self.server.state, "/vote": self.server.vote, "/undo": self.server.undo}
        work = works.get(self.path)
        if work is None:
            raise Refused(HTTPStatus.NOT_FOUND)
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        length, *more = self.headers.get_all("Content-Length") or [""]
        if more or "Transfer-Encoding" in self.headers:
            raise Refused(HTTPStatus.BAD_REQUEST)  # two readers would see two requests in it
        digits = length.isascii() and length.isdigit() and len(length) <= len(str(_MAX_REQUEST_BYTES))
        if not digits or int(length) > _MAX_REQUEST_BYTES:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            request = parse(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise Refused(HTTPStatus.BAD_REQUEST) from None
        if not isinstance(request, dict):
            raise Refused(HTTPStatus.BAD_REQUEST)
        self._send(HTTPStatus.OK, json.dumps(work(request)).encode("ascii"), "application/json")

    def _handle(self, work: Any) -> None:
        try:
            self._check_origin()
            work()
        except Refused as refused:
            self.close_connection = True  # what is left of the request is not read
            self._send_error(refused.status, refused.status.phrase)
        except StylusError as error:
            self._send_error(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        except OSError:  # the browser went away
            self.close_connection = True
        except Exception:
            self.close_connection = True
            log.warning("a request was not answered", exc_info=log.isEnabledFor(logging.DEBUG))
            sentence = "the request was not answered; the command's log says why"
            self._send_error(HTTPStatus.INTERNAL_SERVER_ERROR, sentence)

    def _check_origin(self) -> None:
        """A page of another site has another origin, or a host name that only pretends to be this machine.

        What another program of this machine serves, at another port, is another site.
        """
        named = self.headers.get_all("Host") or []
        place = _host_and_port(f"//{named[0]}") if len(named) == 1 else None
        origin = self.headers.get("Origin")
        if place is None or place[0] not in _HOSTS or (origin and _host_and_port(origin) != place):
            raise Refused(HTTPStatus.FORBIDDEN)

    def _send_error(self, status: HTTPStatus, sentence: str) -> None:
        self._send(status, json.dumps({"error": sentence}).encode("ascii"), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str, cache: str = "no-store") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache)
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)


def _host_and_port(address: str) -> tuple[str | None, int] | None:
    """Host name and port of an address that has nothing else, or None."""
    try:
        parts = urlsplit(address)
        return None if parts.username is not None or parts.path else (parts.hostname, parts.port or 80)
    except ValueError:
        return None
