"""Raters for the tests, who vote through the page's own requests, and a page to vote on."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stylus_study.vote.preference_vote import serve
from tests.study import colours

HUNG = 300  # seconds after which something that a test waits for is given up


class Rater:
    """One who votes through the page's own requests."""

    def __init__(self, url: str, name: str | None) -> None:
        self.address = url.split("/")[2]
        self.name = name

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.address, timeout=HUNG)
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if data is not None else {}
        given.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection.request(method, path, data, given)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def ask(self, path: str, **more: Any) -> Any:
        status, body = self.send("POST", path, {"rater": self.name, **more})
        assert status == 200, body
        return json.loads(body)

    def look(self, state: dict[str, Any]) -> dict[str, str]:
        """The colours of the pair that is shown."""
        return {side: colours.seen(self.send("GET", state["pair"][side])[1]) for side in ("left", "right")}

    def vote(self, colour: str, most: int = 10**6) -> list[tuple[str, str]]:
        """Votes for the pictures of a colour; returns prompt and choice of each."""
        state = self.ask("/state")
        said: list[tuple[str, str]] = []
        while state["pair"] and len(said) < most:
            shown = self.look(state)
            choice = next((side for side, seen in shown.items() if seen == colour), "same")
            said.append((state["pair"]["prompt"], choice))
            state = self.ask("/vote", pair=state["pair"]["name"], choice=choice)
        return said


@contextmanager
def served(folder: Path, **more: Any) -> Iterator[str]:
    """The page's address while it is served by a thread."""
    address: list[str] = []
    ready, stop = threading.Event(), threading.Event()

    def tell(url: str, pairs: int) -> None:
        address.append(url)
        ready.set()

    thread = threading.Thread(target=serve, args=(folder,), kwargs={"port": 0, "ready": tell, "stop": stop, **more})
    thread.start()
    try:
        assert ready.wait(HUNG)
        yield address[0]
    finally:
        stop.set()
        thread.join(HUNG)
