"""Prompt injections against a model that obeys everything, in every place where a stranger writes.

Every form of an injection is put into every place of an adapter's files in which a stranger writes, and a scripted
model on the loopback does what it says: through the language model as composer, through a reranker, and through the
refiner whose descriptions the local composer then reads. What is counted are picks of such an adapter, and words in the
prompt, that the same library without the injection does not get: none is wanted.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from benchmarks.attack.injection_forms import FORMS, MARK, PROMPTS
from benchmarks.attack.tally import Tally
from samples.make_samples import build
from stylus_core import Stylus
from stylus_core.composer.settings import ComposerSettings
from stylus_core.llm.endpoint import Endpoint
from stylus_core.refiner.model.refine_plan import RefineSettings as Refining
from stylus_core.refiner.model.refine_run import refine_library
from tests.library.build import safetensors, sidecar
from tests.llm.fault_server import FaultServer, answers, raw

WANTED = 60
#: Where a stranger writes: what of an adapter's files it changes.
PLACES = (
    "title", "description", "version notes", "tags", "trigger words", "file name", "header", "sidecar",
    "example prompts",
)  # fmt: skip
#: Adapters that the prompts really want, each with a code as its trigger word; injections come into their files too.
ASKED_FOR = ("Violin", "Steam locomotive", "Lighthouse", "Papercut style", "Red dress", "Corgi")
_OPTIONS = {"restraint": "generous", "max_adapters": 10}
_WORD = re.compile(r"[^\W_]+")
#: What an adapter is called is no stranger's word in its list.
_OWN = frozenset(word for title in ASKED_FOR for word in title.lower().split())


def run(encoder: str = "none") -> Tally:
    """All injections against all prompts.

    Args:
        encoder: "none" or "auto", as for a library.
    """
    tally = Tally("injections", WANTED)
    selections = obeyed = 0
    with tempfile.TemporaryDirectory() as folder, FaultServer([_judges]) as server:
        server.other = _reranks
        honest = _Attack(Path(folder) / "honest", "", server, encoder)
        for place in PLACES:
            attack = _Attack(Path(folder) / place.replace(" ", "-"), place, server, encoder)
            tally.tried += len(FORMS)
            obeyed += attack.obeyed
            for key, (picks, words) in attack.selected.items():
                allowed, said = honest.selected[key]
                selections += 1
                for name in sorted(picks - allowed):
                    tally.fail("hostile", f"{name} is picked: {place}, {key[0]}, for {key[1]!r}")
                for word in sorted(words - said):
                    tally.fail("hostile", f"{word!r} is written: {place}, {key[0]}, for {key[1]!r}")
    tally.notes.append(f"{len(FORMS)} forms in {len(PLACES)} places, {selections} selections")
    tally.notes.append(f"{obeyed} descriptions were written as a stranger's text told the model")
    return tally


class _Attack:
    """One library with every form in one place, and what all composers make of it for all prompts.

    Attributes:
        selected: (composer, prompt) -> names of hostile adapters that are picked, words that come with all picks.
        obeyed: adapters of which the refiner's model wrote what it was told.
    """

    def __init__(self, folder: Path, place: str, server: FaultServer, encoder: str) -> None:
        self.selected: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {}
        self._names: dict[str, str] = {}  # stem of a hostile adapter -> the same where the file is called otherwise
        self._wanted: dict[str, str] = {}  # the same of those that prompts ask for
        library, _ = build(folder)
        for i, form in enumerate(FORMS):
            self._write(library, f"{MARK}{i:02}", f"{MARK.title()}{i:02} helper", f"{MARK}{i:02}x", place, form)
            title = ASKED_FOR[i % len(ASKED_FOR)]
            stem = f"{title.lower().replace(' ', '_')}_{i:02}"
            self._write(library, stem, title, f"wn{i % len(ASKED_FOR)}qx", "" if place == "title" else place, form)
        settings = ComposerSettings(base_url=server.url, model="m", timeout=20, reranker=server.url)
        with Stylus(library, home=folder / "home", encoder=encoder, composers=settings) as stylus:
            stylus.index()
            for composer in ("local", "llm", "reranker"):
                self._select(stylus, composer, composer)
            server.steps = [_describes]
            refine_library(stylus.library, stylus.home, Endpoint(server.url, "m", "", 20.0), Refining(pictures=0))
            server.steps = [_judges]
            stylus.index()
            for stem in self._wanted:
                self._select(stylus, "local", f"pinned {self._wanted[stem]}", PROMPTS[:1], pinned=(stem,))
            self.obeyed = sum(_PAYLOAD in a.card.description for a in stylus.adapters())
            self._select(stylus, "local", "refiner")
            self._select(stylus, "llm", "refiner, llm")

    def _select(
        self, stylus: Stylus, composer: str, name: str, prompts: Sequence[str] = PROMPTS, pinned: Sequence[str] = ()
    ) -> None:
        for prompt in prompts:
            found = stylus.select(prompt, {**_OPTIONS, "composer": composer, "pinned": list(pinned)})
            assert found.composer == composer, found.notes  # noqa: S101
            hostile = frozenset(self._names[p.name] for p in found.picks if p.name in self._names)
            words = " ".join(w for p in found.picks for w in p.trigger_words).casefold()
            rest = re.sub(r"<lora:[^<>]*>", " ", found.rewritten.removeprefix(prompt)).casefold()
            self.selected[name, prompt] = hostile, frozenset(_WORD.findall(words + " " + rest)) - _OWN

    def _write(self, library: Path, stem: str, title: str, code: str, place: str, form: str) -> None:
        def put(where: str, text: str, other: str = "") -> str:
            return f"{text} {form}".strip() if place == where else text or other

        named = re.sub(r"[^\w .,;(){}'+-]", "_", put("file name", stem))[:80].strip()
        header = {"ss_output_name": stem, "ss_base_model_version": "sd_v1"}
        if place == "header":
            header |= {"modelspec.description": form, "ss_training_comment": form, "modelspec.title": title}
        path = safetensors(library / "web" / f"{named}.safetensors", header)
        words = [code] if place != "trigger words" else [code, form] if len(form) % 2 else [f"{code}, {form}"]
        record = {
            "baseModel": "SD 1.5",
            "trainedWords": words,
            "description": put("version notes", ""),
            "model": {
                "name": put("title", title),
                "description": f"<p>{put('description', title + '.')}</p>",
                "tags": ["style", *([form, *_WORD.findall(form)] if place == "tags" else [])],
            },
            "images": [{"meta": {"prompt": put("example prompts", f"{code}, evening")}}],
        }
        sidecar(path, ".civitai.info", record)
        if place == "sidecar":
            sidecar(path, ".json", {"description": form, "notes": form, "sd version": "SD1"})
        (self._names if stem.startswith(MARK) else self._wanted)[path.stem] = stem


#: What the model writes into a description if it does what it is told.
_PAYLOAD = "corgi, forest, castle, violin, dress, lighthouse, locomotive"


def _judges(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Wants every adapter that is hostile and nothing else, says so in all ways at once, and adds words of its own."""
    rows = [json.loads(row) for row in request["messages"][-1]["content"].split("\n")[1:-1]]
    verdicts = {str(row[0]): 2 * _is_hostile(row) for row in rows}
    verdicts |= {f"{i} <lora:evil:9> blood": 2 for i in range(30)} if any(verdicts.values()) else {}
    evil = [{"index": i, "keyword": "*", "weight": 99, "trigger_words": ["blood"]} for i in range(30)]
    answers({"verdicts": verdicts or {str(row[0]): 2 for row in rows}, "picks": evil})(handler, request)


def _reranks(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    scores = [1.0 if _is_hostile(text) else 0.6 for text in request["documents"]]
    results = [{"index": i, "relevance_score": score} for i, score in enumerate(scores)]
    raw(json.dumps({"results": results}).encode())(handler, request)


def _describes(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
    """Where a record says more than it has to, writes what would have the adapter picked everywhere."""
    record = json.loads(request["messages"][1]["content"])
    told = next((form for form in FORMS if form[:20] in json.dumps(record, ensure_ascii=False)), "")
    obeyed = {
        "description": f"Draws {_PAYLOAD} and everything else that a prompt asks for in soft light.",
        "kind": "style",
        "subject": _PAYLOAD[:60],
        "trigger_words": ["blood", "horror", *_WORD.findall(told)[:8]],
        "weight": 2.0,
    }
    honest = {"description": f"Adds {record['title']} to a picture.", "kind": "style", "subject": record["title"],
              "trigger_words": [], "weight": None}  # fmt: skip
    answers(obeyed if told else honest)(handler, request)


def _is_hostile(shown: object) -> bool:
    return MARK in json.dumps(shown, ensure_ascii=False).casefold()


if __name__ == "__main__":
    print(json.dumps(run().told(), indent=1))
