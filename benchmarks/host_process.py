"""A stand-in of a WebUI, started with or without a checkout of this extension, and what the extension adds to it.

`benchmarks.added_to_a_picture` runs this text in a process of its own, with the gradio of a host. What is asked for
comes as JSON; on the last line goes out, as JSON, [wall, processor] milliseconds of each stage of the start and of each
job.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WAIT = 3600.0  # seconds for an index that is made for the first time
_Took = list[float]


def clocked(work: Callable[[], Any]) -> tuple[Any, _Took]:
    """What some work gives, and its wall and processor milliseconds."""
    wall, worked = time.perf_counter(), time.process_time()
    made = work()
    return made, [1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - worked)]


class HostProcess:
    """The host, as far as the extension sees it, with its modules imported and its adapters listed."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        sys.path.insert(0, asked["standin"])
        for name in ("modules.ui", "networks", "modules.processing", "modules.sd_models"):
            importlib.import_module(name)
        self.modules: Any = sys.modules
        shared = self.modules["modules.shared"]
        shared.reset(asked["folder"])
        shared.cmd_opts.lora_dir = asked["library"]
        shared.opts.data["stylus_encoder"] = asked["encoder"]
        models = self.modules["modules.sd_models"]
        models.model_data.sd_model = models.Checkpoint("sd1")
        self.modules["networks"].list_available_networks()

    def start(self) -> dict[str, _Took]:
        """Does what the host does until its page can be had, in its order."""
        callbacks = self.modules["modules.script_callbacks"]
        scripts = [str(Path(self.asked["standin"]) / "scripts" / "xyz_grid.py")]
        if self.asked["checkout"]:
            scripts.append(str(Path(self.asked["checkout"]) / "scripts" / "stylus.py"))
        took: dict[str, _Took] = {}
        _, took["scripts"] = clocked(lambda: self.modules["modules.scripts"].load_scripts(scripts))
        _, took["settings"] = clocked(lambda: callbacks.call("ui_settings"))
        (demo, self.parts), took["page made"] = clocked(self.modules["modules.ui"].create_ui)
        (app, url, _), took["server"] = clocked(
            lambda: demo.queue().launch(
                prevent_thread_lock=True, quiet=True, show_api=False, server_name="127.0.0.1", inbrowser=False
            )
        )
        _, took["application"] = clocked(lambda: callbacks.call("app_started", demo, app))
        _, took["first page"] = clocked(lambda: urllib.request.urlopen(url, timeout=60).read())  # noqa: S310
        return took

    def jobs(self) -> dict[str, list[Any]]:
        """What the hooks take for each prompt, when it is fresh and when it comes again; and what came of it."""
        service = self.modules["stylus_webui.runtime"].get().service
        if not service.wait(_WAIT) or service.state.status != "ready":
            raise SystemExit(service.state.sentence())
        took: dict[str, list[_Took]] = {"fresh": [], "again": []}
        written = []
        for number, prompt in enumerate(self.asked["prompts"]):
            for times in took.values():
                time.sleep(self.asked["pause"])
                p, spent = self._job(prompt)
                if number >= self.asked["warm"]:
                    times.append(spent)
            written.append(p.all_prompts[0])
        return {**took, "written": written}

    def _job(self, prompt: str) -> tuple[Any, _Took]:
        runner = self.parts["txt2img"]["runner"]
        p = self.modules["modules.processing"].StableDiffusionProcessingTxt2Img(prompt=prompt, seed=1)
        p.scripts = runner
        p.script_args = [getattr(component, "value", 0) or 0 for component in runner.inputs]
        script = runner.script("Stylus")
        p.script_args[script.args_from : script.args_to] = [
            component.value for component in runner.inputs[script.args_from : script.args_to]
        ]
        p.script_args[script.args_from] = True
        p.setup_prompts()
        p.all_seeds = [1]
        _, spent = clocked(lambda: (runner.call("before_process", p), runner.call("process", p)))
        runner.call("postprocess", p, None)
        return p, spent


def main() -> None:
    """Starts, works, prints, and leaves whatever is still going on."""
    import os

    asked = json.loads(sys.argv[1])
    host = HostProcess(asked)
    out: dict[str, Any] = {"start": host.start()}
    if asked["checkout"]:
        out |= host.jobs()
    sys.stdout.write(f"\n{json.dumps(out)}\n")
    sys.stdout.flush()
    os._exit(0)  # the server and its threads


if __name__ == "__main__":
    main()
