"""Classes of words in prompts that the evidence asks for: tokens, in lower case and without a plural's "s".

`words/word_classes.txt` has them, and says what each class is.
"""

from __future__ import annotations

from pathlib import Path

from stylus_core.retriever.tokenizer import NOISE
from stylus_core.word_lists import read_words

_FILE = Path(__file__).parent / "words" / "word_classes.txt"
_LISTS = {name: frozenset(words) for name, words in read_words(_FILE).items()}

ATTRIBUTES, PERSON, FEMALE, MALE = (_LISTS[name] for name in ("attributes", "person", "female", "male"))
STYLE, PHOTO, ANIME, QUALITY = (_LISTS[name] for name in ("style", "photo", "anime", "quality"))

#: How a file says whom it draws, and that it draws several.
DRAWS_FEMALE, DRAWS_MALE, PACK = (_LISTS[name] for name in ("draws female", "draws male", "pack"))

#: What kind of thing an adapter is, or how it was made, and nothing of what it adds.
GENERIC = NOISE | _LISTS["generic"]
#: What ends a phrase about looks that many share.
ANYBODYS_LOOKS = _LISTS["anybody's looks"]
