"""The plan of a build: everything that decides its result, known before the first record is made.

Its state names the build in the Hugging Face cache: same inputs and options, same state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydantic
import xxhash

from vlit_hub import photos, plugin_manager
from vlit_hub.columns import digests
from vlit_hub.discovery import Found, discover
from vlit_hub.errors import UnknownName, UsageError
from vlit_hub.files import AnnotationFile
from vlit_hub.frames import SCHEMAS
from vlit_hub.source import OnError, Source
from vlit_hub.strategy import DatasetStrategy, Options, Strategy

if TYPE_CHECKING:
    from vlit_hub.builder import VlitBuilder

__all__ = ["BuildOptions", "Plan", "make_plan", "parse_options"]

RECORD_VERSION = 1  # counts up whenever assembly gives other records for the same drafts


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """What a user says of a build.

    Attributes:
        data_dir: Where annotation files and photos are looked for.
        files: Annotation files given by hand, by source name: they win over what is found.
        images_dirs: Where photos are looked for instead of `data_dir`.
        splits: The splits to build; None for all that the data has.
        strategy: Options of the strategy, by name.
        on_error: Whether annotations that would corrupt records stop the build (`fail`) or are set aside (`skip`).
        embed_images: Write the photos into the Parquet files, instead of their paths.
        require_photos: Reject records whose photo isn't found.
        verify_photos: Decode every photo, instead of looking at its head and end alone.
    """

    data_dir: Path
    files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    images_dirs: tuple[Path, ...] = ()
    splits: tuple[str, ...] | None = None
    strategy: Mapping[str, Any] = field(default_factory=dict)
    on_error: OnError = "fail"
    embed_images: bool = False
    require_photos: bool = False
    verify_photos: bool = False

    @property
    def photo_dirs(self) -> tuple[Path, ...]:
        """Where photos are looked for."""
        return self.images_dirs or (self.data_dir,)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A build that can start.

    Attributes:
        builder: The builder's class.
        options: What the user said.
        sources: The sources with files, in the builder's order, which is also the order in which they are believed.
        files: Their files.
        digests: The digest of each file.
        strategy: The strategy, and its options, checked.
        ignored: How many JSON files in the data folder no source knows.
        fingerprint: 16 hex digits that change with the annotations and the options; the same on every machine.
        state: 16 hex digits that change with the place of the data and with the photos too. It names the build in the cache.
    """

    builder: type[VlitBuilder]
    options: BuildOptions
    sources: tuple[Source, ...]
    files: Mapping[str, tuple[AnnotationFile, ...]]
    digests: Mapping[AnnotationFile, str]
    strategy: Strategy
    strategy_options: Options
    ignored: int
    fingerprint: str
    state: str


def make_plan(builder: type[VlitBuilder], options: BuildOptions) -> Plan:
    """Find the files, check the options, and name the build.

    Raises:
        InputError: The folder is missing, or has nothing for this builder.
        UsageError: An option is wrong.
    """
    strategy = plugin_manager.get_strategy(builder.strategy)
    if isinstance(strategy, DatasetStrategy):
        raise UsageError(
            f"{builder.name} is made from datasets, not from annotations: vlit-hub build {builder.name} builds it, and then it "
            "opens by its name."
        )
    strategy_options = check_options(strategy, {**builder.defaults, **options.strategy})
    every = plugin_manager.sources()
    for name in options.files:
        if name not in builder.sources:
            raise UnknownName(f"source of {builder.name}", name, builder.sources)
    wanted = [every[name] for name in builder.sources if name in every]
    found: Found = discover(options.data_dir, wanted, options.files)
    kinds = _kinds(strategy, strategy_options)
    sources = tuple(
        source
        for source in wanted
        if found.files.get(source.name) and ("images" in source.gives or kinds & {*source.gives})
    )
    files = {source.name: tuple(found.files[source.name]) for source in sources}
    named = digests([file for group in files.values() for file in group])
    fingerprint = _fingerprint(builder, options, sources, files, named, strategy, strategy_options)
    return Plan(
        builder=builder,
        options=options,
        sources=sources,
        files=files,
        digests=named,
        strategy=strategy,
        strategy_options=strategy_options,
        ignored=len(found.ignored),
        fingerprint=fingerprint,
        state=_state(fingerprint, options),
    )


def check_options(strategy: Strategy, given: Mapping[str, Any]) -> Options:
    """The strategy's options, checked; tasks in the strategy's own order.

    Raises:
        UsageError: Names the option at fault.
    """
    options = parse_options(strategy, given)
    assert isinstance(options, Options)
    if options.tasks is None:
        return options
    for task in options.tasks:
        if task not in strategy.tasks:
            raise UnknownName(f"task of strategy {strategy.name}", task, strategy.tasks)
    return options.model_copy(update={"tasks": tuple(task for task in strategy.tasks if task in options.tasks)})


def parse_options(strategy: Strategy | DatasetStrategy, given: Mapping[str, Any]) -> pydantic.BaseModel:
    """Options as the strategy's model has them.

    Raises:
        UsageError: Names the option at fault.
    """
    fields = strategy.Options.model_fields
    for name in given:
        if name not in fields:
            raise UnknownName(f"option of strategy {strategy.name}", name, fields)
    try:
        return strategy.Options.model_validate(dict(given))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"option {name}: {first['msg'].removeprefix('Value error, ')} (given: {first['input']!r})"
        ) from None


def _kinds(strategy: Strategy, options: Options) -> set[str]:
    """The kinds of frames that the wanted tasks are made from."""
    return {kind for task in options.tasks or strategy.tasks for kind in strategy.reads.get(task, tuple(SCHEMAS))}


def _fingerprint(
    builder: type[VlitBuilder],
    options: BuildOptions,
    sources: tuple[Source, ...],
    files: Mapping[str, tuple[AnnotationFile, ...]],
    named: Mapping[AnnotationFile, str],
    strategy: Strategy,
    strategy_options: Options,
) -> str:
    decisive = {
        "builder": [builder.name, str(builder.VERSION)],
        "records": RECORD_VERSION,
        "strategy": [strategy.name, strategy.version, strategy_options.model_dump(mode="json")],
        "sources": [[source.name, source.version] for source in sources],
        "files": [sorted([named[file], file.split] for file in files[source.name]) for source in sources],
        "splits": options.splits,
        "on_error": options.on_error,
        "photos": [options.embed_images, options.require_photos, options.verify_photos],
    }
    return xxhash.xxh3_64_hexdigest(json.dumps(decisive, sort_keys=True).encode())


def _state(fingerprint: str, options: BuildOptions) -> str:
    """Photos are told apart by size and time, not by content: a photo that was mended makes another build."""
    state = xxhash.xxh3_64(fingerprint.encode())
    for path in photos.find(options.photo_dirs)["photo"]:
        seen = Path(path).stat()
        state.update(f"{path}\0{seen.st_size}\0{seen.st_mtime_ns}\n".encode())
    return str(state.hexdigest())
