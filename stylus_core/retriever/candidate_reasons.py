"""Why a candidate is among the candidates, in a sentence."""

from __future__ import annotations

_REASONS = {
    "trigger": "the prompt has its trigger words",
    "name": "the prompt names it",
    "tag": "the prompt has one of its tags",
    "bm25": "its texts and example prompts share words with the prompt",
    "about": "its description shares words with the prompt",
    "cooccurrence": "pictures with prompts like this one were made with it",
    "usage_count": "many pictures with other adapters use it too",
    "downloads": "it is widely used",
    "whole_title": "its title and tags are near to the prompt in meaning",
    "whole_description": "its description is near to the prompt in meaning",
    "part_title": "its title and tags are near to {part!r} in meaning",
    "part_description": "its description is near to {part!r} in meaning",
}


def reason(signal: str, part: str) -> str:
    """Says in a sentence which signal weighs most for a candidate.

    Args:
        signal: its name; "" where none adds anything.
        part: of the prompt that the candidate matches best.

    Returns:
        A sentence without a full stop.
    """
    return _REASONS[signal].format(part=part or "the prompt") if signal else "nothing speaks for it in particular"
