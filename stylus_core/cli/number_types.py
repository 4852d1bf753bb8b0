"""Numbers of the command line that have limits."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def whole(low: int, high: int) -> Callable[[str], int]:
    """A converter for argparse: whole numbers.

    Args:
        low: the smallest.
        high: the largest.

    Returns:
        The converter.

    Raises:
        ArgumentTypeError: the converter got something else; the sentence says what is needed.
    """

    def convert(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"a whole number from {low} to {high} is needed, not {text!r}")
        return int(text)

    return convert


def number(low: float, high: float) -> Callable[[str], float]:
    """A converter for argparse: numbers.

    Args:
        low: the smallest.
        high: the largest.

    Returns:
        The converter.

    Raises:
        ArgumentTypeError: the converter got something else; the sentence says what is needed.
    """

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"a number from {low:g} to {high:g} is needed, not {text!r}")
        return value

    return convert
