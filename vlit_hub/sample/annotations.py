"""What the files say of one picture, row by row in the official formats."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from vlit_hub.sample.answers import annotation
from vlit_hub.sample.captions import captions
from vlit_hub.sample.catalog import ATTRIBUTES
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.lettering import Word
from vlit_hub.sample.questions import questions
from vlit_hub.sample.scene import Scene, Thing

__all__ = ["Rows", "file_name", "image_id", "rows", "split_of"]

_URL = "https://example.com/vlit-hub-sample"
_LICENSES = 8
_IDS = 100  # ids of objects and of words an image: more than there ever are
_ATTRIBUTES_SHARE = 0.32  # of the objects that are large enough
_ATTRIBUTES_AREA = 400.0  # pixels
_LARGE, _SMALL = 0.1, 0.005  # shares of the picture's area
_POSES = ("standing", "sitting", "lying", "flying", "walking", "waving")


@dataclass
class Rows:
    """Encoded rows, by file kind and section, in order."""

    sections: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, section: str, row: object) -> None:
        """Another row of an array."""
        self.sections.setdefault(section, []).append(_encode(row))

    def put(self, section: str, key: int, value: object) -> None:
        """Another entry of an object."""
        self.sections.setdefault(section, []).append(b'"%d":%s' % (key, _encode(value)))


_encode = msgspec.json.Encoder().encode


def split_of(number: int) -> str:
    """`train` or `val`: three images of twenty are for validation, never one of the first six."""
    return "val" if number % 20 in (6, 13, 19) else "train"


def image_id(seed: int, number: int) -> int:
    """Ascending, with gaps, like COCO's: 82,783 images reach about 580,000."""
    return 7 * number + Chance(seed, number, "id").whole(1, 7)


def file_name(number: int, image_id: int) -> str:
    """As COCO 2014 names photos."""
    return f"COCO_{split_of(number)}2014_{image_id:012d}.jpg"


def rows(scene: Scene) -> Rows:
    """All rows about a scene; section names are `file/section`, with `{split}` filled in."""
    number, split = scene.number, split_of(scene.number)
    id = image_id(scene.seed, number)
    name = file_name(number, id)
    found = Rows()
    image = {
        "license": Chance(scene.seed, number, "license").whole(1, _LICENSES),
        "file_name": name,
        "coco_url": f"{_URL}/{split}2014/{name}",
        "height": scene.height,
        "width": scene.width,
        "date_captured": "2014-01-01 00:00:00",
        "flickr_url": f"{_URL}/photos/{id}",
        "id": id,
    }
    found.add(f"captions_{split}/images", image)
    found.add(f"instances_{split}/images", image)
    for k, caption in enumerate(captions(scene)):
        found.add(f"captions_{split}/annotations", {"image_id": id, "id": id * 10 + k, "caption": caption})
    _objects(scene, id, split, found)
    _questions(scene, id, split, found)
    _words(scene, id, split, name, found)
    return found


def _objects(scene: Scene, id: int, split: str, found: Rows) -> None:
    chance = Chance(scene.seed, scene.number, "attributes")
    for k, thing in enumerate(scene.things):
        object_id = id * _IDS + k
        found.add(f"instances_{split}/annotations", _instance(thing, id, object_id))
        if thing.area >= _ATTRIBUTES_AREA and chance.happens(_ATTRIBUTES_SHARE):
            patch = object_id
            found.put("attributes/ann_vecs", patch, _scores(scene, thing, chance))
            found.put("attributes/patch_id_to_ann_id", patch, object_id)
            found.put("attributes/split", patch, f"{split}2014")
    if scene.crowd:
        crowd = scene.crowd
        x0, y0, x1, y1 = (round(edge) for edge in crowd.visible)
        row = {
            "segmentation": {"counts": crowd.counts, "size": [scene.height, scene.width]},
            "area": crowd.area,
            "iscrowd": 1,
            "image_id": id,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "category_id": crowd.category.id,
            "id": id * _IDS + len(scene.things),
        }
        found.add(f"instances_{split}/annotations", row)


def _instance(thing: Thing, image_id: int, object_id: int) -> dict[str, object]:
    x0, y0, x1, y1 = thing.visible
    return {
        "segmentation": [[round(c, 2) for point in polygon for c in point] for polygon in thing.polygons],
        "area": round(thing.area, 4),
        "iscrowd": 0,
        "image_id": image_id,
        "bbox": [round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2)],
        "category_id": thing.category.id,
        "id": object_id,
    }


def _holding(scene: Scene, thing: Thing) -> set[str]:
    """The attributes that hold for a thing."""
    category = thing.category
    holding = {category.material, *category.traits} - {""}
    if category.tint in ("whole", "two"):
        holding.add(thing.colour)
    if category.tint == "two":
        holding.add(thing.second)
    if thing.pose in _POSES:
        holding.add(thing.pose)
    if thing.pose == "striped":
        holding.add("striped")
    share = thing.area / (scene.width * scene.height)
    if share > _LARGE:
        holding.add("large")
    elif share < _SMALL and thing.whole:
        holding.add("small")
    return holding


def _scores(scene: Scene, thing: Thing, chance: Chance) -> list[float]:
    """Shares of three workers who say that an attribute holds, in the order of `ATTRIBUTES`; -1 where nobody was asked."""
    holding = _holding(scene, thing)
    scores = [(1.0 if chance.happens(0.8) else 0.67) if name in holding else 0.0 for name in ATTRIBUTES]
    for _ in range(3):
        at = chance.whole(0, len(ATTRIBUTES) - 1)
        if ATTRIBUTES[at] not in holding:
            scores[at] = chance.one((0.33, -1.0))
    return scores


def _questions(scene: Scene, id: int, split: str, found: Rows) -> None:
    chance = Chance(scene.seed, scene.number, "answers")
    for k, question in enumerate(questions(scene)):
        question_id = id * 1000 + k
        row = {"image_id": id, "question": question.text, "question_id": question_id}
        found.add(f"questions_{split}/questions", row)
        found.add(f"answers_{split}/annotations", annotation(question, id, question_id, chance))


def _words(scene: Scene, id: int, split: str, name: str, found: Rows) -> None:
    words = scene.words
    image = {"id": id, "set": split, "width": scene.width, "height": scene.height, "file_name": name}
    found.put("text/imgs", id, image)
    found.put("text/imgToAnns", id, [id * _IDS + k for k in range(len(words))])
    for k, word in enumerate(words):
        found.put("text/anns", id * _IDS + k, _word(word, id, id * _IDS + k))


def _word(word: Word, image_id: int, id: int) -> dict[str, object]:
    x0, y0, x1, y1 = (round(edge, 1) for edge in word.box)
    return {
        "mask": [x0, y0, x1, y0, x1, y1, x0, y1],
        "class": "machine printed",
        "bbox": [x0, y0, round(x1 - x0, 1), round(y1 - y0, 1)],
        "image_id": image_id,
        "id": id,
        "language": "english" if word.legible else "na",
        "area": round((x1 - x0) * (y1 - y0), 2),
        "utf8_string": word.text if word.legible else "",
        "legibility": "legible" if word.legible else "illegible",
    }
