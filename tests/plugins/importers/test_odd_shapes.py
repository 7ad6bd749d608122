"""Items whose values are of other kinds than they should be: each becomes a record or is rejected; nothing breaks off."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from tests.importing.making import base64_of, bring, llava, picture, talk
from vlit_hub.errors import InputError

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "llava": [llava("<image>\nWhat?", "A bus.", "And?", "<ref>bus</ref><box>(1,2),(3,4)</box>")],
    "qwen": [llava("<image>\n<image>\nWhat?", "A bus.", image=["a.jpg", "b.jpg"])],
    "sharegpt": [{"messages": talk("<image>What?", "A bus."), "images": ["a.jpg"], "system": "Be brief."}],
    "swift": [
        {
            "messages": talk("<image>Find <ref-object>.", "<bbox>"),
            "images": ["a.jpg"],
            "objects": {"ref": ["bus"], "bbox": [[1, 2, 3, 4]], "image_id": [0], "bbox_type": "real"},
        },
        {"query": "<img>a.jpg</img>What?", "response": "A bus.", "history": [["Hi.", "Hello."]]},
    ],
    "trl": [
        {
            "messages": [
                {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What?"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "A bus."}]},
            ],
            "images": [{"path": "a.jpg", "bytes": None}],
        },
        {"prompt": talk("What?"), "completion": "A bus.", "image": "a.jpg"},
    ],
    "coco_arc": [
        {"annotations": [{"img_ids": 7, "instruction_type": "global", "conversations": talk("What?", "A bus.")}]}
    ],
    "alpaca": [
        {"instruction": "What?", "input": "It.", "output": "A bus.", "history": [["Hi.", "Hello."]], "image": "a.jpg"}
    ],
    "m3it": [{"instruction": "What?", "inputs": "", "outputs": "A bus.", "image_base64_str": base64_of(picture())}],
}
ODD: list[Any] = [
    None,
    True,
    0,
    -1.5,
    10**30,
    "",
    " ",
    "x",
    "\0",
    "<image>",
    "\ufffd",
    [],
    [[]],
    {},
    {"x": 1},
    ["x", 1],
    [None],
    "../a.jpg",
]


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where values are in an item, its own place left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    return found + [deeper for key, part in inside for deeper in paths(part, (*path, key))]


def changed(item: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """An item with one value that is something else."""
    made = copy.deepcopy(item)
    *way, last = draw.choice(paths(made))
    holder: Any = made
    for key in way:
        holder = holder[key]
    holder[last] = draw.choice(ODD)
    return made


@pytest.mark.parametrize("format", SAMPLES)
def test_odd_shapes(format: str, tmp_path: Path) -> None:
    draw = random.Random(format)
    good = SAMPLES[format]
    items = [*good * 3, *(changed(draw.choice(good), draw) for _ in range(150))]
    found = bring(tmp_path, format, items, "data.jsonl", system="drop")
    assert len(found.records) + len(found.rejected) == found.build["counts"]["conversations"]
    assert found.build["counts"]["conversations"] >= len(items) - 60  # of COCO_ARC's items some have no annotations
    assert len(set(found.reasons)) < 60  # reasons say nothing particular to one item
    assert found.records and found.rejected


def test_text_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="broken JSON"):
        bring(tmp_path, "llava", '[{"conversations": [{"from": "human", "value": "\\ud800"}]}]')
