"""The engine against the index of this machine: one in memory, and the version of Milvus that runs in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stylus_core.errors import EngineError
from stylus_core.retriever.documents import document
from stylus_core.retriever.engine.engine_retriever import EngineRetriever
from stylus_core.retriever.pool import Pool
from stylus_core.retriever.retriever import Filter, Retrieval
from stylus_core.types import Adapter, Card, Metadata
from tests.retriever.machine import Held, MilvusServer, Server, WebUISide, calling, invented, prompts
from tests.retriever.memory_engine import MemoryServer


@pytest.fixture(params=["memory", pytest.param("milvus", marks=pytest.mark.whole)])
def server(request: pytest.FixtureRequest) -> Server:
    """With a library of the test's own."""
    if request.param == "memory":
        return MemoryServer()
    library = re.sub(r"[^a-z0-9_]+", ".", request.node.name.lower())
    return MilvusServer(request.getfixturevalue("milvus_port"), library)


@pytest.fixture
def machine(tmp_path: Path, server: Server) -> Iterator[WebUISide]:
    made = WebUISide(tmp_path / "first", server, [invented(n) for n in range(1, 61)])
    made.bring_up()
    yield made
    made.remote.close()


def same_share(pairs: Sequence[tuple[list[int], list[int]]], k: int) -> float:
    return sum(len(set(a[:k]) & set(b[:k])) / min(k, len(a)) for a, b in pairs) / len(pairs)


@pytest.mark.parametrize("wanted", [None, Filter("sd1"), Filter("sdxl", ("style", "object"), frozenset({4, 7}))])
def test_it_ranks_as_the_index_of_this_machine_does(machine: WebUISide, wanted: Filter | None):
    pairs = [(machine.here(p, wanted=wanted), machine.there(p, wanted=wanted)) for p in prompts()]
    assert all(len(a) == len(b) > 0 for a, b in pairs)
    assert sum(a[:10] == b[:10] for a, b in pairs) >= 0.9 * len(pairs)
    assert same_share(pairs, 10) >= 0.99


def assert_same_scores(local: Retrieval, remote: Retrieval) -> None:
    """Of the candidates that are found by both."""
    by_id = {c.adapter.id: c for c in remote.candidates}
    pairs = [(c, by_id[c.adapter.id]) for c in local.candidates if c.adapter.id in by_id]
    assert len(pairs) > 5
    for one, other in pairs:
        assert one.scores == pytest.approx(other.scores, abs=1e-6)
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert (one.part, one.why) == (other.part, other.why)


def assert_scored_alike(machine: WebUISide, wanted: Filter | None) -> None:
    """Every signal of every candidate, what is made of them, and the order."""
    for prompt in prompts():
        local, remote = machine.found_locally(prompt, 30, wanted), machine.found_remotely(prompt, 30, wanted)
        assert [c.adapter.id for c in local.candidates] == [c.adapter.id for c in remote.candidates]
        assert_same_scores(local, remote)
        assert local.similarity is not None and remote.similarity is not None
        np.testing.assert_allclose(local.affinity, remote.affinity, atol=1e-6)
        np.testing.assert_allclose(local.similarity.title, remote.similarity.title, atol=1e-6)
        np.testing.assert_allclose(local.similarity.description, remote.similarity.description, atol=1e-6)
        assert (local.sentence, local.library) == (remote.sentence, remote.library)


@pytest.mark.parametrize("wanted", [None, Filter("sd1"), Filter("sdxl", ("style", "object"), frozenset({4, 7}))])
def test_what_is_brought_up_whole_is_scored_as_this_machine_scores_it(
    tmp_path: Path, server: Server, wanted: Filter | None
):
    machine = WebUISide(tmp_path, server, [invented(n) for n in range(1, 61)])
    machine.embed()
    machine.bring_up()
    assert_scored_alike(machine, wanted)
    machine.remote.close()


@pytest.mark.parametrize("wanted", [None, Filter("sd1")])
def test_signals_are_scaled_as_far_as_they_reach_in_what_is_not_brought_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Filter | None
):
    """Once the engine gives as many example prompts as this machine looks at, a part of the library scores as all."""
    monkeypatch.setattr("stylus_core.retriever.engine.engine_retriever._EXAMPLES", 10_000)
    brought_up = []
    rows = EngineRetriever._rows
    monkeypatch.setattr(EngineRetriever, "_rows", lambda *of: brought_up.append(len(of[1])) or rows(*of))
    unknown = Metadata(title="Qrvx", architecture="sd1", downloads=0)  # which no prompt asks for and nobody fetched
    unpopular = Adapter(700, "/loras/qrvx.safetensors", "qrvx", metadata=unknown, card=Card(kind="style"))
    machine = WebUISide(tmp_path, MemoryServer(), [*(invented(n) for n in range(1, 601)), unpopular])
    machine.embed()
    machine.bring_up()
    assert_scored_alike(machine, wanted)
    assert max(brought_up) < 600
    # without those that are popular, what is used and fetched most or least is not brought up
    monkeypatch.setattr("stylus_core.retriever.engine.engine_retriever._BY_PRIOR", 0)
    for prompt in prompts():
        assert_same_scores(machine.found_locally(prompt, 30, wanted), machine.found_remotely(prompt, 30, wanted))
    machine.remote.close()


def pool_of(ids: set[int], library: range) -> Pool:
    inside, outside = ([n for n in library if (n in ids) == wanted] for wanted in (True, False))
    return Pool(np.array(inside, np.int64), np.array(outside, np.int64))


@pytest.mark.parametrize(
    "listed, share",
    [(4000, 3), (4000, 1.05), (10, 3), (10, 1.05)],
    ids=["named", "all but those named", "deeper", "a little deeper"],
)
def test_a_pool_is_what_comes_up(machine: WebUISide, monkeypatch: pytest.MonkeyPatch, listed: int, share: float):
    monkeypatch.setattr("stylus_core.retriever.engine.pool_query._LISTED", listed)
    ids = {n for n in range(1, 61) if int(n / share) != int((n - 1) / share)}
    for wanted in (Filter(pool=pool_of(ids, range(1, 61))), Filter("sd1", pool=pool_of(ids, range(1, 61)))):
        pairs = [(machine.here(p, wanted=wanted), machine.there(p, wanted=wanted)) for p in prompts()]
        assert all(set(there) <= ids and there for _, there in pairs)
        assert same_share(pairs, 10) >= 0.95


@pytest.mark.parametrize("listed", [4000, 10], ids=["named", "deeper"])
def test_a_pool_is_not_empty_because_others_fit_better(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, listed: int
):
    """Hundreds of adapters are about nothing but the prompt, and none of them may be picked."""
    monkeypatch.setattr("stylus_core.retriever.engine.pool_query._LISTED", listed)
    monkeypatch.setattr("stylus_core.retriever.engine.engine_retriever._BY_PRIOR", 0)
    known = Metadata(title="Lighthouse woodcut", tags=("lighthouse", "woodcut"), architecture="sd1")
    crowd = [
        Adapter(n, f"/loras/crowd_{n}.safetensors", f"crowd_{n}", metadata=known, card=Card(subject="lighthouse"))
        for n in range(1000, 1500)
    ]
    machine = WebUISide(tmp_path, server, [*crowd, *(invented(n) for n in range(1, 41))])
    machine.bring_up()
    ids = set(range(1, 41))
    library = range(1, 1500)
    wanted = Filter(pool=Pool(np.array(sorted(ids)), np.array([n for n in library if n >= 1000])))
    here, there = (find("lighthouse, woodcut", 10, wanted) for find in (machine.here, machine.there))
    assert len(there) == 10
    assert set(there) <= ids
    assert here == there
    nothing = Filter(pool=pool_of(set(), library))
    assert machine.there("lighthouse, woodcut", 10, nothing) == []
    everything = Filter(pool=pool_of(set(library), library))
    # of the crowd, which are copies of one another, an engine brings up any
    with_pool, without = (machine.there("lighthouse, woodcut", 10, pool) for pool in (everything, None))
    assert [min(i, 1000) for i in with_pool] == [min(i, 1000) for i in without]
    machine.remote.close()


def test_candidates_are_scored_as_in_the_whole_library(tmp_path: Path, server: Server):
    machine = WebUISide(tmp_path, server, [invented(n) for n in range(1, 601)])
    machine.bring_up()
    pairs = [(machine.here(p), machine.there(p)) for p in prompts()]
    assert same_share(pairs, 10) >= 0.95
    assert same_share(pairs, 30) >= 0.93
    machine.remote.close()


def test_what_changes_is_right_at_the_next_search(machine: WebUISide):
    new = invented(77)
    assert 77 not in machine.there(calling(77), 100)
    machine.library.put(new)
    assert machine.there(calling(77))[0] == 77
    edited = Metadata(title="Brass samovar", trigger_words=("samovar",), downloads=4000)
    machine.library.put(Adapter(77, new.path, new.stem, metadata=edited, card=Card(subject="samovar")))
    assert machine.there("a brass samovar")[0] == 77
    assert machine.there(calling(77))[0] != 77
    machine.library.drop(77)
    assert 77 not in machine.there("a brass samovar", 100)
    known = invented(5)
    machine.library.put(Adapter(5, "/loras/other.safetensors", "other", metadata=known.metadata, card=known.card))
    assert machine.there(calling(5), 100).count(5) == 1


def test_a_database_that_was_made_anew_gives_the_ids_to_others(machine: WebUISide):
    """As many changes, the same files, other ids: the rows stay, and each is the adapter that it was."""
    asked = len(machine.encoder.asked)
    turned = [replace(invented(n), id=61 - n) for n in range(2, 61)]  # 1 is gone
    machine.library = Held(turned)
    machine.library.identity = "second"
    machine.bring_up()
    for n in (2, 30, 60):
        assert machine.there(calling(n))[0] == 61 - n
    assert sorted(machine.there("lighthouse", 100)) == sorted(a.id for a in turned)
    described = {text for d in map(document, turned) for text in (d.title, d.description)}
    assert described.isdisjoint(machine.encoder.asked[asked:])  # but for the prompts nothing is embedded
    assert machine.remote.retriever(machine.library, machine.store)[1] == []


def test_libraries_in_one_collection_do_not_see_one_another(tmp_path: Path, machine: WebUISide, server: Server):
    other = WebUISide(tmp_path / "other", server, [invented(n) for n in range(40, 90)], library=".other")
    other.bring_up()
    assert other.there(calling(80))[0] == 80
    assert sorted(other.there("lighthouse", 100)) == list(range(40, 90))
    assert sorted(machine.there(calling(80), 100)) == list(range(1, 61))
    other.remote.close()


def test_a_second_machine_embeds_and_writes_nothing_that_is_there(tmp_path: Path, machine: WebUISide, server: Server):
    second = WebUISide(tmp_path / "second", server, [invented(n) for n in range(1, 62)])
    second.bring_up()
    new = invented(61)
    assert len(second.encoder.asked) == 2
    assert all(new.title in text for text in second.encoder.asked)
    assert second.there(calling(61))[0] == 61
    assert sorted(machine.there(calling(61), 100)) == list(range(1, 61))  # the first has no such file
    second.remote.close()


def test_no_machine_deletes_what_another_wrote(tmp_path: Path, machine: WebUISide, server: Server):
    """The second has not seen the first's files yet and loses one of its own; the third comes after it."""
    second = WebUISide(tmp_path / "second", server, [invented(n) for n in range(50, 71)])
    second.bring_up()
    second.library.drop(70)
    second.bring_up()
    third = WebUISide(tmp_path / "third", server, [invented(n) for n in range(50, 71)])
    third.bring_up()
    assert sorted(machine.there("lighthouse", 100)) == list(range(1, 61))
    assert sorted(second.there("lighthouse", 100)) == list(range(50, 70))
    assert sorted(third.there("lighthouse", 100)) == list(range(50, 71))
    second.remote.close()
    third.remote.close()


def test_two_writers_at_once_lose_nothing(tmp_path: Path, server: Server):
    parts = [range(1, 41), range(21, 61)]
    machines = [WebUISide(tmp_path / str(i), server, [invented(n) for n in part]) for i, part in enumerate(parts)]
    with ThreadPoolExecutor(2) as both:
        list(both.map(WebUISide.bring_up, machines))
    reader = WebUISide(tmp_path / "reader", server, [invented(n) for n in range(1, 61)])
    reader.bring_up()
    assert reader.encoder.asked == []
    assert [n for n in range(1, 61) if n not in reader.there(calling(n))[:3]] == []
    for machine in (*machines, reader):
        machine.remote.close()


def test_a_collection_that_was_dropped_is_written_again(machine: WebUISide, server: Server):
    server.drop_all()
    machine.remote.close()
    machine.bring_up()
    assert machine.there(calling(9))[0] == 9


def test_an_architecture_of_any_name_is_filtered_by_its_name(tmp_path: Path, server: Server):
    strange = ("flux2-klein-9b", "Wan 2.2 (14B)", "x" * 90, "unknown")
    made = [invented(n) for n in range(1, 61)]
    named = [replace(a, metadata=replace(a.metadata, architecture=strange[a.id % 4])) for a in made]
    machine = WebUISide(tmp_path, server, named)
    machine.bring_up()
    for label in strange:
        fitting = [a.id for a in named if a.metadata.architecture in (label, "unknown")]
        assert sorted(machine.here("lighthouse", 100, Filter(label))) == fitting
    assert sorted(machine.there("lighthouse", 100)) == list(range(1, 61))
    assert sorted(machine.there("lighthouse", 100, Filter(strange[0]))) == [
        a.id for a in named if a.metadata.architecture in (strange[0], "unknown")
    ]
    new = invented(61)
    machine.library.put(replace(new, metadata=replace(new.metadata, architecture="a-later-one")))
    assert machine.there(calling(61), 100, Filter("a-later-one"))[0] == 61  # which the statistics do not know yet
    assert 61 not in machine.there(calling(61), 100, Filter(strange[0]))
    machine.remote.close()


def test_what_an_older_version_wrote_is_carried_over(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as older:
        older.setattr("stylus_core.retriever.engine.contract.VERSION", 2)
        machine = WebUISide(tmp_path, server, [invented(n) for n in range(1, 201)])
        machine.bring_up()
        machine.remote.close()
    old = server.collections()
    asked = len(machine.encoder.asked)
    with pytest.raises(EngineError, match="run stylus index"):
        machine.there(calling(9))
    machine.bring_up()
    assert len(machine.encoder.asked) == asked  # nothing is embedded again
    assert machine.there(calling(9))[0] == 9
    assert old <= server.collections()  # machines of the older version go on with theirs
    machine.remote.close()


def test_a_library_that_nobody_wrote_says_so(tmp_path: Path, server: Server):
    machine = WebUISide(tmp_path, server, [invented(n) for n in range(1, 300)])
    with pytest.raises(EngineError, match="run stylus index"):
        machine.there("lighthouse")
    machine.remote.close()
