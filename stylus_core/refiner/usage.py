"""What an adapter's neighbours in the library know of it: the weights that their example prompts give it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median

from stylus_core.prompt import adapter_tags
from stylus_core.refiner.stated import HIGHEST, LOWEST
from stylus_core.types import Adapter


def weights_elsewhere(adapters: Iterable[Adapter]) -> dict[int, tuple[float, ...]]:
    """Adapter id -> its weights in the example prompts of others, one for each of those: the median of its prompts.

    Adapters that no other one uses are missing.
    """
    return {used: tuple(pages.values()) for used, pages in uses_elsewhere(adapters).items()}


def uses_elsewhere(adapters: Iterable[Adapter]) -> dict[int, dict[int, float]]:
    """Adapter id -> id of another one that uses it in its example prompts -> the median of the weights there.

    A tag is resolved as the WebUI does it, by the stem of a file's name or, where no file has it, by the alias.
    """
    library = list(adapters)
    named = {a.metadata.alias.lower(): a.id for a in library if a.metadata.alias}
    named.update((a.stem.lower(), a.id) for a in library)
    found: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for page in library:
        for example in page.metadata.examples:
            if "<" not in example.prompt:
                continue
            for tag in adapter_tags(example.prompt):
                used = named.get(tag.name.lower())
                if used is not None and used != page.id and tag.weight is not None and LOWEST <= tag.weight <= HIGHEST:
                    found[used][page.id].append(tag.weight)
    return {i: {page: median(weights) for page, weights in pages.items()} for i, pages in found.items()}
