"""An ablation of the paper: chance."""

from __future__ import annotations

import random
from pathlib import Path

from stylus_core.composer.contract import Request
from stylus_core.composer.retriever_order import take_in_order
from stylus_core.composer.settings import ComposerSettings
from stylus_core.types import Composition


class RandomComposer:
    """Candidates drawn by the options' seed and the prompt: the same again for the same prompt."""

    name = "random"
    label = "Random"
    asks_model = False

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> RandomComposer:
        """See `composer.contract`: it needs nothing of either."""
        return cls()

    def compose(self, request: Request) -> Composition:
        """Takes candidates in an order that the options' seed and the prompt decide."""
        order = list(range(len(request.candidates)))
        random.Random(f"{request.options.seed}\n{request.prompt.text}").shuffle(order)
        return take_in_order(request, order, self.name, "it was drawn at random")
