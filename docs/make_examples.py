"""Write docs/examples.md: three records of each task, from folders that `vlit-hub build` wrote.

    python docs/make_examples.py built/coco_aa built/sample built/regions > docs/examples.md

Those folders were built from COCO's annotations, from `vlit-hub sample --images 200`, and from the same sample with the files in
`docs/examples/visual_genome` (by a builder that reads `visual_genome`).

A draw by hash chooses, so that nobody picks the pretty ones: records with a photo before those without, few boxes before many,
and different forms (short and sentence, yes and no, one word and the whole image) by turns. A task that several folders have
is shown from the first.

Somebody read each record that is shown, and held it against its annotation and photo. What was found stands in
`docs/examples/checked.yaml`, with the record's digest: a record that reads differently now is shown as not checked, its digest
goes to standard error, and the exit code is 1.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import xxhash
import yaml

from vlit_hub.draws import draw, salt

EACH = 3
WIDTH = 110  # characters a line
MANY_REGIONS = 6

CHECKED = Path(__file__).parent / "examples" / "checked.yaml"

HEAD = """\
# Examples

Three records of each task, as annotation adaption makes them with its default options. They were drawn by hash; then each was
read and held against its annotation and, where there is one, its photo. Annotations are made by people, and some are doubtful
when one looks at the photo. A record says what the annotation says; where the photo shows something else, the check says so.

COCO images are named by image id and file name. Their records are made from annotations of the COCO Consortium (captions,
instances), of VQA v2 and of COCO-Text, all under CC BY 4.0; the photos have licences of their own and aren't copied here. Sample
pictures are drawn by `vlit-hub sample` (CC0) and stand in where such annotations weren't at hand for COCO images. Their regions
and relationships were written by hand, in [Visual Genome's format](examples/visual_genome).

`docs/make_examples.py` writes this page. The [instruction pools](instruction-pools.md) have all wordings.
"""

TASKS: Mapping[str, str] = {
    "image_captioning": "One record a caption. The caption is the response: its white space, first letter and final period are "
    "tidied, and its words left alone, also where they are wrong.",
    "visual_question_answering": "One record a question, answered as its ten annotators did most often. Their share stands in "
    "`quality.annotator_agreement` and tells firm answers from guesses.",
    "text_recognition": "One record a legible word, given by its box, and one an image with all its legible text, line by line. "
    "Text that the annotators found illegible, or overlooked, isn't in the response.",
    "object_detection": "One record an image and category, with the boxes of all its objects from left to right, and one an "
    "image with all annotated categories. Categories with a crowd (a box for an unknown number) are left out.",
    "object_counting": "One record an image and category: the number of annotated objects. Where annotators missed an object, or "
    "drew one box around several, it isn't the number that one counts in the photo.",
    "object_presence": "Yes or no, as many of one as of the other in each image. The absent objects are such as often occur "
    "together with those in the image, and no text about the image mentions them.",
    "region_classification": "One record an object, given by its box: its category.",
    "attribute_recognition": "One record an object with attributes: all that were annotated of it.",
    "referring_expression_comprehension": "The box of the only object of its category in the image, or of the only region that "
    "a phrase describes.",
    "region_captioning": "One record a region: the phrase that describes it.",
    "visual_relationship": "One record a relationship of two objects: its predicate, from the subject to the object.",
}


def main(folders: Sequence[str]) -> int:
    """Print the page; 1 where a record on it wasn't checked."""
    shown = _by_task(Path(folder) for folder in folders)
    checked = yaml.safe_load(CHECKED.read_text(encoding="utf-8"))
    unchecked = []
    print(HEAD)
    for task, about in TASKS.items():
        print(f"## {task}\n\n{textwrap.fill(about, 130)}\n")
        for record in _choose(shown[task], task):
            note = checked.get(record["id"], {})
            current = note.get("digest") == _digest(record)
            if not current:
                unchecked.append(f"not checked: {record['id']}: digest: {_digest(record)}")
            print("\n".join(_lines(record, note["note"] if current else "not yet")))
    print(*unchecked, sep="\n", end="\n" if unchecked else "", file=sys.stderr)
    return 1 if unchecked else 0


def _by_task(folders: Iterator[Path]) -> dict[str, pl.DataFrame]:
    """All records of each task, from the first folder that has it."""
    found: dict[str, pl.DataFrame] = {}
    for folder in folders:
        if not (folder / "build.json").exists():
            sys.exit(f"{folder}: not a folder that vlit-hub build wrote")
        for (task,), records in pl.read_parquet(folder / "data" / "*.parquet").group_by("task", maintain_order=True):
            found.setdefault(str(task), records)
    if missing := [task for task in TASKS if task not in found]:
        sys.exit(f"no records of {', '.join(missing)}. Name a build that has them")
    return found


def _choose(records: pl.DataFrame, task: str) -> list[dict[str, Any]]:
    """Records of different images and, as far as there are any, of different forms."""
    ordered = records.with_columns(
        photo=pl.col("input").struct.field("images").list.len() > 0,
        brief=pl.col("regions").list.len() <= MANY_REGIONS,
        number=pl.Series(draw(salt(0, "examples", task), records["id"])),
    ).sort("photo", "brief", "number", descending=[True, True, False])
    forms: dict[tuple[bool, ...], list[dict[str, Any]]] = {}
    for record in ordered.drop("photo", "brief", "number").iter_rows(named=True):
        forms.setdefault(_form(record), []).append(record)
    chosen: list[dict[str, Any]] = []
    while len(chosen) < EACH and any(forms.values()):
        for rest in forms.values():
            seen = {_image(record) for record in chosen}
            fresh = next((place for place, record in enumerate(rest) if _image(record) not in seen), None)
            if fresh is not None and len(chosen) < EACH:
                chosen.append(rest.pop(fresh))
            elif fresh is None:
                rest.clear()
    return chosen


def _form(record: Mapping[str, Any]) -> tuple[bool, ...]:
    """What tells records of one task apart for a reader: of the whole image or not, sentence or not, denied or not."""
    response = record["response"]
    sentence = response.splitlines()[0].endswith((".", ":")) and " " in response
    return record["id"].endswith("-*"), sentence, response.startswith("No")


def _image(record: Mapping[str, Any]) -> str:
    return str(record["source"]["image_ids"][0])


def _digest(record: Mapping[str, Any]) -> str:
    """Of what a reader sees of the record."""
    parts = [record["instruction"], record["input"]["text"], record["response"], record["regions"]]
    return xxhash.xxh3_64_hexdigest(json.dumps(parts).encode())[:8]


def _lines(record: Mapping[str, Any], note: str) -> list[str]:
    source = record["source"]
    name = source["file_names"][0]
    owner = "Sample picture" if "_train2014_" in name or "_val2014_" in name else "COCO image"
    photo = "" if record["input"]["images"] else "; photo not at hand"
    regions = [
        f"[{', '.join(f'{side:.0f}' for side in region['bbox'])}] {region['label']}" for region in record["regions"]
    ]
    fields = {
        "id": record["id"],
        "instruction": record["instruction"],
        "input": record["input"]["text"],
        "response": record["response"],
        "regions": "\n".join(regions),
        "sources": ", ".join(source["datasets"]),
        "agreement": _agreement(record),
    }
    return [
        f"**{owner} {_image(record)}** (`{name}`{photo})",
        "",
        "```text",
        *(line for name, text in fields.items() if text for line in _field(name, text)),
        "```",
        "",
        *textwrap.wrap(f"Checked: {note}", 130),
        "",
    ]


def _agreement(record: Mapping[str, Any]) -> str:
    share = record["quality"]["annotator_agreement"]
    return "" if share is None else f"{share:.0%} of the annotators"


def _field(name: str, text: str) -> Iterator[str]:
    """`name` once, and beside it the text, wrapped."""
    for line in text.splitlines():
        for part in textwrap.wrap(line, WIDTH - 13, break_on_hyphens=False) or [""]:
            yield f"{name:<13}{part}"
            name = ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
