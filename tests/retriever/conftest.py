"""Engines that tests of the retriever share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clock import HANG


@pytest.fixture(autouse=True)
def patient_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A selection waits for the engine as long as a busy machine takes; what does not answer has tests of its own."""
    monkeypatch.setattr("stylus_core.retriever.engine.remote_index.BUDGET", HANG)


@pytest.fixture(scope="module")
def milvus_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where milvus-lite listens."""
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'stylus-webui[milvus]'")
    lite = pytest.importorskip(
        "milvus_lite.adapter.grpc.server", reason="milvus-lite is not installed: pip install 'stylus-webui[milvus]'"
    )
    running, database, port = lite.start_server_in_thread(str(tmp_path_factory.mktemp("milvus") / "data"))
    yield port
    running.stop(grace=1)
    database.close()
