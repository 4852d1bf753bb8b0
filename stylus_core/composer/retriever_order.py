"""An ablation of the paper: the retriever's first, without anybody who judges them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stylus_core.composer.composer_rules import apply_rules, missing_half_notes
from stylus_core.composer.contract import Request
from stylus_core.composer.family import prefer_family
from stylus_core.composer.settings import ComposerSettings
from stylus_core.types import Assignment, Composition, Keyword


class RetrieverComposer:
    """The first candidates as they come: retrieval alone, which in the paper costs 2.29 CLIP."""

    name = "retriever"
    label = "Retriever only"
    asks_model = False

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> RetrieverComposer:
        """See `composer.contract`: it needs nothing of either."""
        return cls()

    def compose(self, request: Request) -> Composition:
        """Takes candidates in the retriever's order, the best first."""
        order = range(len(request.candidates))
        return take_in_order(request, order, self.name, "it is among the first that were retrieved")


def take_in_order(request: Request, order: Iterable[int], name: str, reason: str) -> Composition:
    """The candidates in a given order, as far as the rules let them pass, each at the keyword that is nearest to it.

    Args:
        request: what the composer is asked.
        order: numbers of the candidates, those to be taken first.
        name: of the composer that answers.
        reason: one sentence, the same for all.
    """
    assigned = [Assignment(request.candidates[i], _nearest_keyword(request, i), reason) for i in order]
    # nothing says how sure each is, so only versions of one thing give way to each other
    kept, refused = apply_rules(prefer_family(assigned, request, 0.0), request)
    return Composition(tuple(kept), name, missing_half_notes(refused))


def _nearest_keyword(request: Request, i: int) -> Keyword:
    """The keyword nearest to candidate `i`; the whole prompt if it has none."""
    if not request.keywords:
        return Keyword(request.prompt.text.strip(), 0, len(request.prompt.text))
    if request.affinity is None:
        return request.keywords[0]
    return request.keywords[int(request.affinity[:, i].argmax())]
