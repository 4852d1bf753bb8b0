"""How quickly the texts of a library are embedded: this checkout, an earlier one, and plain sentence-transformers.

`python -m benchmarks.embedding OLD [--adapters 400] [--rounds 3] [--busy 4]`: OLD is a folder with an earlier checkout.
Processes of each take turns on the texts that a checkout makes of every so many-th adapter of the shared corpus
(sentence-transformers on this one's), and on prompts with their parts; once as the machine is, and once with so many
loops beside them that want a core each.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.checkouts import HERE, run
from benchmarks.world import OUT
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords, phrases
from stylus_core.retriever.encoder import find_model
from stylus_study.evaluation.corpus import load_queries
from stylus_study.evaluation.markdown_table import MarkdownTable
from tests.shared import DATA, REASON

HERE_NAME, OLD_NAME, PLAIN = "this checkout", "the earlier one", "sentence-transformers"
SPARING, HOST = "this checkout, a core left alone", "the same in a process that has torch, as a WebUI's"

#: Prints the titles and descriptions that a checkout embeds, of every so many-th adapter.
_TEXTS = """
import json, sys
from pathlib import Path
from stylus_core.retriever.documents import document
from stylus_study.evaluation.corpus import load_adapters
adapters = load_adapters(Path(sys.argv[1]))
documents = [document(a) for a in adapters[:: max(1, len(adapters) // int(sys.argv[2]))]]
print(json.dumps([t for d in documents for t in (d.title, d.description)]))
"""

#: What each process does: reads its texts, gets warm, and prints seconds, processor seconds and the median of a prompt.
_WORK = """
import json, statistics, sys, tempfile, time
from pathlib import Path
side, texts = sys.argv[1:]
texts = json.load(open(texts, encoding="utf-8"))
if side == "host":
    import torch  # as a WebUI has
if side == "plain":
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(texts["model"], device="cpu")
    def many(some): return model.encode(some, normalize_embeddings=True, show_progress_bar=False)
    short = many
else:
    from stylus_core.retriever.encoder import bulk_encoder, open_encoder
    from stylus_core.retriever.vectors import VectorStore
    encoder = open_encoder()
    short = encoder.encode
    def many(some):  # as an index is filled
        try:
            bulk = bulk_encoder(encoder, len(some), spare=int(side in ("spare", "host")))
        except TypeError:  # a checkout from before it left cores alone: without a GPU it is the encoder itself
            bulk = encoder
        store = VectorStore(Path(tempfile.mkdtemp()) / "vectors.sqlite", bulk)
        for first in range(0, len(some), 128):
            store.many(some[first : first + 128])
short(["a corgi", "in the rain"])
took, worked = time.perf_counter(), time.process_time()
many(texts["library"])
took, worked = time.perf_counter() - took, time.process_time() - worked
prompts = []
for prompt in texts["prompts"]:
    clock = time.perf_counter()
    short(prompt)
    prompts.append(time.perf_counter() - clock)
print(json.dumps([took, worked, 1000 * statistics.median(prompts)]))
"""


def texts_of(checkout: Path, adapters: int, prompts: int) -> dict[str, object]:
    """What is embedded: the titles and descriptions of some adapters, and prompts with their parts.

    Args:
        checkout: whose texts of an adapter they are.
        adapters: how many, evenly taken of the corpus.
        prompts: how many of users.

    Returns:
        By name, and the folder of the model.
    """
    if DATA is None:
        raise FileNotFoundError(REASON)
    library = run(checkout, _TEXTS, DATA / "corpus.jsonl.gz", adapters)[-1]
    queries = [q.query for q in load_queries(DATA / "queries_user.jsonl.gz")[:prompts]]
    return {
        "model": str(find_model()),
        "library": json.loads(library),
        "prompts": [[q, *(p for p, _ in phrases(keywords(parse(q))))] for q in queries],
    }


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Processes that each want a core for themselves, for as long as this lasts."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def measured(sides: dict[str, tuple[str, Path]], texts: dict[Path, Path], rounds: int) -> dict[str, list[float]]:
    """Medians of seconds, processor seconds and milliseconds a prompt, by side.

    Args:
        sides: name -> what the process is told, and the checkout that it runs in.
        texts: checkout -> file with what it embeds.
        rounds: in each, all sides have their turn.

    Returns:
        By name.
    """
    found: dict[str, list[list[float]]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (side, checkout) in sides.items():
            found[name].append(json.loads(run(checkout, _WORK, side, texts[checkout])[-1]))
    return {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}


def table(title: str, found: dict[str, list[float]], texts: int) -> MarkdownTable:
    """One table of what was measured.

    Args:
        title: of the table.
        found: by side, as `measured` gives it.
        texts: how many were embedded.

    Returns:
        With the seconds of each side as a share of the earlier checkout's and of sentence-transformers'.
    """
    out = MarkdownTable(
        title, ["", "s", "processor s", "texts a second", "of the earlier", "of sentence-transformers", "a prompt (ms)"]
    )
    for name, (took, worked, prompt) in found.items():
        shares = (f"{took / found[other][0]:.2f}" for other in (OLD_NAME, PLAIN))
        out.add(name, f"{took:.1f}", f"{worked:.1f}", f"{texts / took:.0f}", *shares, f"{prompt:.1f}")
    out.notes.append(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints and keeps two tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedding", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("--adapters", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, default=4)
    chosen = parser.parse_args(arguments)
    old = chosen.old.resolve()
    texts = {checkout: texts_of(checkout, chosen.adapters, 40) for checkout in (old, HERE)}
    number = len(texts[HERE]["library"])  # type: ignore[arg-type]
    sides = {
        OLD_NAME: ("old", old),
        HERE_NAME: ("here", HERE),
        SPARING: ("spare", HERE),
        HOST: ("host", HERE),
        PLAIN: ("plain", HERE),
    }
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, (OUT / "embedding.md").open("w", encoding="utf-8") as kept:
        files = {checkout: Path(folder) / f"{i}.json" for i, checkout in enumerate(texts)}
        for checkout, file in files.items():
            file.write_text(json.dumps(texts[checkout]), encoding="utf-8")
        for loops in (0, chosen.busy):
            with busy(loops):
                found = measured(sides, files, chosen.rounds)
            beside = f"{loops} busy loops beside" if loops else "nothing of ours beside"
            result = table(f"Embedding {number} texts, {beside}: medians of {chosen.rounds} rounds", found, number)
            print(result, end="\n\n", flush=True)
            print(result, end="\n\n", file=kept, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
