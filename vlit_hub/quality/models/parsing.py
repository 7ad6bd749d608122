"""Parsers of dependencies, by spaCy or stanza."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from vlit_hub.errors import ModelError
from vlit_hub.quality.models.loading import pick_device, revision_of

__all__ = ["DEFAULT_MODELS", "Library", "Parser", "cannot_parse", "load_parser", "parser_revision"]

Library = Literal["spacy", "stanza"]
DEFAULT_MODELS: dict[Library, str] = {"spacy": "en_core_web_sm", "stanza": "en"}

_BATCH = 256  # texts
_PROCESSORS = "tokenize,pos,lemma,depparse"


class Parser(abc.ABC):
    """A loaded parser."""

    @abc.abstractmethod
    def dependencies(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Of each text, the dependency of each of its words, as the model calls it."""


def cannot_parse(library: Library, model: str, option: str) -> str | None:
    """Why a parser can't be used, and what to do; None if it can.

    Args:
        library: That runs it.
        model: Of spaCy a package or a folder; of stanza a language, or the folder of one.
        option: The model's, as `--option` takes it.
    """
    if not find_spec(library):
        name = {"spacy": "spaCy", "stanza": "stanza"}[library]
        return f"{name} isn't installed: pip install {library} && {_download(library, DEFAULT_MODELS[library])}"
    if library == "stanza":
        there = (_stanza_folder(model) / "depparse").is_dir()
    else:
        there = _is_folder(model) or (model.isidentifier() and find_spec(model) is not None)
    if there:
        return None
    return f"model {model!r} isn't installed: {_download(library, model)}, or --option {option}=FOLDER"


def parser_revision(library: Library, model: str) -> str:
    """The releases of the library and of the model's package; of a folder a hash of its files."""
    if library == "stanza":
        return f"stanza {version('stanza')}, {revision_of(str(_stanza_folder(model)))}"
    return f"spaCy {version('spacy')}, {revision_of(model) if _is_folder(model) else version(model)}"


def load_parser(library: Library, model: str, device: str) -> Parser:
    """The parser.

    Raises:
        ModelError: It can't be loaded, or the model doesn't parse.
    """
    return _Spacy(model) if library == "spacy" else _Stanza(model, device)


class _Spacy(Parser):
    def __init__(self, model: str) -> None:
        import spacy

        name = str(Path(model).expanduser()) if _is_folder(model) else model
        try:
            self._pipeline: Any = spacy.load(name, exclude=["ner", "lemmatizer", "textcat"])
        except (OSError, ValueError, ImportError) as error:
            words = str(error).splitlines()[0]
            raise ModelError(f"spaCy's model {model!r} can't be loaded ({words}). Install it again.") from None
        if not self._pipeline.has_pipe("parser"):
            raise ModelError(f"spaCy's model {model!r} has no parser. Name another one, say en_core_web_sm.")

    def dependencies(self, texts: Sequence[str]) -> Iterator[list[str]]:
        for parsed in self._pipeline.pipe(texts, batch_size=_BATCH):
            yield [word.dep_ for word in parsed]


class _Stanza(Parser):
    """Its files are read with torch's `weights_only`, so nothing in them is run; nothing is fetched."""

    def __init__(self, model: str, device: str) -> None:
        import stanza

        folder = _stanza_folder(model)
        try:
            self._pipeline: Any = stanza.Pipeline(
                folder.name,
                dir=str(folder.parent),
                processors=_PROCESSORS,
                download_method=None,
                device=pick_device(device),
                logging_level="CRITICAL",
            )
        except Exception as error:  # its own exceptions have no common class
            words = str(error).strip().splitlines()[0].partition(". ")[0]
            again = _download("stanza", folder.name)
            raise ModelError(f"stanza's model {model!r} can't be loaded ({words}). Fetch it again: {again}") from None

    def dependencies(self, texts: Sequence[str]) -> Iterator[list[str]]:
        for first in range(0, len(texts), _BATCH):
            for parsed in self._pipeline.bulk_process(list(texts[first : first + _BATCH])):
                yield [word.deprel for sentence in parsed.sentences for word in sentence.words]


def _is_folder(model: str) -> bool:
    return Path(model).expanduser().is_dir()


def _stanza_folder(model: str) -> Path:
    """Where the models of a language lie: below where stanza puts what it fetches, unless it is a folder itself."""
    if "/" in model or _is_folder(model):
        return Path(model).expanduser().resolve()
    from stanza.resources.common import DEFAULT_MODEL_DIR

    return Path(DEFAULT_MODEL_DIR) / model


def _download(library: Library, model: str) -> str:
    if library == "spacy":
        return f"python -m spacy download {model}"
    return f"python -c 'import stanza; stanza.download(\"{Path(model).name}\")'"
