"""200 broken pictures, each made by a rule: none raises anything but what is told, and none takes long."""

from __future__ import annotations

import json
import random
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from stylus_core.generation_data import GenerationDataError, read_generation_data
from tests.generation_data import writers
from tests.generation_data.test_containers import BOTH, INFOTEXT, XMP

_NODES = {str(n): {"class_type": "Any", "inputs": {"text": [str((n + 1) % 5000), 0]}} for n in range(5000)}
_WIDE = {
    str(n): {
        "class_type": "Join",
        "inputs": {"text_a": [str(n + 1), 0], "text_b": [str(n + 2), 0], "delimiter": str(n)},
    }
    for n in range(90)
}
_SAMPLER = {
    "s": {"class_type": "KSampler", "inputs": {"model": ["0", 0], "positive": ["0", 0]}},
    "e": {"class_type": "SaveImage", "inputs": {"images": ["s", 0]}},
}
_END = {"90": {"class_type": "T", "inputs": {"text": "x" * 5000}}, "91": {"class_type": "T", "inputs": {"text": "y"}}}
_BOMB = zlib.compress(b"0" * (64 << 20))
_PACKED = writers.chunk(b"zTXt", b"parameters\0\0" + _BOMB)
_LOOP = struct.pack("<HHII", 0x8769, 4, 1, 8)

SOUND = {
    "png": writers.png(writers.text_chunk("a", "b", "zTXt"), writers.text_chunk("parameters", INFOTEXT, "iTXt+")),
    "jpg": writers.jpeg_exif(writers.comment(b"UNICODE\0" + BOTH)),
    "webp": writers.webp(writers.comment(b"UNICODE\0" + BOTH), XMP),
    "avif": writers.avif(writers.comment(b"UNICODE\0" + BOTH), XMP),
}
MADE = {
    "bomb": writers.png(_PACKED),
    "many bombs": writers.png(*[_PACKED] * 200),
    "bomb in iTXt": writers.png(writers.chunk(b"iTXt", b"prompt\0\1\0\0\0" + _BOMB)),
    "lying chunk": writers.png()[:33] + struct.pack(">I4s", 0xFFFFFFF0, b"tEXt") + b"x" * 50,
    "empty chunks": writers.png(*[writers.chunk(b"tEXt", b"")] * 100_000),
    "EXIF in a circle": writers.jpeg_exif(b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + _LOOP + b"\0" * 4),
    "EXIF of one text many times": writers.webp(
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", 1000)
        + b"".join(struct.pack("<HHII", 0x9286, 7, 1 << 20, 20_000) for _ in range(1000))
        + b"x" * (2 << 20)
    ),
    "EXIF beyond its end": writers.jpeg_exif(b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x9286, 7, 1 << 30, 26)),
    "deep JSON": writers.png_texts({"prompt": '{"a":' * 100_000}),
    "deep list": writers.png_texts({"invokeai_metadata": "[" * 200_000 + "]" * 200_000}),
    "wide JSON": writers.png_texts({"parameters": "{" + ",".join(f'"{n}":[]' for n in range(300_000)) + "}"}),
    "huge number": writers.png_texts({"invokeai_metadata": '{"loras":[{"lora":"a","weight":' + "9" * 50_000 + "}]}"}),
    "graph in a circle": writers.png_texts({"prompt": json.dumps(_NODES | _SAMPLER)}),
    "graph of two ways each": writers.png_texts({"prompt": json.dumps(_WIDE | _END | _SAMPLER)}),
    "100,000 nodes": writers.png_texts(
        {"prompt": "{" + ",".join(f'"{n}":{{"class_type":"A","inputs":{{}}}}' for n in range(100_000)) + "}"}
    ),
    "commas": writers.png_texts({"parameters": "a\nSteps: 1, Lora hashes: " + json.dumps("," * 900_000)}),
    "open quotes": writers.png_texts({"parameters": "a\nSteps: 1, " + 'a: "b, ' * 100_000}),
    "open tags": writers.png_texts({"parameters": "<lora:a" * 100_000 + "\nSteps: 1"}),
    "tags": writers.png_texts({"parameters": "".join(f"<lora:a{n}:1>" for n in range(60_000)) + "\nSteps: 1"}),
    "odd values": writers.png_texts(
        {"prompt": '{"1":{"class_type":7,"inputs":{"lora_name":NaN,"a":[[],{}],"loras":{"__value__":3}}},"2":[1]}'}
    ),
    "odd workflow": writers.png_texts(
        {"workflow": '{"nodes":[{"id":[],"type":"A","inputs":[3,{"name":"a","link":{}}]},7],"links":[[1],{},"x"]}'}
    ),
    "odd fields": writers.png_texts(
        {"parameters": 'a\nSteps: 1, Hashes: [1], Civitai resources: {"a":[]}, Lora hashes: {}, Lora weights: [3]'}
    ),
    "AVIF of pieces": writers.avif(b"II*\0")[:60] + b"\xff" * 4000,
}


def broken() -> Iterator[tuple[str, bytes]]:
    """Truncated at 30 places each, with bits turned over, and made on purpose."""
    dice = random.Random(19)
    for kind, data in SOUND.items():
        for part in range(20):
            yield f"{kind} cut at {part}/20", data[: len(data) * part // 20]
        for number in range(26):
            turned = bytearray(data)
            for _ in range(1 + number % 4):
                turned[dice.randrange(len(turned))] ^= 1 << dice.randrange(8)
            yield f"{kind} turned {number}", bytes(turned)
    yield from MADE.items()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken")


def test_there_are_200() -> None:
    assert len(dict(broken())) >= 200


@pytest.mark.parametrize(("name", "data"), [pytest.param(n, d, id=n) for n, d in broken()])
def test_a_broken_picture_is_told_or_read(folder: Path, name: str, data: bytes) -> None:
    path = folder / "picture"
    path.write_bytes(data)
    try:
        found = read_generation_data(path)
    except GenerationDataError as error:
        assert 5 < len(str(error)) < 80
        found = None
    if found is not None:
        assert len(found.adapters) <= 100
        assert all(abs(a.weight) <= 10 and 0 < len(a.name) <= 300 for a in found.adapters)
        assert not any(
            ord(c) < 32 and c not in "\n\t" for a in (found.prompt, *(u.name for u in found.adapters)) for c in a
        )


@pytest.mark.parametrize("name", ["bomb", "many bombs", "bomb in iTXt", "EXIF of one text many times", "lying chunk"])
def test_what_is_made_to_swell_takes_little_memory(folder: Path, name: str) -> None:
    path = folder / "swelling"
    path.write_bytes(MADE[name])
    tracemalloc.start()
    try:
        with pytest.raises(GenerationDataError):
            read_generation_data(path)
        assert tracemalloc.get_traced_memory()[1] < 30 << 20
    finally:
        tracemalloc.stop()
