"""The formats of sidecar files: one module each says which file it is, what is read of it and how far it is trusted.

`registry.py` lists them. `docs/adding.md` shows how to add one, `docs/sidecars.md` says who writes which file.
"""
