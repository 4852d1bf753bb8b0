"""Libraries of any size, made out of the shared corpus.

The first records are the corpus itself; each further round takes every record again with another name, other words in
its texts, other trigger words, and the tags of its example prompts pointing at adapters of the same round. So words,
names and phrases stay as unevenly spread as people's are, vocabulary grows with the library, and each record is
findable by a name of its own. Everything follows from the record's number: the same size gives the same library.

Vectors of further rounds are not embedded (100,000 adapters take an hour): they are those of the record that they were
made from, mixed with another record's and with noise. That keeps the spread of real vectors, which is what speed and
pruning depend on; it says nothing about quality, which is measured on the corpus itself.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.refiner import refine
from stylus_core.retriever.documents import document
from stylus_core.retriever.encoder import Encoder
from stylus_core.types import Adapter, Example, Metadata
from stylus_study.evaluation.corpus import load_adapters
from tests.library.build import safetensors, sidecar
from tests.shared import DATA

_WORD = re.compile(r"[A-Za-z]{4,}")
_TAG = re.compile(r"<(lora|lyco):([^:>]+)", re.IGNORECASE)
_MARK = re.compile(r"\bmk([0-9a-f]+)\b")
_SYLLABLES = "ka lo mi ren tha vor sel du qui bra no pel zi gar ume hol tes wyn fra jo".split()
_FOLDERS = 300  # that the files of a library are spread over, whatever its size

#: Of a further record's vector: how much comes from another record, and how long the noise is.
_MIX, _NOISE = (0.1, 0.5), 0.25


@lru_cache(maxsize=1)
def corpus() -> list[Adapter]:
    """The real records."""
    if DATA is None:
        raise FileNotFoundError("the shared corpus is not beside the project")
    return load_adapters(DATA / "corpus.jsonl.gz")


def grown(size: int, first: int = 0) -> Iterator[Adapter]:
    """Records `first` to `size` - 1; ids are their numbers plus one."""
    real = corpus()
    for number in range(first, size):
        source = real[number % len(real)]
        known, stem = source.metadata, source.stem
        if number >= len(real):
            known, stem = _perturbed(known, stem, number)
        yield Adapter(number + 1, f"/grown/{stem}.safetensors", stem, metadata=known, card=refine(known, stem))


def _perturbed(known: Metadata, stem: str, number: int) -> tuple[Metadata, str]:
    rng = random.Random(number)
    real = corpus()
    other = real[rng.randrange(len(real))].metadata
    spare = _WORD.findall(f"{other.title} {' '.join(other.tags)} {other.description[:600]}") or ["plain"]
    round_number = number // len(real)
    invented = "".join(rng.choices(_SYLLABLES, k=3))

    def reworded(text: str, share: float) -> str:
        return _WORD.sub(lambda m: rng.choice(spare) if rng.random() < share else m.group(), text)

    def example(e: Example) -> Example:
        prompt = _TAG.sub(lambda m: f"<{m[1]}:{_stem(m[2], round_number)}", e.prompt)
        return replace(e, prompt=reworded(prompt, 0.1) if "<" not in prompt else prompt)

    triggers = tuple(reworded(t, 0.3) if " " in t else f"{t}{invented}"[:80] for t in known.trigger_words)
    return (
        replace(
            known,
            title=f"{reworded(known.title, 0.4)} {invented} mk{number:x}",
            alias=_stem(stem, round_number),
            description=reworded(known.description, 0.15),
            tags=tuple(t for t in known.tags if rng.random() < 0.9) + other.tags[:1],
            trigger_words=triggers,
            examples=tuple(map(example, known.examples)),
            downloads=int((known.downloads or 0) * rng.uniform(0.2, 1.2)),
            model_id=None,
        ),
        _stem(stem, round_number),
    )


def _stem(stem: str, round_number: int) -> str:
    return f"{stem}-r{round_number}"


class GrownEncoder:
    """The real encoder for real texts; for those of further records, vectors perturbed from the real ones."""

    def __init__(self, encoder: Encoder, real: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        self._encoder = encoder
        self.key, self.dim, self.backend = encoder.key, encoder.dim, "grown"
        documents = [document(a) for a in corpus()]
        self._labels = real([d.title for d in documents])
        self._accounts = real([d.description for d in documents])
        self._real = dict(zip((d.title for d in documents), self._labels, strict=True))
        self._real |= dict(zip((d.description for d in documents), self._accounts, strict=True))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of length 1, (texts, dimensions)."""
        out = np.zeros((len(texts), self.dim), np.float32)
        unknown = []
        for i, text in enumerate(texts):
            mark = _MARK.search(text[:300])
            if text in self._real:
                out[i] = self._real[text]
            elif mark:
                out[i] = self.perturbed(int(mark[1], 16), account=len(text) > 260)
            else:
                unknown.append(i)
        if unknown:
            out[unknown] = self._encoder.encode([texts[i] for i in unknown])
        return out

    def perturbed(self, number: int, *, account: bool) -> NDArray[np.float32]:
        """(dim,): the vector of a further record's account or label."""
        rng = np.random.default_rng([number, account])
        source = self._accounts if account else self._labels
        share = rng.uniform(*_MIX)
        noise = rng.standard_normal(self.dim, np.float32)
        vector = (1 - share) * source[number % len(source)] + share * source[rng.integers(len(source))]
        vector += noise * np.float32(_NOISE * np.linalg.norm(vector) / np.linalg.norm(noise))
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def write_library(folder: Path, size: int) -> None:
    """The records as real files: a small .safetensors each, and beside it what Civitai-Helper writes."""
    used: set[str] = set()
    for number, adapter in enumerate(grown(size)):
        m = adapter.metadata
        stem = re.sub(r'[\\/:*?"<>|=\0]', "_", adapter.stem)[:120]
        stem = stem if stem.lower() not in used else f"{stem}_{number}"
        used.add(stem.lower())
        path = folder / f"{number % _FOLDERS:03d}" / f"{stem}.safetensors"
        safetensors(path, {"ss_output_name": stem}, {"lora_unet_down_blocks_1_attentions_0.lora_down.weight": (1, 4)})
        sidecar(
            path,
            ".civitai.info",
            {
                "baseModel": m.base_model,
                "trainedWords": list(m.trigger_words),
                "model": {"name": m.title, "type": "LORA", "description": m.description, "tags": list(m.tags)},
                "images": [{"meta": {"prompt": e.prompt}} for e in m.examples],
            },
        )
    (folder / ".complete").write_text(json.dumps(size), encoding="utf-8")
