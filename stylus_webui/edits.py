"""What the user did in the panel to the picks of one prompt, as the page's hidden field holds it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from stylus_host.named_adapters import MOST_PICKS, Named, checked_weight, named
from stylus_host.served_words import stand


@dataclass(frozen=True, slots=True)
class Edits:
    """What the user did in the panel to the picks of one prompt, or what a pasted infotext brought."""

    prompt: str = ""  # the prompt that this belongs to
    rewritten: str = ""  # of a pasted infotext: the prompt of the picture
    picks: tuple[Named, ...] = ()  # of a pasted infotext
    removed: tuple[str, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    added: tuple[Named, ...] = ()  # taken by hand, at the strength that is recommended
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)  # name -> what its pick served; none: all of it

    def dump(self) -> str:
        """As the text that the panel's hidden field holds; empty if there is nothing to remember."""
        given = {k: v for k, v in dataclasses.asdict(self).items() if v}
        return json.dumps(given, ensure_ascii=False) if given.keys() - {"prompt"} else ""

    def for_prompt(self, prompt: str, typed: str = "") -> Edits:
        """Takes these edits for a prompt.

        Args:
            prompt: of a picture.
            typed: what it was made of, in the box; "" where nobody knows.

        Returns:
            Themselves if they belong to either, else those of picks whose words stand in the prompt.
        """
        if same_text(self.prompt, prompt) or (typed and same_text(self.prompt, typed)):
            return self
        kept = {n: words for n, words in self.words.items() if stand(words, self.prompt, prompt)}
        return Edits(
            typed or prompt,
            removed=tuple(n for n in self.removed if n in kept),
            weights={n: w for n, w in self.weights.items() if n in kept},
            added=tuple(a for a in self.added if a.name in kept),
            words=kept,
        )

    @property
    def touched(self) -> bool:
        """Whether the user changed anything of the picks in the panel."""
        return bool(self.removed or self.weights or self.added)


def parse_edits(text: Any) -> Edits:
    """Reads the panel's hidden field. Whatever cannot be read is no edit: the field is not the user's to fill.

    Args:
        text: JSON, or anything.

    Returns:
        The edits; none where it is no JSON of ours.
    """
    if not isinstance(text, str) or not text.strip():
        return Edits()
    try:
        given = json.loads(text)
        return Edits(
            prompt=str(given.get("prompt", "")),
            rewritten=str(given.get("rewritten", "")),
            picks=tuple(named(*p) for p in given.get("picks", ())[:MOST_PICKS]),
            removed=tuple(str(n) for n in given.get("removed", ())),
            weights={str(n): checked_weight(w) for n, w in given.get("weights", {}).items()},
            added=tuple(named(*p) for p in given.get("added", ())[:MOST_PICKS]),
            words={str(n): tuple(map(str, words)) for n, words in given.get("words", {}).items()},
        )
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return Edits()


def same_text(a: str, b: str) -> bool:
    """Whether two prompts are the same to a reader: whitespace at the ends and line breaks do not count."""
    return normal(a) == normal(b)


def normal(prompt: str) -> str:
    """Folds a prompt as far as it is the same to a reader.

    Args:
        prompt: any.

    Returns:
        It with single spaces for any whitespace.
    """
    return " ".join(prompt.split())
