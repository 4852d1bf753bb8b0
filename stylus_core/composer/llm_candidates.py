"""The adapters as a language model reads them: one short line each, written by strangers and quoted as data."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

from stylus_core.prompt import ParsedPrompt
from stylus_core.types import Assignment

#: Characters of a line's fields: about 40 tokens in all.
_ASKING, _SUBJECT, _WORDS, _ABOUT = 30, 40, 30, 60

#: Characters that may stand before the subject in a description: "Look of a person: ".
_LEAD = 24

#: Characters of the prompt that are shown; the rest of a longer one is not served.
_PROMPT = 2400

#: What could end a quotation in some chat template: `<|im_end|>`, `<start_of_turn>`, `[INST]`, code fences.
_TEMPLATE = re.compile(r"<[^<>\n]{0,40}>|[<>|`\[\]{}\\]+")
#: Of what stands without a space the first "@" alone is looked at, and from its beginning alone.
_ADDRESS = re.compile(r"https?://\S+|(?<!\S)\S[^\s@]*@\S+\.\S+")


def plain(text: str, limit: int) -> str:
    """`text` in one line of at most `limit` characters, without control characters and signs that steer a model."""
    text = unicodedata.normalize("NFKC", text[: limit * 8])
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    text = " ".join(_TEMPLATE.sub(" ", _ADDRESS.sub(" ", text)).replace('"', "'").split())
    if len(text) <= limit:
        return text
    cut = text[:limit].rpartition(" ")[0]
    return cut if len(cut) > limit // 2 else text[:limit]


def candidate_line(index: int, assignment: Assignment) -> str:
    """`[index, words of the prompt, kind, subject, trigger words, what it does]` as JSON."""
    card = assignment.candidate.adapter.card
    asking, subject = _pair(assignment)
    words = plain(", ".join(card.trigger_words[:3]), _WORDS)
    about = plain(_news(card.description, card.subject), _ABOUT)
    return json.dumps([index, asking, card.kind, subject, words, about], ensure_ascii=False, separators=(",", ":"))


def name(index: int, assignment: Assignment) -> str:
    """What a verdict on this line goes by. A small model has to say what it judges before it judges it."""
    return "{} {}: {}".format(index, *_pair(assignment))


def _pair(assignment: Assignment) -> tuple[str, str]:
    adapter = assignment.candidate.adapter
    return plain(assignment.keyword.text, _ASKING), plain(adapter.card.subject or adapter.title, _SUBJECT)


def _news(description: str, subject: str) -> str:
    """A description without what other fields of the line say: kind and subject at its beginning, trigger words."""
    head, found, tail = description.partition(subject) if subject else ("", "", "")
    rest = tail if found and len(head) <= _LEAD else description
    return rest.partition("Trigger words:")[0].lstrip(" .,:;-")


def estimate_tokens(text: str) -> int:
    """Tokens that common tokenizers make of `text`, rather too many than too few.

    3 characters a token in Latin script, one token a character elsewhere: of that, Qwen2.5's tokenizer makes 0.75 to
    0.94 on catalogues of the corpus.
    """
    foreign = sum(ord(c) > 0x2FF for c in text)
    return -(-(len(text) - foreign) // 3) + foreign


def question(prompt: ParsedPrompt, asked: Sequence[Assignment], limit: int) -> tuple[str, list[str]]:
    """The message that changes with each prompt.

    Args:
        prompt: what is asked for.
        asked: adapters to be judged and the words that may ask for them, best first; the last ones are left out where
            there is no room.
        limit: tokens that the message may have, see `estimate_tokens`.

    Returns:
        The message, and the names of the adapters that are in it, see `name`.
    """
    shown = plain(prompt.plain, _PROMPT)
    tail = f"\nPROMPT: {json.dumps(shown, ensure_ascii=False)}"
    left = limit - estimate_tokens("CATALOGUE" + tail)
    lines: list[str] = []
    for i, assignment in enumerate(asked):
        entry = candidate_line(i, assignment)
        left -= estimate_tokens(entry) + 1
        if left < 0:
            break
        lines.append(entry)
    return "\n".join(["CATALOGUE", *lines]) + tail, [name(i, a) for i, a in enumerate(asked[: len(lines)])]
