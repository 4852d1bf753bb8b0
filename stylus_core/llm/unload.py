"""Frees the memory that a local server's model holds, for the picture that is painted next.

Ollama takes `keep_alive` with its own API alone, not with OpenAI's: an empty request to `/api/generate` sets it for a
model that is loaded.
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.parse
import urllib.request

from stylus_core.llm.endpoint import Endpoint

log = logging.getLogger("stylus")


def unload(endpoint: Endpoint, keep_alive: float | str, seconds: float) -> bool | None:
    """Sets how long `endpoint`'s model stays loaded. True: done; False: not Ollama; None: nobody answered."""
    parts = urllib.parse.urlsplit(endpoint.base_url)
    path = parts.path.rstrip("/").removesuffix("/v1") + "/api/generate"
    address = urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))
    body = json.dumps({"model": endpoint.model, "keep_alive": keep_alive, "stream": False}).encode()
    headers = {"Content-Type": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    request = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310 - `problem` let http pass alone
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            done = json.loads(answer.read(65536))
    except urllib.error.HTTPError as e:
        e.close()
        return False if e.code in (404, 405) else None
    except (OSError, ValueError) as e:
        log.debug("%s was not told to unload its model: %s", endpoint.shown, e)
        return None
    return isinstance(done, dict) and "done" in done
