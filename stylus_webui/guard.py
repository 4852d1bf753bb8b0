"""What stands before each of our routes: who may ask, from which page, and what a body may be.

A web page that the user has open can make his browser send requests to a WebUI on his machine. It cannot read the
answers, but a selection costs time, and money where a language model is asked. Browsers say where a request comes from
(`Origin`, `Sec-Fetch-Site`), and a page cannot change what they say; scripts and other programs say nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from stylus_webui import host

#: Longest body that is read, in bytes: a prompt of 3,000 tokens is about 15 kB.
BODY = 1 << 20
_ORIGIN = 300  # characters of an origin that is looked at
#: Methods that neither change nor cost anything, and have no body.
_READING = ("GET", "HEAD", "OPTIONS")


async def check(request: Any) -> None:
    """The dependency of each route; leaves a body's object in `request.state.body`.

    Args:
        request: of a route of ours.

    Raises:
        HTTPException: 403 for a page of another origin, 401 without the credentials of the host's API, 415 and 422 for
            a body that is no JSON object, 413 for one that is too long.
    """
    if is_foreign(request.headers):
        raise error(403, "the request comes from a page of another origin; --cors-allow-origins lets it in")
    _check_credentials(request.headers.get("Authorization", ""))
    request.state.body = {} if request.method in _READING else await _body(request)


def error(status: int, detail: str, headers: dict[str, str] | None = None) -> Exception:
    """Makes an answer that is none, for `raise`.

    Args:
        status: HTTP's.
        detail: one sentence.
        headers: of the answer.

    Returns:
        FastAPI's `HTTPException`.
    """
    from fastapi import HTTPException

    made: Exception = HTTPException(status_code=status, detail=detail, headers=headers)
    return made


# -- origins -----------------------------------------------------------------------------------------------------------


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends this for a page that is not the WebUI's own and that the WebUI does not let in.

    Works behind `--listen`, `--share` and a proxy: what counts is whether page and address are the same, in the
    browser's own word or by their names, not which name that is.
    """
    site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
    if not origin:
        return site not in ("", "none", "same-origin")
    if site == "same-origin" or _let_in(origin[:_ORIGIN]):
        return False
    own = {_place(f"//{headers.get(name, '')}") for name in ("host", "x-forwarded-host")}
    return _place(origin) not in own - {""}


def _place(address: str) -> str:
    """Host name and port of an origin or of a `Host` header; "" for what is none."""
    try:
        parts = urlsplit(address[:_ORIGIN])
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname or parts.username is not None or parts.path:
        return ""
    return parts.hostname if port in (None, 80, 443) else f"{parts.hostname}:{port}"


def _let_in(origin: str) -> bool:
    """Whether the host's own flags let pages of this origin use its API."""
    named, pattern = host.cors()
    if "*" in named or origin in named:
        return True
    try:
        return bool(pattern) and re.fullmatch(pattern, origin) is not None
    except re.error:
        return False


# -- credentials -------------------------------------------------------------------------------------------------------


def _check_credentials(header: str) -> None:
    """Asks for what the host's own routes ask for, if they ask for anything."""
    expected = host.api_credentials()
    if not expected and not host.flag("api_auth"):
        return
    user, password = _basic(header)
    known = expected.get(user)
    matches = secrets.compare_digest(password.encode(), (known or "").encode())
    if known is None or not matches:
        raise error(401, "Incorrect username or password", {"WWW-Authenticate": "Basic"})


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password


# -- bodies ------------------------------------------------------------------------------------------------------------


async def _body(request: Any) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise error(415, "this route takes application/json")  # which no form and no simple request of a page can send
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY:
            raise error(413, f"the body is longer than {BODY} bytes")
    if not data:
        return {}
    try:
        body = json.loads(bytes(data), parse_constant=_no_number, parse_float=_finite)
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise error(422, "the body has half of a surrogate pair in it, which is no character") from None
    except (ValueError, RecursionError) as problem:
        raise error(422, f"the body is no JSON: {str(problem)[:200]}") from None
    if not isinstance(body, dict):
        raise error(422, "the body is no JSON object")
    return body


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number
