"""`/stylus/v1/...`: selection without a picture, for clients of the WebUI.

The host checks its credentials only on its own routes, so `guard` asks for the same ones, and for more, on each of
these. Where the host's API is switched off, so is ours.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from stylus_core.errors import OptionError, StylusError
from stylus_core.types import Adapter, Pick
from stylus_host.service import NotReady
from stylus_webui import corrections_route, guard, host, runtime, settings
from stylus_webui import options as table
from stylus_webui.client_text import cleaned, for_client
from stylus_webui.corrections_route import PROMPT

PREFIX = "/stylus/v1"
#: Most names in one option: a hundred adapters are pinned at times, thousands are a mistake that costs minutes.
NAMES = 1000


def add(app: Any) -> None:
    """Adds the routes to the host's application.

    Args:
        app: FastAPI's.
    """
    if not (host.flag("api") or host.flag("nowebui")):
        return
    from fastapi import Depends, Request
    from fastapi.responses import JSONResponse

    class Answer(JSONResponse):  # type: ignore[misc]
        """JSON in ASCII: a file's name need not be text, and has to be told all the same."""

        def render(self, content: Any) -> bytes:
            return json.dumps(content, allow_nan=False).encode("ascii")

    # FastAPI reads the annotation, and is not imported before it is needed.
    for function in (guard.check, _select_route, _feedback_route, _undo_route):
        function.__annotations__["request"] = Request
    routes = (
        ("/version", _version, "GET"),
        ("/options", _options, "GET"),
        ("/select", _select_route, "POST"),
        ("/adapters", _adapters_route, "GET"),
        ("/index", _index, "GET"),
        ("/index/rescan", _rescan, "POST"),
        ("/feedback", _feedback, "GET"),
        ("/feedback", _feedback_route, "POST"),
        ("/feedback/undo", _undo_route, "POST"),
    )
    before = [Depends(guard.check)]
    for path, answers, method in routes:
        app.add_api_route(
            PREFIX + path, answers, methods=[method], dependencies=before, tags=["Stylus"], response_class=Answer
        )


# -- routes; those that may wait are plain functions, which FastAPI runs in its thread pool ----------------------------


def _version() -> dict[str, Any]:
    from stylus_core import __version__

    return {"version": __version__, "api": 1}


def _options() -> dict[str, Any]:
    return {"options": table.schema(settings.panel_defaults())}


async def _select_route(request: Any) -> dict[str, Any]:
    from starlette.concurrency import run_in_threadpool

    body = request.state.body
    return dict(await run_in_threadpool(_answered, lambda: _select(body)))


def _adapters_route(query: str = "", offset: int = 0, limit: int = 100) -> dict[str, Any]:
    return _answered(lambda: _adapters(query, offset, limit))


def _rescan() -> dict[str, Any]:
    runtime.get().service.refresh()
    return _index()


def _feedback() -> dict[str, Any]:
    return _answered(corrections_route.listed)


async def _feedback_route(request: Any) -> dict[str, Any]:
    from starlette.concurrency import run_in_threadpool

    body = request.state.body
    return dict(await run_in_threadpool(_answered, lambda: corrections_route.correct(body)))


async def _undo_route(request: Any) -> dict[str, Any]:
    from starlette.concurrency import run_in_threadpool

    body = request.state.body
    return dict(await run_in_threadpool(_answered, lambda: corrections_route.undo(body)))


def _answered(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except OptionError as error:
        raise guard.error(422, str(error)) from error
    except NotReady as error:
        raise guard.error(503, for_client(str(error)), {"Retry-After": "5"}) from error
    except StylusError as error:
        raise guard.error(500, for_client(str(error))) from error


def _select(body: dict[str, Any]) -> dict[str, Any]:
    from stylus_webui.select_or_reuse import decide
    from stylus_webui.tags import write

    unknown = sorted(set(body) - {"prompt", "options"})
    prompt, given = body.get("prompt"), body.get("options", {})
    if unknown or not isinstance(given, dict):
        raise OptionError(
            f"unknown field {(unknown or ['options'])[0]!r}: the body takes prompt and options, an object"
        )
    if not isinstance(prompt, str) or len(prompt) > PROMPT:
        raise OptionError(f'the body takes {{"prompt": text of up to {PROMPT:,} characters, "options": {{...}}}}')
    asked = table.of(given, defaults=settings.panel_defaults())
    for name, value in asked.changed().items():
        if name in given and isinstance(value, list) and len(value) > NAMES:
            raise OptionError(f"option {name!r} takes {NAMES:,} names at most here")
    current = runtime.get()
    decision = decide(prompt, asked, current.context())
    if not decision.decided and decision.notes and current.service.state.status != "ready":
        raise NotReady(decision.notes[0])
    return {
        "prompt": decision.prompt,
        "rewritten": decision.text or write(decision.effective, decision.picks),
        "picks": [_pick(p) for p in decision.picks],
        "nearly": [_pick(p) for p in decision.nearly],
        "composer": decision.composer,
        "notes": cleaned(decision.notes),
    }


def _pick(pick: Pick) -> dict[str, Any]:
    out = dataclasses.asdict(pick)
    del out["path"], out["preview"]  # on the server's disk
    del out["own_note"]  # for the panel alone
    return {**out, "reason": for_client(pick.reason)}


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
    return {n: cleaned(v) for n, v in {**dataclasses.asdict(state), "sentence": state.sentence()}.items()}
