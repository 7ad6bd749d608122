"""Anything that `datasets` loads: a repository of the Hub, or a folder of Parquet, JSON, CSV or image files.

Read as a stream, so nothing has to fit into the memory or the cache. Which column has what is said by `--map`
(`instruction=question,response=answer,images=image`); a column of one of the names below needs no saying.

    messages      a list of messages, in any of the shapes of `vlit_hub.importing.shapes`
    instruction   the (last) instruction        response   its response
    text          what goes with the instruction, below it
    history       earlier turns, as pairs       system     a system prompt
    images        one photo or several: `datasets`' images (their content goes along), or names
    task, id
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vlit_hub.errors import InputError, UnknownName, UsageError
from vlit_hub.files import AnnotationFile
from vlit_hub.importing.importer import Conversation, Importer, Origin, Photo
from vlit_hub.importing.shapes import BLOCK_MARKER, after, chat, identifier, system_first
from vlit_hub.records import PLACEHOLDER

__all__ = ["HF"]

# What each is called in data that says it the usual way.
_USUAL: Mapping[str, tuple[str, ...]] = {
    "messages": ("messages", "conversations", "conversation"),
    "instruction": ("instruction", "question", "query", "prompt"),
    "response": ("response", "answer", "output", "outputs", "completion"),
    "text": ("input", "inputs"),
    "history": ("history",),
    "system": ("system",),
    "images": ("images", "image"),
    "task": ("task",),
    "id": ("id",),
}


def _read(origin: Origin) -> Iterator[Conversation]:
    dataset = _stream(origin)
    columns = _columns(origin, list(dataset.features or {}))
    rows = iter(dataset)
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # whatever a file's own reader raises
            raise _fault(origin, error) from None
        if row is None:
            return
        yield _conversation({what: row.get(column) for what, column in columns.items()})


def _stream(origin: Origin) -> Any:
    """The split, with images as they are stored.

    Raises:
        InputError: `datasets` can't load it.
    """
    from datasets import Features, Image, List, load_dataset

    local = _folder(origin)
    try:
        dataset = load_dataset(
            str(local) if local else origin.place,
            origin.config,
            split=origin.split,
            streaming=True,
            revision=None if local else _commit(origin.place),
        )
        if dataset.features is None:
            dataset = dataset._resolve_features()
        found = dict(dataset.features)
        for name, feature in found.items():
            if isinstance(feature, Image):
                found[name] = Image(decode=False)
            elif isinstance(feature, List) and isinstance(feature.feature, Image):
                found[name] = List(Image(decode=False))
        return dataset.cast(Features(found))
    except Exception as error:  # it raises nearly anything
        raise _fault(origin, error) from None


def _fault(origin: Origin, error: Exception) -> InputError:
    lines = str(error).strip().splitlines()
    reason = f"datasets can't load it ({lines[0] if lines else type(error).__name__})"
    return InputError(origin.place, reason, "Give a dataset's repository or folder, its --split and --config.")


def _columns(origin: Origin, there: list[str]) -> dict[str, str]:
    """Which column has what.

    Raises:
        UsageError: The map names what there isn't, or there is no way to tell.
    """
    for what, column in origin.columns.items():
        if what not in _USUAL:
            raise UnknownName("part of a record (--map)", what, _USUAL)
        if column not in there:
            raise UnknownName(f"column of {origin.place}", column, there)
    usual = {what: next((name for name in names if name in there), None) for what, names in _USUAL.items()}
    if origin.columns.keys() & {"instruction", "response"}:
        usual["messages"] = None
    found = {what: column for what, column in {**usual, **origin.columns}.items() if column}
    if "messages" not in found and not {"instruction", "response"} <= found.keys():
        raise UsageError(
            f"{origin.place}: which columns are instruction and response? It has {', '.join(there)}. "
            "Say: --map instruction=COLUMN,response=COLUMN[,images=COLUMN]"
        )
    return found


def _conversation(row: Mapping[str, Any]) -> Conversation:
    messages = row.get("messages")
    if messages is None:
        said = [_text(row.get("instruction")), _text(row.get("response"))]
        if not all(isinstance(text, str | None) for text in (*said, row.get("text"))):
            return Conversation(fault="has something else than text as its instruction, text or response")
        messages = after(row.get("history"), said)
    one = chat(messages, row.get("images"), BLOCK_MARKER)
    one.photos = [_fetched(photo) for photo in one.photos]
    marks = sum(turn.text.count(PLACEHOLDER) for turn in one.turns)
    if marks and marks == len(one.photos) and not any(BLOCK_MARKER in turn.text for turn in one.turns):
        for turn in one.turns:  # texts in the way of LLaVA, in columns of datasets
            turn.text = turn.text.replace(PLACEHOLDER, BLOCK_MARKER)
    one.id, one.task = identifier(row.get("id")), str(_text(row.get("task")) or "").strip()
    one.text = row.get("text") or ""
    one.turns = system_first(_text(row.get("system")), one.turns)
    return one


def _text(value: Any) -> Any:
    """A number or a truth value as text; anything else as it is, to be found at fault."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | float) else value


def _fetched(photo: str | Photo) -> str | Photo:
    """A photo that lies in a repository's own files, with its content."""
    if isinstance(photo, str) and photo.startswith("hf://"):
        from huggingface_hub import HfFileSystem

        return Photo(HfFileSystem().cat_file(photo), photo.rpartition("/")[2])
    return photo


def _folder(origin: Origin) -> Path | None:
    folder = Path(origin.place).expanduser()
    return folder if folder.is_dir() else None


@functools.lru_cache
def _commit(repository: str) -> str | None:
    """The commit that its main branch is at, so that all of it is read from one; None where the Hub can't be asked."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        return HfApi().dataset_info(repository).sha
    except (HfHubHTTPError, OfflineModeIsEnabled, OSError, ValueError):
        return None  # loading says what is wrong, or takes what is in the cache


def _files(origin: Origin) -> list[dict[str, str]]:
    """The repository and its commit, or the files of the folder with their digests."""
    folder = _folder(origin)
    if folder is None:
        commit = _commit(origin.place)
        return [{"name": origin.place, "split": origin.split, "digest": f"commit:{commit or 'unknown'}"}]
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path.relative_to(folder)))
    return [
        {"name": path.relative_to(folder).as_posix(), "split": "", "digest": AnnotationFile(path).digest()}
        for path in files
    ]


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts)


HF = Importer(
    name="hf",
    read=_read,
    sniff=lambda item: False,
    about="what datasets.load_dataset loads, with --map",
    marker=BLOCK_MARKER,
    unmarked="front",
    files=_files,
)
