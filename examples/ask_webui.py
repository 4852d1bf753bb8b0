"""Asks a WebUI that has the extension and `--api`: `python examples/ask_webui.py URL PROMPT`."""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import Any


def call(url: str, body: dict[str, Any] | None = None) -> Any:
    """What a route answers; a body makes it a POST."""
    data = None if body is None else json.dumps(body).encode("ascii")
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310  # the user's address
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
        return json.loads(reply.read())


def main(url: str, prompt: str) -> None:
    """Prints what the WebUI would make of the prompt. No picture is made."""
    print("Stylus", call(f"{url}/stylus/v1/version")["version"])
    answer = call(f"{url}/stylus/v1/select", {"prompt": prompt, "options": {"max_adapters": 2}})
    print(answer["rewritten"])
    for pick in answer["picks"]:
        print(f"  {pick['name']} at {pick['weight']:g}: {pick['reason']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
