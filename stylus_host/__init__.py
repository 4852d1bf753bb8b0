"""What the hosts have in common: the library that is filled in the background, and what a user does to picks by hand.

Nothing here knows a host. `stylus_webui`, `stylus_comfyui` and `stylus_mcp` are built on it.
"""
