"""What a study costs, before it starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stylus_core.composer.registry import declaration
from stylus_study.study.choices import Choices, choice_key
from stylus_study.study.finite_numbers import number
from stylus_study.study.render_jobs import cells
from stylus_study.study.types import StudyPlan

#: Tokens of one call of the LLM composer: what Qwen2.5's server counted at the median (`docs/llm.md`), rounded up.
READ, WRITTEN = 750, 50


@dataclass(frozen=True, slots=True)
class StudyCost:
    """What is left to do. Each number is an upper bound: answers are cached, and like requests are painted once."""

    pictures: int  # of the whole study
    made: int
    choices: int  # selections that are left
    calls: dict[str, int] = field(default_factory=dict)  # composer that asks a model -> calls that are left
    webuis: int = 1
    seconds: float | None = None  # a picture, at one WebUI
    source: str = ""  # where `seconds` comes from

    @property
    def left(self) -> int:
        """Pictures of the study that are not made yet."""
        return self.pictures - self.made

    @property
    def hours(self) -> float | None:
        """Of painting; None where nobody knows how long a picture takes."""
        return None if self.seconds is None else self.left * self.seconds / max(1, self.webuis) / 3600

    @property
    def tokens(self) -> tuple[int, int]:
        """(read, written) by the language model."""
        calls = self.calls.get("llm", 0)
        return calls * READ, calls * WRITTEN


def cost(
    plan: StudyPlan,
    records: Iterable[Mapping[str, Any]],
    choices: Choices,
    *,
    webuis: int = 1,
    seconds: float | None = None,
    source: str = "",
) -> StudyCost:
    """What is left of `plan`.

    Args:
        plan: the study.
        records: of the pictures that were made.
        choices: that were made.
        webuis: how many paint.
        seconds: a picture takes; None: as long as those that were made.
        source: where that comes from, in words.
    """
    wanted = {name for group in cells(plan) for name, _ in group}
    made = [record for record in records if record.get("id") in wanted]
    painted = [taken for record in made if "twin" not in record and (taken := number(record.get("seconds")))]
    if seconds is None and painted:
        seconds, source = sum(painted) / len(painted), f"measured on {len(painted)} pictures of this study"
    missing: dict[str, int] = {}
    for system in plan.systems:
        if system.options:
            composer = system.options["composer"]
            left = sum(choices.get(choice_key(plan, system, text)) is None for _, text in plan.prompts)
            missing[composer] = missing.get(composer, 0) + left
    calls = {composer: number for composer, number in missing.items() if number and declaration(composer).asks_model}
    return StudyCost(plan.size, len(made), sum(missing.values()), calls, webuis, seconds, source)
