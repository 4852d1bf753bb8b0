"""Takes a request's secrets out of whatever a server said, in every form in which servers repeat them.

Text and secrets are compared by their letters and digits alone, in one case, with escapes resolved. So one comparison
finds a key as it is, in capitals, spaced out, broken over lines, with its punctuation changed, percent-encoded, as
JSON's or HTML's escapes. Base64 is looked for at each of the three places where a secret can begin in a group of bytes.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any

COVER = "(the key)"

#: Letters and digits from which on a secret is looked for in every form. Shorter ones, such as the "none" that servers
#: without a key are given, would be found in ordinary words: they are looked for as words of their own.
_SURE = 8
_SHORTEST = 4
_LONG = 64 << 10  # characters of a text that is covered whole where it holds a secret
_LONGEST = 4 << 20  # of one that is looked through
_UNSEEN = "(left out: too long to be looked through for the key)"
_HEADERS = ("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key")

_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u(?P<u>[0-9a-fA-F]{4})|x(?P<x>[0-9a-fA-F]{2})|[nrtbf])"
    r"|%(?:25)*(?P<p>[0-9a-fA-F]{2})"
    r"|&\#(?:[xX](?P<h>[0-9a-fA-F]{1,6})|(?P<d>[0-9]{1,7}));?"
)
_PIECE = re.compile(rf"{_ESCAPE.pattern}|(?P<c>[^\W_])")
_REST = re.compile(r"[\W_]+")


class Redaction:
    """Knows some secrets.

    Args:
        secrets: keys, passwords; what is shorter than 4 characters is no secret that could be kept.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        found: dict[str, None] = {}
        words: dict[str, None] = {}
        for secret in secrets:
            letters = _REST.sub("", secret.casefold())
            if len(letters) >= _SURE:
                raw = secret.encode("utf-8", "replace")
                # a secret that looks like an escape is one in a text as it is, and none in a text that escapes it
                forms = (letters, _plain(secret), raw.hex(), *map(_plain, _encoded(raw)))
                found.update(dict.fromkeys(form for form in forms if len(form) >= _SHORTEST))
            elif len(secret.strip()) >= _SHORTEST:
                words[secret.strip()] = None
        self._needles = sorted(found, key=len, reverse=True)
        either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        self._words = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.I) if words else None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Redaction:
        """Knows the secrets in the headers of a request.

        Args:
            headers: by name, in any case; those that carry credentials are read, Basic's password among them.

        Returns:
            A redaction of those secrets.
        """
        return cls(part for name, value in headers.items() if name.lower() in _HEADERS for part in _parts(value))

    def clean(self, text: str) -> str:
        """Covers the secrets in a text.

        Args:
            text: what a server said. Beyond 64 KB a text that holds a secret is covered whole; beyond 4 MB any text is
                left out, where there are secrets.

        Returns:
            The text with `COVER` where it held a secret, in whatever form.
        """
        if (self._needles or self._words) and len(text) > _LONGEST:
            return _UNSEEN
        if self._needles:
            plain = _plain(text)
            if any(needle in plain for needle in self._needles):
                if len(text) > _LONG:
                    return COVER
                text = self._covered(text)
        return self._words.sub(COVER, text) if self._words else text

    def cleaned(self, value: Any, leave: Iterable[str] = ()) -> Any:
        """Covers the secrets in every text of a JSON value, names included.

        Args:
            value: as `json.loads` gives it.
            leave: names whose values stay as they are.

        Returns:
            A copy of the value without the secrets.
        """
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, list):
            return [self.cleaned(one, leave) for one in value]
        if isinstance(value, dict):
            return {self.clean(k): one if k in leave else self.cleaned(one, leave) for k, one in value.items()}
        return value

    def _covered(self, text: str) -> str:
        letters, places = [], []
        for match in _PIECE.finditer(text):
            for letter in _REST.sub("", _letter(match).casefold()):
                letters.append(letter)
                places.append(match.span())
        plain = "".join(letters)
        spans = []
        for needle in self._needles:
            at = plain.find(needle)
            while at >= 0:
                spans.append((places[at][0], places[at + len(needle) - 1][1]))
                at = plain.find(needle, at + 1)
        out, done = [], 0
        for start, end in sorted(spans):
            if start >= done:
                out += [text[done:start], COVER]
            done = max(done, end)
        return "".join([*out, text[done:]])


def _parts(value: str) -> list[str]:
    """The secrets in a header's value: without the scheme's name; of Basic also the password that it encodes."""
    scheme, _, token = value.strip().partition(" ")
    if not token:
        return [scheme]
    if scheme.lower() != "basic":
        return [token.strip()]
    try:
        given = base64.b64decode(token, validate=True).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return [token]
    return [token, given, given.partition(":")[2]]


def _encoded(raw: bytes) -> list[str]:
    """What of Base64 depends on `raw` alone, wherever it begins in a group of three bytes."""
    forms = []
    for before, lost in enumerate((0, 2, 3)):
        whole = (before + len(raw)) * 8 // 6
        forms.append(base64.b64encode(b"\0" * before + raw).decode("ascii")[lost:whole])
    return forms


def _plain(text: str) -> str:
    if "\\" in text or "%" in text or "&#" in text:
        text = _ESCAPE.sub(_letter, text)
    return _REST.sub("", text.casefold())


def _letter(match: re.Match[str]) -> str:
    """What a piece of text stands for; a blank where it is no letter."""
    for name, base in (("u", 16), ("x", 16), ("p", 16), ("h", 16), ("d", 10)):
        if digits := match[name]:
            code = int(digits, base)
            return chr(code) if code < 0x110000 else " "
    return match.groupdict().get("c") or " "
