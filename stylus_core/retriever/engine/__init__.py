"""The retriever on a search engine, for libraries and numbers of WebUIs that one machine's index is not made for."""
