"""How long it takes to learn a folder of own pictures, to find that nothing changed, and to take in one more.

`python -m benchmarks.learning [--pictures N]`. Every other picture is AUTOMATIC1111's, the others are ComfyUI's; each
prompt has some three. Their pixels are a hole of a megabyte in the file: it is passed over as pixels are, and takes no
room on the disk. The files were just written, so that the disk itself is hardly measured.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import struct
import sys
import tempfile
import zlib
from pathlib import Path

from benchmarks.measuring import resident, timed
from benchmarks.scan import ScanRow
from stylus_core.history.learner import Learner
from stylus_core.history.store import HistoryStore

PICTURES = 50_000
PIXELS = 1_000_000  # bytes
_DISTINCT = 0.3  # prompts for each picture
_ADAPTERS, _WORDS = 800, 4000
_IN_A_FOLDER = 1000


def pictures(folder: Path, count: int) -> None:
    """Writes so many pictures, in folders of a thousand."""
    rng = random.Random(1)
    known = [_prompt(rng) for _ in range(max(1, round(count * _DISTINCT)))]
    for number in range(count):
        path = folder / f"{number // _IN_A_FOLDER:03}" / f"{number:05}-{rng.randrange(10**9)}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, *(_webui if number % 2 else _comfyui)(*rng.choice(known)))


def _prompt(rng: random.Random) -> tuple[str, dict[str, float]]:
    text = ", ".join(f"word{rng.randrange(_WORDS)} word{rng.randrange(_WORDS)}" for _ in range(15))
    return text, {f"adapter_{rng.randrange(_ADAPTERS)}": rng.choice((0.4, 0.6, 0.8, 1.0)) for _ in range(3)}


def _webui(text: str, adapters: dict[str, float]) -> tuple[bytes, str]:
    tags = "".join(f" <lora:{name}:{weight:g}>" for name, weight in adapters.items())
    hashes = ", ".join(f"{name}: {zlib.crc32(name.encode()):012x}" for name in adapters)
    steps = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x768, Model hash: 0123456789, Model: toy"
    return (
        b"parameters",
        f'{text}{tags}\nNegative prompt: blurry, text\n{steps}, Lora hashes: "{hashes}", Version: v1.10.1',
    )


def _comfyui(text: str, adapters: dict[str, float]) -> tuple[bytes, str]:
    graph = {"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "toy.safetensors"}}}
    last = "1"
    for name, weight in adapters.items():
        inputs = {"lora_name": f"{name}.safetensors", "strength_model": weight, "strength_clip": weight}
        node = {"class_type": "LoraLoader", "inputs": {**inputs, "model": [last, 0], "clip": [last, 1]}}
        last = str(len(graph) + 1)
        graph[last] = node
    for key, words in (("p", text), ("n", "blurry, text")):
        graph[key] = {"class_type": "CLIPTextEncode", "inputs": {"text": words, "clip": [last, 1]}}
    links = {"model": [last, 0], "positive": ["p", 0], "negative": ["n", 0]}
    graph["k"] = {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "cfg": 7.0, **links}}
    graph["v"] = {"class_type": "VAEDecode", "inputs": {"samples": ["k", 0], "vae": ["1", 2]}}
    graph["s"] = {"class_type": "SaveImage", "inputs": {"images": ["v", 0], "filename_prefix": "a"}}
    return b"prompt", json.dumps(graph)


def _write(path: Path, key: bytes, text: str) -> None:
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(_chunk(b"IHDR", struct.pack(">IIBBBBB", 512, 768, 8, 2, 0, 0, 0)))
        file.write(_chunk(b"tEXt", key + b"\0" + text.encode("latin-1", "replace")))
        file.write(struct.pack(">I", PIXELS) + b"IDAT")
        file.seek(PIXELS + 4, 1)  # with their checksum, which nobody looks at
        file.write(_chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def measure(count: int) -> list[ScanRow]:
    """All measurements, in a temporary folder."""
    base = Path(tempfile.mkdtemp(prefix="stylus-bench-"))
    store = HistoryStore(base / "home")
    try:
        folder = base / "pictures"
        pictures(folder, count)
        learner = Learner(store)
        before, memory = resident(), [0.0]
        first = timed(lambda: learner.add(folder, lambda done, total: memory.append(resident())))
        report = learner.learn(folder)
        rescan = timed(lambda: learner.learn(folder), 3)
        known = store.changes()
        whole = timed(store.changes, 3)
        _write(folder / "new.png", *_webui(*_prompt(random.Random(2))))
        noted = timed(lambda: learner.note(folder / "new.png"))
        one = timed(lambda: store.changes(known.revision), 3)
        size = store.path.stat().st_size / 1e6
    finally:
        store.close()
        shutil.rmtree(base)
    return [
        ScanRow(f"first reading of {count} pictures", first, "s", 300 * count / PICTURES),
        ScanRow("pictures that it lost", count - report.pictures, "", 0),
        ScanRow("rescan with nothing changed", rescan, "s", 5.0),
        ScanRow("memory that the first reading takes", max(memory) - before, "MB", 150.0),
        ScanRow(f"load all {len(known.prompts)} prompts", whole, "s", 0.5),
        ScanRow("note one picture that was just made", noted * 1000, "ms", 50.0),
        ScanRow("take in what it changed", one * 1000, "ms", 3.0),
        ScanRow("size of the history", size, "MB", 60.0),
    ]


def main() -> int:
    """Prints a table; the exit code says whether every target was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=PICTURES, metavar="N", help="how many there are")
    rows = measure(parser.parse_args().pictures)
    for row in rows:
        print(f"{row.what:48} {row.value:9.3f} {row.unit:5} (at most {row.target:g}){'' if row.met else ' MISSED'}")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
