"""A vision-language model as judge: pairs of a study's pictures, each in both orders, and what the answers add up to.

A judge that prefers what it sees first would win for whoever stands there. So each pair is asked in both orders, and
an answer that changes with the order, or goes against the judge's own scores, is counted as inconsistent and for
nobody. Two sides with the same pictures, where a system changed nothing, are ties and cost no call.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from stylus_core.errors import LLMError, StylusError
from stylus_core.llm.batch import CallTerms
from stylus_core.llm.endpoint import Endpoint
from stylus_core.llm.run_state import RunState
from stylus_core.pictures import need_pillow
from stylus_core.progress import Progress
from stylus_core.storage.files import write_whole
from stylus_study.judge.judge_run import JudgeJob, JudgeRun
from stylus_study.judge.questions import CRITERIA, OF_GROUPS, PairVerdict, question_key, verdict
from stylus_study.judge.tally import Question, tally_answers
from stylus_study.study.picture_pairs import digests, find_pairs
from stylus_study.study.study_folder import StudyError, StudyFolder
from stylus_study.study.types import BASE, JUDGE

ANSWERS = "judge.sqlite"
_USUAL = 120  # tokens of an answer, until the model's own average is known


@dataclass(frozen=True, slots=True)
class JudgeCost:
    """What a run would ask, and what that costs."""

    questions: int  # pairs times criteria, those of the same pictures left out
    same: int  # pairs of the same pictures: ties without a call
    missing: int  # pairs of the study that lack a picture
    calls: int  # still to make: two for each question that has no answers yet
    resting: int  # calls that failed a while ago and are not yet tried again
    prompt_tokens: int
    completion_tokens: int
    price: float  # 0 where no price is known
    seconds: float | None  # None where this model was never timed


def judge(
    folder: Path,
    *,
    endpoint: Endpoint,
    systems: Sequence[str] | None = None,
    against: str = BASE,
    criteria: Sequence[str] = CRITERIA,
    limit: int | None = None,
    cfgs: Sequence[float] | None = None,
    seed: int = 0,
    terms: CallTerms | None = None,
    dry_run: bool = False,
    approve: Callable[[JudgeCost], bool] | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> dict[str, Any]:
    """Lets a model compare the pictures of systems with those of another, and writes judge.json.

    Answers are kept in the study's folder by all they depend on. A KeyboardInterrupt does the same as `stop` and is
    raised when the calls under way are done.

    Args:
        folder: of the study.
        endpoint: the server and its model, which has to take pictures.
        systems: names; all but `against` if None.
        against: the system that they are compared with.
        criteria: of `CRITERIA`.
        limit: pairs of each system and criterion, at most; all if None.
        cfgs: only these CFG values.
        seed: of the draw of the pairs where there is a limit.
        terms: how calls are made; the defaults if None.
        dry_run: say what it would cost; nothing is sent or written.
        approve: gets the cost before anything is sent; False ends it there.
        progress: called with (stage, done, total).
        stop: once set, no further call is made; those under way are waited for and kept, for they are paid for.

    Returns:
        What judge.json holds: besides what `stylus_study.study.types` says `notes`, `cost`, `failed` (questions without
        both answers), `first` (the share of answers that chose what was shown first), `stopped` (why it ended early),
        `reasons` (why calls failed -> how many) and `questions`, each with its outcome and the judge's words. Of a dry
        run, and where approval is refused, `cost` alone.

    Raises:
        StudyError: the folder is no study, or has no such system, criterion or CFG value.
        LLMError: the endpoint cannot be used at all.
        ModelError: Pillow is not installed.
        StateError: the kept answers cannot be used.
    """
    terms = terms or CallTerms()
    if problem := endpoint.problem:
        raise LLMError(problem)
    need_pillow()
    study = StudyFolder(folder)
    chosen, notes = _criteria(study, criteria)
    questions, missing = _questions(study, systems, against, chosen, limit, cfgs, seed, endpoint)
    with contextlib.closing(_state(folder, dry_run)) as state:
        jobs, cost = _plan(questions, state, endpoint.model, terms, missing)
        if dry_run or (jobs and approve is not None and not approve(cost)):
            return {"cost": asdict(cost)}
        made = JudgeRun(endpoint, state, terms, progress)
        try:
            if jobs:
                made.through(jobs, stop or threading.Event())
        finally:
            result = {
                "model": endpoint.model,
                "against": against,
                "limit": limit,
                "seed": seed,
                "cfgs": list(cfgs or study.plan.cfgs),
                **tally_answers(questions, _verdicts(state)),
                "stopped": made.stopped,
                "reasons": made.reasons,
                "notes": notes,
                "cost": asdict(cost),
            }
            _write(folder, result)
    return result


def _criteria(study: StudyFolder, criteria: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The criteria that this study can be judged by, and what there is to say of the others."""
    for name in criteria:
        if name not in CRITERIA:
            raise StudyError(f"{name!r} is no criterion of the judge: take {', '.join(CRITERIA)}")
    chosen = tuple(dict.fromkeys(criteria))
    if len(study.plan.seeds) > 1 or not OF_GROUPS & set(chosen):
        return chosen, []
    why = "diversity is judged between pictures of one prompt: the study has one seed, it needs two"
    if not set(chosen) - OF_GROUPS:
        raise StudyError(why)
    return tuple(name for name in chosen if name not in OF_GROUPS), [f"No diversity: {why.partition(': ')[2]}."]


def _questions(
    study: StudyFolder,
    systems: Sequence[str] | None,
    against: str,
    criteria: Sequence[str],
    limit: int | None,
    cfgs: Sequence[float] | None,
    seed: int,
    endpoint: Endpoint,
) -> tuple[list[Question], int]:
    """All questions, in turns: a run that is ended early has asked about all systems and criteria."""
    lists: dict[tuple[str, str], list[Question]] = {}
    missing = 0
    for criterion in criteria:
        found = find_pairs(study, systems, against, groups=criterion in OF_GROUPS, limit=limit, cfgs=cfgs, seed=seed)
        missing += found.missing
        for pair in found.pairs:
            ours, theirs = digests(pair.ours), digests(pair.theirs)
            keys = tuple(
                question_key(criterion, pair.text, *sides, endpoint.model, endpoint.extra)
                for sides in ((ours, theirs), (theirs, ours))
            )
            lists.setdefault((pair.system, criterion), []).append(Question(criterion, pair, (keys[0], keys[1])))
    return [one for turn in zip_longest(*lists.values()) for one in turn if one is not None], missing


def _state(folder: Path, dry_run: bool) -> RunState:
    path = folder / ANSWERS
    if dry_run and not path.exists():
        path = Path(":memory:")
    return RunState(path, lost="the judge's answers, which have to be asked for again")


def _plan(
    questions: Sequence[Question], state: RunState, model: str, terms: CallTerms, missing: int
) -> tuple[list[JudgeJob], JudgeCost]:
    answers, failures = state.answers(), state.failures()
    jobs: dict[str, JudgeJob] = {}
    resting: set[str] = set()
    for question in questions:
        pair = question.pair
        if pair.same:
            continue
        for key, first, second in zip(question.keys, (pair.ours, pair.theirs), (pair.theirs, pair.ours), strict=True):
            if key in answers:
                continue
            if not terms.retry and key in failures and state.resting(failures[key]):
                resting.add(key)
            else:
                jobs[key] = JudgeJob(key, question.criterion, pair.text, first, second)
    prompt = sum(job.tokens for job in jobs.values())
    completion, seconds = state.spent(model).expected(len(jobs), _USUAL, terms.workers)
    same = sum(question.pair.same for question in questions)
    cost = JudgeCost(
        len(questions) - same,
        same,
        missing,
        len(jobs),
        len(resting),
        prompt,
        completion,
        terms.price(prompt, completion),
        seconds,
    )
    return list(jobs.values()), cost


def _verdicts(state: RunState) -> dict[str, PairVerdict]:
    found = {}
    for key, answer in state.answers().items():
        with contextlib.suppress(StylusError):  # not one of ours any more: it is asked again after `VERSION` changes
            found[key] = verdict(answer)
    return found


def _write(folder: Path, result: dict[str, Any]) -> None:
    try:
        write_whole(folder / JUDGE, json.dumps(result, indent=1, allow_nan=False).encode("ascii") + b"\n")
    except OSError as error:
        raise StudyError(f"{folder / JUDGE} cannot be written: {error.strerror or error}") from None
