"""Which pairs a rater sees, in which order, which side is left, and under which addresses: nothing tells a system.

Every rater has an order and sides of their own, drawn from the name and a secret of the study, so that they stay the
same over reloads and restarts. The order is drawn within blocks that all raters share: raters who stop early have
still seen the same pairs, and how far they agree can be said.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from stylus_study.study.picture_pairs import PicturePair
from stylus_study.study.types import StudyPicture

BLOCK = 20  # pairs that raters share before the next ones come


@dataclass(frozen=True, slots=True)
class VoteCard:
    """A pair as one rater sees it. `name` and the pictures' names are good for addresses."""

    name: str
    pair: str  # its key
    text: str
    left: StudyPicture
    right: StudyPicture
    left_name: str
    right_name: str


def pair_key(pair: PicturePair) -> str:
    """The same for the same prompt and pictures, whichever systems they are of."""
    parts = [pair.text, *sorted((pair.ours[0].sha256, pair.theirs[0].sha256))]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def distinct(pairs: Sequence[PicturePair]) -> dict[str, PicturePair]:
    """Pairs by key: two systems that made the same picture are voted on once. In turns between systems."""
    by_system: dict[str, list[PicturePair]] = {}
    for pair in pairs:
        by_system.setdefault(pair.system, []).append(pair)
    found: dict[str, PicturePair] = {}
    for turn in itertools.zip_longest(*by_system.values()):
        for pair in filter(None, turn):
            found.setdefault(pair_key(pair), pair)
    return found


def deck(pairs: dict[str, PicturePair], rater: str, secret: str) -> list[VoteCard]:
    """All pairs as this rater sees them, in their order."""
    keys = list(pairs)

    def keyed_hash(*what: str) -> str:
        return hmac.new(secret.encode(), "\n".join((rater, *what)).encode("utf-8", "replace"), "sha256").hexdigest()

    blocks = [keys[start : start + BLOCK] for start in range(0, len(keys), BLOCK)]
    ordered = [key for block in blocks for key in sorted(block, key=lambda key: keyed_hash("order", key))]
    cards = []
    for key in ordered:
        sides = [pairs[key].ours[0], pairs[key].theirs[0]]
        if int(keyed_hash("side", key), 16) % 2:
            sides.reverse()
        names = [keyed_hash("picture", key, side)[:32] for side in ("left", "right")]
        cards.append(
            VoteCard(keyed_hash("pair", key)[:32], key, pairs[key].text, sides[0], sides[1], names[0], names[1])
        )
    return cards
