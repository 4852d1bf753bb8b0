"""The phrases that people's prompts are made of, as the library's own example prompts have them.

Embedded beforehand, they leave of a prompt never seen only what is new in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords, phrases
from stylus_core.types import Adapter

_MOST = 5000
_EXAMPLES = 8  # of one adapter: authors with hundreds of pictures would crowd out the rest


def common_phrases(adapters: Iterable[Adapter], most: int = _MOST) -> list[str]:
    """Phrases that at least two adapters' example prompts have, the commonest first."""
    counts: Counter[str] = Counter()
    for adapter in adapters:
        own: set[str] = set()
        for example in adapter.metadata.examples[:_EXAMPLES]:
            own.update(p for p, _ in phrases(keywords(parse(example.prompt))))
        counts.update(own)
    return [p for p, n in counts.most_common(most) if n > 1]
