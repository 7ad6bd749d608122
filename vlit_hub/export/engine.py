"""Exports: a dataset into a folder that a trainer reads.

A split is cut into units, each written whole before the next begins. A run that is killed goes on at the first unit that isn't
there: units and the photos placed so far lie in a work folder beside the export, which gets its name by a rename when all is
complete. The same dataset gives the same bytes, killed or not.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from vlit_hub import __version__
from vlit_hub.building.output import IMAGES_FILE
from vlit_hub.dataset.reading import Dataset
from vlit_hub.errors import InputError
from vlit_hub.export.batches import Converter, Tally
from vlit_hub.export.exporter import Export, Exporter, Job, Split
from vlit_hub.export.json_files import encode
from vlit_hub.export.mending import mend, none_fits
from vlit_hub.export.photos import PHOTOS_FOLDER, PhotoShelf
from vlit_hub.export.readme import write_readme
from vlit_hub.export.records import SplitReader, split_readers
from vlit_hub.export.settings import EXPORT_FILE, Settings, check_out, make_job
from vlit_hub.export.shown import Shown, check_urls, shown_by
from vlit_hub.export.sizes import Sizes
from vlit_hub.progress import progress

__all__ = ["EXPORT_FILE", "REJECTED_FILE", "Settings", "as_json", "export"]

REJECTED_FILE = "rejected.jsonl"
_STATE = "state.json"


def export(dataset: Dataset, exporter: Exporter, out: Path, settings: Settings | None = None) -> Export:
    """Write a dataset in a trainer's format.

    Raises:
        UsageError: A setting is none the format has, the folder can't be written over, or the format can't hold a single record.
        InputError: The dataset can't be read, the export can't be written, or, with `fail`, a record doesn't fit.
    """
    settings = settings or Settings()
    job = make_job(exporter, out, settings)
    exporter.check(job)
    check_out(out, dataset, settings.force)
    if job.images == "url":
        check_urls(dataset.path / IMAGES_FILE)
    readers = split_readers(dataset, settings.split, regions=job.boxes != "keep")
    with _one_line(out):
        run = _Run(dataset, exporter, job, settings, out)
        with progress("exporting", sum(reader.rows for reader in readers)) as advance:
            for reader in readers:
                for number, (start, stop) in enumerate(reader.units(run.size)):
                    run.unit(reader, number, start, stop)
                    advance(stop - start)
        if not run.tally.samples:
            shutil.rmtree(run.work)
            raise none_fits(exporter, run.tally.rejected)
        return run.finish()


def as_json(done: Export) -> dict[str, Any]:
    """For machines."""
    return {
        "dataset": done.dataset,
        "fingerprint": done.fingerprint,
        "images": done.job.images,
        "boxes": done.job.boxes,
        "options": done.job.options.model_dump(mode="json"),
        "read": done.read,
        "samples": done.samples,
        "rejected": dict(done.rejected),
        "photos": done.photos,
        "symbolic_links": done.linked_by_name,
        "counts": dict(done.counts),
        "licenses": {kind: dict(found) for kind, found in done.licenses.items()},
        "splits": {split.name: {"samples": split.samples, "files": list(split.files)} for split in done.splits},
    }


@contextmanager
def _one_line(out: Path) -> Iterator[None]:
    """Says in one line that something can't be written."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(
            error.filename or out, f"can't be read or written ({reason})", "The same command goes on from there."
        ) from error


class _Run:
    """An export under way."""

    def __init__(self, dataset: Dataset, exporter: Exporter, job: Job, settings: Settings, out: Path) -> None:
        self.dataset, self.exporter, self.job, self.out = dataset, exporter, job, out
        self.size = settings.shard_size or exporter.shard_size
        self.fail = settings.fail
        self.tally = Tally()
        self.splits: dict[
            str, list[tuple[list[Path], int]]
        ] = {}  # of each unit, its files and how many samples they have
        self.work = out.with_name(f".{out.name}.export")
        self._units = self.work / "units"
        self._rejected: list[Path] = []
        self._open(settings)
        kept = self.work / (PHOTOS_FOLDER if job.images in ("link", "copy") else "embedded")
        self._shelf = PhotoShelf(kept, job.images, Path(os.path.abspath(dataset.path)), exporter.photo_kinds)  # noqa: PTH100
        images = dataset.path / IMAGES_FILE
        self._shown: Shown = shown_by(job.images, self._shelf, self._photo_name, images)
        self._sizes = Sizes(images if job.boxes != "keep" else Path())

    def _open(self, settings: Settings) -> None:
        """Go on in the work folder of the same export, or start a new one."""
        what = {
            "vlit_hub": __version__,
            "dataset": self.dataset.digest,
            "exporter": [self.exporter.name, self.exporter.version],
            "job": [self.job.images, self.job.boxes, self.job.options.model_dump(mode="json")],
            "folder": str(self.job.folder) if self.exporter.absolute_paths else "",
            "split": settings.split,
            "size": self.size,
        }
        self._fingerprint = xxhash.xxh3_64_hexdigest(json.dumps(what).encode())
        places = {"from": str(self.dataset.path.resolve()), "to": str(self.job.folder)}
        text = json.dumps({**what, **places}, indent=2)
        if self.work.is_symlink():
            raise InputError(self.work, "is a link, which nothing is written through", "Remove it.")
        try:
            same = (self.work / _STATE).read_text() == text
        except OSError:
            same = False
        if not same:
            if self.work.exists():
                shutil.rmtree(self.work)
            self._units.mkdir(parents=True)
            (self.work / _STATE).write_text(text)
        self._units.mkdir(exist_ok=True)

    def _photo_name(self, name: str) -> str:
        if self.job.images == "embed":
            return name
        relative = f"{PHOTOS_FOLDER}/{name}"
        return str(self.job.folder / relative) if self.exporter.absolute_paths else relative

    def unit(self, reader: SplitReader, number: int, start: int, stop: int) -> None:
        """Write one unit, or take it from an earlier run."""
        name = f"{reader.name}-{number:05d}"
        path = self._units / (name if self.exporter.sorts else f"{name}{self.exporter.suffix}")
        rejected, notes = self._units / f"{name}.rejected", self._units / f"{name}.notes"
        if notes.is_file():  # the unit is complete, and its files may have got their final names already
            found = json.loads(notes.read_text(encoding="utf-8"))
            tally = Tally.from_json(found["tally"])
            self._shelf.restore(found["photos"])
            self._shelf.symbolic = found["symbolic"]
        else:
            first = len(self._shelf.photos)
            if self.exporter.sorts:
                shutil.rmtree(path, ignore_errors=True)  # by a run that was killed
                path.mkdir()
            tally = self._write(reader, start, stop, path, rejected)
            written = sorted(path.iterdir()) if self.exporter.sorts else [path]
            found = {
                "tally": tally.as_json(),
                "files": [str(file.relative_to(self._units)) for file in written],
                "photos": self._shelf.journal(first),
                "symbolic": self._shelf.symbolic,
            }
            aside = notes.with_suffix(".tmp")
            aside.write_text(json.dumps(found), encoding="utf-8")
            aside.replace(notes)
        self.tally.add(tally)
        if tally.rejected:
            self._rejected.append(rejected)
        if tally.samples:
            files = [self._units / file for file in found["files"]]
            self.splits.setdefault(reader.name, []).append((files, tally.samples))

    def _write(self, reader: SplitReader, start: int, stop: int, path: Path, rejected: Path) -> Tally:
        with rejected.open("w", encoding="utf-8") as aside:

            def reject(frame: pl.DataFrame) -> None:
                if self.fail:
                    record, _, reason = frame.row(0)
                    raise InputError(
                        self.dataset.path, f"record {record} doesn't fit {self.exporter.name}: {reason}", mend(reason)
                    )
                lines = encode(frame.select("id", pl.lit(reader.name).alias("split"), "task", "reason"))
                aside.write("\n".join(lines) + "\n")

            converter = Converter(self.exporter, self.job, self._shown, self._sizes, reject)
            if not self.exporter.sorts:
                path.unlink(missing_ok=True)
            self.exporter.write(converter.convert(reader.read(start, stop)), path, self.job)
        return converter.tally

    def finish(self) -> Export:
        """Put everything in its place, and give the folder its name."""
        splits = tuple(
            Split(name, self._place(name, [files for files, _ in units]), sum(samples for _, samples in units))
            for name, units in self.splits.items()
        )
        tally = self.tally
        done = Export(
            job=self.job,
            dataset=self.dataset.name,
            fingerprint=self._fingerprint,
            splits=splits,
            read=tally.read,
            rejected=dict(sorted(tally.rejected.items())),
            photos=sum(photo.fault is None for photo in self._shelf.photos),
            linked_by_name=self._shelf.symbolic,
            counts=dict(sorted((name, count) for name, count in tally.counts.items() if count)),
            licenses={
                "annotations": dict(sorted(tally.annotations.items())),
                "images": dict(sorted(tally.images.items())),
            },
        )
        if self._rejected:
            with (self.work / REJECTED_FILE).open("wb") as whole:
                for path in self._rejected:
                    whole.write(path.read_bytes())
        for name, text in self.exporter.registry(done).items():
            (self.work / name).write_text(text, encoding="utf-8")
        (self.work / EXPORT_FILE).write_text(
            json.dumps(self._about(done), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        write_readme(self.work / "README.md", self.exporter, done)
        self._rename()
        return done

    def _place(self, split: str, units: list[list[Path]]) -> tuple[str, ...]:
        """The split's files, relative to the export's folder."""
        suffix = self.exporter.suffix
        if self.size is None:
            self.exporter.join([path for files in units for path in files], self.work / f"{split}{suffix}")
            return (f"{split}{suffix}",)
        (self.work / split).mkdir(exist_ok=True)
        kinds: dict[str, list[Path]] = {}
        for path in (path for files in units for path in files):
            kinds.setdefault(path.stem if self.exporter.sorts else "", []).append(path)
        names = []
        for kind, paths in sorted(kinds.items()):
            for number, path in enumerate(paths):
                stem = "-".join([split, kind] if kind else [split])
                names.append(f"{split}/{stem}-{number:05d}-of-{len(paths):05d}{suffix}")
                if path.exists():  # if not, a run that was killed here has moved it
                    path.replace(self.work / names[-1])
        return tuple(names)

    def _about(self, done: Export) -> dict[str, Any]:
        dataset = {"fingerprint": self.dataset.build.get("fingerprint"), "digest": self.dataset.digest}
        return {
            "format": 1,
            "vlit_hub": __version__,
            "exporter": {"name": self.exporter.name, "version": self.exporter.version},
            **as_json(done),
            "dataset": {"name": done.dataset, **dataset},
        }

    def _rename(self) -> None:
        shutil.rmtree(self.work / "embedded", ignore_errors=True)
        shutil.rmtree(self._units)
        (self.work / _STATE).unlink()
        old = self.out.with_name(f".{self.out.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.out.exists():
            self.out.replace(old)
        self.work.replace(self.out)
        shutil.rmtree(old, ignore_errors=True)
