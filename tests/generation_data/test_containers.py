"""Where the texts stand, in each container."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stylus_core.generation_data import GenerationData, GenerationDataError, read_generation_data
from tests.generation_data import writers

INFOTEXT = (
    "a lake at dusk, l'été <lora:ink:0.7>\nNegative prompt: blurry, 悪い\nSteps: 20, Sampler: Euler a, Seed: 4,"
    ' Model hash: 0123456789, Model: moor_v1, Lora hashes: "ink: 0123456789ab", Version: v1.10.1'
)
XMP = (
    '<x:xmpmeta><rdf:Description><exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">'
    + INFOTEXT.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "&#10;")
    + "</rdf:li></rdf:Alt></exif:UserComment></rdf:Description></x:xmpmeta>"
)
BEHIND = (writers.text_chunk("parameters", INFOTEXT, "iTXt"),)
BOTH = INFOTEXT.encode("utf-16-be")
LITTLE = INFOTEXT.encode("utf-16-le")


def read(folder: Path, data: bytes, name: str = "picture.bin") -> GenerationData | None:
    path = folder / name
    path.write_bytes(data)
    return read_generation_data(path)


@pytest.mark.parametrize(
    "data",
    [
        *(
            pytest.param(writers.png_texts({"parameters": INFOTEXT}, how), id=how)
            for how in ("tEXt", "zTXt", "iTXt", "iTXt+")
        ),
        pytest.param(writers.png(behind=BEHIND, pixels=200_000, parts=3), id="behind the pixels"),
        pytest.param(writers.png(writers.chunk(b"eXIf", writers.comment(b"UNICODE\0" + LITTLE))), id="eXIf"),
        pytest.param(writers.jpeg_exif(writers.comment(b"UNICODE\0" + BOTH, "<")), id="big in little, as piexif"),
        pytest.param(writers.jpeg_exif(writers.comment(b"UNICODE\0" + BOTH, ">")), id="big"),
        pytest.param(writers.jpeg_exif(writers.comment(b"UNICODE\0" + LITTLE, "<")), id="little"),
        pytest.param(writers.jpeg_exif(writers.comment(b"UNICODE\0" + LITTLE, ">")), id="little in big"),
        pytest.param(writers.jpeg_exif(writers.comment(b"UNICODE\0\xff\xfe" + LITTLE)), id="byte order mark"),
        pytest.param(writers.jpeg_exif(writers.comment(b"UNICODE\0" + INFOTEXT.encode())), id="UTF-8 called UNICODE"),
        pytest.param(writers.jpeg_exif(writers.comment(b"ASCII\0\0\0" + INFOTEXT.encode())), id="ASCII"),
        pytest.param(writers.jpeg_exif(writers.comment(b"\0" * 8 + INFOTEXT.encode())), id="undefined"),
        pytest.param(writers.jpeg_exif(writers.comment(b"JIS\0\0\0\0\0" + INFOTEXT.encode())), id="JIS"),
        pytest.param(writers.jpeg_exif(writers.comment(INFOTEXT.encode())), id="no mark"),
        pytest.param(writers.jpeg_exif(writers.exif({0x9286: INFOTEXT.encode() + b"\0"})), id="outer directory"),
        pytest.param(writers.jpeg_exif(writers.exif({0x010E: INFOTEXT.encode() + b"\0"})), id="ImageDescription"),
        pytest.param(writers.jpeg_exif(writers.exif({0x9C9C: LITTLE + b"\0\0"})), id="XPComment"),
        pytest.param(writers.jpeg((0xFE, INFOTEXT.encode())), id="COM"),
        pytest.param(writers.jpeg_xmp(XMP), id="JPEG XMP"),
        pytest.param(writers.webp(writers.comment(b"UNICODE\0" + BOTH)), id="WebP"),
        pytest.param(writers.webp(b"Exif\0\0" + writers.comment(b"UNICODE\0" + BOTH)), id="WebP with a mark"),
        pytest.param(writers.webp(packet=XMP), id="WebP XMP"),
        pytest.param(writers.avif(writers.comment(b"UNICODE\0" + BOTH)), id="AVIF"),
        pytest.param(writers.avif(b"", XMP), id="AVIF XMP"),
    ],
)
def test_the_text_is_found(tmp_path: Path, data: bytes) -> None:
    found = read(tmp_path, data)
    assert found is not None
    assert found.prompt == "a lake at dusk, l'été <lora:ink:0.7>"
    assert found.negative_prompt == "blurry, 悪い"
    assert [(a.name, a.weight, a.hash) for a in found.adapters] == [("ink", 0.7, "0123456789ab")]
    assert found.checkpoint == "moor_v1"


@pytest.mark.parametrize("data", [writers.png(), writers.jpeg(), writers.webp(), writers.avif(packet="<x/>")])
def test_a_sound_picture_without_a_word(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) is None


def test_the_text_beside_counts_where_the_picture_is_silent(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(INFOTEXT + "\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("a caption of a training picture", encoding="utf-8")
    found = read(tmp_path, writers.png(), "a.png")
    assert found is not None
    assert found.adapters[0].hash == "0123456789ab"
    assert read(tmp_path, writers.png(), "b.png") is None
    own = read(tmp_path, writers.png_texts({"parameters": "a mill\nSteps: 3, Seed: 1, Size: 8x8"}), "a.png")
    assert own is not None
    assert own.prompt == "a mill"


def test_what_is_cut_off_behind_its_text_still_speaks(tmp_path: Path) -> None:
    found = read(tmp_path, writers.png(*BEHIND, pixels=1000)[:-500])
    assert found is not None


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"no picture at all, only words"])
def test_what_is_no_picture_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(GenerationDataError, match="it is no PNG"):
        read(tmp_path, data)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(OSError, match="no regular file"):
        read_generation_data(tmp_path / "pipe.png")
