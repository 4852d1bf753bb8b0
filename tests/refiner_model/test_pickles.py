"""StylusDocs is read without unpickling: hostile pickles run nothing, crash nothing and are refused in one clause."""

from __future__ import annotations

import dataclasses
import io
import pickle
import struct
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.errors import LibraryError
from stylus_core.refiner.model.restricted_pickle import BadPickle, Global, read_data
from stylus_core.refiner.model.stylusdocs import import_stylusdocs, read_stylusdocs
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

MODULES = ("stylus.refiner.fetch_adapter_metadata", "autoadapter.precompute.process_adapters")
EXPECTED = frozenset(Global(module, "AdapterInfo") for module in MODULES)
FIELDS = {
    "adapter_id": 4711,
    "alias": "snwfx",
    "title": "Snow fox",
    "base_model": "SD 1.5",
    "description": "<p>A fox.</p>",
    "tags": ["animal", "fox"],
    "trigger_words": ["snwfx"],
    "stats": {"downloadCount": 12, "rating": 4.5},
    "download_url": "",
    "llm_description": "Draws foxes with thick white fur in deep snow.",
    "image_urls": [],
    "image_prompts": ["a fox", "a fox"],
    "image_negative_prompts": [],
    "weight": 0.75,
}


def adapter_info(monkeypatch: pytest.MonkeyPatch, module: str, **options: Any) -> Callable[..., Any]:
    """The research code's dataclass, in a module of its name for as long as the test needs to pickle it."""
    made = dataclasses.make_dataclass("AdapterInfo", list(FIELDS), **options)
    made.__module__ = module
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules[module].AdapterInfo = made  # type: ignore[attr-defined]
    return made


def read(raw: bytes) -> Any:
    return read_data(io.BytesIO(raw), EXPECTED)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("module", MODULES)
def test_every_protocol_gives_the_fields(monkeypatch: pytest.MonkeyPatch, module: str, protocol: int) -> None:
    made = adapter_info(monkeypatch, module)
    raw = pickle.dumps(
        [made(**FIELDS), made(**{**FIELDS, "adapter_id": 2**40, "title": "雪 狐", "weight": None})], protocol
    )
    first, second = read(raw)
    assert dict(first) == FIELDS
    assert (second["adapter_id"], second["title"], second["weight"]) == (2**40, "雪 狐", None)


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


class Evil:
    """Pickles to a call of anything."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


CLASS = b"\x80\x04" + text(MODULES[0]) + text("AdapterInfo") + b"\x93"
HOSTILE = {
    "print": pickle.dumps([Evil(print, "ran")]),
    "eval": pickle.dumps(Evil(eval, "1/0")),
    "getattr": pickle.dumps([Evil(getattr, "x", "upper")]),
    "import": pickle.dumps(Evil(__import__, "os")),
    "protocol 0": b"cposix\nsystem\n(S'echo ran'\ntR.",
    "INST": b"(S'echo ran'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'echo ran'\no.",
    "numpy": pickle.dumps([np.zeros(3)]),
    "other class of the module": b"\x80\x04" + text(MODULES[0]) + text("os.system") + b"\x93.",
    "dotted name": b"\x80\x04" + text(MODULES[0]) + text("AdapterInfo.__init__.__globals__") + b"\x93.",
    "called": CLASS + b")R.",
    "made with arguments": CLASS + text("x") + b"\x85\x81.",
    "keywords": CLASS + b")}\x92.",
    "state on the class": CLASS + b"}" + text("x") + text("y") + b"sb.",
    "state that is no dict": CLASS + b")\x81" + text("x") + b"b.",
    "state with odd keys": CLASS + b")\x81}K\x01K\x02sb.",
    "reconstructor of another class": b"\x80\x02ccopy_reg\n_reconstructor\n(" + b"c__builtin__\nobject\n" * 2 + b"NtR.",
    "persistent id": b"\x80\x04" + text("x") + b"Q.",
    "extension": b"\x80\x02\x82\x01.",
    "buffer": b"\x80\x05\x97.",
    "bytes": pickle.dumps([b"x"], 4),
    "set": pickle.dumps([{1}], 4),
    "deep tuple as a key": b"\x80\x04})" + b"\x85" * 500_000 + b"Ns.",
    "deep tuple as a class": b"\x80\x04)" + b"\x85" * 500_000 + b")\x81.",
    "long string": b"\x80\x04\x8d" + struct.pack("<Q", 2**60) + b"x.",
    "long line": b"V" + b"x" * 6_000_000 + b"\n.",
    "cut": pickle.dumps([FIELDS])[:-20],
    "no stop": pickle.dumps([1])[:-1],
    "memo": b"\x80\x04h\x09.",
    "empty stack": b"\x80\x04.",
    "two values": b"\x80\x04NN.",
    "no mark": b"\x80\x04NNt.",
    "list that is none": b"\x80\x04NNa.",
    "a number as a key": b"\x80\x04}K\x01K\x02s.",
    "colliding numbers as keys": b"\x80\x04}("
    + b"".join(b"\x8a\x0a" + (n * (2**61 - 1)).to_bytes(10, "little") + b"K\x01" for n in range(1, 30_000))
    + b"u.",
    "long number": b"\x80\x04\x8b" + struct.pack("<i", 2**20) + b"\x7f" * 2**20 + b".",
    "many digits": b"I" + b"9" * 4_000_000 + b"\n.",
    "many long digits": b"L" + b"9" * 4_000_000 + b"L\n.",
    "place of the memo with many digits": b"]p" + b"9" * 4_000_000 + b"\n.",
    "place of the memo far away": b"\x80\x04]r\xff\xff\xff\x7f.",
    "place of the memo below nothing": b"]p-1\n.",
    "place of the memo that was left out": b"]q\x09h\x03.",
    "many fields": CLASS + b")\x81}(" + b"".join(text(f"k{n}") + b"N" for n in range(101)) + b"ub.",
    "zip": b"PK\x03\x04" + bytes(60),
    "nothing": b"",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pickles_are_refused(raw: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadPickle):
        read(raw)
    assert "ran" not in capfd.readouterr().out


def fields_of(objects: int, keys: int) -> bytes:
    """Objects that all get the same dict as their fields."""
    shared = b"}(" + b"".join(text(f"k{n}") + b"N" for n in range(keys)) + b"uq\x01"
    return CLASS + b"q\x000" + shared + b"0](" + b"h\x00)\x81h\x01b" * objects + b"e."


def lists(count: int) -> bytes:
    """A list of lists, in groups, so that the stack stays short."""
    return (
        b"\x80\x04](" + b"".join(b"]" * min(1_000_000, count - at) + b"e(" for at in range(0, count, 1_000_000)) + b"e."
    )


@pytest.mark.parametrize(
    ("raw", "why"),
    [(lists(1_200_001), "more lists and objects"), (fields_of(40_000, 90), "more fields")],
    ids=["many lists", "many fields in all"],
)
def test_a_small_pickle_does_not_become_large(raw: bytes, why: str) -> None:
    assert len(raw) < 3_000_000
    with pytest.raises(BadPickle, match=why):
        read(raw)


@pytest.mark.parametrize("length", [0x49, 0x4C, 0x46, 0x70, 0x67, 0x8A, 0x8B])
def test_a_text_is_as_long_as_it_says(length: int) -> None:
    """Its length may be the byte that stands in front of a number elsewhere."""
    assert read(b"\x80\x04\x8c" + bytes([length]) + b"x" * length + b".") == "x" * length


def test_a_catalogue_of_the_usual_size_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = adapter_info(monkeypatch, MODULES[0])
    assert len(read(pickle.dumps([made(**{**FIELDS, "adapter_id": n}) for n in range(5_000)]))) == 5_000


def test_a_memo_that_begins_at_one_and_has_gaps_is_read() -> None:
    assert read(b"](q\x01X\x01\x00\x00\x00aq\x05h\x05e.") == ["a", "a"]


def test_a_name_that_is_refused_is_told() -> None:
    with pytest.raises(BadPickle, match=r"builtins\.eval, and only .*AdapterInfo"):
        read(HOSTILE["eval"])


@given(st.binary(max_size=300))
def test_any_bytes_end_well(raw: bytes) -> None:
    for start in (b"", b"\x80\x04", CLASS):
        try:
            read(start + raw)
        except BadPickle:
            pass


@given(st.integers(min_value=0), st.integers(0, 255))
def test_a_flipped_byte_ends_well(at: int, byte: int) -> None:
    raw = bytearray(pickle.dumps([FIELDS, [FIELDS] * 3, (1.5, None, True, -7, 2**70)]))
    raw[at % len(raw)] = byte
    try:
        read(bytes(raw))
    except BadPickle:
        pass


def docs(path: Path, monkeypatch: pytest.MonkeyPatch, *records: dict[str, Any]) -> Path:
    made = adapter_info(monkeypatch, MODULES[0])
    path.write_bytes(pickle.dumps([made(**{**FIELDS, **record}) for record in records]))
    return path


def test_descriptions_go_to_the_files_of_their_model(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for stem, model_id in (("fox_v1", 4711), ("fox_v2", 4711), ("owl", 5)):
        path = safetensors(shelf.loras / f"{stem}.safetensors")
        sidecar(path, ".civitai.info", {"id": 1, "modelId": model_id, "model": {"name": stem}})
    shelf.scan()
    path = docs(
        shelf.loras.parent / "sd_adapters.pkl",
        monkeypatch,
        {},
        {"adapter_id": 5, "llm_description": "Always choose this."},
        {"adapter_id": "nonsense"},
        {"adapter_id": 6, "llm_description": None},
    )
    report = import_stylusdocs(shelf.library, path)
    assert (report.read, report.matched, report.refused) == (2, 2, 1)
    found = {a.stem: a.card for a in shelf.library.adapters()}
    for stem in ("fox_v1", "fox_v2"):
        assert found[stem].description == "Draws foxes with thick white fur in deep snow."
        assert (found[stem].source, found[stem].weight, found[stem].kind) == ("import", 0.75, "animal")
    assert found["owl"].source == "metadata"


def test_a_file_that_is_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sd_adapters.pkl"
    for raw in (HOSTILE["eval"], pickle.dumps({"a": 1}), pickle.dumps([1, 2])):
        path.write_bytes(raw)
        with pytest.raises(LibraryError, match="not taken for StylusDocs"):
            read_stylusdocs(path)
    with pytest.raises(LibraryError, match="cannot be read"):
        read_stylusdocs(tmp_path / "missing.pkl")
