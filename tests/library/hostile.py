"""Makes a folder of hostile files: what a download that broke off, a joker or an attacker leaves in a LoRA folder.

`make(folder, count)` writes `count` adapter files, each wrong in one way, the ways taken in turn with other random
values each time, and returns what a scan has to say of each. The benchmark uses it too.
"""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.library.build import raw_safetensors, safetensors

UNREADABLE = "unreadable"
USABLE = "ok"  # the adapter can be used, its sidecar cannot


class Hostile(NamedTuple):
    """One file, and what has to come of it."""

    path: Path
    way: str
    status: str


Writer = Callable[[Path, random.Random], object]
TENSOR = {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}


def _header(value: object, data: int = 4) -> bytes:
    return raw_safetensors(json.dumps(value).encode(), bytes(data))


def _bytes(make: Callable[[random.Random], bytes]) -> Writer:
    return lambda path, rng: path.write_bytes(make(rng))


def _claimed(length: Callable[[random.Random], int]) -> Writer:
    return _bytes(lambda rng: struct.pack("<Q", length(rng)) + b'{"a":' + rng.randbytes(rng.randrange(200)))


def _cut(path: Path, rng: random.Random) -> None:
    safetensors(path, {"ss_output_name": "cut"}, {"a": (64, 8), "b": (8, 64)})
    os.truncate(path, rng.randrange(9, path.stat().st_size - 1))


def _sparse_header(path: Path, rng: random.Random) -> None:
    length = 2**25 + rng.randrange(2**20)
    path.write_bytes(struct.pack("<Q", length) + b'{"a":')
    os.truncate(path, length + 8)


def _folder(path: Path, rng: random.Random) -> None:
    path.mkdir()
    (path / "readme.md").write_text("a folder")


def _dangling(path: Path, rng: random.Random) -> None:
    path.symlink_to(path.with_name(f"gone-{rng.random()}.safetensors"))


def _pipe(path: Path, rng: random.Random) -> None:
    os.mkfifo(path)


def _deep(rng: random.Random) -> bytes:
    depth = rng.randrange(5_000, 100_000)
    return b'{"a":' * depth if rng.random() < 0.5 else b'{"a":' + b"[" * depth + b"]" * depth + b"}"


_NO_LENGTHS: tuple[object, ...] = (-1, 1.5, "2", None, [], {}, True, 2**70)

FILES: dict[str, Writer] = {
    "empty": _bytes(lambda rng: b""),
    "shorter than a length": _bytes(lambda rng: rng.randbytes(rng.randrange(1, 8))),
    "random bytes": _bytes(lambda rng: rng.randbytes(rng.randrange(8, 5000))),
    "a web page": _bytes(lambda rng: b"<!DOCTYPE html><html><body>404 Not Found " + b"x" * rng.randrange(999)),
    "a pickle": _bytes(lambda rng: b"\x80\x02cos\nsystem\nq\x00X\x04\x00\x00\x00true\x85R." + rng.randbytes(99)),
    "cut off": _cut,
    "claims exabytes": _claimed(lambda rng: 2**64 - 1 - rng.randrange(2**40)),
    "claims more than there is": _claimed(lambda rng: rng.randrange(1_000, 2**20)),
    "a header of 32 MiB": _sparse_header,
    "a header of no length": _bytes(lambda rng: struct.pack("<Q", rng.randrange(2)) + b"{}"),
    "broken JSON": _bytes(lambda rng: raw_safetensors(b'{"a": {"dtype": ' + rng.choice((b"}", b"nul", b"'x'", b"\\")))),
    "deep JSON": _bytes(lambda rng: raw_safetensors(_deep(rng))),
    "a bomb of lists": _bytes(lambda rng: raw_safetensors(b'{"a":[' + b"[]," * (2**20 + rng.randrange(99)) + b"0]}")),
    "a bomb of digits": _bytes(lambda rng: raw_safetensors(b'{"a":' + b"9" * rng.randrange(10**5, 10**6) + b"}")),
    "not UTF-8": _bytes(
        lambda rng: raw_safetensors(b'{"__metadata__":{"a":"\xff\xfe' + b"\xc3" * rng.randrange(9) + b'"}}')
    ),
    "no object": _bytes(lambda rng: raw_safetensors(rng.choice((b"[1]", b'"x"', b"12345", b"null", b"true")))),
    "metadata of a wrong type": _bytes(
        lambda rng: _header({"__metadata__": rng.choice((1, "x", [], [{}], True)), "a": TENSOR})
    ),
    "metadata with wrong values": _bytes(
        lambda rng: _header({"__metadata__": {"a": rng.choice((1, None, [], {}))}, "a": TENSOR})
    ),
    "a tensor of a wrong type": _bytes(
        lambda rng: _header({"a": rng.choice((1, None, "x", [], {}, {"dtype": "F16"}))})
    ),
    "a shape of wrong types": _bytes(lambda rng: _header({"a": {**TENSOR, "shape": [rng.choice(_NO_LENGTHS)]}})),
    "offsets of wrong types": _bytes(
        lambda rng: _header({"a": {**TENSOR, "data_offsets": [0, rng.choice(_NO_LENGTHS)]}})
    ),
    "offsets beyond the file": _bytes(
        lambda rng: _header({"a": {"dtype": "F16", "shape": [1], "data_offsets": [0, rng.randrange(5, 2**40)]}})
    ),
    "a shape that does not fit": _bytes(lambda rng: _header({"a": {**TENSOR, "shape": [rng.randrange(3, 10**9)]}})),
    "tensors that overlap": _bytes(lambda rng: _header({"a": TENSOR, "b": TENSOR})),
    "a gap between tensors": _bytes(lambda rng: _header({"a": TENSOR, "b": {**TENSOR, "data_offsets": [8, 12]}}, 12)),
    "data that no tensor owns": _bytes(lambda rng: _header({"a": TENSOR}, rng.randrange(5, 500))),
    "a folder": _folder,
    "a link to nothing": _dangling,
    **({"a pipe": _pipe} if hasattr(os, "mkfifo") else {}),
}


def _sparse(path: Path, rng: random.Random) -> None:
    path.write_bytes(b'{"description": "')
    os.truncate(path, 2**23 + rng.randrange(1, 2**33))


def _text(make: Callable[[random.Random], object]) -> Writer:
    return lambda path, rng: path.write_text(json.dumps(make(rng)), "utf-8")


_WRONG: tuple[object, ...] = ({"a": [1]}, True, [{"x": None}], -1)

#: Suffix of the sidecar and what it holds.
SIDECARS: dict[str, tuple[str, Writer]] = {
    "a huge S.json": (".json", _sparse),
    "a huge S.civitai.info": (".civitai.info", _sparse),
    "a huge S.txt": (".txt", _sparse),
    "a huge S.html": (".html", _sparse),
    "broken S.metadata.json": (
        ".metadata.json",
        _bytes(lambda rng: b'{"model_name": "x", "tags": [' + rng.randbytes(9)),
    ),
    "deep S.civitai.info": (".civitai.info", _bytes(_deep)),
    "deep S.json": (".json", _bytes(lambda rng: b"[" * rng.randrange(2_000, 10**6))),
    "a bomb in S.api_info.json": (".api_info.json", _bytes(lambda rng: b'{"a":[' + b"{}," * 2**20 + b"0]}")),
    "digits in S.cm-info.json": (".cm-info.json", _bytes(lambda rng: b'{"ModelId":' + b"7" * 10**6 + b"}")),
    "S.json not UTF-8": (".json", _bytes(lambda rng: b'{"description": "caf\xe9 \xff", "notes": "\x80"}')),
    "S.txt not UTF-8": (".txt", _bytes(lambda rng: b"a drawing of a fox \xff\xfe\x80 in the snow")),
    "S.json is no object": (".json", _text(lambda rng: rng.choice(([], [1, 2], "x", 5, True)))),
    "S.json of wrong types": (
        ".json",
        _text(lambda rng: dict.fromkeys(("description", "activation text", "sd version", "notes"), rng.choice(_WRONG))),
    ),
    "S.civitai.info of wrong types": (
        ".civitai.info",
        _text(lambda rng: {"model": [1], "trainedWords": {"a": 1}, "images": "x", "files": 3, "id": {}, "name": [[]]}),
    ),
    "S.metadata.json of wrong types": (
        ".metadata.json",
        _text(
            lambda rng: {
                "civitai": 1,
                "tags": {"x": 1},
                "usage_tips": 5,
                "model_name": rng.choice(_WRONG),
                "exclude": 3,
            }
        ),
    ),
}


def _deep_tags(path: Path, rng: random.Random) -> None:
    safetensors(path, {"ss_tag_frequency": '{"10_x":' * rng.randrange(5_000, 50_000), "ss_datasets": "[" * 9})


def make(folder: Path, count: int = 500, seed: int = 0) -> list[Hostile]:
    """Writes `count` hostile adapters into `folder` and says what each has to become."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    ways = [*FILES, *SIDECARS, "deep tags in the header"]
    out: list[Hostile] = []
    for number in range(count):
        way = ways[number % len(ways)]
        path = folder / f"{number:03d} {way}.safetensors"
        if way in FILES:
            FILES[way](path, rng)
        elif way in SIDECARS:
            safetensors(path, {"ss_output_name": "victim"})
            suffix, write = SIDECARS[way]
            write(folder / f"{path.stem}{suffix}", rng)
        else:
            _deep_tags(path, rng)
        out.append(Hostile(path, way, UNREADABLE if way in FILES else USABLE))
    return out


class Outcome(NamedTuple):
    """What a scan in a process of its own came to."""

    seconds: float
    grown: float  # MB of memory at the peak, over what the process had before
    added: int
    unreadable: int
    named: list[str]  # paths that are told as problems


_SCAN = """
import json, re, resource, sys
from pathlib import Path
from stylus_core.library import Library
from stylus_core.refiner import MetadataRefiner

def peak():
    status = Path("/proc/self/status")  # ru_maxrss starts with the parent's peak on Linux
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = peak()
with Library(Path(sys.argv[1]), MetadataRefiner()) as library:
    report = library.scan([sys.argv[2]])
    grown = peak() - before
    print(json.dumps([report.seconds, grown, report.added, report.unreadable, [p.path for p in library.problems()]]))
"""


def scan_apart(database: Path, folder: Path) -> Outcome:
    """Scans `folder` in a process of its own, so that its memory can be told."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", _SCAN, str(database), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=root)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Outcome(*json.loads(done.stdout))
