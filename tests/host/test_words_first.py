"""A picture is never without picks because something is being made: words first, vectors beside, edits at once."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from stylus_webui import runtime
from tests.clock import HANG, until


@pytest.fixture
def zoo(host):
    """Two adapters without vectors, which are made once `hold_vectors` is set."""
    host.adapter("fox", word="fox")
    host.adapter("snow", word="snow")
    host.core.embedded = 0
    host.core.hold_vectors = threading.Event()
    host.start(wait=False)
    until(lambda: host.service.state.status == "ready", "the index of words")
    return host


def made(zoo):
    zoo.core.hold_vectors.set()
    assert zoo.service.wait(HANG)


def test_selections_run_on_words_while_the_vectors_come(zoo):
    p, _ = zoo.generate("a fox")
    assert p.all_prompts == ["a fox <lora:fox:0.8>"]
    assert any("Words alone decided" in comment for comment in p.comments)
    until(lambda: "ready on words; vectors 0 of 2" in zoo.service.state.sentence(), "the sentence")
    made(zoo)
    assert zoo.service.state.sentence() == "2 adapters indexed."
    assert not zoo.generate("a fox")[0].comments


def test_vectors_come_first_for_the_checkpoint_that_is_loaded_at_the_moment(zoo):
    assert zoo.core.embedded_for() == "any"
    zoo.sd_models.reload_model_weights(zoo.sd_models.Checkpoint("sdxl"))
    assert zoo.core.embedded_for() == "sdxl"


def test_what_words_alone_decided_is_decided_again_with_vectors(zoo):
    zoo.generate("a fox")
    zoo.generate("a fox")
    assert len(zoo.core.asked) == 2
    made(zoo)
    zoo.generate("a fox")
    assert len(zoo.core.asked) == 3
    zoo.generate("a fox")
    assert len(zoo.core.asked) == 3  # and that is kept


def test_new_files_are_taken_in_though_vectors_are_still_being_made(zoo):
    indexed = zoo.core.indexed
    zoo.core.edits = [lambda: zoo.adapter("owl", word="owl")]
    assert zoo.generate("an owl")[0].all_prompts == ["an owl <lora:owl:0.8>"]
    until(lambda: zoo.core.indexed > indexed, "the index of words")
    made(zoo)
    assert zoo.service.state.adapters == 3


def test_an_edit_reaches_cached_picks_at_once(zoo):
    made(zoo)
    zoo.generate("a fox, evening")
    asked = len(zoo.core.asked)
    zoo.core.edits = [lambda: zoo.core.words.update(snow="evening")]
    assert zoo.generate("a fox, evening")[0].all_prompts == ["a fox, evening <lora:fox:0.8> <lora:snow:0.8>"]
    assert len(zoo.core.asked) == asked + 1
    assert zoo.service.wait(HANG)  # its vectors follow


def test_closing_does_not_wait_for_the_vectors(zoo):
    closing = threading.Thread(target=runtime.get().service.close, daemon=True)
    closing.start()
    closing.join(HANG)
    assert not closing.is_alive() and zoo.core.closed == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread's priority cannot be read")
def test_vectors_are_made_at_a_lower_priority(host):
    def priority():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    seen = []
    host.core.embed = lambda *given: seen.append(priority())
    host.start()
    assert seen[0] > priority()
