"""The candidates as a language model reads them: one short line each, written by strangers and quoted as data."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

from stylus_core.prompt import ParsedPrompt
from stylus_core.types import Candidate

#: Characters of a line's fields: about 40 tokens in all.
_SUBJECT, _WORDS, _ABOUT = 48, 40, 100

#: Characters that may stand before the subject in a description: "Look of a person: ".
_LEAD = 24

#: Characters of the prompt that are shown; the rest of a longer one is not served.
_PROMPT = 2400

#: What could end a quotation in some chat template: `<|im_end|>`, `<start_of_turn>`, `[INST]`, code fences.
_TEMPLATE = re.compile(r"<[^<>\n]{0,40}>|[<>|`\[\]{}\\]+")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+\.\S+")


def plain(text: str, limit: int) -> str:
    """`text` in one line of at most `limit` characters, without control characters and signs that steer a model."""
    text = unicodedata.normalize("NFKC", text[: limit * 8])
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    text = " ".join(_TEMPLATE.sub(" ", _ADDRESS.sub(" ", text)).replace('"', "'").split())
    if len(text) <= limit:
        return text
    cut = text[:limit].rpartition(" ")[0]
    return cut if len(cut) > limit // 2 else text[:limit]


def line(index: int, candidate: Candidate) -> str:
    """`[index, kind, subject, trigger words, what it does]` as JSON."""
    adapter = candidate.adapter
    card = adapter.card
    subject = plain(card.subject or adapter.title, _SUBJECT)
    words = plain(", ".join(card.trigger_words[:4]), _WORDS)
    about = plain(_news(card.description, card.subject), _ABOUT)
    return json.dumps([index, card.kind, subject, words, about], ensure_ascii=False, separators=(",", ":"))


def _news(description: str, subject: str) -> str:
    """A description without what other fields of the line say: kind and subject at its beginning, trigger words."""
    head, found, tail = description.partition(subject) if subject else ("", "", "")
    rest = tail if found and len(head) <= _LEAD else description
    return rest.partition("Trigger words:")[0].lstrip(" .,:;-")


def tokens(text: str) -> int:
    """Tokens that common tokenizers make of `text`, rather too many than too few.

    3 characters a token in Latin script, one token a character elsewhere: of that, Qwen2.5's tokenizer makes 0.75 to
    0.94 on catalogues of the corpus.
    """
    foreign = sum(ord(c) > 0x2FF for c in text)
    return -(-(len(text) - foreign) // 3) + foreign


def question(prompt: ParsedPrompt, candidates: Sequence[Candidate], at_most: int, limit: int) -> tuple[str, int]:
    """The message that changes with each prompt, of at most `limit` tokens, and how many candidates are in it."""
    shown = plain(prompt.plain, _PROMPT)
    tail = f"\nPROMPT: {json.dumps(shown, ensure_ascii=False)}\nAT MOST: {at_most}"
    left = limit - tokens("CATALOGUE" + tail)
    lines: list[str] = []
    for i, candidate in enumerate(candidates):
        entry = line(i, candidate)
        left -= tokens(entry) + 1
        if left < 0:
            break
        lines.append(entry)
    return "\n".join(["CATALOGUE", *lines]) + tail, len(lines)
