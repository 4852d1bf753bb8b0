"""What `re` makes of a pattern before it compiles it, in each version of Python."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import Any

if sys.version_info >= (3, 11):
    from re import _compiler as compiler  # type: ignore[attr-defined]  # the standard library has no types for it
    from re import _constants as codes  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_compile as compiler
    import sre_constants as codes
    import sre_parse as parser

__all__ = ["FOREVER", "ONE", "REPEATS", "Item", "codes", "compiler", "parser", "tree"]

Item = tuple[Any, Any]
FOREVER = 256  # repetitions from which on a bound is none: the work of a place grows with the text up to there
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
ONE = (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)


@lru_cache(maxsize=8)
def tree(pattern: re.Pattern[str]) -> list[Item]:
    """The pieces of a pattern, one after the other."""
    return list(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG & ~re.U))
