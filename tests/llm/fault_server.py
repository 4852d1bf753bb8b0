"""A server that speaks the chat completion protocol, and fails in every way that real ones do.

`FaultServer([...])` plays its steps one a request, the last one for ever. A step is a function that gets the handler
and the request's JSON; `answers`, `status`, `raw` and the rest make them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.clock import HANG

Step = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def completion(content: Any, **choice: Any) -> dict[str, Any]:
    """A chat completion whose message says `content`."""
    message = {"role": "assistant", "content": content, **choice.pop("message", {})}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 30, "total_tokens": 730},
    }


def raw(body: bytes, status: int = 200, **headers: str) -> Step:
    def step(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return step


def answers(content: Any, **choice: Any) -> Step:
    """The model says `content`: text, or an object as JSON."""
    text = content if isinstance(content, (str, list)) or content is None else json.dumps(content)
    return raw(json.dumps(completion(text, **choice)).encode())


def status(code: int, message: str = "no", **headers: str) -> Step:
    return raw(json.dumps({"error": {"message": message, "type": "e", "code": None}}).encode(), code, **headers)


def held(go_on: threading.Event, then: Step) -> Step:
    """Answers once `go_on` is set."""

    def step(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        assert go_on.wait(HANG)
        then(handler, request)

    return step


def silent(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Says nothing for as long as the client waits."""
    handler.connection.settimeout(HANG)
    handler.connection.recv(1)
    handler.close_connection = True


def drips(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """A byte now and then: never late for any single read, and never done."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100_000):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def stops(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Half an answer, and the connection is closed."""
    body = json.dumps(completion('{"picks": []}')).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.close_connection = True


def hangs_up(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Closes the connection without a word."""
    handler.close_connection = True


def without(form: str, code: int, then: Step) -> Step:
    """Answers `code` to requests with this `response_format`, and `then` to others."""

    def step(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        asked = (request.get("response_format") or {}).get("type")
        (status(code, f"unknown response_format {form}") if asked == form else then)(handler, request)

    return step


class FaultServer:
    """Serves on a free port of the loopback. `requests` are the bodies it got, `paths` the addresses."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self.requests: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str] = []
        outer, lock = self, threading.Lock()

        class ChatHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else head and body, sent apart, cost 40 ms

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    outer.paths.append(self.path)
                    if not self.path.endswith("/chat/completions"):
                        outer.others.append(body)
                        outer.other(self, body)
                        return
                    outer.requests.append(body)
                    outer.keys.append(self.headers.get("Authorization", ""))
                    step = outer.steps[0] if len(outer.steps) == 1 else outer.steps.pop(0)
                try:
                    step(self, body)
                except OSError:  # the client gave up, which is what many of the steps are for
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), ChatHandler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.other: Step = status(404)  # answers whatever is no chat completion
        self.others: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
