"""`vlit_hub.load_dataset`: as `datasets.load_dataset`, and it builds what isn't there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets

from vlit_hub import plugin_manager
from vlit_hub.builder import NAMESPACE
from vlit_hub.building.plan import BuildOptions, make_plan
from vlit_hub.building.run import prepare
from vlit_hub.errors import UsageError

__all__ = ["load_dataset"]


def load_dataset(
    path: str,
    *,
    data_dir: str | Path | None = None,
    split: str | None = None,
    streaming: bool = False,
    num_proc: int = 1,
    cache_dir: str | None = None,
    files: dict[str, str | Path | list[str | Path]] | None = None,
    images_dir: str | Path | None = None,
    on_error: str = "fail",
    require_photos: bool = False,
    **options: Any,
) -> Any:
    """Load a dataset by name; build it from annotation files where it isn't built yet.

        load_dataset("vlit_hub/coco_aa", data_dir="~/coco", tasks=["image_captioning"], split="train")

    Args:
        path: A builder's name, with or without a namespace. Any other name goes to `datasets.load_dataset` as it is.
        data_dir: The folder with annotation files and photos. Without it, the newest build of this name is loaded.
        split: A split; all of them if none.
        streaming: Make records as they are asked for, and keep nothing.
        num_proc: How many processes make records.
        cache_dir: Of `datasets`.
        files: Annotation files given by hand, by source name.
        images_dir: Where photos are looked for, instead of `data_dir`.
        on_error: `fail` at annotations that would corrupt records, or `skip` them.
        require_photos: Reject records whose photo isn't found.
        **options: Of the builder's strategy: `tasks`, `per_image`, `seed`, ...

    Returns:
        A `Dataset`, `DatasetDict`, `IterableDataset` or `IterableDatasetDict`, as of `datasets.load_dataset`.

    Raises:
        VlitHubError: The input can't be used.
        UsageError: Options are given without `data_dir`, or for a dataset that isn't a builder's.
    """
    namespace, _, name = path.rpartition("/")
    own = name in plugin_manager.builders()
    if not own or data_dir is None:
        if options or files or images_dir:
            raise UsageError(f"load_dataset({path!r}): options need a builder's name and data_dir=FOLDER.")
        repo_id = f"{namespace or NAMESPACE}/{name}" if own else path
        return datasets.load_dataset(repo_id, split=split, streaming=streaming, cache_dir=cache_dir)
    by_hand = {
        source: tuple(Path(one).expanduser() for one in (given if isinstance(given, list) else [given]))
        for source, given in (files or {}).items()
    }
    plan = make_plan(
        plugin_manager.get_builder(name),
        BuildOptions(
            data_dir=Path(data_dir).expanduser(),
            files=by_hand,
            images_dirs=(Path(images_dir).expanduser(),) if images_dir else (),
            strategy=options,
            on_error=on_error,
            require_photos=require_photos,
        ),
    )
    builder = plan.builder(plan, namespace=namespace or NAMESPACE, cache_dir=cache_dir)
    if streaming:
        return builder.as_streaming_dataset(split=split)
    if not Path(builder.cache_dir).exists():
        prepare(builder, num_proc)
        builder = plan.builder(plan, namespace=namespace or NAMESPACE, cache_dir=cache_dir)
    return builder.as_dataset(split=split)
