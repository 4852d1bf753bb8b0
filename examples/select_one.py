"""Selects adapters for one prompt and says why: `python examples/select_one.py LIBRARY PROMPT`."""

from __future__ import annotations

import sys

from stylus_core import Stylus


def main(library: str, prompt: str) -> None:
    """Prints the prompt with its adapters, and the reason of each."""
    with Stylus(library) as stylus:
        stylus.index()  # the first time it reads all files; later it notices what changed
        selection = stylus.select(prompt, {"max_adapters": 2, "architecture": "sd1"})
    print(selection.rewritten)
    for pick in selection.picks:
        print(f"  {pick.name} at {pick.weight:g} for {pick.keyword!r}: {pick.reason}")
    for note in selection.notes:
        print(f"  {note}")


if __name__ == "__main__":
    main(*sys.argv[1:])
