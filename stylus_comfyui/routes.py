"""What the page asks the server for, and what the server is told at its start.

ComfyUI has no authentication: these routes read, and give nothing that the page does not show.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from typing import Any

from stylus_comfyui import host, runtime

logger = logging.getLogger("stylus")

PREFIX = "/stylus"
_LONGEST = 1_000  # characters of a name


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


def _thumbnail(name: str) -> bytes:
    from stylus_host.thumbnails import small_jpeg

    adapter = runtime.service().find(name)
    return small_jpeg(adapter.metadata.preview) if adapter is not None else b""
