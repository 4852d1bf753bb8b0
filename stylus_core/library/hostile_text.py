"""Bounded reading of hostile text: JSON with a ceiling on its structure, HTML to plain text in linear time."""

from __future__ import annotations

import html
import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from html.entities import html5
from typing import Any

#: A list or an object costs some 20 times its text once it is parsed; these bounds keep a parsed file below ~200 MB.
MAX_CONTAINERS = 400_000
MAX_VALUES = 2_000_000


class Malformed(ValueError):
    """The text is not what it should be; the message is one clause that says why."""


def _bounded_int(digits: str) -> int:
    """Python before 3.10.7 converts a number of a million digits in quadratic time: refuse long ones."""
    if len(digits) > 400:
        raise Malformed("it holds a number of hundreds of digits")
    return int(digits)


_PARSE_INT = None if hasattr(sys, "get_int_max_str_digits") else _bounded_int


def parse_json(raw: bytes) -> tuple[Any, bool]:
    """Parses JSON from bytes.

    Args:
        raw: of a file or a field.

    Returns:
        (the value, whether its text was valid UTF-8). Bytes that are not are replaced.

    Raises:
        Malformed: as `parse_text` does.
    """
    try:
        text, valid = raw.decode("utf-8-sig"), True
    except UnicodeDecodeError:
        text, valid = raw.decode("utf-8", "replace").removeprefix("\ufeff"), False
    return parse_text(text), valid


def parse_text(text: str) -> Any:
    """Parses JSON. Raises `Malformed` where it is broken, nested too deeply, or would take too much memory."""
    if text.count("{") + text.count("[") > MAX_CONTAINERS or text.count(",") > MAX_VALUES:
        raise Malformed("its JSON holds far more values than any adapter has")
    try:
        return json.loads(text, parse_int=_PARSE_INT)
    except Malformed:
        raise
    except json.JSONDecodeError as error:
        raise Malformed(f"its JSON is broken at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise Malformed("its JSON is nested too deeply") from None
    except ValueError:  # a number with thousands of digits
        raise Malformed("its JSON holds a number that is too long") from None


# Control characters, zero-width and direction marks (they hide text in a page or a terminal), and lone surrogates,
# which neither SQLite nor UTF-8 can hold.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)


def clean(value: Any, limit: int) -> str:
    """Makes one harmless text of an untrusted value.

    Args:
        value: anything.
        limit: characters of the text at most.

    Returns:
        The text without control characters, halves of characters and what cannot be seen; "" unless `value` is a string
        or a number.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value) if abs(value) < 1e18 else ""
    if not isinstance(value, str):
        return ""
    if value.isprintable():  # nothing to take out, as of nearly every text
        return value.strip()[:limit].rstrip()
    # Twice the limit before the clean-up, so that its cost is bounded as well.
    return _UNWANTED.sub("", value[: 2 * limit].replace("\r\n", "\n").replace("\r", "\n")).strip()[:limit].rstrip()


def unwanted(text: str) -> str:
    """The first character of `text` that `clean` would take out; "" where there is none."""
    found = _UNWANTED.search(text)
    return found[0] if found else ""


def clean_line(value: Any, limit: int) -> str:
    """Makes one harmless line of an untrusted value.

    Args:
        value: anything.
        limit: characters of the line at most.

    Returns:
        What `clean` gives, with every run of white space one space.
    """
    if isinstance(value, str) and len(value) <= limit and value.isprintable() and "  " not in value:
        return value.strip()  # nothing to do, as with nearly every tag
    text = clean(value, limit)
    return text if text.isprintable() and "  " not in text else " ".join(text.split())


def unescaped(value: Any, limit: int) -> str:
    """`clean`, with the HTML entities resolved that some tools leave in plain fields: "salt &amp; smoke"."""
    text = clean(value, 2 * limit)
    return clean(_ENTITY.sub(_resolved, text), limit) if "&" in text else text[:limit]


def _resolved(found: re.Match[str]) -> str:
    # `html.unescape` takes "&region;" for "®ion;"
    return html.unescape(found[0]) if found[1] in html5 or found[1].startswith("#") else found[0]


def clean_list(value: Any, limit: int, count: int) -> tuple[str, ...]:
    """Makes harmless lines of an untrusted list.

    Args:
        value: anything; a text counts as a list of one.
        limit: characters of each line at most.
        count: entries at most.

    Returns:
        The distinct lines that are not empty, in their order.
    """
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return ()
    out = dict.fromkeys(clean_line(v, limit) for v in value[: 4 * count])
    out.pop("", None)
    return tuple(out)[:count]


_ENTITY = re.compile(r"&(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_BLOCK = frozenset(
    "address article aside blockquote body br center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul "
    "video".split()
)
_INLINE = frozenset(
    "a abbr acronym audio b bdi bdo big button cite code col colgroup data del dfn em embed font head html i "
    "iframe img input ins kbd label link mark meta object picture q s samp script small source span strike "
    "strong style sub sup svg template textarea time title track tt u var wbr path noscript".split()
)
#: What is typed as it stands; a backtick is how texts without markup say so.
_TYPED = frozenset(("code", "kbd", "samp", "tt"))
_DROPPED = frozenset(("script", "style", "head", "template", "noscript", "svg", "iframe", "object"))
# No repetition here can run past the next "<" or ">", so the whole scan is linear in the text.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:[\s/][^<>]*)?)>|<!--|<![^<>]*>|<\?[^<>]*>")
_LOOKS_HTML = re.compile(
    r"</?(?:p|br|div|span|ul|ol|li|strong|em|h[1-6]|img|a|b|i|u|code|kbd|pre|hr|table)(?:\s[^<>]*)?/?>", re.I
)
_SPACES = re.compile(r"[^\S\n]+")
_LOOKED_AT = 20_000  # characters of a text that are asked whether it is HTML
_LINES = re.compile(r"\n{3,}")


def looks_html(value: Any) -> bool:
    """Whether a text has HTML tags: then nobody typed it into an editor's field."""
    return isinstance(value, str) and bool(_LOOKS_HTML.search(value[:_LOOKED_AT]))


def plain(value: Any, limit: int, *, is_html: bool = False) -> str:
    """Makes plain text of HTML, in linear time; text without HTML tags stays as it is.

    Blocks become lines, code stands in backticks, scripts and styles go with their content, links keep their text.
    What is no HTML element (`<lora:name:0.8>`, `<3`) is text.

    Args:
        value: anything; what is neither string nor number is "".
        limit: characters of the text at most.
        is_html: entities are resolved although no HTML tag stands in it.

    Returns:
        A `clean` text with at most one empty line in a row.
    """
    # Markup is worth about as much as the text; ten times the limit bounds the work on a page that is all markup.
    text = clean(value, 10 * limit)
    if not is_html and not _LOOKS_HTML.search(text):
        return text[:limit]
    if "<" in text:
        text = "".join(_without_tags(text))
    text = _UNWANTED.sub("", html.unescape(text).replace("\r", "\n"))
    text = "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _LINES.sub("\n\n", text).strip()[:limit].rstrip()


def _without_tags(text: str) -> Iterable[str]:
    at = 0
    while match := _TAG.search(text, at):
        yield text[at : match.start()]
        at = match.end()
        name = (match[2] or "").lower()
        if match[0] == "<!--":
            end = text.find("-->", at)
            at = len(text) if end < 0 else end + 3
        elif name in _DROPPED and not match[1] and not match[3].endswith("/"):
            # Without its end tag the rest of the text belongs to the element, as in a browser.
            close = re.compile(f"</{name}[^<>]*>", re.I).search(text, at)
            at = close.end() if close else len(text)
        elif name in _BLOCK:
            yield "\n- " if name == "li" and not match[1] else "\n"
        elif name in _TYPED:
            yield "`"
        elif name and name not in _INLINE and "-" not in name:
            yield match[0]
    yield text[at:]


def is_element(tag: str) -> bool:
    """Whether what stands between angle brackets is a tag or a comment of HTML.

    Args:
        tag: without its brackets: "br/", "/em", 'a href="x"'.

    Returns:
        False for an adapter's tag and for whatever else is text.
    """
    found = _TAG.fullmatch(f"<{tag}>")
    if not found or found[2] is None:
        return tag.startswith(("!", "?"))
    name, attributes = found[2].lower(), found[3].strip(" /")
    return (name in _BLOCK or name in _INLINE or name in _DROPPED) and (not attributes or "=" in attributes)


def fold(name: str) -> str:
    """Makes of a name what names are compared by.

    Args:
        name: of a file or a thing.

    Returns:
        The name in one normal form (macOS decomposes file names) and without case.
    """
    return unicodedata.normalize("NFC", name).casefold()
