"""Annotations written by hand, for tests of strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from vlit_hub.frames import SCHEMAS, Annotations

Rows = Sequence[Mapping[str, Any]]

_SOURCES = {
    "images": "coco_instances",
    "captions": "coco_captions",
    "objects": "coco_instances",
    "absent": "lvis",
    "questions": "vqa",
    "texts": "coco_text",
    "attributes": "coco_attributes",
    "relationships": "visual_genome",
    "regions": "visual_genome",
    "rejected": "coco_instances",
}
_IDS = {
    "captions": "caption_id",
    "objects": "object_id",
    "questions": "question_id",
    "texts": "text_id",
    "attributes": "object_id",
    "relationships": "relationship_id",
    "regions": "region_id",
}
_FILLED = {
    "images": {"width": 640, "height": 480, "exhaustive": True},
    "objects": {"crowd": False, "exhaustive": True},
    "questions": {"tied": False},
    "texts": {"legible": True},
}


def annotations_of(**rows: Rows) -> Annotations:
    """Frames from rows; what a row leaves out is filled in: ids, source, split, and a `box` for its four columns."""
    frames = {}
    mentioned = {row["image_id"] for kind in rows for row in rows[kind]}
    listed = {row["image_id"] for row in rows.get("images", ())}
    rows["images"] = [*rows.get("images", ()), *({"image_id": image} for image in sorted(mentioned - listed))]
    for kind, given in rows.items():
        full = []
        for number, row in enumerate(given):
            defaults = {"source": _SOURCES[kind], "split": "train", **_FILLED.get(kind, {})}
            if kind in _IDS:
                defaults[_IDS[kind]] = number + 1
            flat = {**defaults, **row}
            for name in [name for name in flat if name.endswith("box")]:
                box = flat.pop(name)
                flat |= dict(zip((f"{name[:-3]}{side}" for side in ("x1", "y1", "x2", "y2")), box, strict=True))
            full.append(flat)
        frames[kind] = pl.DataFrame(full, schema=None, infer_schema_length=None).pipe(_conform, kind).sort("image_id")
    return Annotations.of(frames)


def _conform(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in SCHEMAS[kind].items()
    )


def question(image_id: int, text: str, answers: Sequence[str], **more: Any) -> dict[str, Any]:
    """A row of `questions` as the source makes it from the annotators' answers."""
    counts = {answer: list(answers).count(answer) for answer in answers}
    votes = max(counts.values(), default=None)
    best = [answer for answer, count in counts.items() if count == votes]
    return {
        "image_id": image_id,
        "question": text,
        "answer": best[0] if best else None,
        "votes": votes,
        "tied": len(best) > 1,
        "answers": list(answers),
        **more,
    }


def scenes(images: int, seed: int = 0) -> Annotations:
    """Random annotations of every kind, some of them odd, from several sources."""
    random = np.random.default_rng(seed)
    names = ["person", "dog", "cat", "car", "bench", "scissors", "apple", "wine glass", "sheep", "bus"]
    words = [
        "a dog runs",
        "A cat sits on a bench.",
        "no image",
        "two people ",
        "A BUS.",
        "a bus",
        "x" * 70,
        "An apple  lies",
    ]
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _SOURCES if kind != "rejected"}

    def box() -> list[float]:
        x, y = random.random(2) * [500, 370]
        width, height = random.random(2) * 100
        return [x, y, x + width, y + height]

    for image in range(1, images + 1):
        sized = {} if image % 5 else {"width": None, "height": None}
        rows["images"].append({"image_id": image, "exhaustive": image % 7 != 0, **sized})
        for _ in range(random.integers(0, 6)):
            rows["captions"].append({"image_id": image, "caption": words[random.integers(len(words))]})
        favourite = names[random.integers(len(names))]
        for _ in range(random.integers(0, 9)):
            name = favourite if random.random() < 0.5 else names[random.integers(len(names))]
            crowd = bool(random.random() < 0.05)
            rows["objects"].append({"image_id": image, "category": name, "box": box(), "crowd": crowd})
        for name in ("tree", "dog"):
            more = {
                "source": "lvis",
                "object_id": 1000 + len(rows["objects"]),
                "exhaustive": bool(random.random() < 0.7),
            }
            if random.random() < 0.3:
                rows["objects"].append({"image_id": image, "category": name, "box": box(), **more})
            elif random.random() < 0.5:
                rows["absent"].append({"image_id": image, "category": name})
        for _ in range(random.integers(0, 4)):
            answers = random.choice(["yes", "no", "2", "a house", "st."], 10).tolist()
            rows["questions"].append(question(image, "what is this", answers, answer_type="other"))
        for _ in range(random.integers(0, 5)):
            text = [None, "STOP", "&", " Main ", "st."][random.integers(5)]
            rows["texts"].append(
                {"image_id": image, "text": text, "legible": bool(random.random() < 0.7), "box": box()}
            )
        for _ in range(random.integers(0, 3)):
            rows["attributes"].append({"image_id": image, "category": "dog", "attribute": "soft/ furry", "box": box()})
            rows["regions"].append({"image_id": image, "phrase": "a brown dog.", "box": box()})
            rows["relationships"].append(
                {
                    "image_id": image,
                    "subject": "man",
                    "predicate": "ON",
                    "object": "horse",
                    "subject_box": box(),
                    "object_box": box(),
                }
            )
    return annotations_of(**rows)
