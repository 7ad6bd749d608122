"""What an annotation source is: one annotation format, read from files into frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import SCHEMAS

__all__ = ["OnError", "Source"]

OnError = str  # "fail" | "skip"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One annotation format.

    Attributes:
        name: Stands in `source` columns and in records' `source.datasets`: `coco_captions`.
        read: A pure function from files of this format to frames by kind (see `vlit_hub.frames.SCHEMAS`). Called with all the
            files of the format at once, so that questions find their answers, and with `on_error`: under `"fail"` it raises
            `InputError` at the first annotation that would corrupt records, under `"skip"` it puts that annotation into the
            `rejected` frame with the reason and goes on.
        patterns: Globs of the file names that the format is published under, matched without folder and `.gz`:
            `captions_*.json`.
        sniff: Whether a file that no pattern knows is of this format, by its first keys.
        gives: The kinds of frames that `read` may give; all of them if not said.
        version: Counts up whenever `read` gives other frames for the same files: cached columns depend on it.
        license: SPDX id of the annotations' licence, or `unknown`.
        url: Where the annotations are described.
        citation: BibTeX.
    """

    name: str
    read: Callable[[Sequence[AnnotationFile], OnError], Mapping[str, pl.DataFrame]]
    patterns: tuple[str, ...]
    sniff: Callable[[FileHead], bool]
    gives: tuple[str, ...] = tuple(SCHEMAS)
    version: int = 1
    license: str = "unknown"
    url: str = ""
    citation: str = ""
