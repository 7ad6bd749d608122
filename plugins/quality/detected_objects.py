"""Which kinds of things a photo shows, by an open-vocabulary detector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pydantic
import xxhash

from vlit_hub.errors import InputError
from vlit_hub.quality.indicator import PhotoIndicator
from vlit_hub.quality.models.detecting import Detector, load_detector
from vlit_hub.quality.models.loading import LocalModelOptions, cannot_load, revision_of
from vlit_hub.quality.photo import Photo

__all__ = ["DetectedObjects"]

_FORM = "Give a text file with a category a line: -o detected_objects.categories=FILE."


class _Options(LocalModelOptions):
    categories: Path | None = pydantic.Field(
        None, exclude=True, description="A text file of categories to look for, one a line."
    )
    threshold: float = pydantic.Field(
        0.2, gt=0, lt=1, description="The detector's score from which on a category is in a photo."
    )


class DetectedObjects(PhotoIndicator):
    """The categories of a list that an open-vocabulary detector finds in the photo: those for which one of its boxes has a score
    of at least `threshold`, in the order of the list.

    `model` is an OWLv2 (Minderer et al. 2023, arXiv 2306.09683) or a Grounding DINO (Liu et al. 2023, arXiv 2303.05499), which
    its configuration says; how each makes a score is in vlit_hub/quality/models/. Their scores are on scales of their own, so
    each wants a threshold of its own.
    """

    name = "detected_objects"
    principle = 6
    measures = "Categories of a given list that an open-vocabulary detector finds in the photo."
    backend = "transformers"
    columns = {"detected_objects": pa.list_(pa.list_(pa.string()))}
    feature = True
    across = "list"
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without the extra, a model, or categories."""
        if reason := cannot_load(options.model, f"{self.name}.model", "google/owlv2-base-patch16-ensemble"):
            return reason
        return None if options.categories else "no categories are named: --option detected_objects.categories=FILE"

    def revision(self, options: _Options) -> str:
        """The model's, and a hash of the categories."""
        if not (options.model and options.categories):
            return ""
        listed = "\n".join(_categories(options.categories))
        return f"{revision_of(options.model)}, categories {xxhash.xxh3_64_hexdigest(listed.encode())[:8]}"

    def load(self, options: _Options, device: str) -> Detector:
        """The model, with the categories encoded."""
        assert options.model and options.categories
        return load_detector(options.model, device, options.precision, _categories(options.categories))

    def measure(self, photos: Sequence[Photo], options: _Options, loaded: Detector) -> pl.DataFrame:
        """The categories of every photo; an empty list where none is found."""
        scores = loaded.scores([photo.image for photo in photos])
        found = [[loaded.categories[place] for place in (row >= options.threshold).nonzero()[0]] for row in scores]
        return pl.DataFrame({"detected_objects": found}, schema={"detected_objects": pl.List(pl.String)})


def _categories(file: Path) -> tuple[str, ...]:
    """Each once, in the order of the file.

    Raises:
        InputError: It can't be read, or has none.
    """
    try:
        lines = file.expanduser().read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(file, f"can't be read ({error.strerror})", _FORM) from None
    except UnicodeDecodeError:
        raise InputError(file, "isn't UTF-8", _FORM) from None
    found = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not found:
        raise InputError(file, "has no categories", _FORM)
    return found
