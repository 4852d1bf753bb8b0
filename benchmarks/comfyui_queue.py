"""What the picker adds to a queued prompt of a ComfyUI that runs.

`python -m benchmarks.comfyui_queue URL --prompts FILE...` posts every prompt in turns: through "Stylus: pick LoRAs" and
through a node that hands a text on. What is counted is ComfyUI's own time from the start of a prompt to its end,
which it keeps in its history in milliseconds. The library is whatever that ComfyUI has; it has to be indexed, and the
machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.compare_checkouts import prompts_of
from stylus_study.evaluation.markdown_table import MarkdownTable

#: Most milliseconds that the picker may add.
_MOST = 60.0
_WARM = 10  # first prompts, which open what the others have
_PATIENCE = 60.0  # seconds for one prompt
_PLAIN, _PICKER = "PrimitiveStringMultiline", "StylusPick"


class QueueClient:
    """A client of one ComfyUI.

    Args:
        url: of its page.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def asked(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Asks a route.

        Args:
            path: of the route.
            body: what is posted; None: it is read.

        Returns:
            The answer's JSON.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the address is the user's
            return json.loads(answer.read())

    def milliseconds(self, node: str, prompt: str) -> float:
        """Runs one node and the one that shows its text.

        Args:
            node: its id.
            prompt: its text.

        Returns:
            From the start of the prompt to its end.
        """
        field = "prompt" if node == _PICKER else "value"
        graph = {
            "1": {"class_type": node, "inputs": {field: prompt}},
            "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
        }
        number = self.asked("/prompt", {"prompt": graph})["prompt_id"]
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            if found := self.asked(f"/history/{number}").get(number):
                at = {name: told["timestamp"] for name, told in found["status"]["messages"]}
                return float(at["execution_success"] - at["execution_start"])
            time.sleep(0.02)
        raise TimeoutError(f"ComfyUI did not finish a prompt within {_PATIENCE:g} s")


def measure(client: QueueClient, prompts: Sequence[str]) -> MarkdownTable:
    """Runs all prompts in turns.

    Args:
        client: of the ComfyUI.
        prompts: each is new to it; the first are not counted.

    Returns:
        A row for each kind of prompt.
    """
    times: dict[str, list[float]] = {_PLAIN: [], _PICKER: [], "again": []}
    for prompt in prompts:
        times[_PLAIN].append(client.milliseconds(_PLAIN, prompt))
        times[_PICKER].append(client.milliseconds(_PICKER, prompt))
        times["again"].append(client.milliseconds(_PICKER, prompt))
    kept = {name: values[_WARM:] for name, values in times.items()}
    plain = statistics.median(kept[_PLAIN])
    table = MarkdownTable("A queued prompt", ["ms, p50 / p95", "whole prompt", "added by the picker", "asked"])
    for name, values in (("a prompt never seen", kept[_PICKER]), ("the same again", kept["again"])):
        p50, p95 = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        table.add(name, f"{p50:.0f} / {p95:.0f}", f"{p50 - plain:.0f} / {p95 - plain:.0f}", f"{_MOST:.0f}")
    table.add("a text handed on", f"{plain:.0f} / {statistics.quantiles(kept[_PLAIN], n=20)[-1]:.0f}", "", "")
    return table


def main() -> int:
    """Measures a ComfyUI that runs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comfyui_queue", description=__doc__)
    parser.add_argument("url", help="address of its page, http://127.0.0.1:8188")
    parser.add_argument("--prompts", type=Path, nargs="+", required=True, help="files with a prompt a line, or JSON")
    parser.add_argument("--limit", type=int, default=110)
    args = parser.parse_args()
    client = QueueClient(args.url)
    state = client.asked("/stylus/status")
    print(state["sentence"])
    if state["status"] != "ready" or state["refreshing"]:
        print("wait until that is done: what is measured else is another thing", file=sys.stderr)
        return 1
    print(measure(client, prompts_of(args.prompts, args.limit)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
