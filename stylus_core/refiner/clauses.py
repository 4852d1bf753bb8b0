"""An author's text in sentences, with one way of writing numbers and what labels them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from stylus_core.refiner.weight_words import WEIGHT

_HAS_DIGIT = re.compile("[0-9]")
_DIGIT = re.compile(r"(?![0-9])\d")
_CIRCLED = re.compile("[①-⑳⑴-⑽❶-❿]")
_MARKUP = re.compile(r"[*`]{1,3}|__{1,2}(?=\S)|(?<=\S)__{1,2}")
_ABBREVIATED = re.compile(
    r"\b(approx|rec|recom|ca|min|max|ex|e\.g|i\.e|bzw|str|incl|vs|etc|no|nr|aprox|env)\.(?=\s)", re.IGNORECASE
)
#: The first letter of a number behind a word, or of a word behind a number.
_GLUED = re.compile(
    r"[-.,012](?<=[^\W\d_].)(?:(?<=-)[012]?[.,]\d|(?<=[012])[.,]\d|(?<=[.,])\d|(?<=1)\b)"
    r"|[wsWS](?<=[\d%].)(?i:eight|trength)"
)
_LABEL_END = re.compile(rf"(?:{WEIGHT}|recommend\w{{0,4}}|lora)$")
_VALUE_NEXT = r"(?=\s*[-+~]?\d?[.,]?\d)"
_LABELLED = re.compile(rf"(?<=[^\W\d_])\s*;{_VALUE_NEXT}")
_LISTED = re.compile(r"(?<=\d)\s*;\s*(?=[-+]?\d{0,2}[.,]?\d{1,2}\s*[\])])")
_ENCODER, _MODEL = r"(?:te|t-?enc|text encoder|clip)", r"(?:u-?net|model)"
_VALUE = r"(\d?[.,]\d{1,2}|\d)"
_PAIRED = re.compile(
    rf"\(?\b(?:({_MODEL})\s?/\s?({_ENCODER})|({_ENCODER})\s?/\s?({_MODEL}))\b\W{{1,4}}{_VALUE}\s?/\s?{_VALUE}",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[:：](?:(?<=[^\W\d_)\]].)|(?<=[^\W\d_)\]]\s.))\s*\n\s*(?:[-•*·]\s*)?")
_SENTENCE = re.compile(
    r"[\s。;；!?！？](?:(?<=\S)|(?<=[^\W\d_][.].)|(?<=[)\]\"'%][.].)|(?<=\d[.].)\s*(?=[^\W\d_]))", re.DOTALL
)


def lines(text: str) -> Iterator[str]:
    """Line by line, with one way of writing digits, dashes and labels where there are any digits."""
    if not text.isascii():
        text = _CIRCLED.sub("\n", text)
        text = unicodedata.normalize("NFKC", text).replace("٫", ".").replace("−", "-")
        text = _DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), text)
    text = text.replace("İ", "I")  # the one letter that is two in lower case
    for line in _HEADING.sub(": ", text).split("\n"):
        yield _tidy(line) if _HAS_DIGIT.search(line) else line


def _tidy(line: str) -> str:
    if "*" in line or "_" in line or "`" in line:
        line = _MARKUP.sub("", line)
    if ". " in line:
        line = _ABBREVIATED.sub(r"\1", line)
    if "/" in line:
        line = _PAIRED.sub(lambda m: f"{m[1] or m[3]} {m[5]}, {m[2] or m[4]} {m[6]}", line)
    if ";" in line:
        line = _LISTED.sub(", ", _LABELLED.sub(":", line))
    return _GLUED.sub(_apart, line)


def _apart(match: re.Match[str]) -> str:
    at = match.start()
    before = match.string[max(0, at - 24) : at]
    apart = before[-1:].isdigit() or before[-1:] == "%" or _LABEL_END.search(before.lower())
    return f" {match[0]}" if apart else match[0]


def sentences(line: str) -> Iterator[tuple[int, int]]:
    """Where the pieces of a line begin and end that each say one thing."""
    at = 0
    for match in _SENTENCE.finditer(line):
        yield at, match.start()
        at = match.end()
    yield at, len(line)
