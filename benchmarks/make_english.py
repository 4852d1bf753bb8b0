"""Writes `stylus_core/prompt/english.txt`: English words, the most frequent first.

`python -m benchmarks.make_english VOCAB` reads the vocabulary of an uncased BERT model (`vocab.txt` in its folder;
Devlin et al. 2019, Apache 2.0), which was built by frequency over books and Wikipedia and stands in that order.
"""

from __future__ import annotations

import sys
from pathlib import Path

from stylus_core.prompt.english import WORDS


def words(vocabulary: Path) -> list[str]:
    """The whole words of a vocabulary in its order: no pieces, no single letters, no other scripts."""
    lines = vocabulary.read_text(encoding="utf-8").splitlines()
    return [w for w in lines if len(w) > 1 and w.isascii() and w.isalpha()]


def main() -> None:
    """Writes the list."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m benchmarks.make_english VOCAB")
    found = words(Path(sys.argv[1]))
    WORDS.write_text("\n".join(found) + "\n", encoding="ascii")
    print(f"{len(found)} words in {WORDS}")


if __name__ == "__main__":
    main()
