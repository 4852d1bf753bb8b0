"""Picks held against judgements: how many are wanted, how many wrong, how much of what is wanted is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stylus_core.composer import Request
from stylus_study.evaluation.calibration import Bin, calibration_error, reliability
from stylus_study.evaluation.composer_metrics import Compose
from stylus_study.evaluation.judgements import WANTED, WRONG, Answer, Answered, JudgedPrompt
from stylus_study.evaluation.statistics import Estimate, as_dict, bootstrap_mean, wilson

#: Measure -> how it is told. P2 and P0 are of the judged picks, R2 of the adapters that are wanted for the prompts.
MEASURES = {"picks": "picks a prompt", "P2": "P2 wanted", "P0": "P0 wrong", "R2": "R2 found"}


@dataclass(frozen=True, slots=True)
class JudgedPick:
    """One pick, judged or not."""

    score: int | None  # None: nobody judged it
    confidence: float | None
    serves: frozenset[int]  # which of the prompt's wanted adapters it is


@dataclass(frozen=True, slots=True)
class JudgedOutcome:
    """What a system picked for one judged prompt."""

    picks: tuple[JudgedPick, ...]
    wanted: int  # adapters that are wanted for the prompt

    @property
    def found(self) -> list[bool]:
        """For each wanted adapter whether it was picked."""
        picked = frozenset[int]().union(*(p.serves for p in self.picks))
        return [n in picked for n in range(self.wanted)]


@dataclass(frozen=True, slots=True)
class Judged:
    """One system on judged prompts; intervals draw prompts."""

    outcomes: tuple[JudgedOutcome, ...]
    unanswered: int = 0  # prompts on which the system was not asked, left out
    stood_in: int = 0  # prompts that another composer answered in its place

    def mean(self, measure: str) -> Estimate | None:
        """One of `MEASURES` with its interval; None where nothing is counted."""
        return bootstrap_mean(*self._values(measure))

    def value(self, measure: str) -> float | None:
        """The same without the interval, which takes a thousand times longer."""
        values, _ = self._values(measure)
        return sum(values) / len(values) if values else None

    @property
    def left_alone(self) -> tuple[int, int]:
        """The prompts for which no judged adapter is wanted: how many got no pick, and how many there are."""
        nothing = [o for o in self.outcomes if not o.wanted]
        return sum(not o.picks for o in nothing), len(nothing)

    @property
    def judged(self) -> int:
        """Picks that a reader judged."""
        return sum(p.score is not None for o in self.outcomes for p in o.picks)

    @property
    def unjudged(self) -> int:
        """Picks that nobody judged: they are in none of the shares."""
        return sum(p.score is None for o in self.outcomes for p in o.picks)

    @property
    def calibration(self) -> Estimate | None:
        """Expected calibration error of the judged picks; None where picks have no confidence."""
        return calibration_error(*self._confidences())

    @property
    def bins(self) -> list[Bin]:
        """The reliability table of the judged picks; empty where picks have no confidence."""
        sure, wanted, _ = self._confidences()
        return reliability(sure, wanted) if sure else []

    def at(self, confidence: float) -> Judged:
        """What is left where a pick has to be as sure as this; a pick without a confidence goes."""
        kept = (
            replace(o, picks=tuple(p for p in o.picks if p.confidence is not None and p.confidence >= confidence))
            for o in self.outcomes
        )
        return replace(self, outcomes=tuple(kept))

    def __add__(self, other: Judged) -> Judged:
        """Both sets of prompts as one."""
        return Judged(
            self.outcomes + other.outcomes, self.unanswered + other.unanswered, self.stood_in + other.stood_in
        )

    def as_dict(self) -> dict[str, Any]:
        """All numbers, for programs."""
        left, of = self.left_alone
        share = wilson(left, of)
        return {
            "prompts": len(self.outcomes),
            **{m: as_dict(self.mean(m)) for m in MEASURES},
            "left alone": {"number": left, "of": of, **(share.as_dict() if share else {})},
            "judged": self.judged,
            "unjudged": self.unjudged,
            "unanswered": self.unanswered,
            "stood in": self.stood_in,
            "ECE": as_dict(self.calibration),
        }

    def _values(self, measure: str) -> tuple[list[float], list[int]]:
        """What the measure is the mean of, and the prompt of each: they are drawn together."""
        if measure == "picks":
            found = [(float(len(o.picks)), n) for n, o in enumerate(self.outcomes)]
        elif measure == "R2":
            found = [(float(hit), n) for n, o in enumerate(self.outcomes) for hit in o.found]
        else:
            score = {"P2": WANTED, "P0": WRONG}[measure]
            found = [(float(p.score == score), n) for n, p in self._judged()]
        return [v for v, _ in found], [n for _, n in found]

    def _judged(self) -> list[tuple[int, JudgedPick]]:
        return [(n, p) for n, o in enumerate(self.outcomes) for p in o.picks if p.score is not None]

    def _confidences(self) -> tuple[list[float], list[float], list[int]]:
        """Confidence, whether it is wanted, and prompt, of each judged pick that has a confidence."""
        found = [(p.confidence, float(p.score == WANTED), n) for n, p in self._judged() if p.confidence is not None]
        return [c for c, _, _ in found], [w for _, w, _ in found], [n for _, _, n in found]


def judge_answers(prompts: Sequence[JudgedPrompt], answers: Sequence[Answer], stood_in: int = 0) -> Judged:
    """What was picked for each prompt, held against its judgements. Prompts without an answer are left out."""
    outcomes = [
        JudgedOutcome(tuple(_pick(a, prompt) for a in answer), len(prompt.wanted))
        for prompt, answer in zip(prompts, answers, strict=True)
        if answer is not None
    ]
    return Judged(tuple(outcomes), sum(a is None for a in answers), stood_in)


def ask_composer(
    compose: Compose, asked: Sequence[Request], name: str
) -> tuple[list[tuple[Answered, ...]], list[bool]]:
    """Each request through a composer: what it picks, and whether another one stood in for the composer `name`.

    A composer that calls every pick of every prompt certain has no confidence, nor has what stood in for one.
    """
    made = [compose(request) for request in asked]
    others = [c.composer != name for c in made]
    sure = any(a.confidence != 1 for c, other in zip(made, others, strict=True) if not other for a in c.assignments)
    answers = [
        tuple(Answered((a.candidate.adapter.id,), a.confidence if sure and not other else None) for a in c.assignments)
        for c, other in zip(made, others, strict=True)
    ]
    return answers, others


def _pick(answered: Answered, prompt: JudgedPrompt) -> JudgedPick:
    scores = [prompt.scores[i] for i in answered.ids if i in prompt.scores]
    serves = frozenset(n for n, ids in enumerate(prompt.wanted) if not ids.isdisjoint(answered.ids))
    # A name that stands for several adapters is as good as the best of them that was judged.
    return JudgedPick(max(scores, default=None), answered.confidence, serves)
