"""Frees the memory that a local server's model holds, for the picture that is painted next.

Ollama takes `keep_alive` with its own API alone, not with OpenAI's: an empty request to `/api/generate` sets it for a
model that is loaded.
"""

from __future__ import annotations

import json
import logging

from stylus_core.llm.endpoint import Endpoint
from stylus_core.net.errors import NetError
from stylus_core.net.exchange import HttpRequest, send

log = logging.getLogger("stylus")


def unload(endpoint: Endpoint, keep_alive: float | str, seconds: float) -> bool | None:
    """Tells Ollama how long to keep a model loaded.

    Args:
        endpoint: of the model.
        keep_alive: seconds, or Ollama's notation; 0 frees the memory at once.
        seconds: that it may take.

    Returns:
        True: it is done; False: the server is not Ollama; None: nobody answered.
    """
    url = endpoint.base_url.rstrip("/").removesuffix("/v1") + "/api/generate"
    body = json.dumps({"model": endpoint.model, "keep_alive": keep_alive, "stream": False}).encode()
    try:
        reply = send(HttpRequest(url, body, endpoint.headers, seconds))
        done = reply.json() if reply.status < 400 else None
    except (NetError, ValueError) as e:
        log.debug("%s was not told to unload its model: %s", endpoint.shown, e)
        return None
    if reply.status >= 400:
        return False if reply.status in (404, 405) else None
    return isinstance(done, dict) and "done" in done
