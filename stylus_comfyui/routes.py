"""What the page asks the server for, and what the server is told at its start.

ComfyUI has no authentication: these routes give nothing that the page does not show. What is posted is JSON alone,
which no page of another origin can send unasked, and says no more than a click on a chip: it can be undone.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from stylus_comfyui import host, runtime
from stylus_host.named_adapters import checked_weight

logger = logging.getLogger("stylus")

PREFIX = "/stylus"
_LONGEST = 1_000  # characters of a name
_BODY, _PROMPT, _NAMES = 1 << 20, 32_768, 200  # bytes of a body, characters of a prompt, names in one question


def add() -> None:
    """Adds the routes, and begins to read the library once the server runs. Never raises: ComfyUI is starting."""
    found = host.prompt_server()
    if found is None:
        return
    try:
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        from aiohttp import web

        # Of its own: a picture may wait for a selection, and ComfyUI's files must not wait behind it.
        pool = ThreadPoolExecutor(2, "stylus-thumbnails")

        async def status(request: Any) -> Any:
            return web.json_response(_status())

        async def picture(request: Any) -> Any:
            name = str(request.query.get("name", ""))[:_LONGEST]
            made = await asyncio.get_running_loop().run_in_executor(pool, _thumbnail, name)
            if not made:
                return web.Response(status=204)  # a 404 would be an error in the console of the page
            return web.Response(body=made, content_type="image/jpeg", headers={"Cache-Control": "max-age=60"})

        async def posted(request: Any, answers: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
            if request.content_type != "application/json":
                return web.Response(status=415)
            if request.content_length is None or request.content_length > _BODY:
                return web.Response(status=413)
            body = _object(await request.read())
            if body is None:
                return web.Response(status=422)
            return web.json_response(await asyncio.get_running_loop().run_in_executor(pool, answers, body))

        async def own(request: Any) -> Any:
            return await posted(request, _own)

        async def feedback(request: Any) -> Any:
            return await posted(request, _feedback)

        found.routes.post(f"{PREFIX}/own")(own)
        found.routes.post(f"{PREFIX}/feedback")(feedback)
        found.routes.get(f"{PREFIX}/status")(status)
        found.routes.get(f"{PREFIX}/thumbnail")(picture)
        found.add_on_prompt_handler(_on_prompt)
        found.app.on_startup.append(_started)
    except Exception:
        logger.exception("the page of Stylus in ComfyUI will lack something")


def _on_prompt(data: Any) -> Any:
    from stylus_comfyui import saved

    return saved.on_prompt(data)


async def _started(_app: Any) -> None:
    threading.Thread(target=_begin, name="stylus-start", daemon=True).start()


def _begin() -> None:
    runtime.start()
    import stylus_comfyui.picker_run  # noqa: F401 - here, so that the first prompt need not wait for it


def _status() -> dict[str, Any]:
    state = runtime.service().state
    texts = {"problem": host.for_page(state.problem), "sentence": host.for_page(state.sentence())}
    return {**dataclasses.asdict(state), **texts}


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _own(body: dict[str, Any]) -> dict[str, Any]:
    """How the user's own pictures use some LoRAs; the page shows it, and keeps it in no workflow."""
    own = runtime.own()
    if not own.counts():
        return {"on": False, "notes": {}}
    given = body.get("names")
    names = [n[:_LONGEST] for n in given[:_NAMES] if isinstance(n, str)] if isinstance(given, list) else []
    notes = {name: own.note_of(runtime.service().find(name)) for name in dict.fromkeys(names)}
    return {"on": True, "notes": {name: note for name, note in notes.items() if note}}


def _feedback(body: dict[str, Any]) -> dict[str, Any]:
    """Keeps what a click on a chip says, while the user wants that."""
    click, prompt, name = (str(body.get(key) or "") for key in ("click", "prompt", "name"))
    own = runtime.own()
    if len(prompt) <= _PROMPT and own.counts() and runtime.service().find(name[:_LONGEST]) is not None:
        own.clicked(click, prompt.strip(), name, _weight(body.get("weight")))
    return {"on": own.counts()}


def _weight(value: Any) -> float | None:
    try:
        return None if value is None else checked_weight(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _thumbnail(name: str) -> bytes:
    from stylus_host.thumbnails import small_jpeg

    adapter = runtime.service().find(name)
    return small_jpeg(adapter.metadata.preview) if adapter is not None else b""
