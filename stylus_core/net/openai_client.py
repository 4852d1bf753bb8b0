"""The client of `openai`, whose requests leave through `send` like all others.

The package comes with a client of HTTP, httpx or its successor, which keeps no total time, reads errors without bound,
follows redirects and keeps cookies. It gets a transport of ours, and hands on what that gives.
"""

from __future__ import annotations

import importlib
from typing import Any

from stylus_core.net.exchange import HttpRequest, send


def openai_client(base_url: str, key: str, limit: int) -> Any:
    """Makes a client of the package openai whose requests leave through `send`.

    Args:
        base_url: of the API.
        key: sent as a bearer token.
        limit: bytes of an answer.

    Returns:
        An `openai.OpenAI` that asks once and never longer than the `timeout` of a call. What keeps an answer away is a
        `NetError`, which some versions raise as it is and others as the `__cause__` of an `APIConnectionError`.

    Raises:
        ImportError: the package is not installed.
    """
    import openai

    # whichever of the two this version of openai is made of
    httpx = importlib.import_module(openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])

    class BoundedTransport(httpx.BaseTransport):  # type: ignore[misc, name-defined]
        def handle_request(self, request: Any) -> Any:
            asked = HttpRequest(
                str(request.url),
                request.read(),
                dict(request.headers),
                float(request.extensions["timeout"]["read"]),
                limit,
            )
            reply = send(asked)
            headers = {"Content-Type": "application/json"}
            if reply.retry_after:
                headers["Retry-After"] = reply.retry_after
            return httpx.Response(reply.status, headers=headers, content=reply.body, request=request)

    client = httpx.Client(transport=BoundedTransport(), follow_redirects=False, trust_env=False)
    return openai.OpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=client)
