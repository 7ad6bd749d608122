"""What a small change of a dataset costs to push, with and without content-defined chunking of its Parquet files.

python benchmarks/push.py            # about 100,000 and 1.2 million records; ten minutes the first time
python benchmarks/push.py --quick    # about 7,000 records; to see that it works

Counted are the bytes that are sent to Xet, the Hub's storage: its own client chunks, compresses and deduplicates the files, into
a folder instead of the Hub, and that grows by what would have been sent.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measure import WORK, run, table

from vlit_hub.building.shards import IMAGES_A_SHARD
from vlit_hub.parquet import write_shard

SIZES, PHOTOS = ([500], 60) if "--quick" in sys.argv else ([7_000, 82_783], 500)
TASKS = "image_captioning,visual_question_answering,text_recognition,object_detection"
CACHES = {"HF_HOME": str(WORK / "home" / "hf"), "VLIT_HUB_CACHE": str(WORK / "home" / "cache"), "HF_HUB_OFFLINE": "1"}

Places = npt.NDArray[np.int64]


class Storage:
    """Xet's client, with a folder as its server."""

    def __init__(self, folder: Path) -> None:
        from huggingface_hub.utils._xet import get_xet_session

        storage = {"accessToken": "none", "exp": int(time.time()) + 36_000, "casUrl": f"local://{folder}"}

        class Tokens(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = json.dumps(storage).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.folder = folder
        self.session = get_xet_session()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def send(self, files: list[Path]) -> int:
        """Upload files; the bytes by which the storage grows."""
        import hf_xet

        before = self.size()
        address = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        with self.session.new_upload_commit(
            token_refresh_url=address, token_refresh_headers={}, custom_headers={}
        ) as commit:
            for file in files:
                commit.start_upload_file(str(file), sha256=hf_xet.COMPUTE_SHA256)
        return self.size() - before

    def size(self) -> int:
        """Bytes of all blocks of chunks."""
        return sum(path.stat().st_size for path in self.folder.glob("xet/xorbs/xorbs/**/*") if path.is_file())


def reworded(records: pa.Table, places: Places) -> pa.Table:
    """Responses said otherwise."""
    texts = records["response"].to_pylist()
    for place in places:
        texts[place] += " And more."
    return records.set_column(records.column_names.index("response"), records.schema.field("response"), pa.array(texts))


def removed(records: pa.Table, places: Places) -> pa.Table:
    """Records taken out."""
    return records.take(pa.array(np.delete(np.arange(len(records)), places)))


def added(records: pa.Table, places: Places) -> pa.Table:
    """Records put in, each as the one before it but for the id."""
    more = records.take(pa.array(np.insert(np.arange(len(records)), places, places)))
    ids = more["id"].to_pylist()
    for place in places + np.arange(len(places)):
        ids[place] += "-more"
    return more.set_column(0, "id", pa.array(ids))


def images_removed(records: pa.Table, places: Places) -> pa.Table:
    """All records of some images taken out: every later file begins with another image."""
    images = image_numbers(records)
    return records.filter(pa.array(~np.isin(images, images[places])))


def image_numbers(records: pa.Table) -> Places:
    """A number for each record's image, rising."""
    keys = pc.list_element(records["source"].combine_chunks().field("image_ids"), 0)
    return np.cumsum(
        np.concatenate([[0], keys.slice(1).to_numpy(False) != keys.slice(0, len(keys) - 1).to_numpy(False)])
    )


def main() -> None:
    for images in SIZES:
        show(built(images), embed=False)
    show(built(PHOTOS, photos=True), embed=True)


def show(records: pa.Table, embed: bool) -> None:
    """A table of what is sent for each change, one after the other."""
    random = np.random.default_rng(0)
    one, ten = (np.sort(random.choice(len(records), number, replace=False)) for number in (1, 10))
    changes = [(change, places) for change in (reworded, removed, added) for places in (one, ten)]
    changes.append((images_removed, ten))
    # photos are cut by Xet itself: their bytes stand in the file as they are
    rows = [measured(records, changes, chunking, embed) for chunking in ([False] if embed else [False, True])]
    named = [f"{len(places)} {change.__name__.replace('_', ' ')}" for change, places in changes]
    files = len(list(cut(records)))
    print(f"\n{len(records):,} records in {files} files, {'with' if embed else 'without'} photos; MB sent.\n")
    print(table(["chunked by content", "seconds to write", "files", "first push", *named], rows))


def measured(
    records: pa.Table, changes: list[tuple[Callable[..., pa.Table], Places]], chunking: bool, embed: bool
) -> list[object]:
    """A row of the table: the first push, then each change pushed after it."""
    with tempfile.TemporaryDirectory() as name:
        folder, storage = Path(name), Storage(Path(name) / "storage")
        start = time.perf_counter()
        first = write(records, folder, chunking, embed)
        row: list[object] = ["yes" if chunking else "no", time.perf_counter() - start]
        row += [sum(file.stat().st_size for file in first) / 1e6, storage.send(first) / 1e6]
        for change, places in changes:
            row.append(storage.send(write(change(records, places), folder, chunking, embed)) / 1e6)
    return row


def write(records: pa.Table, folder: Path, chunking: bool, embed: bool) -> list[Path]:
    """The files of a dataset."""
    files = []
    for number, part in enumerate(cut(records)):
        files.append(folder / f"train-{number:05d}.parquet")
        write_shard(part, files[-1], embed=embed, content_defined_chunking=chunking)
    return files


def cut(records: pa.Table) -> Iterator[pa.Table]:
    """The records of so many images each, as a build cuts them."""
    images = image_numbers(records)
    ends = np.searchsorted(images, np.arange(IMAGES_A_SHARD, images[-1] + IMAGES_A_SHARD + 1, IMAGES_A_SHARD))
    for start, end in pairwise([0, *ends.tolist()]):
        yield records.take(pa.array(np.arange(start, end)))  # not a slice, which a build hasn't either


def built(images: int, photos: bool = False) -> pa.Table:
    """The records of a sample's train split; built once."""
    name = f"photos-{images}" if photos else str(images)
    data, folder = WORK / f"coco-{name}", WORK / f"push-{name}"
    if not data.exists():
        run(sys.executable, "-m", "vlit_hub", "sample", data, "--images", images, *([] if photos else ["--no-photos"]))
    if not folder.exists():
        build = ["build", "coco_aa", "--data-dir", data, "--tasks", TASKS, "--out", folder, "--json"]
        run(sys.executable, "-m", "vlit_hub", *build, **CACHES)
    return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob("data/train-*.parquet"))])


if __name__ == "__main__":
    main()
