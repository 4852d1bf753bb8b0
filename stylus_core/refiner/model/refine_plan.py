"""Which adapters a model should describe, and what that will cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from stylus_core.library import Library
from stylus_core.llm.batch import CallTerms, told_cost
from stylus_core.llm.client import estimate
from stylus_core.llm.pictures import TOKENS
from stylus_core.llm.run_state import RunState, TokensSpent
from stylus_core.pictures import need_pillow
from stylus_core.refiner.model.example_pictures import ExamplePicture, pictures_of
from stylus_core.refiner.model.model_prompt import has_text, inputs_key, messages, record_of
from stylus_core.types import Adapter

_ANSWER_TOKENS = 130  # until a model's own average is known


@dataclass(frozen=True, slots=True)
class RefineSettings(CallTerms):
    """How to describe.

    Args:
        pictures: how many of an adapter's local pictures the model gets, at most; 0 describes from text alone.
        again: ask about adapters too that have an answer for the same inputs.
    """

    pictures: int = 2
    again: bool = False


class RefineJob(NamedTuple):
    """One adapter to ask about."""

    adapter_id: int
    key: str
    pictures: tuple[ExamplePicture, ...]
    tokens: int  # of the message, estimated


@dataclass(frozen=True, slots=True)
class RefinePlan:
    """What a run would do."""

    jobs: tuple[RefineJob, ...]
    described: int  # have an answer for the same inputs already
    resting: int  # failed a while ago and are not yet tried again
    unknown: int  # nothing but their name is known
    prompt_tokens: int
    completion_tokens: int
    price: float  # 0 where no price is known
    seconds: float | None  # None where this model was never timed

    @property
    def with_pictures(self) -> int:
        """Counts the adapters whose pictures the model is shown."""
        return sum(bool(job.pictures) for job in self.jobs)

    @property
    def scope(self) -> str:
        """What would be asked, in words."""
        return f"{len(self.jobs):,} adapters to describe, {self.with_pictures:,} of them with pictures"

    @property
    def cost(self) -> str:
        """What that would take, in words."""
        return told_cost(self.prompt_tokens, self.completion_tokens, self.price, self.seconds)


def job_of(adapter: Adapter, model: str, pictures: int) -> RefineJob | None:
    """What to ask about this adapter, or None if nothing is known of it but a name."""
    found = pictures_of(adapter.path, adapter.metadata, pictures)
    if not found and not has_text(adapter):
        return None
    record = record_of(adapter)
    tokens = estimate(messages(record)) + TOKENS * len(found)
    return RefineJob(adapter.id, inputs_key(record, model, [p.size for p in found]), found, tokens)


def make_plan(
    library: Library, state: RunState, model: str, settings: RefineSettings, only: Collection[int] | None = None
) -> RefinePlan:
    """Looks at every adapter of the library, or at those whose ids are in `only`. Sends nothing."""
    if settings.pictures > 0:
        need_pillow("describe from text alone with --pictures 0")
    seen, read = library.card_keys("vlm"), library.card_keys("llm")
    failures = state.failures()
    jobs: list[RefineJob] = []
    described = resting = unknown = 0
    for adapter in library.adapters():
        if only is not None and adapter.id not in only:
            continue
        job = job_of(adapter, model, settings.pictures)
        if job is None:
            unknown += 1
        elif not settings.again and _has_answer(job, seen.get(adapter.id), read.get(adapter.id)):
            described += 1
        elif not settings.retry and job.key in failures and state.resting(failures[job.key]):
            resting += 1
        else:
            jobs.append(job)
    prompt, completion, seconds = _estimate(jobs, state.spent(model), settings.workers)
    price = settings.price(prompt, completion)
    return RefinePlan(tuple(jobs), described, resting, unknown, prompt, completion, price, seconds)


def _has_answer(job: RefineJob, seen: str | None, read: str | None) -> bool:
    """A description made from pictures counts over one made from text, so none of those is paid for behind it."""
    return job.key in (seen, read) or (seen is not None and not job.pictures)


def _estimate(jobs: list[RefineJob], spent: TokensSpent, workers: int) -> tuple[int, int, float | None]:
    completion, seconds = spent.expected(len(jobs), _ANSWER_TOKENS, workers)
    return sum(job.tokens for job in jobs), completion, seconds
