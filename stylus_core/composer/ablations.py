"""The ablations of the paper: the retriever's first, and chance."""

from __future__ import annotations

import random

from stylus_core.composer.composer_rules import keep, left_alone
from stylus_core.composer.contract import Request
from stylus_core.composer.family import preferred
from stylus_core.types import Assignment, Candidate, Composition, Keyword


def nearest(request: Request, i: int) -> Keyword:
    """The keyword nearest to candidate `i`; the whole prompt if it has none."""
    if not request.keywords:
        return Keyword(request.prompt.text.strip(), 0, len(request.prompt.text))
    if request.affinity is None:
        return request.keywords[0]
    return request.keywords[int(request.affinity[:, i].argmax())]


def _composed(request: Request, order: list[int], name: str, reason: str) -> Composition:
    def assigned(i: int) -> Assignment:
        candidate: Candidate = request.candidates[i]
        return Assignment(candidate, nearest(request, i), reason)

    # nothing says how sure each is, so only versions of one thing give way to each other
    kept, refused = keep(preferred([*map(assigned, order)], request, 0.0), request, already=request.already)
    return Composition(tuple(kept), name, left_alone(refused))


class RetrieverComposer:
    """The first candidates as they come: retrieval alone, which in the paper costs 2.29 CLIP."""

    name = "retriever"

    def compose(self, request: Request) -> Composition:
        return _composed(
            request, list(range(len(request.candidates))), self.name, "it is among the first that were retrieved"
        )


class RandomComposer:
    """Candidates drawn by the options' seed and the prompt: the same again for the same prompt."""

    name = "random"

    def compose(self, request: Request) -> Composition:
        order = list(range(len(request.candidates)))
        random.Random(f"{request.options.seed}\n{request.prompt.text}").shuffle(order)
        return _composed(request, order, self.name, "it was drawn at random")
