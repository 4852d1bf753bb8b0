"""Addresses of servers: what may stand in one, and how it is told.

An address is shown, logged, kept in settings and written into records. So nothing that may be a key is taken in one.
"""

from __future__ import annotations

import urllib.parse

_LONGEST = 2000  # characters of an address


def address_problem(url: str, example: str, way_out: str) -> str:
    """Says why nothing can be asked at an address.

    Args:
        url: what a user gave.
        example: an address that would do.
        way_out: where a key belongs instead, such as "put the key into STYLUS_API_KEY".

    Returns:
        The end of a sentence about the address; empty if nothing speaks against it. It repeats nothing of the address,
        which may hold a key in a place of its own invention.
    """
    # "@" before anything else: an address with a password in it may be too broken to be taken apart
    if "@" in url.partition("?")[0].partition("#")[0]:
        return f"holds a user or a password, which ends up in logs: {way_out}, and give the address without it"
    if "?" in url or "#" in url:
        return f"holds more than a path (from ? or # on), which ends up in logs: {way_out}, and end the address before"
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or len(url) > _LONGEST or not url.isprintable() or " " in url:
        return f"is no http address: give one such as {example}"
    return ""


def shown_address(url: str) -> str:
    """Leaves out of an address what may hold a key, so that it can be shown.

    Args:
        url: what a user gave.

    Returns:
        It without user, password, query and fragment; "the address" where it cannot be taken apart.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return "the address"


def origin(url: str) -> str:
    """Takes the origin (RFC 6454) of an address that a server named.

    Args:
        url: what the server said, whatever it is.

    Returns:
        Scheme, host and port, such as "http://127.0.0.1:7860"; empty if the address has no origin of http or https.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or not host.isprintable() or len(host) > 255:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}"
