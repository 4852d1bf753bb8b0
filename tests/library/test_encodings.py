"""Sidecars in the encodings that editors leave behind are read; where that is a guess, the user is told."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from stylus_core.library.encoding import decode
from tests.library.build import safetensors
from tests.library.conftest import Shelf

ENGLISH = "A brass kettle with steam\nin the shape of a cat"
GERMAN = "Ein Dampfkessel aus Messing, schön und groß"
CHINESE = "一只带有金色花纹的铜水壶，适合冬季的场景"
JAPANESE = "真鍮のやかんのイラストです。冬の場面に使う"
KOREAN = "겨울 장면에 어울리는 놋쇠 주전자"
RUSSIAN = "Латунный чайник для зимних сцен"


def written(folder: Path, suffix: str, raw: bytes) -> Path:
    path = safetensors(folder / "kettle.safetensors")
    (folder / f"kettle{suffix}").write_bytes(raw)
    return path


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, CHINESE, JAPANESE, KOREAN, RUSSIAN])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_mark_tells_the_encoding(text: str, mark: bytes, encoding: str) -> None:
    assert decode(mark + text.encode(encoding)) == (text, "")


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("text", [ENGLISH, GERMAN])
def test_utf_16_without_a_mark_is_told_by_its_zeros(text: str, order: str) -> None:
    assert decode(text.encode(f"utf-16-{order}")) == (text, "")
    record = json.dumps({"description": CHINESE}, ensure_ascii=False)
    assert decode(record.encode(f"utf-16-{order}")) == (record, "")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "cp1252"),
        ("Un chat en verre, créé à l’été", "cp1252"),
        (CHINESE, "gb18030"),
        (JAPANESE, "cp932"),
        (KOREAN, "cp949"),
        (RUSSIAN, "cp1251"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-16-be"),
    ],
)
def test_what_old_windows_wrote_is_read_and_told(text: str, encoding: str) -> None:
    found, note = decode(text.encode(encoding))
    assert found == text and "was read as" in note


@pytest.mark.parametrize(
    "raw", ["schöner Kessel aus Köln".encode()[:-1] + b"\xff", CHINESE.encode()[:-1], b"\xff\xfe\xfd"]
)
def test_broken_utf_8_stays_utf_8(raw: bytes) -> None:
    found, note = decode(raw)
    assert "\ufffd" in found and "not valid" in note


@pytest.mark.parametrize("suffix", [".txt", ".description.txt"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_texts_of_other_editors_are_read(shelf: Shelf, suffix: str, encoding: str) -> None:
    written(shelf.loras, suffix, ENGLISH.encode(encoding))
    found = shelf.one()
    assert found.metadata.description == ENGLISH
    assert "brass kettle with steam" in found.card.description
    assert shelf.library.problems() == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize(
    ("suffix", "key", "field"),
    [
        (".json", "notes", "notes"),
        (".metadata.json", "notes", "notes"),
        (".cm-info.json", "ModelName", "title"),
        (".civitai.info", "name", "version"),
    ],
)
def test_records_of_other_editors_are_read(shelf: Shelf, suffix: str, key: str, field: str, encoding: str) -> None:
    written(shelf.loras, suffix, json.dumps({key: GERMAN, "id": 5}, ensure_ascii=False).encode(encoding))
    assert getattr(shelf.one().metadata, field) == GERMAN
    assert bool(shelf.library.problems()) == (encoding == "cp1252")


@pytest.mark.parametrize("suffix", [".json", ".civitai.info", ".metadata.json", ".cm-info.json", ".txt", ".html"])
@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\0" * 400, "nothing but zero bytes"),
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"description": "cut off', "broken"),
        (b'{"notes": "x",}', "broken"),
        (b"[1, 2]", "no JSON object"),
        (b'"a text"', "no JSON object"),
        (b"null", "no JSON object"),
        (b"\xff\xfe{\0", "broken"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8" * 3, "not valid UTF-16"),
    ],
)
def test_a_broken_file_is_told_and_stops_nothing(shelf: Shelf, suffix: str, raw: bytes, reason: str) -> None:
    written(shelf.loras, suffix, raw)
    found = shelf.one()
    assert (found.status, found.title) == ("ok", "kettle")
    if suffix not in (".txt", ".html"):  # any text is one
        assert reason in " ".join(shelf.reasons().values())


@pytest.mark.parametrize(
    ("suffix", "record"),
    [
        (".json", {"description": ["x"], "notes": {}, "preferred weight": [1], "modelId": {}, "sha256": 5}),
        (".civitai.info", {"id": [], "name": {}, "trainedWords": "x", "files": {}, "images": 3, "model": "m"}),
        (".metadata.json", {"model_name": 5, "tags": "x", "civitai": [], "usage_tips": 3, "exclude": "yes"}),
        (".cm-info.json", {"ModelName": [], "Tags": {}, "UserTitle": {}, "Hashes": [], "ModelId": "x"}),
        (".safetensors.rgthree-info.json", {"userNote": [], "trainedWords": {}, "raw": "x", "strengthMin": []}),
        (".swarm.json", {"modelspec.title": 5, "modelspec.description": [], "modelspec.tags": {}}),
        (".api_info.json", {"modelVersions": [3, None, {"images": "x", "files": [1], "trainedWords": {}}], "tags": 1}),
    ],
)
def test_a_field_of_the_wrong_type_is_told_and_the_rest_is_read(
    shelf: Shelf, suffix: str, record: dict[str, object]
) -> None:
    written(shelf.loras, suffix, json.dumps(record).encode())
    found = shelf.one()
    assert (found.status, found.metadata.excluded) == ("ok", False)
    assert "wrong type" in " ".join(shelf.reasons().values())


@pytest.mark.parametrize("keys", [".json", ".civitai.info", ".metadata.json", ".cm-info.json", ".api_info.json"])
def test_a_record_full_of_nulls_says_nothing(shelf: Shelf, keys: str) -> None:
    names = """description notes id modelId name trainedWords baseModel model files images civitai tags model_name
    base_model sha256 usage_tips exclude preview_nsfw_level ModelName ModelDescription Hashes VersionId UserTitle Nsfw
    modelVersions extensions""".split()
    written(shelf.loras, keys, json.dumps(dict.fromkeys(names)).encode())
    found = shelf.one()
    assert (found.status, found.title, found.metadata.own_words, found.metadata.nsfw) == ("ok", "kettle", "", None)
    assert shelf.library.problems() == []
