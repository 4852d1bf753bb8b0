"""What a user's own pictures and corrections say of an adapter for one prompt: values that pass between rooms."""

from __future__ import annotations

from typing import NamedTuple


class OwnWeight(NamedTuple):
    """At which weight the user takes an adapter.

    Attributes:
        median: of the weights that the user wrote for it, as it would be alone in a prompt; None: never used.
        prompts: how many different prompts of the user's have it.
        usual: median of all weights that the user wrote, whatever the adapter.
        ratio: median of how the user's weights compare with those that were recommended.
        others: how many of the user's prompts `usual` and `ratio` are taken from.
        corrected: the weight that the user set in a prompt like this one; None: none was set.
    """

    median: float | None = None
    prompts: int = 0
    usual: float = 0.0
    ratio: float = 1.0
    others: int = 0
    corrected: float | None = None


class OwnEvidence(NamedTuple):
    """What speaks for and against an adapter.

    Attributes:
        prompts_like: how many of the user's different prompts like this one it is in.
        share: of the prompts like this one, weighed by how like they are, the part that was made with it, 0 to 1.
        removed: how surely the user does not want it for this prompt, by corrections of prompts like it; 1 and more: it
            was removed for this very prompt, or for several that are like it.
        wanted: the same as `removed` for what the user put there or kept.
        weight: at which weight the user takes it.
        note: all of it in a few words for the user; never part of what leaves this machine.
    """

    prompts_like: int = 0
    share: float = 0.0
    removed: float = 0.0
    wanted: float = 0.0
    weight: OwnWeight | None = None
    note: str = ""
