"""The side of Stylus that lives inside a WebUI: it translates between the host's `modules` and `stylus_core`.

`scripts/stylus.py` is the only file that the host loads as a script; it imports this package while the extension's
folder is on `sys.path`. Nothing here is imported by `stylus_core`.
"""

#: The title is the key under `alwayson_scripts` and in saved UI settings: it never changes and carries no version.
TITLE = "Stylus"
