"""Base models: which adapters work on which."""

from __future__ import annotations


def fits(label: str, wanted: str) -> bool:
    """Whether an adapter that is made for `label` may be used where `wanted` is asked for; "any" asks for nothing.

    An adapter of which nobody knows what it is made for may always be used.
    """
    return wanted == "any" or label in (wanted, "unknown")
