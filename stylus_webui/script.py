"""The script that the host loads, without what needs the host's base class.

What only jobs need is imported when it is needed: the host waits for what is imported when it starts.
"""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from stylus_webui import infotext, panel, panel_controls, panel_events, panel_jobs, requirements, runtime
from stylus_webui.panel import Panel

logger = logging.getLogger("stylus")


class Tab:
    """The script's part of one tab: the panel and the host's components that it is connected to."""

    def __init__(self, tab: str) -> None:
        self.tab = tab
        self.problem = requirements.problem()
        self._panel: Panel | None = None
        self._wired = False
        self._hosts: dict[str, Any] = {}

    def ui(self) -> tuple[list[Any], list[Any]]:
        """(components whose values the hooks get, `infotext_fields`). Called several times: no side effects."""
        made = panel.build(self.tab, self.problem)
        if not self._wired:  # the first time is the page's, the others only ask for the defaults
            self._panel = made
            self._wire()
        else:
            panel_controls.name_nothing(made.controls)
        return made.job_arguments, infotext.fields(made.controls, made.state)

    def component(self, component: Any, elem_id: str | None) -> None:
        """A component of the host was made; some of them are connected to the panel."""
        names = {f"{self.tab}_prompt": "prompt", f"{self.tab}_styles": "styles", f"html_log_{self.tab}": "log"}
        part = names.get(elem_id or "")
        if part is not None:
            self._hosts[part] = component
            self._wire()

    def _wire(self) -> None:
        # The log comes last on every host, so all that there is of the others is there by then.
        if self._wired or self.problem or self._panel is None or not {"prompt", "log"} <= self._hosts.keys():
            return
        self._wired = True
        panel_events.wire(self._panel, self._hosts["prompt"], self._hosts.get("styles"))

    def process(self, p: Any, args: tuple[Any, ...]) -> None:
        """Rewrites the prompts of a job; the host calls it before it makes the pictures."""
        from stylus_webui import generation_hook

        outcome = generation_hook.run(p, args, lambda: runtime.get().context(p), self.problem)
        with contextlib.suppress(Exception):  # a job that takes no attribute of ours is made all the same
            p.stylus_outcome = outcome

    def postprocess(self, p: Any, args: tuple[Any, ...]) -> None:
        """Remembers what came of a job for the page that asked for it, once its pictures are made."""
        page = panel_jobs.page_of(args)
        if page and not self.problem and not getattr(p, "is_api", False):
            runtime.get().note(self.tab, page, getattr(p, "stylus_outcome", None))
