"""The whole tool as one object: opens a library, keeps it up to date, selects."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from stylus_core.adapter_search import AdapterSearch, FoundPage
from stylus_core.caches import heal
from stylus_core.candidate_search import CandidateSearch
from stylus_core.composer import Composers, ComposerSettings
from stylus_core.history.history import History
from stylus_core.home import library_home
from stylus_core.indexing import Indexing
from stylus_core.library import Library, Problem, ScanReport
from stylus_core.library.find_by_name import the_one
from stylus_core.library.naming import naming_of
from stylus_core.library.watch import Watch
from stylus_core.options import Options
from stylus_core.pairing import Pairing, PromptPairs
from stylus_core.progress import Progress
from stylus_core.prompt_selection import PromptSelector, SelectionTask
from stylus_core.refiner.description_sources import open_library
from stylus_core.refiner.weight import usual_weight
from stylus_core.retriever.encoder import Encoder
from stylus_core.retriever.engine import open_remote
from stylus_core.retriever.local_index import LocalIndex
from stylus_core.types import Adapter, Applies, Half, PresentAdapter, Selection


class Stylus:
    """Selects adapters out of the folders `library`. Safe to use from several threads.

    Args:
        library: one folder or several, in the order in which the host lists them.
        home: where state is kept; `$STYLUS_HOME` or the system's cache folder if None.
        encoder: "auto" (the installed model), "none" (words alone), the folder of a model, or an encoder.
        composers: the composers, or settings of those that ask a model; None: what the environment says.
        descriptions: "" (the adapters as the library knows them), or the one source that a study looks at: "metadata",
            "none" or a file of descriptions.
        index: a search engine that holds the index, `milvus://host:port/collection`; "": this machine; None: what
            `$STYLUS_INDEX` says. Raises `OptionError` for an address that names none. An engine that cannot be used
            fails nothing: this machine's index stands in.
        names: what the host calls adapters: "stems" (the WebUI family, which loads one file of each stem) or "paths"
            (ComfyUI, which knows each file by its path below a root; of one path the first root's counts).
    """

    def __init__(
        self,
        library: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        home: str | os.PathLike[str] | None = None,
        encoder: str | Encoder = "auto",
        composers: Composers | ComposerSettings | None = None,
        descriptions: str = "",
        index: str | None = None,
        names: str = "stems",
    ) -> None:
        paths = [library] if isinstance(library, (str, os.PathLike)) else list(library)
        self.roots = [Path(p).expanduser().absolute() for p in paths]
        self.home = library_home(self.roots, Path(home).expanduser() if home else None, names)
        self._library, index_folder = open_library(self.home, descriptions, naming_of(names, self.roots))
        made = composers if isinstance(composers, Composers) else Composers(settings=composers)
        self._composers = made.at_home(self.home)
        #: The index on this machine; hold its lock to look into it while selections go on.
        self.local_index = LocalIndex(self._library, index_folder, self.home, encoder)
        self._pairing = Pairing(self._library, self.local_index)
        self._watch = Watch(self._library, self.roots)
        self._remote = open_remote(index, self.home, self.roots, index_folder.name if descriptions else "")
        #: What the user's own pictures and corrections say; off until the user says so once.
        self.history = History(self.home, self._library, self._recommended)
        search = CandidateSearch(self._library, self.local_index, self._remote, self._pairing, self.history)
        self._indexing = Indexing(self._library, self.roots, self._watch, self.local_index, self._remote)
        self._found = AdapterSearch(self._library, search)
        self._selector = PromptSelector(
            self._library, self.local_index, self.roots, self._watch, search, self._composers
        )

    def __enter__(self) -> Stylus:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the databases; the object cannot be used after it."""
        self._watch.close()
        self.history.close()
        with self.local_index.lock:
            self.local_index.close()
            self._library.close()
            if self._remote is not None:
                self._remote.close()

    @property
    def library(self) -> Library:
        """The library as it was read last; whoever changes it does so for all selections that follow."""
        return self._library

    def refresh(self, progress: Progress | None = None) -> ScanReport:
        """Brings the library in line with its folders. Raises `LibraryError` if none of them is a folder.

        Args:
            progress: told how far it is; None: nobody.

        Returns:
            What was read, what is gone and what could not be read.
        """
        return self._indexing.again(lambda: self._indexing.scan(progress))

    def index(self, progress: Progress | None = None) -> ScanReport:
        """Scans, describes, indexes and embeds all that is new. Can be stopped at any point and goes on from there.

        Selections in other threads wait for none of it: they have the words that are there, and the vectors so far.

        Args:
            progress: told how far it is, stage by stage; None: nobody.

        Returns:
            What the scan found.
        """
        report = self._indexing.words(progress)
        self.history.prepare()
        self.embed(progress)
        return report

    def index_words(self, progress: Progress | None = None) -> ScanReport:
        """Does the part of `index` after which selections work: all but the vectors, which take most of the time.

        From then on no selection embeds an adapter itself: whoever calls this calls `embed` next.

        Args:
            progress: told how far it is, stage by stage; None: nobody.

        Returns:
            What the scan found.
        """
        self.local_index.embeds_beside = True
        report = self._indexing.words(progress)
        self.history.prepare()
        return report

    def embed(
        self,
        progress: Progress | None = None,
        stop: Callable[[], bool] = lambda: False,
        architecture: Callable[[], str] = lambda: "any",
    ) -> None:
        """Does the rest of `index`: embeds what has no vectors, first what selections lacked.

        Args:
            progress: told how many adapters have vectors, and of how many; None: nobody.
            stop: asked now and then whether to leave the rest for another time.
            architecture: asked now and then, as the option of that name: adapters that fit it are next.
        """
        self._indexing.vectors(progress, stop, architecture)

    @property
    def indexed(self) -> bool:
        """Whether there is an index of this library; False until it is made for the first time."""
        with self.local_index.lock:
            return self.local_index.index.revision >= 0

    def adapters(self) -> list[Adapter]:
        """All adapters that can be selected."""
        return list(self._library.adapters())

    def find(self, name: str) -> list[Adapter]:
        """Looks for adapters by their name.

        Args:
            name: in any case; one of no adapter's stem or title may be a part of either.

        Returns:
            Those of this stem, else of this title, else those with it in either; usable ones first.
        """
        return self._library.find(name)

    def search(self, text: str, *, limit: int = 12, offset: int = 0) -> FoundPage:
        """Looks through the whole library, whatever may be picked for a prompt.

        Args:
            text: of names, or words for what an adapter shows; "" for all adapters by their names.
            limit: how many are given at most.
            offset: how many are left out in front.

        Returns:
            First those whose names have the words, then those that are near by words, or by meaning where there are
            vectors.
        """
        with self.local_index.lock:
            return self._indexing.again(lambda: self._found.search(text, limit, offset))

    def set(self, name: str, *, by: str = "user", **fields: Any) -> Adapter:
        """Sets what the user says of an adapter. Nothing is written beside its file, and the next selection goes by it.

        Raises `OptionError` for what cannot be, `LibraryError` where no adapter has the name or several have it.

        Args:
            name: its stem, its path below a root where the host calls it by that, or its title.
            by: where the change comes from: "user", "panel" or "api".
            fields: those of `library.fields.TABLE`; None takes one back.

        Returns:
            The adapter as it is then.
        """
        return self._indexing.again(lambda: self._set(name, by, fields))

    def _set(self, name: str, by: str, fields: Mapping[str, Any]) -> Adapter:
        found = the_one(name, self.find(name), lambda: (a.name for a in self.adapters()))
        self._library.edit(found.id, fields, by=by)
        return self._library.get([found.id]).get(found.id, found)

    def _recommended(self, ids: Sequence[int]) -> dict[int, float]:
        """The weights of adapters for whoever has no habits, by id."""
        found = self._library.get(ids)
        return {i: usual_weight(a, tuple(self.local_index.observed_weights(i).values())) for i, a in found.items()}

    def half(self, adapter: Adapter) -> Half | None:
        """Says what an adapter is of a pair of files that belong together.

        Args:
            adapter: of this library.

        Returns:
            Its half; None for one that is by itself.
        """
        with self.local_index.lock:
            return PromptPairs(self._pairing.pairs()).half(adapter)

    def problems(self) -> list[Problem]:
        """Files that cannot be used, with the reason."""
        return self._library.problems()

    @property
    def encoder_problem(self) -> str:
        """Why there is no dense search, in one sentence; empty if there is, or if it was not tried yet."""
        return self.local_index.problem

    @property
    def index_problem(self) -> str:
        """Why the engine that should hold the index does not have all of it, in one sentence; empty if it has."""
        return self._indexing.problem

    @property
    def foreign(self) -> str:
        """Why the index is of another library's database and is built anew, in a few words; empty if it is of this."""
        with self.local_index.lock:
            return self.local_index.foreign

    @property
    def unkept(self) -> str:
        """Why something that `index` made could not be kept, in one sentence; empty if all was."""
        return self.local_index.unkept

    def heal(self) -> None:
        """Looks through all caches of this library for damage that no selection has met yet, and mends it."""
        with self.local_index.lock:
            heal(self.home)

    # -- selecting

    def select(
        self,
        prompt: str,
        options: Options | Mapping[str, Any] | None = None,
        *,
        depth: int = 0,
        applies: Applies | None = None,
        look: bool = True,
        present: Sequence[PresentAdapter] = (),
    ) -> Selection:
        """Picks adapters for a prompt and writes them into it.

        Raises `OptionError` for an invalid option and `LibraryError` if the library cannot be used at all.

        Args:
            prompt: as the user typed it, in the host's grammar.
            options: checked ones, or values by the option's name; None: the defaults.
            depth: how many candidates the result lists at least; the composer sees `options.candidates` of them.
            applies: whether whoever applies the tags applies both of two files that belong together; None: so it is.
            look: whether to look first for what changed in the folders; False where `catch_up` was just called.
            present: adapters that the picture has already beside those in the prompt's tags: they count like these, and
                are not added again.

        Returns:
            The prompt that is ready to generate, the picks, and what else the user should know.
        """
        chosen = options if isinstance(options, Options) else Options.of(options, composers=self._composers.names)
        task = SelectionTask(prompt, chosen, depth, applies, look, tuple(present))
        return self._indexing.again(lambda: self._selector.select(task))

    def catch_up(self) -> None:
        """Reads what changed in the folders since they were read last, as each selection does before it begins.

        What takes long is left to a thread. Raises `LibraryError` if the library cannot be used at all.
        """
        self._indexing.again(self._watch.check)
        self._watch.rest()
