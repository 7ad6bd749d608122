"""A whole sample: made aside, then renamed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from vlit_hub.errors import InputError, UsageError, VlitHubError
from vlit_hub.progress import progress
from vlit_hub.sample.annotations import split_of
from vlit_hub.sample.files import assemble
from vlit_hub.sample.parts import Job, make_parts, part_folder, stretches

__all__ = ["SampleResult", "write_sample"]

_POLL = 0.1  # seconds
_ONE_PROCESS = {False: 2000, True: 40}  # up to so many images, without and with photos, further processes don't pay
_OWN = ("README.txt", "annotations", "train2014", "val2014")  # what a sample's folder has in it
_TITLE = "A sample by vlit-hub: synthetic scenes in COCO's formats"
_README = """{title}

Made by: vlit-hub sample {options}
vlit-hub {version}, {images:,} images ({counts}).

All scenes are drawn by a program and all that the annotations say is true of them: captions and instances as COCO 2014 has
them, questions with ten answers as VQA v2, words as COCO-Text v2, attributes as COCO Attributes.

Licence: CC0-1.0 (https://creativecommons.org/publicdomain/zero/1.0/), photos and annotations alike. The licence numbers and
addresses of single images in the annotation files stand for those that COCO's photos have and are made up, as are the dates.
"""


@dataclass(frozen=True)
class SampleResult:
    """What was written.

    Attributes:
        folder: The sample's folder.
        files: Its annotation files.
        images: How many images each split has: `train`, `val`.
        photos: Whether there are photos.
    """

    folder: Path
    files: list[Path]
    images: dict[str, int]
    photos: bool


def write_sample(
    folder: Path,
    *,
    images: int = 200,
    photos: bool = True,
    seed: int = 0,
    size: tuple[int, int] | None = None,
    num_proc: int = 1,
    force: bool = False,
) -> SampleResult:
    """Write a sample of synthetic images with annotations in the official formats.

    The same arguments (but `num_proc`) write the same annotation files byte for byte, and the same photos with the same
    Pillow. Fewer images are the first of more. A run that was stopped is gone on with when it is called again.

    Args:
        folder: Where the sample goes; must be empty or not there.
        images: How many; three of twenty are for validation.
        photos: Whether to draw the pictures.
        seed: Every draw depends on it.
        size: Width and height of every picture in pixels; None for a mix of sizes as COCO has.
        num_proc: How many processes work.
        force: Replace a sample that is there.

    Raises:
        UsageError: A number is out of range.
        InputError: The folder holds something else.
        VlitHubError: A process failed.
    """
    _check(images, size, num_proc)
    folder = folder.resolve()
    _check_target(folder, force)
    job = Job(images, seed, photos, size, metadata.version("vlit-hub"))
    work = folder.with_name(f".{folder.name}.partial")
    if Job.load(work) != job:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        job.save(work)
    _make(job, work, 1 if images <= _ONE_PROCESS[photos] else num_proc)
    return _finish(job, work, folder)


def _check(images: int, size: tuple[int, int] | None, num_proc: int) -> None:
    if images < 1:
        raise UsageError(f"--images {images}: there must be at least one image.")
    if num_proc < 1:
        raise UsageError(f"--num-proc {num_proc}: there must be at least one process.")
    if size and (min(size) < 240 or max(size) > 2048 or not 0.5 <= size[0] / size[1] <= 2.2):
        raise UsageError(
            f"--size {size[0]}x{size[1]}: sides are 240 to 2048 pixels, and the width half to 2.2 times the height."
        )


def _check_target(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(folder, "is a file", "Name a folder.")
    entries = sorted(entry.name for entry in folder.iterdir())
    if not entries:
        return
    foreign = [name for name in entries if name not in _OWN]
    readme = folder / "README.txt"
    if foreign or not readme.is_file() or not readme.read_text("utf-8", errors="replace").startswith(_TITLE):
        what = f"holds {foreign[0]}" if foreign else "isn't empty"
        raise InputError(folder, f"{what}, which is no sample's", "Name another folder; --force replaces only samples.")
    if not force:
        raise InputError(folder, "holds a sample already", "Name another folder, or pass --force to replace it.")


def _make(job: Job, work: Path, num_proc: int) -> None:
    todo = stretches(job)
    with progress("drawing" if job.photos else "making annotations", job.images) as advance:
        if num_proc == 1:
            for numbers in make_parts(job, work, 0, 1):
                advance(len(numbers))
            return
        command = [sys.executable, "-m", "vlit_hub.sample.worker", str(work)]
        count = min(num_proc, len(todo))
        workers = [
            subprocess.Popen(
                [*command, str(number), str(count)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
            )
            for number in range(count)
        ]
        try:
            done = 0
            while any(worker.poll() is None for worker in workers) and not any(worker.poll() for worker in workers):
                now = sum(len(numbers) for numbers in todo if part_folder(work, numbers).exists())
                advance(now - done)
                done = now
                time.sleep(_POLL)
        finally:
            for worker in workers:
                worker.terminate()
        said = [worker.communicate()[0].strip() for worker in workers]
    if lost := [numbers for numbers in todo if not part_folder(work, numbers).exists()]:
        reason = next((line for line in said if line), "a process was killed (out of memory?)")
        raise VlitHubError(f"{reason}. Image {lost[0].start} and on are missing; run the command again to go on.")


def _finish(job: Job, work: Path, folder: Path) -> SampleResult:
    made = work / "sample"
    (made / "annotations").mkdir(parents=True, exist_ok=True)
    counts = {"train": 0, "val": 0}
    for number in range(job.images):
        counts[split_of(number)] += 1
    counts = {split: count for split, count in counts.items() if count}
    files = assemble([part_folder(work, numbers) for numbers in stretches(job)], made / "annotations", counts)
    options = f"--images {job.images} --seed {job.seed}" + ("" if job.photos else " --no-photos")
    if job.size:
        options += f" --size {job.size[0]}x{job.size[1]}"
    readme = _README.format(
        title=_TITLE,
        options=options,
        version=job.version,
        images=job.images,
        counts=", ".join(f"{split} {count:,}" for split, count in counts.items()),
    )
    (made / "README.txt").write_text(readme, "utf-8")
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        old = work / "old"
        folder.replace(old)
    made.replace(folder)
    shutil.rmtree(work, ignore_errors=True)
    return SampleResult(folder, [folder / "annotations" / file.name for file in files], counts, job.photos)
