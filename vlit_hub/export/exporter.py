"""What an exporter is: it writes whole conversations in the format that a trainer reads.

The engine (`vlit_hub.export.engine`) reads the dataset, rejects what the format can't hold, places the photos, and hands over
`Conversations`, some thousand at a time. An exporter turns them into files. One whose files are JSON subclasses
`vlit_hub.export.json_files.JsonExporter`, and gives the samples as columns:

    class Pairs(JsonExporter):
        name = "pairs"
        title = "Question and answer, with a photo"
        trainer = "my_trainer"
        suffix = ".jsonl"
        most_images = 1

        def samples(self, conversations, job):
            return pl.DataFrame({"image": conversations.images.list.first(), "messages": conversations.messages()})

        def guide(self, export):
            return f"my_trainer --data {export.job.folder / export.train.path}"

Any other subclasses `Exporter`, and writes its files itself.
"""

from __future__ import annotations

import abc
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pydantic

if TYPE_CHECKING:
    from vlit_hub.export.conversations import Conversations

__all__ = ["BOX_MODES", "IMAGE_MODES", "BoxMode", "Export", "ExportOptions", "Exporter", "ImageMode", "Job", "Split"]

ImageMode = Literal["link", "copy", "embed", "url", "none"]
"""Where an export's photos are.

link    hard links in `images/`: they outlive the originals and cost no space. Symbolic links where the photos lie on another
        file system, or may not be linked: those end with the original.
copy    copies in `images/`
embed   in the samples' files themselves
url     on the web: samples have the URLs that the dataset knows
none    nowhere: samples have the names that the annotations have (`source.file_names`), for a folder of photos on another machine
"""
IMAGE_MODES: tuple[ImageMode, ...] = ("link", "copy", "embed", "url", "none")

BoxMode = Literal["keep", "pixels", "unit", "thousand", "objects"]
"""What becomes of boxes that stand in texts, as in `vlit_hub.drafting.boxes`.

keep      texts stay as they are
pixels    boxes of the record's `regions` are written in pixels of the upright photo; words that name the convention change too
unit      the same, from 0 to 1, three decimals
thousand  the same, from 0 to 1000
objects   `<bbox>` stands in the text, and the boxes beside it (`Conversations.boxes`), for trainers that fill them in
"""
BOX_MODES: tuple[BoxMode, ...] = ("keep", "pixels", "unit", "thousand", "objects")


class ExportOptions(pydantic.BaseModel):
    """What every exporter can be told with `--option KEY=VALUE`; one with more options subclasses it.

    The descriptions of the fields are what `vlit-hub export --list` shows.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    literal: Literal["reject", "escape"] = pydantic.Field(
        "reject",
        description="Texts that have, as plain text, what the trainer takes for the place of a photo (`<image>`): reject the "
        "record, or escape it (`&lt;image&gt;`).",
    )


@dataclass(frozen=True)
class Job:
    """What is exported, and how.

    Attributes:
        folder: The export's folder, absolute, as it will be named; while the export runs it isn't there.
        images: Where the photos are.
        boxes: What becomes of boxes in texts.
        options: An `Options` of the exporter.
    """

    folder: Path
    images: ImageMode
    boxes: BoxMode
    options: Any


@dataclass(frozen=True)
class Split:
    """What a split came to.

    Attributes:
        name: `train`, `validation`, ...
        files: Its files, relative to the export's folder; one, or several shards.
        samples: How many conversations they hold.
    """

    name: str
    files: tuple[str, ...]
    samples: int

    @property
    def path(self) -> str:
        """Its file, or the folder of its shards, relative to the export's folder."""
        return self.files[0] if len(self.files) == 1 and "/" not in self.files[0] else f"{self.name}"


@dataclass(frozen=True)
class Export:
    """What an export came to; given to `registry` and `guide` when all samples are written.

    Attributes:
        job: What was asked for.
        dataset: The dataset's name (`vlit_hub/coco_aa`).
        fingerprint: 16 hex digits of all that the export depends on: the dataset, the format and what was asked for.
        splits: Those with samples, in the order of the dataset.
        read: How many records were read.
        rejected: How many of them became no sample, by reason.
        photos: How many photos the samples show, each counted once.
        linked_by_name: How many of them are symbolic links.
        counts: Other things worth knowing, by name: boxes converted, texts escaped.
        licenses: Samples by licence of the annotations, then of the images: `{"annotations": {...}, "images": {...}}`.
    """

    job: Job
    dataset: str
    fingerprint: str
    splits: tuple[Split, ...]
    read: int
    rejected: Mapping[str, int]
    photos: int
    linked_by_name: int
    counts: Mapping[str, int]
    licenses: Mapping[str, Mapping[str, int]]

    @property
    def samples(self) -> int:
        """How many conversations were written."""
        return sum(split.samples for split in self.splits)

    @property
    def train(self) -> Split:
        """The split to train with: `train`, or the first."""
        return next((split for split in self.splits if split.name == "train"), self.splits[0])


class Exporter(abc.ABC):
    """Writes one format.

    An exporter has no state: the same conversations give the same bytes, whichever process writes them, and after a kill too.

    Attributes:
        name: What `--to` names it by.
        title: What the format is, in a line.
        trainer: The program that reads it.
        version: Counts up whenever the same conversations give other bytes; a killed export isn't gone on with then.
        suffix: Of its files, with the dot.
        images: The modes it can do; the first is the default.
        absolute_paths: Whether samples name photos by absolute path, instead of relative to the export's folder.
        most_images: How many photos a sample can show; any number if none. A record of more is rejected.
        interleaved: Whether photos can stand anywhere in the user's texts. If not, a record whose photos don't stand before the
            first instruction is rejected.
        reserved: Texts that the trainer takes for something else than text. A record that has one as plain text is rejected,
            or the text is escaped (`ExportOptions.literal`).
        boxes: What it can do with boxes in texts; `keep` is the default.
        photo_kinds: Formats of photo files that the trainer reads (`JPEG`, `PNG`, `GIF`, `WEBP`, `BMP`, `TIFF`); all if empty.
        shard_size: Records that go into one file where the user doesn't say; one file a split if none.
        shardable: Whether `--shard-size` may ask for several files a split.
        sorts: Whether `write` is given a folder instead, for a file of each kind of samples; needs a `shard_size`.
        batch_size: How many conversations it wants at a time, for memory's sake, where photos are embedded.
        Options: Its options.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    trainer: ClassVar[str]
    version: ClassVar[int] = 1
    suffix: ClassVar[str]
    images: ClassVar[tuple[ImageMode, ...]] = ("link", "copy", "none")
    absolute_paths: ClassVar[bool] = False
    most_images: ClassVar[int | None] = None
    interleaved: ClassVar[bool] = True
    reserved: ClassVar[tuple[str, ...]] = ()
    boxes: ClassVar[tuple[BoxMode, ...]] = ("keep", "pixels", "unit", "thousand")
    photo_kinds: ClassVar[frozenset[str]] = frozenset()
    shard_size: ClassVar[int | None] = None
    shardable: ClassVar[bool] = True
    sorts: ClassVar[bool] = False
    batch_size: ClassVar[int] = 256
    Options: ClassVar[type[ExportOptions]] = ExportOptions

    def check(self, job: Job) -> None:
        """Refuse what can't be done together; called before anything is read.

        Raises:
            UsageError: It says what to do instead.
        """
        return None

    @abc.abstractmethod
    def write(self, batches: Iterable[Conversations], path: Path, job: Job) -> None:
        """Write one file: a shard, or a part of the split's only file.

        The engine renames it when it is complete; a file for which there is no conversation is dropped.

        Args:
            batches: Conversations that fit the format, in the order of the dataset. None is empty.
            path: The file to write; it ends in `suffix`, and isn't there yet. If it `sorts`, a folder, empty, for files whose
                names are the kind, of letters, digits and `_`, and `suffix`.
            job: What is exported, and how.

        Raises:
            OSError: It can't be written; the engine makes one line of it.
        """

    def join(self, parts: Sequence[Path], path: Path) -> None:
        """Make a split's only file of its parts (there is at least one); by default one behind the other."""
        with path.open("wb") as whole:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole, 1 << 20)

    def registry(self, export: Export) -> Mapping[str, str]:
        """Files that the trainer wants beside the samples (a `dataset_info.json`), by name; none by default."""
        return {}

    @abc.abstractmethod
    def guide(self, export: Export) -> str:
        """How to train with it, for README.md: Markdown without headings, with the exact command in a code block.

        Folders are named as they are (`export.job.folder`); what the user has to choose (the model) stands in capitals.
        """
