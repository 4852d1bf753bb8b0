"""A composer of one's own: `python examples/own_composer.py LIBRARY PROMPT`.

A composer gets the prompt, its keywords and the candidates, best first, and says which candidate serves which keyword.
Weights, trigger words and the tags are not its business.
"""

from __future__ import annotations

import sys

from stylus_core import Keyword, Stylus
from stylus_core.composer import Composers, Request
from stylus_core.types import Assignment, Composition


class BestOfEachKind:
    """Takes the first candidate of each kind, whatever it is for: one style, one animal, one object."""

    name = "kinds"  # signs its answers
    label = "Best of each kind"  # what reports call it
    asks_model = False  # True: answers cost something and may fail

    def compose(self, request: Request) -> Composition:
        """Assigns each candidate that is the first of its kind to the whole prompt."""
        text = request.prompt.text
        whole = Keyword(text, 0, len(text))
        first = {c.adapter.card.kind: c for c in reversed(request.candidates)}
        chosen = sorted(first.values(), key=request.candidates.index)[: request.options.max_adapters]
        return Composition(tuple(Assignment(c, whole, "it is the best of its kind") for c in chosen), self.name)


def main(library: str, prompt: str) -> None:
    """Selects with it: the option `composer` of this library takes its name."""
    with Stylus(library, composers=Composers({"kinds": BestOfEachKind()})) as stylus:
        stylus.index()
        selection = stylus.select(prompt, {"composer": "kinds"})
    print(selection.rewritten)
    print(f"chosen by {selection.composer}")


if __name__ == "__main__":
    main(*sys.argv[1:])
