"""The composers that come with Stylus, in the order in which they are offered.

The options know the names from here without loading a composer: what it is called, whether it asks a model and how it
is made stands in its own file. A composer of one's own needs no row: `Stylus(..., composers=Composers({"mine": ...}))`.
"""

from __future__ import annotations

#: Value of the option `composer` -> module and class.
COMPOSERS = {
    "local": "stylus_core.composer.local:LocalComposer",
    "llm": "stylus_core.composer.llm:LLMComposer",
    "retriever": "stylus_core.composer.retriever_order:RetrieverComposer",
    "random": "stylus_core.composer.random_order:RandomComposer",
    "reranker": "stylus_core.composer.reranker:RerankerComposer",
}
