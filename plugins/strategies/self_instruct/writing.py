"""Drafts of what the response store has: a conversation a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image

from vlit_hub.drafts import DRAFT
from vlit_hub.generation.requests import Response
from vlit_hub.generation.store import ResponseStore, store_path
from vlit_hub.generation.structured import schema_of
from vlit_hub.image_by_image.annotations import ImageAnnotations
from vlit_hub.paths import cache_folder
from vlit_hub.photos.marking import digest_of, marked_copy
from vlit_hub.plugins.strategies.self_instruct.asking import Ask, Prepared, asks
from vlit_hub.plugins.strategies.self_instruct.checks import check
from vlit_hub.plugins.strategies.self_instruct.conversation import Conversation
from vlit_hub.plugins.strategies.self_instruct.options import SelfInstructOptions
from vlit_hub.plugins.strategies.self_instruct.reading import Settled, mended, settle

__all__ = ["drafts_of"]

_AT_ONCE = 256  # asks whose answers are looked up together


def drafts_of(images: Iterable[ImageAnnotations], options: SelfInstructOptions, prepared: Prepared) -> pl.DataFrame:
    """Drafts of these images, in their order; columns of `vlit_hub.drafts.DRAFT`.

    Raises:
        StoreError: The response store can't be read.
        VlitHubError: It lacks an answer.
    """
    asked = asks(images, options, prepared, schema_of(Conversation))
    rows: list[dict[str, Any]] = []
    with ResponseStore(store_path(options.settings())) as store:
        while some := list(islice(asked, _AT_ONCE)):
            rows += _rows(some, _answers(some, store), options)
    return pl.DataFrame(rows, schema=DRAFT)


def _answers(asked: list[Ask], store: ResponseStore) -> dict[str, Response]:
    """The answers to these requests, and to those that mended them."""
    requests = [(ask.prompt, ask.request) for ask in asked if ask.request is not None]
    answers = store.get_many([request.key() for _, request in requests])
    again = [
        further.key()
        for prompt, request in requests
        if (found := answers.get(request.key())) and (further := mended(prompt, request, found))
    ]
    return {**answers, **store.get_many(again)} if again else answers


def _rows(asked: list[Ask], answers: Mapping[str, Response], options: SelfInstructOptions) -> Iterator[dict[str, Any]]:
    for ask in asked:
        if ask.request is None:
            yield _rejected(ask, ask.reason or "", "")
            continue
        settled = settle(ask.prompt, ask.request, answers)
        if settled.reason is not None:
            yield _rejected(ask, settled.reason, settled.response.text)
            continue
        found = check(
            settled.turns, kind=ask.prompt.kind, image=ask.image, region=ask.region, language=options.language
        )
        reasons = list(found.reasons)
        if found.unsupported and options.unsupported == "reject" and len(ask.image.objects):
            reasons.append(f"claims what no annotation supports: {', '.join(found.unsupported)}")
        if reasons:
            yield _rejected(ask, reasons[0], settled.response.text)
        else:
            # without any annotated objects, nothing can be said to be unsupported; and the check is in English
            looked = len(ask.image.objects) > 0 and options.language == "en"
            try:
                yield _kept(ask, settled, len(found.unsupported) if looked else None, options)
            except (OSError, Image.DecompressionBombError) as error:
                if isinstance(error, OSError) and error.errno:  # the disk's trouble, not the photo's
                    raise
                yield _rejected(ask, f"photo: {error}", settled.response.text)


def _rejected(ask: Ask, reason: str, said: str) -> dict[str, Any]:
    return {
        "image_id": ask.image.image_id,
        "key": ask.key,
        "task": ask.prompt.task,
        "instruction": "",
        "text": "",
        "response": said,
        "history": [],
        "regions": [],
        "granularity": ask.prompt.granularity,
        "sources": ask.sources,
        "reject_reason": reason,
    }


def _kept(ask: Ask, settled: Settled, unsupported: int | None, options: SelfInstructOptions) -> dict[str, Any]:
    assert ask.request is not None
    mark, region = _marked(ask)
    *earlier, (instruction, response) = _with_mark(settled.turns, mark)
    return {
        "image_id": ask.image.image_id,
        "key": ask.key,
        "task": ask.prompt.task,
        "instruction": instruction,
        "response": response,
        "history": [{"instruction": user, "response": assistant} for user, assistant in earlier],
        "granularity": ask.prompt.granularity,
        "sources": ask.sources,
        "unsupported_mentions": unsupported,
        "generation": {
            "model": settled.response.model or ask.request.model,
            "prompt": f"self_instruct/{ask.prompt.kind}",
            "prompt_version": ask.prompt.version,
            "temperature": options.temperature,
            "seed": ask.request.seed,
        },
        **region,
    }


def _with_mark(turns: Sequence[tuple[str, str]], mark: str) -> list[tuple[str, str]]:
    """The turns, the first of which begins by saying which region is meant."""
    (user, assistant), *others = turns
    return [(f"{mark} {user}" if mark else user, assistant), *others]


def _marked(ask: Ask) -> tuple[str, dict[str, Any]]:
    """The region of a conversation that is about one: in words, and as columns of a draft, with a copy of the photo that it is
    drawn into."""
    if ask.region is None or ask.region.box is None:
        return "", {"text": "", "regions": [], "photo": None}
    box = ask.region.box
    sides = ", ".join(f"{side:.0f}" for side in box)
    region = {"image": 0, "bbox": list(box), "label": ask.region.category}
    if ask.image.photo is None:
        return f"This is about the region [{sides}].", {"text": "", "regions": [region], "photo": None}
    photo = Path(ask.image.photo)
    copy = marked_copy(photo, digest_of(photo), box, cache_folder() / "marked")
    return f"The red box marks the region [{sides}].", {"text": "", "regions": [region], "photo": str(copy)}
