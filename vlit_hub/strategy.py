"""What a strategy is: it makes drafts of records from image annotations, or a dataset from other datasets.

Two ways to write the former. The short way is a function from one image's annotations to drafts:

    @per_image(name="count_quiz", tasks=["object_counting"])
    def count_quiz(image: ImageAnnotations) -> Iterator[Draft]:
        for category, objects in image.objects_by_category().items():
            if image.countable(category):
                yield Draft(
                    task="object_counting",
                    key=category,
                    instruction=f"How many of these are in the picture: {category}? Answer with a number.",
                    response=str(len(objects)),
                )

The fast way, for millions of records, is a subclass of `Strategy` whose `drafts` works on whole frames.

A strategy that makes records from datasets of records instead (by mixing them, say) is a subclass of `DatasetStrategy`.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl
import pydantic

from vlit_hub.frames import Annotations

if TYPE_CHECKING:
    from vlit_hub.dataset.folder import FolderWriter
    from vlit_hub.generation.preview import Preview

__all__ = ["DatasetPlan", "DatasetStrategy", "Options", "Strategy"]


class Options(pydantic.BaseModel):
    """What every strategy can be told; a strategy with more options subclasses it.

    The descriptions of the fields are what `vlit-hub info BUILDER` shows. A field declared with `exclude=True` says how the work
    is done, not what comes of it (a server's address, a number of connections): it is no part of a build's name, of `build.json`
    or of the command that rebuilds it.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    tasks: tuple[str, ...] | None = pydantic.Field(
        None, description="The tasks to make; all that the strategy has if none."
    )
    per_image: pydantic.PositiveInt | None = pydantic.Field(
        None, description="At most so many records of one task an image, drawn by hash; all if none."
    )
    seed: int = pydantic.Field(0, description="Every draw depends on it.")


class Strategy(abc.ABC):
    """Makes drafts from annotations.

    Attributes:
        name: Stands in records' `strategy`.
        version: Counts up whenever the same annotations give other drafts.
        tasks: All tasks it can make.
        reads: The kinds of frames that it looks at for a task, by task; all kinds for a task that isn't named. A source that
            has none of the kinds for the tasks wanted, and lists no images, isn't read.
        Options: Its options.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    tasks: ClassVar[tuple[str, ...]]
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    Options: ClassVar[type[Options]] = Options

    def generate(self, annotations: Annotations, options: Any) -> None:
        """Ask language models for what `drafts` will read from the response store; called once a build, by its main process,
        before `prepare`, with the images of all splits that are built. Does nothing by default.

        Raises:
            VlitHubError: It has to stop; the same command goes on where it was.
        """
        return None

    def preview(self, annotations: Annotations, options: Any) -> Preview | None:
        """What `generate` would ask, for `vlit-hub build --dry-run`; None, the default, if the strategy asks no model."""
        return None

    def prepare(self, annotations: Annotations, options: Any) -> Any:
        """What `drafts` needs to know of all images together (frequencies, say); called once, before `drafts`, with the images
        of all splits that are built.

        Worker processes each call it anew.
        """
        return None

    @abc.abstractmethod
    def drafts(self, annotations: Annotations, options: Any, prepared: Any) -> pl.DataFrame:
        """Drafts (columns of `vlit_hub.drafts.DRAFT`) of some of the images.

        Called with any slice of the images: a draft may depend on its own image's annotations, the options and `prepared`
        alone.
        """


class DatasetPlan(abc.ABC):
    """What a `DatasetStrategy` is about to make.

    Attributes:
        about: A sentence on what the records are from, for README.md.
    """

    about: str

    @property
    @abc.abstractmethod
    def fingerprint(self) -> str:
        """16 hex digits that change with the datasets' content and the options, not with where the datasets lie. It names the
        result in the cache."""

    @abc.abstractmethod
    def write(self, writer: FolderWriter) -> Mapping[str, Any]:
        """Write the records.

        Returns:
            What build.json says of them, beyond what every build.json has: `sources`, `counts`, and the strategy's own.
        """


class DatasetStrategy(abc.ABC):
    """Makes a dataset from datasets of records.

    Attributes:
        name: Stands in build.json. Records keep the strategy that they were made by.
        version: Counts up whenever the same datasets give other records.
        Options: Its options; their descriptions are what `vlit-hub info BUILDER` shows.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    Options: ClassVar[type[pydantic.BaseModel]]

    @abc.abstractmethod
    def plan(self, options: Any) -> DatasetPlan:
        """Open the datasets and check what is asked.

        Raises:
            VlitHubError: A dataset can't be used, or the options don't fit.
        """
