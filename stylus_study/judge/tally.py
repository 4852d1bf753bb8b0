"""From the judge's answers to its rows: what was won, lost, tied and inconsistent, and the means of the scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from stylus_study.judge.questions import PairVerdict
from stylus_study.study.picture_pairs import PicturePair
from stylus_study.study.preference import win_rate

WIN, LOSS, TIE, INCONSISTENT, FAILED = "win", "loss", "tie", "inconsistent", "failed"


class Question(NamedTuple):
    """A pair and what it is judged by; `keys` are those of its two calls, with the system first and second."""

    criterion: str
    pair: PicturePair
    keys: tuple[str, str]


def outcome(question: Question, verdicts: Mapping[str, PairVerdict]) -> str:
    """What the two answers to a question come to."""
    if question.pair.same:
        return TIE
    first, second = (verdicts.get(key) for key in question.keys)
    if first is None or second is None:
        return FAILED
    won = (first.better == 0, second.better == 1)
    if won[0] != won[1] or first.contradicts or second.contradicts:
        return INCONSISTENT
    return WIN if won[0] else LOSS


def tally_answers(questions: Sequence[Question], verdicts: Mapping[str, PairVerdict]) -> dict[str, Any]:
    """`asked`, `inconsistent`, `failed`, `first`, `rows` and `questions` of judge.json."""
    outcomes = [outcome(question, verdicts) for question in questions]
    groups: dict[tuple[str, str, str], list[tuple[Question, str]]] = defaultdict(list)
    for question, came in zip(questions, outcomes, strict=True):
        groups[question.pair.system, question.pair.against, question.criterion].append((question, came))
    # One answer may serve several systems that have the same picture; it says how the judge answers once.
    given = {key: verdicts[key] for question in questions for key in question.keys if key in verdicts}
    failed = outcomes.count(FAILED)
    return {
        "asked": len(outcomes) - failed - outcomes.count(TIE),
        "inconsistent": outcomes.count(INCONSISTENT),
        "failed": failed,
        "first": sum(v.better == 0 for v in given.values()) / len(given) if given else None,
        "rows": [_row(*names, group, verdicts) for names, group in groups.items()],
        "questions": [_question_row(*one, verdicts) for one in zip(questions, outcomes, strict=True)],
    }


def _row(
    system: str,
    against: str,
    criterion: str,
    group: Sequence[tuple[Question, str]],
    verdicts: Mapping[str, PairVerdict],
) -> dict[str, Any]:
    decided = [(question, came == WIN) for question, came in group if came in (WIN, LOSS)]
    rate = win_rate([won for _, won in decided], [question.pair.prompt for question, _ in decided])
    seen = [tuple(verdicts[key].scores for key in question.keys) for question, _ in decided]
    outcomes = [came for _, came in group]
    return {
        "system": system,
        "against": against,
        "criterion": criterion,
        "wins": outcomes.count(WIN),
        "losses": outcomes.count(LOSS),
        "ties": outcomes.count(TIE),
        "inconsistent": outcomes.count(INCONSISTENT),
        "failed": outcomes.count(FAILED),
        "rate": rate and rate.as_dict(),
        "score": float(np.mean([(a[0], b[1]) for a, b in seen])) if seen else None,
        "score_against": float(np.mean([(a[1], b[0]) for a, b in seen])) if seen else None,
    }


def _question_row(question: Question, came: str, verdicts: Mapping[str, PairVerdict]) -> dict[str, Any]:
    """One question for people who want to know why. The answers are in the order system, other."""
    pair = question.pair
    said = []
    for turned, key in enumerate(question.keys):
        if key in verdicts and not pair.same:
            one = verdicts[key]
            order = (1, 0) if turned else (0, 1)
            said.append({"scores": [one.scores[i] for i in order], "reasons": [one.reasons[i] for i in order]})
    return {
        "system": pair.system,
        "against": pair.against,
        "criterion": question.criterion,
        "prompt": pair.prompt,
        "cfg": pair.cfg,
        "checkpoint": pair.checkpoint,
        "seeds": [picture.cell.seed for picture in pair.ours],
        "outcome": came,
        "answers": said,
    }
