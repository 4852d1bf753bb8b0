"""The one way out to the network: every request leaves through `exchange.send`, and nothing else opens a connection.

What it keeps, against any server: the total time; the size of head and body, before and after decompression; that no
redirect is followed; and that no secret of the request is in what it hands back.
"""
