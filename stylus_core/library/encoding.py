"""The text of a file in whatever encoding its editor left it: UTF-8 first, then UTF-16, then what old Windows wrote."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from stylus_core.library.hostile_text import Malformed

_LOOKED_AT = 65_536  # bytes that tell the encoding of a text without a mark
_BROKEN = "\ufffd"

#: The longer marks first: that of UTF-16 is how that of UTF-32 begins.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(raw: bytes) -> tuple[str, str]:
    """The text of a file.

    Returns: the text without a byte order mark, and what to tell the user about it: "" where nothing was guessed and
    nothing was lost.

    Raises:
        Malformed: there is nothing but zero bytes, which is what a crash leaves of a file.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw[len(mark) :], encoding)
    if b"\0" in raw:
        if not raw.strip(b"\0"):
            raise Malformed("it holds nothing but zero bytes")
        encoding = _utf16(raw[:_LOOKED_AT])
        if encoding:
            return _marked(raw[: len(raw) // 2 * 2], encoding)
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError:
        return _legacy(raw)


def _marked(raw: bytes, encoding: str) -> tuple[str, str]:
    try:
        return raw.decode(encoding), ""
    except UnicodeDecodeError:
        name = encoding.upper().removesuffix("-LE").removesuffix("-BE")
        return raw.decode(encoding, "replace"), f"it is not valid {name}; the broken characters were replaced"


def _utf16(raw: bytes) -> str:
    """The byte order of a text without a mark: every second byte of Latin letters, blanks and digits is zero."""
    first, second = raw[::2].count(0), raw[1::2].count(0)
    if second > 8 * first and 16 * second > len(raw):
        return "utf-16-le"
    if first > 8 * second and 16 * first > len(raw):
        return "utf-16-be"
    return ""


def _legacy(raw: bytes) -> tuple[str, str]:
    """What Windows' editors wrote before UTF-8, where the text then looks like its language; else broken UTF-8."""
    head = raw[:_LOOKED_AT]
    seen = head.decode("utf-8", "replace")
    if _foreign(seen) < 2 * seen.count(_BROKEN):  # else most of it is UTF-8: it was cut or patched
        for encoding, name, fits in _LEGACY:
            try:
                if fits(codecs.getincrementaldecoder(encoding)().decode(head)):
                    text = raw.decode(encoding)
                    return text, f"it is not UTF-8 and was read as {name}: save it as UTF-8 if its letters are wrong"
            except UnicodeDecodeError:
                continue
    return raw.decode("utf-8", "replace"), "it is not valid UTF-8; the broken characters were replaced"


def _foreign(text: str) -> int:
    return sum(not c.isascii() for c in text)


def _mostly(letters: str, share: float, shortest: int) -> Callable[[str], bool]:
    """Whether runs of at least `shortest` of these letters make up that share of all that is not ASCII.

    Of what the letters of another alphabet decode to, hardly two that are usual stand side by side.
    """
    runs = re.compile(f"[{letters}]{{{shortest},}}")
    return lambda text: sum(map(len, runs.findall(text))) >= share * _foreign(text)


def _western(text: str) -> bool:
    return all("\xa0" <= c <= "\u2122" for c in text if not c.isascii()) and 3 * _foreign(text) <= 2 * len(text)


def _chinese(text: str) -> bool:
    """Whether most of its characters are among the 3,755 usual ones, which GB 2312 lists first."""
    usual = sum(b"\xa1" <= c.encode("gb18030")[:1] <= b"\xd7" for c in text if not c.isascii())
    return 4 * usual >= 3 * _foreign(text) and _mostly("\u3000-\u303f\u4e00-\u9fff\uff00-\uff60", 0.75, 2)(text)


_EAST_ASIAN = "\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uff60"
_LEGACY: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("cp932", "Shift JIS", _mostly("\u3041-\u309f", 0.2, 1)),
    ("cp949", "Korean (CP949)", _mostly("\uac00-\ud7a3", 0.95, 2)),
    ("gb18030", "GB 18030", _chinese),
    ("utf-16-le", "UTF-16", _mostly(_EAST_ASIAN, 0.95, 1)),
    ("utf-16-be", "UTF-16", _mostly(_EAST_ASIAN, 0.95, 1)),
    ("cp1251", "Windows-1251", _mostly("\u0401\u0451\u0410-\u044f", 0.8, 3)),
    ("cp1252", "Windows-1252", _western),
)
