"""Whether the words that a pick served still stand in a prompt that was changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence


def stand(words: Sequence[str], before: str, now: str) -> bool:
    """Tells whether what was done to a pick is meant for another prompt as well.

    Args:
        words: that the pick served; none: it is for the prompt as a whole, as a pin is.
        before: the prompt for which it was done.
        now: the other prompt.

    Returns:
        Whether one of the words stands there as words, in any case and markup; for the whole of a prompt, whether more
        than half of its keywords do.
    """
    from stylus_core.prompt import parse
    from stylus_core.prompt.keywords import keywords
    from stylus_core.rewriter import is_in_prompt

    if words:
        return any(is_in_prompt(now, word) for word in words)
    whole = {keyword.text for keyword in keywords(parse(before))}
    return 2 * sum(is_in_prompt(now, keyword) for keyword in whole) > len(whole)
