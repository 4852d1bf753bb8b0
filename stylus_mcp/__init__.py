"""`stylus mcp`: the library as tools of an assistant, over the Model Context Protocol.

Only `server` and `answers` need the packages of the extra `mcp`; nothing here selects by itself.
"""
