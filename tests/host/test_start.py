"""The host's start waits for everything that is imported with the script: only what the page needs is."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.host.conftest import ROOT, STANDIN

_START = """
import json, sys
sys.path[:0] = sys.argv[1:]
import modules.ui
from modules import script_callbacks, scripts
import networks
before = set(sys.modules)
scripts.load_scripts([f"{sys.argv[2]}/scripts/stylus.py"])
print(json.dumps(sorted(set(sys.modules) - before)))
"""
_JOBS_ALONE = (
    "stylus_webui.generation_hook",
    "stylus_webui.select_or_reuse",
    "stylus_core.prompt",
    "stylus_core.pictures",
)


def test_what_only_jobs_need_is_not_imported_at_the_start():
    done = subprocess.run(
        [sys.executable, "-c", _START, str(STANDIN), str(ROOT)], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    imported = json.loads(done.stdout.splitlines()[-1])
    assert "stylus_webui.panel" in imported
    assert [name for name in imported if name.startswith(_JOBS_ALONE)] == []
    assert not {"torch", "transformers", "openai", "sqlite3"} & set(imported)
