"""Every fault of `server_faults` against every client that we have: chat, rerank, unload, WebUI."""

from __future__ import annotations

import base64
import json
import logging
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from benchmarks.attack.server_faults import FAULTS, KEY, bomb
from benchmarks.attack.tally import Tally
from stylus_core.composer.reranker import EndpointScorer
from stylus_core.errors import StylusError
from stylus_core.llm.circuit_breaker import NEVER, CircuitBreaker
from stylus_core.llm.client import LLMClient
from stylus_core.llm.endpoint import Endpoint
from stylus_core.llm.unload import unload
from stylus_study.batch.webui import WebUI
from tests.net.faulty_server import FaultyServer, Script, http

_USER = "mallory"
BUDGET = 2.0  # seconds
_CREDENTIALS = ("authorization", "cookie")
SLACK = 1.0  # seconds beyond the budget that a caller may be kept waiting


def _chat(url: str, home: Path) -> str:
    endpoint = Endpoint(f"{url}/v1", "m", KEY, BUDGET)
    client = LLMClient(endpoint, home, CircuitBreaker(after=NEVER))
    schema = {"type": "object", "properties": {"verdicts": {"type": "object"}}, "required": ["verdicts"]}
    try:
        return str(client.complete([{"role": "user", "content": "x"}], schema, 20).data)
    finally:
        client.close()


def _rerank(url: str, home: Path) -> str:
    return str(EndpointScorer(Endpoint(f"{url}/v1", "m", KEY, BUDGET)).scores("a fox", ["a fox", "a bridge"]))


def _unload(url: str, home: Path) -> str:
    return str(unload(Endpoint(f"{url}/v1", "m", KEY, BUDGET), 0, BUDGET))


def _webui(url: str, home: Path) -> str:
    webui = WebUI(url, f"{_USER}:{KEY}", timeout=BUDGET, pauses=())
    return str(webui.txt2img({"prompt": "a fox"}))


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    out = {secret, secret.upper(), secret.lower(), urllib.parse.quote(secret, safe=""), " ".join(secret)}
    for shift in range(3):  # Base64 of a text with the secret in it: what is the same whatever stands around
        whole = base64.b64encode(b"\0" * shift + raw).decode()
        out.add(whole[4 if shift else 0 : len(whole) // 4 * 4 - 4])
    return out


SECRETS = sorted(_forms(KEY))

CLIENTS: dict[str, Callable[[str, Path], str]] = {
    "chat": _chat, "rerank": _rerank, "unload": _unload, "webui": _webui,
}  # fmt: skip


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage()[:4000])


def run() -> Tally:
    """Every fault against every client."""
    bomb(31), bomb(15)  # seconds of work, which belong to the start
    log = _Log()
    logging.getLogger().addHandler(log)
    logging.getLogger().setLevel(logging.DEBUG)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _chat_ready(home)
        tally = Tally("faults", 4 * 40)
        for name, ask in CLIENTS.items():
            before = threading.active_count()
            for fault, play in FAULTS.items():
                _one(tally, f"{name}: {fault}", ask, play, home, log)
            end = time.monotonic() + 5
            while threading.active_count() > before and time.monotonic() < end:
                time.sleep(0.05)
            if (left := threading.active_count() - before) > 0:
                tally.fail("hung", f"{name}: {left} threads are left")
    return tally


def _chat_ready(home: Path) -> None:
    """What the first call imports belongs to the start and to no fault."""
    with FaultyServer(lambda talk: talk.say(http(b"{}"))) as server:
        for ask in CLIENTS.values():
            try:
                ask(server.url, home)
            except StylusError:
                pass


def _one(tally: Tally, name: str, ask: Callable[[str, Path], str], play: Script, home: Path, log: _Log) -> None:
    tally.tried += 1
    said: list[str] = []
    log.lines.clear()
    with FaultyServer(lambda talk: talk.say(http(b"{}"))) as other, FaultyServer(play, other.url) as server:

        def work() -> None:
            try:
                said.append(ask(server.url, home))
            except StylusError as error:
                said.append(f"{error} {getattr(error, 'detail', '')}")
            except Exception as error:
                tally.fail("lost", f"{name}: {type(error).__name__}: {str(error)[:200]}")

        thread = threading.Thread(target=work, daemon=True)
        began = time.monotonic()
        thread.start()
        thread.join(BUDGET + SLACK + 20)
        took = time.monotonic() - began
        if took > BUDGET + SLACK:
            tally.fail("hung", f"{name}: {took:.1f} s of {BUDGET:g} s")
        if stolen := [given for asked in other.asked for given in map(asked.header, _CREDENTIALS) if given]:
            tally.fail("keys", f"{name}: another origin got {stolen[0][:80]!r}")
    shown = "\n".join([*said, *log.lines])
    kept = [p.read_bytes().decode("utf-8", "replace") for p in home.rglob("*") if p.is_file()]
    for secret in SECRETS:
        if secret in shown or any(secret in text for text in kept):
            where = "said" if any(secret in s for s in said) else "logged" if secret in shown else "kept"
            tally.fail("keys", f"{name}: {where} as {secret[:8]}...")
            break


if __name__ == "__main__":
    print(json.dumps(run().told(), indent=1))
