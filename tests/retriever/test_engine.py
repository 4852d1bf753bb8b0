"""What goes to a search engine and comes back: addresses, rows, statistics. No engine is needed."""

from __future__ import annotations

import base64
import io
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.errors import EngineError, OptionError
from stylus_core.retriever.documents import document
from stylus_core.retriever.engine.address import parse_address
from stylus_core.retriever.engine.index_statistics import statistics
from stylus_core.retriever.engine.milvus import Milvus
from stylus_core.retriever.engine.pool_query import PoolQuery
from stylus_core.retriever.engine.published_statistics import PublishedStatistics
from stylus_core.retriever.engine.row_packing import digest, dimension_of, pack, pack_example, unpack, unpack_example
from stylus_core.retriever.engine.row_segment import row_segment
from stylus_core.retriever.engine.sync_state import SyncState, key_of
from stylus_core.retriever.index import Index
from stylus_core.retriever.library_statistics import LibraryStatistics, TermStatistics
from stylus_core.retriever.live_segment import LiveSegment
from stylus_core.retriever.pool import Pool
from stylus_core.retriever.signals import Signals
from stylus_core.retriever.tokenizer import tokens
from stylus_core.types import Example
from tests.retriever.invented_adapters import adapter


@pytest.mark.parametrize(
    "text, uri, collection, library",
    [
        ("milvus://db.example:1953/loras", "http://db.example:1953", "loras", ""),
        ("milvus://db.example", "http://db.example:19530", "stylus", ""),
        ("milvus://[::1]:1953/loras?tls=1&library=team", "https://[::1]:1953", "loras", "team"),
        ("milvus:///srv/stylus.db", "/srv/stylus.db", "stylus", ""),
        ("milvus:///srv/my%20own.db?collection=mine", "/srv/my own.db", "mine", ""),
    ],
)
def test_addresses(text: str, uri: str, collection: str, library: str):
    found = parse_address(text)
    assert (found.uri, found.collection, found.library) == (uri, collection, library)
    assert found.is_file == uri.startswith("/")


@pytest.mark.parametrize(
    "text, said",
    [
        ("http://db.example", "milvus://"),
        ("milvus://db.example:port/x", "port"),
        ("milvus:///srv/stylus", ".db"),
        ("milvus://db.example/a-b", "underscores"),
        ("milvus://db.example/x?speed=1", "'speed'"),
        ("milvus://db.example/x?library=a%22b", "dots and dashes"),
    ],
)
def test_wrong_addresses_say_what_is_right(text: str, said: str):
    with pytest.raises(OptionError, match="the index") as error:
        parse_address(text)
    assert said in str(error.value)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(OptionError, match="STYLUS_MILVUS_TOKEN") as error:
        parse_address("milvus://root:secret@db.example/loras")
    assert "secret" not in str(error.value)


def test_a_document_comes_back_as_it_went():
    rng = np.random.default_rng(1)
    doc = document(adapter(3, "kimono", description="a silk kimono, a kimono of silk", downloads=12))
    vectors = {v: rng.normal(size=16).astype(np.float32) for v in ("title", "description")}
    found = unpack(pack(doc, vectors))
    assert found.downloads == 12
    assert found.lengths == (len(doc.everything), len(doc.about))
    assert int(found.everything.sum()) == len(doc.everything)
    assert int(found.about.sum()) == len(doc.about)
    assert [len(u) for _, u in doc.units] == found.unit_sizes.tolist()
    for codes, scale, vector in zip(found.codes, found.scales, vectors.values(), strict=True):
        np.testing.assert_allclose(codes * scale, vector, atol=float(scale) / 2 + 1e-6)
    assert unpack(pack(doc, {})).codes.shape == (2, 0)


def test_a_very_long_document_fits_a_row():
    words = " ".join(f"word{i}" for i in range(9000))
    huge = adapter(1, "kimono")
    object.__setattr__(huge.metadata, "examples", tuple(Example(words) for _ in range(8)))
    object.__setattr__(huge.metadata, "trigger_words", tuple(f"{words[i * 90 : i * 90 + 190]}" for i in range(64)))
    doc = document(huge)
    vectors = {v: np.ones(1024, np.float32) for v in ("title", "description")}
    assert len(pack(doc, vectors)) < 65_535
    assert len(pack_example(doc.examples[0], range(300))) < 65_535


@given(st.binary(max_size=400))
def test_rows_of_others_are_read_or_refused(data: bytes):
    for text in (base64.b64encode(data).decode(), data.decode("latin-1")):
        for read in (unpack, unpack_example):
            try:
                read(text)
            except ValueError as e:
                assert str(e)


def test_a_row_that_was_cut_or_changed_is_refused():
    text = pack(document(adapter(3, "kimono")), {})
    whole = base64.b64decode(text)
    for cut in (0, 5, 30, len(whole) // 2):
        with pytest.raises(ValueError, match="row"):
            unpack(base64.b64encode(whole[:cut]).decode())


@pytest.mark.parametrize("name", ["", "a\nb", 'x" or library != "', "é", "-x", "y" * 65, "a?b"])
def test_a_name_that_nobody_writes_is_refused(name: str):
    text = pack(document(adapter(3, "kimono")), {})
    data = bytearray(base64.b64decode(text))
    head = data.index(b"sdxl")
    said = name.encode("utf-8")
    assert (data[0], data[1]) == (len("sdxl"), len("concept"))
    changed = bytes([len(said), *data[1:head], *said, *data[head + data[0] :]])
    with pytest.raises(ValueError, match="row"):
        unpack(base64.b64encode(changed).decode())


def test_names_of_any_kind_are_packed_and_come_back():
    doc = document(adapter(3, "kimono"))
    for architecture, kind, guessed, read in (
        ("flux2-klein-9b", "style", False, ("flux2-klein-9b", "style")),
        ("Wan 2.2", "weather", True, ("Wan 2.2", "weather?")),
        ('a "name"', "style", True, ("other", "style?")),
        ("z" * 90, "style", False, ("other", "style")),
    ):
        found = unpack(pack(replace(doc, architecture=architecture, kind=kind, guessed=guessed), {}))
        assert (found.architecture, found.kind) == read


def test_a_digest_follows_all_that_is_stored():
    plain = adapter(3, "kimono")
    assert digest(document(plain)) == digest(document(adapter(3, "kimono")))
    assert digest(document(adapter(3, "kimono", description="silk"))) != digest(document(plain))
    assert digest(document(adapter(3, "kimono", downloads=5))) != digest(document(plain))


def test_statistics_come_back_and_what_is_none_is_refused(tmp_path):
    index = Index(tmp_path / "index")
    index.update([adapter(n, "kimono" if n % 2 else "corgi") for n in range(1, 30)], (), 1)
    keys = {n: f"{n:032x}" for n in range(1, 30)}
    made = statistics(index, keys, [])
    found = PublishedStatistics.from_bytes(made.to_bytes())
    for f in fields(PublishedStatistics):
        if f.name != "terms":
            np.testing.assert_array_equal(getattr(found, f.name), getattr(made, f.name))
    about = found.terms["about"]
    assert about.living == 29
    words = np.array(sorted(map(dimension_of, tokens("kimono corgi nowhere"))), np.uint64)
    assert sorted(about.frequencies(words).tolist()) == [0, 14, 15]
    assert (found.group_architectures.tolist(), found.group_kinds.tolist()) == (["sd1", "sdxl"], ["concept", "concept"])
    for wrong in (
        {"group_kinds": found.group_kinds[:1]},
        {"group_architectures": np.array(['sd1"', "sdxl"])},
        {"group_architectures": np.array([1, 2])},
        {"popular_group": found.popular_group + 9},
        {"sample_group": np.array([-1], np.int16)},
        {"groups": found.groups[:, :3]},
        {"groups": found.groups[0]},
        {"prior": found.prior[1:]},
    ):
        with pytest.raises(ValueError, match="not whole"):
            PublishedStatistics.from_bytes(replace(found, **wrong).to_bytes())
    for data in (b"", b"PK", made.to_bytes()[:200]):
        with pytest.raises(ValueError, match=r"not whole|File is not|magic|pickle|header"):
            PublishedStatistics.from_bytes(data)


def test_keys_are_those_of_any_machine(tmp_path):
    here, there = tmp_path / "a", tmp_path / "mnt" / "b"
    file = "people/x.safetensors"
    assert key_of("team", [here], str(here / file)) == key_of("team", [there], str(there / file))
    assert key_of("team", [here], str(here / file)) != key_of("other", [here], str(here / file))
    assert key_of("team", [here, there], str(there / file)) != key_of("team", [there], str(there / file))


def test_a_key_has_a_tombstone_only_when_no_adapter_has_it(tmp_path):
    sync = SyncState(tmp_path / "m.sqlite")
    sync.put({1: "a", 2: "b"})
    sync.put({1: "b", 2: "a"})  # two files that changed names
    assert sync.tombstones() == []
    sync.put({1: "c"})
    assert sync.tombstones() == ["b"]
    sync.drop([2])
    assert sorted(sync.tombstones()) == ["a", "b"]
    sync.clear_tombstones(["a", "b"])
    assert sync.tombstones() == []
    assert sync.keys() == {1: "c"}
    sync.close()


@pytest.mark.parametrize("harm", ["garbage", "half", "key", "note"])
def test_a_damaged_sync_state_is_made_anew(tmp_path, harm):
    """It is a note of what the engine has: without it all is compared again, and a wrong one would hide adapters."""
    path = tmp_path / "m.sqlite"
    sync = SyncState(path)
    sync.put({n: f"{n:032x}" for n in range(1, 301)})
    sync.note(revision=1234567)
    sync.close()
    data = path.read_bytes()
    key = f"{77:032x}".encode()
    changed = {
        "garbage": b"nonsense" * 5000,
        "half": data[: len(data) // 2],
        "key": data.replace(key, b"f" + key[1:], 1),
        "note": data.replace(b"1234567", b"1234967"),
    }[harm]
    assert changed != data
    path.write_bytes(changed)
    sync = SyncState(path)
    assert sync.number("revision", -1) == -1
    assert harm == "note" or (sync.keys() == {} and (tmp_path / "m.sqlite.broken-1").exists())
    sync.put({1: "a"})
    assert sync.keys()[1] == "a"
    sync.close()


def test_statistics_that_were_damaged_are_told_by_one_error():
    buffer = io.BytesIO()
    np.savez_compressed(buffer, keys=np.arange(5000), groups=np.ones((40, 2)))
    data = buffer.getvalue()
    for at in range(0, len(data), 97):
        for changed in (data[:at], data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]):
            with pytest.raises(ValueError, match="not whole"):
                PublishedStatistics.from_bytes(changed)


def test_rows_of_any_key_are_told_apart(tmp_path):
    sync = SyncState(tmp_path / "m.sqlite")
    sync.put({n: f"{n:032x}" for n in range(1, 7)})
    known = [f"{n:032x}" for n in range(1, 9)]
    strange = ["", "é" * 40, "\ud800", known[0] + "x", 'a" or key != "']
    for inside in ([1, 2], [1, 2, 3, 4, 5], [], [1, 2, 3, 4, 5, 6]):
        pool = Pool(np.array(inside, np.int64), np.array([n for n in range(1, 7) if n not in inside], np.int64))
        reach = PoolQuery(pool, sync)
        kept = reach.kept_keys([*known, *strange])
        assert set(known[:6]) & set(kept) == {known[n - 1] for n in inside}
        assert set(reach.few) == {known[n - 1] for n in inside}
    assert PoolQuery(None, sync).kept_keys([*known, *strange]) == [*known, *strange]
    sync.close()


def test_without_pymilvus_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymilvus", None)
    with pytest.raises(EngineError, match=r"pip install pymilvus"):
        Milvus(parse_address("milvus://db.example/loras"), "model", 4)


def test_the_names_of_a_row_count_in_whatever_order_they_come():
    """Rows come from other machines, and a segment has the names of one type side by side."""
    doc = document(adapter(3, "kimono", description="a silk kimono"))
    assert len({kind for kind, _ in doc.units}) == 3
    turned = replace(doc, units=tuple(reversed(doc.units)))
    every = np.arange(40, dtype=np.uint64)
    terms = {"everything": every, "about": every, "examples": every}
    known = {f: TermStatistics(t, np.ones(40, np.int32), 40, 10.0, dimension_of) for f, t in terms.items()}
    for text in ("kimono3 kimono concept", "number 3 kimono"):
        found = []
        for one in (doc, turned):
            live = LiveSegment(row_segment({"a": 7}, {"a": unpack(pack(one, {}))}, [], {}))
            found.append(Signals([live], LibraryStatistics(known, np.zeros(1, np.int64))).named(tokens(text)))
        assert found[0].keys() == found[1].keys() == {"trigger", "name", "tag"}
        for name, values in found[0].items():
            assert values.tolist() == found[1][name].tolist() and values.tolist() != [0.0]
