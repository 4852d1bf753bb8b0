"""`/stylus/v1/...`: selection without a picture, for clients of the WebUI.

The host checks its credentials only on its own routes, so each of these asks for the same ones itself. Where the host's
API is switched off, so is ours.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import secrets
from collections.abc import Callable
from typing import Any

from stylus_core.errors import OptionError, StylusError
from stylus_core.types import Adapter, Pick
from stylus_webui import host, runtime
from stylus_webui import options as table
from stylus_webui.service import NotReady

PREFIX = "/stylus/v1"
#: Longest body that is read, in bytes: a prompt of 3,000 tokens is about 15 kB.
BODY = 1 << 20


def add(app: Any) -> None:
    """Adds the routes to the host's FastAPI application."""
    if not (host.flag("api") or host.flag("nowebui")):
        return
    from fastapi import Depends, Request

    # FastAPI reads the annotation, and is not imported before it is needed.
    _check_credentials.__annotations__["request"] = _select_route.__annotations__["request"] = Request
    routes = (
        ("/version", _version, "GET"),
        ("/options", _options, "GET"),
        ("/select", _select_route, "POST"),
        ("/adapters", _adapters_route, "GET"),
        ("/index", _index, "GET"),
        ("/index/rescan", _rescan, "POST"),
    )
    guard = [Depends(_check_credentials)]
    for path, function, method in routes:
        app.add_api_route(PREFIX + path, function, methods=[method], dependencies=guard, tags=["Stylus"])


async def _check_credentials(request: Any) -> None:
    """Asks for what the host's own routes ask for, if they ask for anything."""
    expected = host.api_credentials()
    if not expected and not host.flag("api_auth"):
        return
    user, password = _basic(request.headers.get("Authorization", ""))
    known = expected.get(user)
    matches = secrets.compare_digest(password.encode(), (known or "").encode())
    if known is None or not matches:
        raise _error(401, "Incorrect username or password", {"WWW-Authenticate": "Basic"})


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password


# -- routes; those that may wait are plain functions, which FastAPI runs in its thread pool ----------------------------


def _version() -> dict[str, Any]:
    from stylus_core import __version__

    return {"version": __version__, "api": 1}


def _options() -> dict[str, Any]:
    return {"options": table.schema()}


async def _select_route(request: Any) -> dict[str, Any]:
    from starlette.concurrency import run_in_threadpool

    body = await _body(request)
    return dict(await run_in_threadpool(_answered, lambda: _select(body)))


def _adapters_route(query: str = "", offset: int = 0, limit: int = 100) -> dict[str, Any]:
    return _answered(lambda: _adapters(query, offset, limit))


def _rescan() -> dict[str, Any]:
    runtime.get().service.refresh()
    return _index()


def _error(status: int, detail: str, headers: dict[str, str] | None = None) -> Exception:
    from fastapi import HTTPException

    error: Exception = HTTPException(status_code=status, detail=detail, headers=headers)
    return error


def _answered(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except OptionError as error:
        raise _error(422, str(error)) from error
    except NotReady as error:
        raise _error(503, str(error), {"Retry-After": "5"}) from error
    except StylusError as error:
        raise _error(500, str(error)) from error


async def _body(request: Any) -> dict[str, Any]:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY:
            raise _error(413, f"the body is longer than {BODY} bytes")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _error(422, "the body is no JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("prompt"), str):
        raise _error(422, 'the body takes {"prompt": text, "options": {...}}')
    return body


def _select(body: dict[str, Any]) -> dict[str, Any]:
    from stylus_webui.decide import decide
    from stylus_webui.tags import write

    unknown = sorted(set(body) - {"prompt", "options"})
    given = body.get("options") or {}
    if unknown or not isinstance(given, dict):
        raise OptionError(
            f"unknown field {(unknown or ['options'])[0]!r}: the body takes prompt and options, an object"
        )
    settings = table.of(given)
    current = runtime.get()
    decision = decide(body["prompt"], settings, current.context())
    if not decision.decided and decision.notes and current.service.state.status != "ready":
        raise NotReady(decision.notes[0])
    return {
        "prompt": decision.prompt,
        "rewritten": decision.text or write(decision.effective, decision.picks),
        "picks": [_pick(p) for p in decision.picks],
        "nearly": [_pick(p) for p in decision.nearly],
        "composer": decision.composer,
        "notes": list(decision.notes),
    }


def _pick(pick: Pick) -> dict[str, Any]:
    out = dataclasses.asdict(pick)
    del out["preview"]  # a path on the server's disk says nothing to a client
    return out


def _adapters(query: str, offset: int, limit: int) -> dict[str, Any]:
    wanted = query.casefold()
    found = [a for a in runtime.get().service.adapters() if wanted in f"{a.stem}\n{a.title}".casefold()]
    chosen = found[max(0, offset) : max(0, offset) + min(max(1, limit), 1000)]
    return {"total": len(found), "offset": max(0, offset), "adapters": [_adapter(a) for a in chosen]}


def _adapter(adapter: Adapter) -> dict[str, Any]:
    card = adapter.card
    return {
        "name": adapter.stem,
        "title": adapter.title,
        "kind": card.kind,
        "description": card.description,
        "trigger_words": list(card.trigger_words),
        "weight": card.weight,
        "clip_weight": card.clip_weight,
        "architecture": adapter.made_for,
    }


def _index() -> dict[str, Any]:
    state = runtime.get().service.state
    return {**dataclasses.asdict(state), "sentence": state.sentence()}
