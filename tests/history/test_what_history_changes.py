"""What a user's own pictures and corrections change: the ranking, the choice, the weight; and what they leave alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from samples.make_samples import build
from stylus_core import Stylus
from stylus_core.errors import LibraryError
from stylus_core.generation_data import AdapterUse, GenerationData
from stylus_core.history.own_pictures import LIKE
from stylus_core.history.prompt_texts import PromptTexts, words_of
from stylus_core.history.records import PictureRecord

PROMPT = "A corgi in a knitted sweater sits on a vintage motorcycle in front of a lighthouse."
CORGI, COAST, SWEATER = "pembroke_corgi", "lighthouse_coast", "knitted_sweater"
#: None of these words is in a name of the sample library.
PLAIN = [f"{what} at the {where}, morning haze" for what in ("a barrel", "some ropes") for where in ("pier", "dock")]
DAY = 86400.0


@pytest.fixture
def stylus(tmp_path: Path) -> Iterator[Stylus]:
    library, _ = build(tmp_path / "samples")
    with Stylus(library, home=tmp_path / "home", encoder="none") as made:
        made.index()
        yield made


def made(
    stylus: Stylus, prompts: Sequence[str], *uses: AdapterUse, at: float | None = None, folder: str = "out"
) -> Path:
    """Has somebody made a picture of each prompt, an hour apart, and Stylus read them."""
    out = stylus.home / folder
    stylus.history.store.add_folder(out)
    last = time.time() if at is None else at
    stylus.history.store.put(
        out,
        [
            PictureRecord(
                str(out / f"{abs(hash((prompt, uses)))}.png"),
                1,
                n,
                GenerationData("webui", prompt, adapters=uses, made_at=last - 3600 * (len(prompts) - n)),
            )
            for n, prompt in enumerate(prompts)
        ],
    )
    return out


def picked(stylus: Stylus, prompt: str = PROMPT, **options: object) -> dict[str, float]:
    return {p.name: p.weight for p in stylus.select(prompt, options).picks}


def test_without_a_word_of_the_user_nothing_is_kept_and_nothing_changes(stylus: Stylus) -> None:
    stylus.select(PROMPT)
    assert stylus.history.correct(PROMPT, CORGI, "removed") is None
    assert not stylus.history.on and not stylus.history.uses()
    assert not list(stylus.home.glob("history*"))


def test_what_was_used_comes_up_in_the_ranking(stylus: Stylus) -> None:
    def place(name: str) -> int:
        return [c.name for c in stylus.select(PLAIN[0], depth=50).candidates].index(name)

    before = place(SWEATER)
    made(stylus, PLAIN[1:], AdapterUse(SWEATER, 0.6))
    assert place(SWEATER) == 0 < before


def test_what_prompts_like_this_were_made_with_is_picked_though_no_word_says_so(stylus: Stylus) -> None:
    prompt = PLAIN[0]
    assert picked(stylus, prompt) == {}
    made(stylus, PLAIN[1:], AdapterUse(SWEATER, 0.6))
    (pick,) = stylus.select(prompt).picks
    assert pick.name == SWEATER
    assert "in 3 pictures of yours, 3 with prompts like this" in pick.own_note
    assert "3" not in pick.reason and "you" not in pick.reason.split()
    assert picked(stylus, prompt, own_pictures="ignore") == {}


def test_two_prompts_are_too_few_and_unlike_ones_say_nothing(stylus: Stylus) -> None:
    made(stylus, PLAIN[1:3], AdapterUse(SWEATER, 0.6))
    assert picked(stylus, PLAIN[0]) == {}
    made(stylus, [f"a portrait of somebody number {n}, oil" for n in "abcd"], AdapterUse(SWEATER, 0.6))
    assert picked(stylus, PLAIN[0]) == {}


def test_who_has_to_be_named_is_not_picked_by_habit(stylus: Stylus) -> None:
    made(stylus, PLAIN[1:], AdapterUse("veska_thornlight_v2", 0.7))
    assert picked(stylus, PLAIN[0]) == {}
    assert "veska_thornlight_v2" in picked(stylus, f"Veska Thornlight, {PLAIN[0]}")


def test_habits_take_no_candidate_away(stylus: Stylus) -> None:
    before = picked(stylus)
    made(stylus, PLAIN, *(AdapterUse(a.name) for a in stylus.adapters() if a.name not in before))
    assert set(picked(stylus, candidates=3)) == set(picked(stylus, candidates=3, own_pictures="ignore"))


def test_three_own_pictures_draw_the_weight(stylus: Stylus) -> None:
    before = picked(stylus)[CORGI]
    made(stylus, [f"a corgi on a {what}" for what in ("sofa", "boat", "hill")], AdapterUse(CORGI, 0.2))
    after = picked(stylus)[CORGI]
    assert after < before / 2
    assert "drawn to your 0.2" in next(p.own_note for p in stylus.select(PROMPT).picks if p.name == CORGI)


def test_the_users_own_word_on_a_weight_stays(stylus: Stylus) -> None:
    stylus.set(CORGI, weight=1.0)
    before = picked(stylus)[CORGI]
    made(stylus, [f"a corgi on a {what}" for what in ("sofa", "boat", "hill")], AdapterUse(CORGI, 0.2))
    assert picked(stylus)[CORGI] == before


def test_our_own_picks_count_once_they_were_kept_and_never_for_a_weight(stylus: Stylus) -> None:
    ours = AdapterUse(SWEATER, 0.1, picked=True)
    made(stylus, PLAIN[1:], ours)
    assert picked(stylus, PLAIN[0]) == {}
    made(stylus, [*PLAIN[1:], "a crate at the pier, morning haze", "a net at the dock, morning haze"], ours,
         at=time.time() - 2 * DAY, folder="older")  # fmt: skip
    before = {p.name: p.own_note for p in stylus.select(PLAIN[0], depth=50).nearly}
    found = stylus.select(PLAIN[0], {"restraint": "generous"})
    assert [p.name for p in found.picks] == [SWEATER], before
    assert found.picks[0].weight > 0.2


def test_removed_for_five_prompts_it_does_not_come_back_for_the_sixth(stylus: Stylus) -> None:
    made(stylus, ["nothing of it"])
    prompts = [f"a corgi in {where}" for where in ("a boat", "the snow", "a garden", "a museum", "an attic", "space")]
    for n, prompt in enumerate(prompts[:5]):
        assert n > 2 or CORGI in picked(stylus, prompt)  # one or two are about their prompts
        stylus.history.correct(prompt, CORGI, "removed")
        assert CORGI not in picked(stylus, prompt)
    assert CORGI not in picked(stylus, prompts[5])
    (left_out,) = [p for p in stylus.select(prompts[5]).nearly if p.name == CORGI]
    assert "not wanted for prompts like this one" in left_out.reason
    assert CORGI in picked(stylus, prompts[5], pinned=[CORGI])


def test_a_correction_is_taken_back_and_all_is_as_before(stylus: Stylus) -> None:
    made(stylus, ["nothing of it"])
    before = stylus.select(PROMPT).rewritten
    said = stylus.history.correct(PROMPT, CORGI, "removed")
    assert said is not None and stylus.select(PROMPT).rewritten != before
    assert stylus.history.undo(said.id) == said
    assert stylus.select(PROMPT).rewritten == before
    with pytest.raises(LibraryError, match=str(said.id)):
        stylus.history.undo(said.id)


def test_the_last_word_counts_and_what_was_put_there_is_picked(stylus: Stylus) -> None:
    made(stylus, ["nothing of it"])
    stylus.history.correct(PLAIN[0], SWEATER, "removed")
    stylus.history.correct(PLAIN[0], SWEATER, "wanted")
    assert SWEATER in picked(stylus, PLAIN[0])
    stylus.history.correct(PLAIN[0], SWEATER, "removed")
    assert SWEATER not in picked(stylus, PLAIN[0])


def test_a_ban_and_a_pin_are_for_every_prompt(stylus: Stylus) -> None:
    made(stylus, ["nothing of it"])
    stylus.history.correct("a corgi in a boat", CORGI, "banned")
    assert CORGI not in picked(stylus)
    stylus.history.correct("a corgi in a boat", CORGI, "pinned")
    assert CORGI in picked(stylus)
    assert CORGI in picked(stylus, PLAIN[0])


def test_a_corrected_weight_counts_for_its_prompt(stylus: Stylus) -> None:
    made(stylus, ["nothing of it"])
    stylus.history.correct("a corgi in a boat", CORGI, "weighed", weight=0.35)
    assert picked(stylus, "a corgi in a boat")[CORGI] == 0.35
    assert picked(stylus, "a corgi before a very old castle with many towers in winter")[CORGI] != 0.35


def test_nothing_of_it_is_in_what_leaves(stylus: Stylus) -> None:
    made(stylus, PLAIN[1:], AdapterUse(SWEATER, 0.6))
    selection = stylus.select(PLAIN[0])
    assert "own_note" not in str(selection.to_json(candidates=5))
    assert selection.to_json(own=True)["picks"][0]["own_note"] == selection.picks[0].own_note != ""


def test_a_folder_that_is_off_or_forgotten_has_no_say(stylus: Stylus) -> None:
    out = made(stylus, PLAIN[1:], AdapterUse(SWEATER, 0.6))
    assert picked(stylus, PLAIN[0])
    stylus.history.store.switch(out, False)
    assert picked(stylus, PLAIN[0]) == {}
    stylus.history.store.switch(out, True)
    assert picked(stylus, PLAIN[0])
    stylus.history.store.forget(out)
    assert picked(stylus, PLAIN[0]) == {}


def test_a_renamed_file_keeps_what_its_hash_says(tmp_path: Path) -> None:
    library, _ = build(tmp_path / "samples")
    with Stylus(library, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        adapter = next(a for a in stylus.adapters() if a.metadata.sha256)
        made(stylus, PLAIN[1:], AdapterUse("what_it_was_called", 0.6, hash=adapter.metadata.sha256[:10]))
        use = stylus.history.use_of(adapter)
        assert use is not None and use.pictures == 3


def test_a_renamed_file_of_which_no_hash_is_known_keeps_what_its_name_meant(tmp_path: Path) -> None:
    library, _ = build(tmp_path / "samples")
    with Stylus(library, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        (adapter,) = stylus.find("vintage_motorcycle")
        made(stylus, PLAIN[1:], AdapterUse("vintage_motorcycle", 0.6, hash="0123456789ab"))
        assert list(picked(stylus, PLAIN[0])) == ["vintage_motorcycle"]
    path = Path(adapter.path)
    for file in path.parent.glob(f"{path.stem}.*"):
        file.rename(file.with_name(file.name.replace(path.stem, "renamed_jumper")))
    with Stylus(library, home=tmp_path / "home", encoder="none") as stylus:
        stylus.index()
        assert "renamed_jumper" in picked(stylus, PLAIN[0])


def test_a_broken_history_fails_no_selection(stylus: Stylus) -> None:
    before = stylus.select(PROMPT).rewritten
    made(stylus, PLAIN[1:], AdapterUse(SWEATER, 0.6))
    stylus.select(PROMPT)
    stylus.history.store.close()
    for file in stylus.home.glob("history.sqlite*"):
        file.write_bytes(b"no database" * 500)
    assert stylus.select(PROMPT).rewritten == before
    assert not stylus.history.uses() and list(stylus.home.glob("history.sqlite.broken-*"))


def test_in_a_long_history_a_correction_counts_at_once_and_a_picture_soon(stylus: Stylus) -> None:
    made(stylus, [f"thing{n} of kind{n}" for n in range(300)], AdapterUse(SWEATER, 0.6))
    assert CORGI in picked(stylus)
    stylus.history.correct(PROMPT, CORGI, "removed")
    assert CORGI not in picked(stylus)
    made(stylus, PLAIN[1:], AdapterUse(CORGI, 0.6))
    picked(stylus)
    use = stylus.history.use_of(next(a for a in stylus.adapters() if a.name == CORGI))
    assert use is not None and use.pictures == 3
    assert CORGI not in picked(stylus)


def test_a_history_that_cannot_be_read_is_told_in_one_sentence(stylus: Stylus) -> None:
    before = stylus.select(PROMPT)
    made(stylus, PLAIN[1:], AdapterUse(SWEATER, 0.6))
    stylus.history.store.close()
    for file in stylus.home.glob("history.sqlite*"):
        file.unlink()
    (stylus.home / "history.sqlite").mkdir()
    after = stylus.select(PROMPT)
    assert after.rewritten == before.rewritten
    assert [n for n in after.notes if "own pictures" in n] == [n for n in after.notes if n not in before.notes] != []
    assert "own pictures" not in str(stylus.select(PROMPT, {"own_pictures": "ignore"}).notes)


def test_prompts_are_as_like_as_the_words_that_tell() -> None:
    texts = PromptTexts([words_of(p) for p in ("masterpiece, best quality, a fox in a moor", "a fox in a moor, mist")])
    same, near = texts.likeness(words_of("a fox in a moor")).tolist()
    assert same > near > LIKE
    other = texts.likeness(words_of("masterpiece, best quality, a spreadsheet")).max()
    assert other < LIKE / 2
    assert texts.likeness(frozenset()).tolist() == [0, 0]
