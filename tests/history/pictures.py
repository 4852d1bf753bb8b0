"""Records of pictures as reading gives them, and pictures as AUTOMATIC1111 writes them, without a host."""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

from stylus_core.generation_data import AdapterUse, GenerationData
from stylus_core.history.records import PictureRecord

DAY = 86_400.0
LONG_AGO = 1_700_000_000.0  # seconds since 1970


def record(
    path: Path | str, prompt: str = "", *uses: AdapterUse, at: float | None = LONG_AGO, problem: str = "", size: int = 9
) -> PictureRecord:
    """What reading a picture led to; without a prompt and adapters it says nothing."""
    data = GenerationData("webui", prompt, adapters=uses, made_at=at) if prompt or uses else None
    return PictureRecord(str(path), size, int(LONG_AGO * 1e9), data, problem)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path: Path, text: str | None = None, *, age: float = 100.0) -> Path:
    """A PNG of one grey pixel that says `text` as its parameters, written so many seconds ago."""
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))]
    if text is not None:
        parts.append(chunk(b"tEXt", b"parameters\0" + text.encode("latin-1")))
    parts += [chunk(b"IDAT", zlib.compress(b"\0\x80")), chunk(b"IEND", b"")]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(parts))
    aged(path, age)
    return path


def aged(path: Path, seconds: float) -> None:
    """Gives a file a time of change so many seconds ago."""
    at = time.time() - seconds
    os.utime(path, (at, at))


def parameters(prompt: str, adapters: Sequence[str] = ()) -> str:
    """The parameters of AUTOMATIC1111 with a tag for each adapter, "name:weight"."""
    tags = "".join(f" <lora:{adapter}>" for adapter in adapters)
    return f"{prompt}{tags}\nNegative prompt: blurry\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Model: toy"
