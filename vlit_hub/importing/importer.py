"""What an importer is: it reads one format of instruction data into conversations.

An importer tells what stands in the file and no more. Whether a record can hold a conversation, where its photos lie, and
what its record looks like is decided for all formats in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from vlit_hub.files import AnnotationFile
from vlit_hub.records import PLACEHOLDER

__all__ = ["Box", "Conversation", "Importer", "Origin", "Photo", "Turn"]


class Turn(msgspec.Struct, gc=False):
    """What one side says.

    Attributes:
        role: As the file has it: `user` or `human`, `assistant`, `gpt` or `model`, `system`, ...
        text: With the importer's marker wherever a photo stands.
    """

    role: str
    text: str


class Photo(msgspec.Struct, gc=False):
    """A photo whose content is in the file itself.

    Attributes:
        data: The content of an image file (JPEG, PNG, ...).
        name: The image file's name; empty where nothing tells it.
    """

    data: bytes
    name: str = ""


class Box(msgspec.Struct, gc=False):
    """A box that the file gives beside the text.

    Attributes:
        sides: x1, y1, x2, y2.
        label: What is in it; may be empty.
        image: Which of the conversation's photos it is in, counted from 0.
        unit: `pixel`, or `share` of the photo's width and height.
    """

    sides: tuple[float, float, float, float]
    label: str = ""
    image: int = 0
    unit: Literal["pixel", "share"] = "pixel"


class Conversation(msgspec.Struct, gc=False):
    """One item of the file.

    Attributes:
        turns: Oldest first.
        photos: In order: names (a path below the photo folder, a URL, or a `data:` URL), or contents.
        id: The file's own; empty where it has none.
        text: What goes with the last instruction, below it (`input.text` of a record).
        task: Where the file tells it, from `vlit_hub.tasks`; else empty.
        granularity: `region` where the file says that it is about one (drawn into the photo, say); else empty.
        boxes: Those that the file gives beside the texts.
        fault: Why no record can hold it, as a phrase that says nothing particular to this item (it is counted); else empty.
        raw: The item as it stands in the file, where it couldn't be read; for the rejected ones.
    """

    turns: list[Turn] = []
    photos: Sequence[str | Photo] = ()
    id: str = ""
    text: str = ""
    task: str = ""
    granularity: str = ""
    boxes: Sequence[Box] = ()
    fault: str = ""
    raw: str = ""


@dataclass(frozen=True)
class Origin:
    """What is imported.

    Attributes:
        place: A file; or what an importer of datasets takes (`hf`: a repository or a folder).
        split: The split that the records shall be of; an importer of datasets reads the split of this name.
        config: Of a dataset that has several.
        columns: Which column has what, where the user says so: `{"instruction": "question"}`.
    """

    place: str
    split: str = "train"
    config: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> AnnotationFile:
        """The file."""
        return AnnotationFile(Path(self.place).expanduser(), split=self.split)


@dataclass(frozen=True, kw_only=True)
class Importer:
    """One format of instruction data.

    Attributes:
        name: `vlit-hub import NAME FILE`.
        read: The conversations, in the order of the file. Raises `InputError` where the file is broken; what is wrong with one
            item is said in its `fault`.
        sniff: Whether the first item of a file looks like this format, by its keys and values.
        about: The format in a phrase: whose it is and what it looks like.
        marker: What stands for a photo in the texts. Formats that tell the places of photos otherwise put `"\\0"` there, which
            leaves a literal `<image>` in their texts what it is.
        unmarked: What photos without any marker mean: they stand before the first instruction (`front`), or the format's own
            trainer wouldn't show them (`fault`).
        boxes: How boxes are written in texts of this format, of `vlit_hub.importing.boxes.NOTATIONS`; tried on every file.
        files: What build.json says of where the records are from: names and digests; of the file itself if None. Importers
            of datasets have it.
        version: Counts up whenever `read` gives other conversations for the same file.
    """

    name: str
    read: Callable[[Origin], Iterable[Conversation]]
    sniff: Callable[[Mapping[str, Any]], bool]
    about: str = ""
    marker: str = PLACEHOLDER
    unmarked: Literal["front", "fault"] = "fault"
    boxes: tuple[str, ...] = ("qwen2", "qwen", "kosmos")
    files: Callable[[Origin], list[dict[str, str]]] | None = None
    version: int = 1
