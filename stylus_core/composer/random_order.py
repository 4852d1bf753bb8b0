"""An ablation of the paper: chance."""

from __future__ import annotations

import random
from pathlib import Path

from stylus_core.composer.contract import Request
from stylus_core.composer.retriever_order import take_in_order
from stylus_core.composer.settings import ComposerSettings
from stylus_core.option_values import ANY_SEED
from stylus_core.types import Composition


class RandomComposer:
    """Candidates drawn by the options' seed and the prompt: the same again for the same prompt, if there is a seed."""

    name = "random"
    label = "Random"
    asks_model = False

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> RandomComposer:
        """See `composer.contract`.

        Args:
            settings: it needs none.
            home: it keeps nothing.

        Returns:
            The composer.
        """
        return cls()

    def compose(self, request: Request) -> Composition:
        """Takes candidates in an order that the options' seed and the prompt decide.

        Args:
            request: the prompt, its candidates and the options; the order is another one each time where the seed is
                left open.

        Returns:
            The first that the rules let pass.
        """
        order = list(range(len(request.candidates)))
        seed = request.options.seed
        random.Random(None if seed == ANY_SEED else f"{seed}\n{request.prompt.text}").shuffle(order)
        return take_in_order(request, order, self.name, "it was drawn at random")
