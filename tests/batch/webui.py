"""A stand-in for a WebUI's API on loopback: paints small pictures that the request alone decides."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What the stand-in's extension picks: word of the prompt -> adapter.
PICKS = {"fox": "fox_v2", "castle": "old_castle", "robot": "chrome_robot"}


def png(seed: str, size: int = 8) -> bytes:
    """A picture whose colour and bytes come from `seed`."""
    colour = hashlib.sha256(seed.encode()).digest()[:3]
    rows = b"".join(b"\0" + colour * size for _ in range(size))
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


class StandIn:
    """One WebUI. Its attributes may be changed while it runs.

    `faults` is a queue of what happens to the next pictures: a status, "drop" (the connection breaks) or None.
    `before_picture` is called once a picture was asked for; one that waits in it holds that picture alone back.
    """

    def __init__(self, *, extension: bool = True, loras: dict[str, str] | None = None, auth: str = "") -> None:
        self.extension = extension
        self.loras = loras or {}
        self.auth = auth
        self.faults: deque[Any] = deque()
        self.always: Any = None  # the fault of every picture
        self.seconds = 0.0
        self.before_picture: Callable[[], object] | None = None
        self.typed = False  # the extension does nothing, as before its index is there
        self.index: deque[dict[str, Any]] = deque()  # answers before "ready"
        self.checkpoints = [
            {"title": "small.safetensors [abc]", "model_name": "small", "filename": "/m/small.safetensors"}
        ]
        self.samplers = ["Euler a", "DPM++ 2M Karras"]
        self.asked: list[dict[str, Any]] = []  # bodies of txt2img, in order of arrival
        self.seen: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def made(self) -> Counter[tuple[str, int, bool]]:
        """How often each picture was asked for: (prompt before picks, seed, with Stylus)."""
        return Counter(
            (b["prompt"].split(" <")[0], b["seed"], _enabled(b) or "<lora:" in b["prompt"]) for b in self.asked
        )

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path == "/sdapi/v1/scripts":
            return 200, {"txt2img": ["prompt matrix", *(["stylus"] if self.extension else [])], "img2img": []}
        if path == "/sdapi/v1/loras":
            return 200, [{"name": n, "alias": n, "path": p, "metadata": {}} for n, p in self.loras.items()]
        if path == "/sdapi/v1/sd-models":
            return 200, self.checkpoints
        if path == "/sdapi/v1/samplers":
            return 200, [{"name": n, "aliases": [n.lower().replace(" ", "_")], "options": {}} for n in self.samplers]
        if path == "/stylus/v1/index" and self.extension:
            ready = {"status": "ready", "refreshing": False, "sentence": "3 adapters indexed."}
            return 200, self.index.popleft() if self.index else ready
        if path == "/stylus/v1/select" and self.extension:
            picks = [
                {"name": n, "weight": 0.8, "keyword": w, "reason": f"it was made for a {w}", "title": n.title()}
                for w, n in self._picks(body["prompt"])
            ]
            return 200, {"prompt": body["prompt"], "picks": picks, "composer": "local", "notes": []}
        if path == "/sdapi/v1/txt2img" and method == "POST":
            return self._paint(body)
        return 404, {"detail": "Not Found"}

    def _paint(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(body)
        if self.before_picture is not None:
            self.before_picture()
        time.sleep(self.seconds)
        fault = self.faults.popleft() if self.faults else self.always
        if fault == "drop":
            raise ConnectionAbortedError
        if fault is not None:
            return fault, {"error": "RuntimeError", "detail": "", "errors": "the card is out of memory"}
        used, params = body["prompt"], {}
        if _enabled(body) and not self.typed:
            picks = self._picks(used)
            params = {"Stylus enabled": "True", "Stylus picks": ", ".join(f"{n}:0.8" for _, n in picks) or "none"}
            used += "".join(f" <lora:{n}:0.8>" for _, n in picks)
        text = f"{used}\nSteps: {body.get('steps')}, Seed: {body.get('seed')}"
        info = {"all_prompts": [used], "infotexts": [text], "extra_generation_params": params}
        picture = base64.b64encode(self.draw(text, {**body, "prompt": used})).decode()
        return 200, {"images": [picture], "parameters": body, "info": json.dumps(info)}

    def draw(self, text: str, body: dict[str, Any]) -> bytes:
        return png(text)

    def _picks(self, prompt: str) -> list[tuple[str, str]]:
        return [(word, name) for word, name in PICKS.items() if word in prompt]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class WebUIHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._serve("GET", {})

            def do_POST(self) -> None:
                self._serve("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _serve(self, method: str, body: dict[str, Any]) -> None:
                host.seen[self.path] += 1
                expected = "Basic " + base64.b64encode(host.auth.encode()).decode()
                try:
                    if host.auth and self.headers.get("Authorization") != expected:
                        status, value = 401, {"detail": "Not authenticated"}
                    else:
                        status, value = host.answer(method, self.path, body)
                except ConnectionAbortedError:
                    self.connection.close()
                    return
                data = json.dumps(value).encode()
                with suppress(OSError):  # the client was killed
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        return WebUIHandler


def _enabled(body: dict[str, Any]) -> bool:
    args = body.get("alwayson_scripts", {}).get("Stylus", {}).get("args") or [{}]
    return bool(args[0].get("enabled"))
