"""Serves a GGUF model on the loopback with llama.cpp's own server: `python serve.py FOLDER_OF_XLLAMACPP MODEL`.

Prints the base URL when it is ready, and ends with the process that started it (its standard input closes).
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[2]
    params.n_ctx = 6144
    params.n_parallel = 1
    params.n_predict = 600
    params.warmup = False
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = min(4, os.cpu_count() or 1)
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()
    os._exit(0)


main()
