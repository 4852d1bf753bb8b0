"""Failures wait longer and longer, and a server's trouble is not that of what was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core.llm.run_state import RunState, StateError, TokensSpent


def test_back_off_grows_and_ends_with_an_answer(tmp_path: Path) -> None:
    now = [1000.0]
    state = RunState(tmp_path / "calls.sqlite", clock=lambda: now[0])
    waits = []
    for _ in range(12):
        state.failed("k", "an empty answer", passing=False)
        failure = state.failures()["k"]
        waits.append(failure.again - now[0])
        assert state.resting(failure)
        now[0] = failure.again
        assert not state.resting(failure)
    assert waits == sorted(waits)
    assert waits[0] == 300 and waits[1] == 1200 and waits[-1] == 7 * 24 * 3600
    assert failure.reason == "an empty answer" and failure.times == 12
    state.answered("k")
    assert state.failures() == {}
    state.close()


def test_a_servers_trouble_makes_no_inputs_wait(tmp_path: Path) -> None:
    state = RunState(tmp_path / "calls.sqlite", clock=lambda: 0.0)
    for _ in range(9):
        state.failed("k", "cannot be reached", passing=True)
    failure = state.failures()["k"]
    assert (failure.reason, failure.times) == ("cannot be reached", 0)
    assert not state.resting(failure)
    state.close()


def test_costs_add_up_over_runs(tmp_path: Path) -> None:
    for _ in range(2):
        state = RunState(tmp_path / "calls.sqlite")
        state.spend("m", TokensSpent(1, 700, 30, 1.5))
        state.close()
    state = RunState(tmp_path / "calls.sqlite")
    assert state.spent("m") == TokensSpent(2, 1400, 60, 3.0)
    assert state.spent("other") == TokensSpent()
    state.close()


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "calls.sqlite").mkdir()
    with pytest.raises(StateError, match="delete it, which loses all answers"):
        RunState(tmp_path / "calls.sqlite", lost="all answers")


def test_answers_are_there_for_the_next_run(tmp_path: Path) -> None:
    state = RunState(tmp_path / "calls.sqlite")
    state.failed("k", "garbage", passing=False)
    state.answered("k", {"better": "A"})
    state.answered("other")
    state.close()
    state = RunState(tmp_path / "calls.sqlite")
    assert state.answers() == {"k": {"better": "A"}} and state.failures() == {}
    state.close()


def test_what_a_server_says_can_be_kept_whatever_it_is(tmp_path: Path) -> None:
    state = RunState(tmp_path / "calls.sqlite")
    state.failed("k", "half a character: \ud800", passing=False)
    assert state.failures()["k"].reason == "half a character: \\ud800"
    state.spend("m", TokensSpent(1, 2**64, 10**4000, 1.0))
    assert state.spent("m").prompt == 2**63 - 1
    state.close()
