"""WebDataset (https://github.com/webdataset/webdataset): tar files that are read from end to end, photos and texts together."""

from __future__ import annotations

import functools
import io
import itertools
import re
import tarfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from vlit_hub.export.exporter import Exporter

if TYPE_CHECKING:
    from vlit_hub.export.conversations import Conversations
    from vlit_hub.export.exporter import Export, Job

__all__ = ["WebDataset"]

_TEXT = "text"  # of shards whose samples show no photo
_EXTENSIONS = {"jpeg": "jpg", "tiff": "tif"}  # photos of one format have one extension
_REMEMBERED = 8  # photos, since neighbouring records show the same


class WebDataset(Exporter):
    """`KEY.jpg` and `KEY.json` a sample; `KEY.0.jpg`, `KEY.1.jpg`, ... where it shows several photos.

    The JSON is `{"id", "images": ["jpg"], "messages": [{"role", "content"}]}`, with `<image>` at the place of each photo;
    `images` names the fields of the photos, in order. Photos are the files as they are.

    Samples of a shard have the same fields: `datasets` takes the fields of all shards from the first samples that it sees, and
    drops others in silence. So records of different numbers or formats of photos go into different shards, `train-jpg-...`,
    `train-jpg2-...`, `train-png-...`, `train-text-...`.
    """

    name = "webdataset"
    title = "WebDataset: tar shards of photos and JSON"
    trainer = "webdataset"
    suffix = ".tar"
    images = ("embed",)
    reserved = ("<image>",)
    shard_size = 2000
    sorts = True

    def write(self, batches: Iterable[Conversations], path: Path, job: Job) -> None:
        """Write a shard of each set of fields."""
        read = functools.lru_cache(_REMEMBERED)(Path.read_bytes)
        with ExitStack() as opened:
            shards: dict[str, _Shard] = {}
            for conversations in batches:
                fields = [_fields(names) for names in conversations.images.to_list()]
                samples = zip(
                    conversations.ids, fields, conversations.files, _texts(conversations, fields), strict=True
                )
                for name, own, files, text in samples:
                    kind = _kind(own)
                    if kind not in shards:
                        shards[kind] = opened.enter_context(_Shard(path / f"{kind}{self.suffix}"))
                    photos = {field: read(Path(file)) for field, file in zip(own, files, strict=True)}
                    shards[kind].add(name, {**photos, "json": text.encode()})

    def guide(self, export: Export) -> str:
        """How `webdataset` and `datasets` read it."""
        folder, train = str(export.job.folder), export.train
        kinds = sorted({Path(file).name.removeprefix(f"{train.name}-").rsplit("-", 3)[0] for file in train.files})
        chosen = f", {kinds[0]!r}" if len(kinds) > 1 else ""
        others = f" The others here: {', '.join(f'`{kind}`' for kind in kinds[1:])}." if chosen else ""
        return (
            "```python\n"
            "from pathlib import Path\n\n"
            "import webdataset\n\n"
            f'files = sorted(map(str, Path({f"{folder}/{train.name}"!r}).glob("*.tar")))\n'
            'samples = webdataset.WebDataset(files, shardshuffle=len(files)).shuffle(1000).decode("pil")\n'
            "for sample in samples:\n"
            '    photos = [sample[name] for name in sample["json"]["images"]]\n'
            '    messages = sample["json"]["messages"]\n'
            "```\n\n"
            "`<image>` in the messages is the place of each photo. Samples of a shard have the same fields, and its name says "
            "which: `jpg` and `json`, or `0.jpg`, `1.jpg` and `json` in `jpg2`, or `json` alone in `text`. `datasets` reads one "
            f"set of fields at a time.{others}\n\n"
            "```python\n"
            "from datasets import load_dataset\n\n"
            f'samples = load_dataset({folder!r}{chosen}, split="{train.name}", streaming=True)\n'
            "```"
        )


class _Shard:
    """A tar file under way; the same members give the same bytes."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)  # noqa: SIM115
        self._keys: dict[str, int] = {}

    def __enter__(self) -> _Shard:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def add(self, name: str, files: dict[str, bytes]) -> None:
        """Add a sample."""
        key = _key(name)
        again = self._keys[key] = self._keys.get(key, 0) + 1
        if again > 1:  # readers would take two samples of one key for one; no id gives this key
            key = f"{key}%r{again}"
        for field, content in files.items():
            member = tarfile.TarInfo(f"{key}.{field}")  # its time, owner and mode are constants
            member.size = len(content)
            self._tar.addfile(member, io.BytesIO(content))


def _key(name: str) -> str:
    """A record's id as a key: readers cut a name at its first dot, take a slash for a folder, and skip what begins with `__`."""
    key = re.sub(r"[^A-Za-z0-9_-]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)
    return f"%5F{key[1:]}" if key.startswith("__") else key


def _fields(names: Sequence[str]) -> list[str]:
    """The fields of a sample's photos."""
    suffixes = [Path(name).suffix[1:] for name in names]
    extensions = [_EXTENSIONS.get(suffix, suffix) for suffix in suffixes]
    return extensions if len(extensions) == 1 else [f"{place}.{one}" for place, one in enumerate(extensions)]


def _kind(fields: Sequence[str]) -> str:
    """The set of fields, for the shard's name: `jpg`, `jpg2`, `jpg_png`, `text`."""
    runs = itertools.groupby(field.rpartition(".")[2] for field in fields)
    counts = [(extension, len(list(run))) for extension, run in runs]
    return "_".join(extension + (str(count) if count > 1 else "") for extension, count in counts) or _TEXT


def _texts(conversations: Conversations, fields: Sequence[Sequence[str]]) -> Iterable[str]:
    """The JSON of each sample."""
    import polars as pl

    from vlit_hub.export.json_files import encode

    images = pl.Series(fields, dtype=pl.List(pl.String()))
    messages = conversations.messages()
    return encode(pl.DataFrame({"id": conversations.ids, "images": images, "messages": messages}))
