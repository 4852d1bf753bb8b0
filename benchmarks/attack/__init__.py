"""`make attack`: kills, hostile files, texts, pictures, caches, servers and instructions, and what came of them.

Run by hand, in minutes. Each topic runs in a process of its own, so that its memory can be told.
"""
