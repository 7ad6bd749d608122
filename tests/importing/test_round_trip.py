"""Record -> format -> record is the identity for all that the format can hold.

Every format has the turns, the photos and their places. Ids are held by some; tasks, sources and text apart from the instruction
(`input.text`) by none, and white space around the place of a photo isn't kept.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.export.making import exported, make, record
from tests.importing.making import bring, picture, save

# Of each exporter: the importer, settings of the export, and what it holds beyond turns and photos.
FORMATS: dict[str, tuple[str, dict[str, Any], frozenset[str]]] = {
    "llava": ("llava", {}, frozenset({"ids", "one photo", "in front"})),
    "qwen": ("qwen", {}, frozenset({"ids"})),
    "llama-factory": ("sharegpt", {}, frozenset()),
    "swift": ("swift", {}, frozenset()),
    "trl": ("trl", {"images": "embed"}, frozenset()),
    "openai": ("trl", {"images": "embed"}, frozenset()),
}
SIDES = (20, 30, 40)
CONTENT = {side: picture(side, 20, format="PNG") for side in SIDES}

# Any letters and signs, on several lines, without white space at the ends; "<" and "&" are left out, since what a trainer takes
# for marks of its own is rejected by the export.
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="<&")
TEXT = st.text(st.one_of(CHARACTERS, st.sampled_from("\n\"'\\")), min_size=1, max_size=30).map(str.strip).filter(bool)

# Without shrinking: each try writes and reads datasets.
SETTINGS = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@st.composite
def conversations(draw: st.DrawFn, most: int = 3, within: bool = True) -> dict[str, Any]:
    """Turns and photos; where photos stand within texts, at least one doesn't stand at the start."""
    turns = draw(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
    photos = draw(st.lists(st.sampled_from(SIDES), max_size=most))
    if not (within and photos and draw(st.booleans())):
        return {"turns": turns, "photos": photos, "granularity": "global"}
    places = draw(st.lists(st.integers(0, len(turns) - 1), min_size=len(photos), max_size=len(photos)))
    texts = [asked for asked, _ in turns]
    for place in places:
        texts[place] += "<image>" if draw(st.booleans()) else f"<image>{draw(TEXT)}"
    marked = [(text, answered) for text, (_, answered) in zip(texts, turns, strict=True)]
    return {"turns": marked, "photos": photos, "granularity": "interleaved"}


@pytest.mark.parametrize("to", FORMATS)
def test_identity(to: str) -> None:
    importer, chosen, holds = FORMATS[to]
    seen: set[tuple[str, bool]] = set()
    some = conversations(1 if "one photo" in holds else 3, within="in front" not in holds)

    @SETTINGS
    @given(st.lists(some, min_size=6, max_size=12))
    def check(told: list[dict[str, Any]]) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for side, data in CONTENT.items():
                save(folder / "photos" / f"{side}.png", data)
            rows = [row(folder, number, one) for number, one in enumerate(told)]
            done = exported(make(folder / "set", *rows), to, folder / "out", **chosen)
            assert not done.rejected
            [file] = done.train.files
            back = bring(folder / "back", importer, folder / "out" / file, images=(folder / "out",))
            assert not back.rejected
            seen.update((one["granularity"], len(one["photos"]) > 1) for one in told)
            for number, (one, found) in enumerate(zip(told, back.records, strict=True)):
                assert back.turns(number) == one["turns"]
                assert [content(photo) for photo in found["input"]["images"]] == [
                    CONTENT[side] for side in one["photos"]
                ]
                assert found["granularity"] == one["granularity"]
                assert found["input"]["text"] == ""
                if "ids" in holds:
                    assert found["id"] == rows[number]["id"]

    check()
    several, within = "one photo" not in holds, "in front" not in holds
    assert {granularity for granularity, _ in seen} == {"global"} | ({"interleaved"} if within else set())
    assert {more for _, more in seen} == {False} | ({True} if several else set())


BOX = st.tuples(st.integers(0, 18), st.integers(0, 18), st.integers(1, 2), st.integers(1, 2))


@SETTINGS
@given(st.lists(st.lists(BOX, min_size=1, max_size=3, unique=True), min_size=4, max_size=8))
def test_swift_objects_hold_boxes(boxes: list[list[tuple[int, int, int, int]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = save(folder / "photos" / "20.png", CONTENT[20])
        rows = []
        for number, some in enumerate(boxes):
            sides = [[x, y, x + wide, y + high] for x, y, wide, high in some]
            regions = [{"image": 0, "bbox": [float(side) for side in box], "label": ""} for box in sides]
            rows.append(
                record(number, [photo], response=" and ".join(map(str, sides)), regions=regions, granularity="region")
            )
        exported(make(folder / "set", *rows), "swift", folder / "out", boxes="objects")
        assert "<bbox>" in (folder / "out" / "train.jsonl").read_text()
        back = bring(folder / "back", "swift", folder / "out" / "train.jsonl", images=(folder / "out",))
        for one, found in zip(rows, back.records, strict=True):
            assert found["response"] == one["response"]
            assert found["granularity"] == "region"
            assert found["regions"] == one["regions"]


def row(folder: Path, number: int, one: dict[str, Any]) -> dict[str, Any]:
    *earlier, (instruction, response) = one["turns"]
    photos = [folder / "photos" / f"{side}.png" for side in one["photos"]]
    made = record(
        number,
        photos,
        instruction=instruction,
        response=response,
        history=[{"instruction": asked, "response": answered} for asked, answered in earlier],
        granularity=one["granularity"],
    )
    source = {
        **made["source"],
        "image_ids": list(map(str, one["photos"])),
        "file_names": [path.name for path in photos],
    }
    return {**made, "source": source}


def content(photo: dict[str, Any]) -> bytes:
    return photo["bytes"] or Path(photo["path"]).read_bytes()
