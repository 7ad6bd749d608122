"""Visual Genome, in the spellings of its versions, as frames."""

import json
from pathlib import Path
from typing import Any

import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import BOX, SCHEMAS
from vlit_hub.image_ids import image_id
from vlit_hub.sources.visual_genome import VISUAL_GENOME

# Image 1 is Visual Genome's alone; image 2 is a copy of COCO's photo 9, in another size.
IMAGES = [
    {"image_id": 1, "width": 800, "height": 600, "coco_id": None, "flickr_id": None, "url": "https://x.org/1.jpg"},
    {"image_id": 2, "width": 500, "height": 250, "coco_id": 9, "flickr_id": 7, "url": "https://x.org/2.jpg"},
]
TREE = {"object_id": 50, "x": 10, "y": 20, "w": 30, "h": 40, "names": ["tree"], "synsets": ["tree.n.01"]}
MAN = {"object_id": 51, "x": 100, "y": 50, "w": 200, "h": 100, "name": "man", "synsets": []}
BOX_OF = {"tree": (10, 20, 40, 60), "man": (100, 50, 300, 150)}


def objects(*things: dict[str, Any], image: int = 1) -> list[dict[str, Any]]:
    return [{"image_id": image, "image_url": "", "objects": list(things)}]


def attributes(*things: dict[str, Any], image: int = 1) -> list[dict[str, Any]]:
    return [{"image_id": image, "attributes": list(things)}]


def relationship(**given: Any) -> dict[str, Any]:
    return {"relationship_id": 70, "predicate": "near", "subject": MAN, "object": TREE, "synsets": [], **given}


def relationships(*pairs: dict[str, Any], image: int = 1) -> list[dict[str, Any]]:
    return [{"image_id": image, "relationships": list(pairs)}]


def region(**given: Any) -> dict[str, Any]:
    return {
        "region_id": 90,
        "image_id": 1,
        "phrase": "A tall tree",
        "x": 10,
        "y": 20,
        "width": 30,
        "height": 40,
        **given,
    }


def regions(*found: dict[str, Any], image: int = 1) -> list[dict[str, Any]]:
    return [{"id": image, "regions": list(found)}]


def write(folder: Path, name: str, content: Any) -> AnnotationFile:
    (folder / name).write_text(json.dumps(content))
    return AnnotationFile(folder / name)


def read(folder: Path, on_error: str = "fail", images: Any = IMAGES, **files: Any) -> Any:
    written = [write(folder, f"{name}.json", content) for name, content in files.items()]
    if images is not None:
        written.append(write(folder, "image_data.json", images))
    return VISUAL_GENOME.read(written, on_error)


def test_images(tmp_path: Path) -> None:
    frames = read(tmp_path)
    assert {kind: frame.schema for kind, frame in frames.items()} == {kind: SCHEMAS[kind] for kind in frames}
    own, shared = frames["images"].to_dicts()
    assert (own["image_id"], own["image_key"], own["file_name"]) == (image_id("vg-1"), "vg-1", "1.jpg")
    assert (own["width"], own["height"], own["url"]) == (800, 600, "https://x.org/1.jpg")
    # joins with COCO, whose photo has another name and size
    assert (shared["image_id"], shared["image_key"]) == (9, "9")
    assert [shared[name] for name in ("width", "height", "file_name", "url")] == [None] * 4


def test_two_copies_of_one_photo_are_one_image(tmp_path: Path) -> None:
    frames = read(tmp_path, images=[*IMAGES, {**IMAGES[1], "image_id": 3}], objects=objects(TREE, image=3))
    assert frames["images"]["image_id"].to_list() == [image_id("vg-1"), 9]
    assert frames["objects"]["image_id"].to_list() == [9]


def test_objects(tmp_path: Path) -> None:
    row = read(tmp_path, objects=objects(TREE))["objects"].row(0, named=True)
    assert (row["image_id"], row["object_id"], row["category"]) == (image_id("vg-1"), 50, "tree")
    assert tuple(row[side] for side in BOX) == BOX_OF["tree"]
    assert (row["exhaustive"], row["crowd"], row["normalised"]) == (False, False, False)


def test_attributes(tmp_path: Path) -> None:
    told = attributes({**TREE, "attributes": ["green", "tall"]}, {**MAN, "attributes": ["old"]})
    rows = read(tmp_path, attributes=told)["attributes"].rows(named=True)
    assert [(row["object_id"], row["category"], row["attribute"]) for row in rows] == [
        (50, "tree", "green"),
        (50, "tree", "tall"),
        (51, "man", "old"),
    ]
    assert [tuple(row[side] for side in BOX) for row in rows] == [BOX_OF["tree"], BOX_OF["tree"], BOX_OF["man"]]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        # no attribute at all
        ({}, []),
        ({"attributes": []}, []),
        # the same one twice, once with white space and capitals
        ({"attributes": ["green", "Green "]}, ["green"]),
    ],
)
def test_lists_of_attributes(tmp_path: Path, given: dict[str, Any], found: list[str]) -> None:
    frames = read(tmp_path, attributes=attributes({**TREE, **given}))
    assert frames["attributes"]["attribute"].to_list() == found
    assert frames["rejected"].is_empty()


def test_relationships(tmp_path: Path) -> None:
    row = read(tmp_path, relationships=relationships(relationship()))["relationships"].row(0, named=True)
    assert (row["relationship_id"], row["subject"], row["predicate"], row["object"]) == (70, "man", "near", "tree")
    assert tuple(row[f"subject_{side}"] for side in BOX) == BOX_OF["man"]
    assert tuple(row[f"object_{side}"] for side in BOX) == BOX_OF["tree"]


def test_region_descriptions(tmp_path: Path) -> None:
    row = read(tmp_path, region_descriptions=regions(region(phrase=" A tall Tree ")))["regions"].row(0, named=True)
    # phrases keep their capitals
    assert (row["region_id"], row["phrase"]) == (90, "A tall Tree")
    assert tuple(row[side] for side in BOX) == BOX_OF["tree"]


@pytest.mark.parametrize(
    ("kind", "files", "texts"),
    [
        # version 1.0 says `id` for everything, and `object_names` in attributes
        (
            "attributes",
            {
                "attributes": [
                    {
                        "id": 1,
                        "attributes": [
                            {
                                "id": 50,
                                "x": 1,
                                "y": 2,
                                "w": 3,
                                "h": 4,
                                "object_names": ["tree"],
                                "attributes": ["green"],
                            }
                        ],
                    }
                ]
            },
            {"object_id": 50, "category": "tree", "attribute": "green"},
        ),
        (
            "relationships",
            {
                "relationships": [
                    {
                        "id": 1,
                        "relationships": [
                            {
                                "id": 70,
                                "predicate": "ON",
                                "subject": {"id": 51, "x": 1, "y": 2, "w": 3, "h": 4, "name": "Man"},
                                "object": {"id": 50, "x": 1, "y": 2, "w": 3, "h": 4, "name": "tree "},
                            }
                        ],
                    }
                ]
            },
            {"relationship_id": 70, "subject": "man", "predicate": "on", "object": "tree"},
        ),
        (
            "regions",
            {
                "region_descriptions": [
                    {
                        "id": 1,
                        "regions": [
                            {"id": 90, "image": 1, "phrase": "a tree", "x": 1, "y": 2, "width": 3, "height": 4}
                        ],
                    }
                ]
            },
            {"region_id": 90, "phrase": "a tree"},
        ),
        # versions 1.2 and 1.4 mix `name` and `names` in relationships
        (
            "relationships",
            {"relationships": relationships(relationship(subject=TREE, object=MAN))},
            {"relationship_id": 70, "subject": "tree", "object": "man"},
        ),
        # several names: the first
        ("objects", {"objects": objects({**TREE, "names": ["oak", "tree"]})}, {"object_id": 50, "category": "oak"}),
    ],
)
def test_spellings(tmp_path: Path, kind: str, files: dict[str, Any], texts: dict[str, Any]) -> None:
    (row,) = read(tmp_path, **files)[kind].to_dicts()
    assert {key: row[key] for key in texts} == texts
    assert row["image_id"] == image_id("vg-1")


@pytest.mark.parametrize(
    ("given", "box"),
    [
        # reaches beyond the image on all sides
        ({"x": -5, "y": -5, "w": 1000, "h": 1000}, (0, 0, 800, 600)),
        # outside: shows nothing
        ({"x": 900, "y": 10, "w": 5, "h": 5}, (None,) * 4),
        # no area: shows nothing
        ({"w": 0}, (None,) * 4),
    ],
)
def test_boxes(tmp_path: Path, given: dict[str, Any], box: tuple[float | None, ...]) -> None:
    assert read(tmp_path, objects=objects({**TREE, **given}))["objects"].select(BOX).row(0) == box


def test_boxes_of_cocos_photos_are_shares(tmp_path: Path) -> None:
    frames = read(
        tmp_path,
        objects=objects(MAN, image=2),
        attributes=attributes({**MAN, "attributes": ["old"]}, image=2),
        relationships=relationships(relationship(object=MAN), image=2),
        region_descriptions=regions(region(x=100, y=50, width=200, height=100), image=2),
    )
    shares = pytest.approx((0.2, 0.2, 0.6, 0.6))
    for kind in ("objects", "attributes", "regions"):
        assert frames[kind].select(BOX).row(0) == shares
    for role in ("subject", "object"):
        assert frames["relationships"].select(f"{role}_{side}" for side in BOX).row(0) == shares
    assert all(frames[kind]["normalised"].all() for kind in ("objects", "attributes", "regions", "relationships"))


def test_without_image_data(tmp_path: Path) -> None:
    frames = read(tmp_path, images=None, objects=objects(MAN, image=2))
    assert frames["images"].select("image_key", "width").rows() == [("vg-2", None)]
    assert frames["objects"].select(BOX).row(0) == BOX_OF["man"]
    assert not frames["objects"]["normalised"].any()


NAMELESS = [
    # an object without a name
    ({"objects": objects({**TREE, "names": []}, MAN)}, "objects", "object 50", "has no category"),
    # white space for one
    ({"objects": objects({**TREE, "names": [" "]}, MAN)}, "objects", "object 50", "has no category"),
    # an attribute without a word
    ({"attributes": attributes({**TREE, "attributes": ["", "tall"]})}, "attributes", "object 50", "has no attribute"),
    # a relationship that says nothing
    (
        {"relationships": relationships(relationship(predicate=""), relationship(relationship_id=71))},
        "relationships",
        "relationship 70",
        "has no predicate",
    ),
    # a region without a phrase
    (
        {"region_descriptions": regions(region(phrase=""), region(region_id=91))},
        "regions",
        "region 90",
        "has no phrase",
    ),
]


@pytest.mark.parametrize(("files", "kind", "what", "reason"), NAMELESS)
def test_what_has_no_words_is_put_aside(
    tmp_path: Path, files: dict[str, Any], kind: str, what: str, reason: str
) -> None:
    frames = read(tmp_path, **files)
    assert len(frames[kind]) == 1
    assert frames["rejected"].select("image_id", "what", "reason").rows() == [(image_id("vg-1"), what, reason)]


FAULTS = [
    # an image that isn't listed
    (
        {"objects": [*objects(TREE), *objects(MAN, image=5)]},
        "objects.json",
        "object 51",
        "names image 5, which image_data.json doesn't list",
    ),
    # an id twice
    ({"objects": objects(TREE, TREE)}, "objects.json", "object 50", "is listed twice"),
    # an id twice, in two images
    (
        {"region_descriptions": [*regions(region()), *regions(region(), image=2)]},
        "region_descriptions.json",
        "region 90",
        "is listed twice",
    ),
    # no id
    ({"objects": objects(TREE, {**MAN, "object_id": None})}, "objects.json", "object (no id)", "has no id"),
    # a box that ends before it begins
    ({"objects": objects(TREE, {**MAN, "w": -1})}, "objects.json", "object 51", "has a box of negative size"),
    # the same of a relationship's object
    (
        {"relationships": relationships(relationship(), relationship(relationship_id=71, object={**TREE, "h": -1}))},
        "relationships.json",
        "relationship 71",
        "has a box of negative size",
    ),
    # numbers that no Float32 holds
    (
        {"objects": objects(TREE, {**MAN, "x": 1e300})},
        "objects.json",
        "object 51",
        "has a box that is out of all range",
    ),
    # an image twice
    ({"images": [*IMAGES, IMAGES[0]], "objects": objects(TREE)}, "image_data.json", "image 1", "is listed twice"),
]


@pytest.mark.parametrize(("files", "file", "what", "reason"), FAULTS)
def test_a_fault_stops_the_reading(tmp_path: Path, files: dict[str, Any], file: str, what: str, reason: str) -> None:
    with pytest.raises(InputError) as raised:
        read(tmp_path, **files)
    assert str(raised.value) == f"{file}: {what} {reason}. Fix the file, or pass --on-error=skip."


@pytest.mark.parametrize(("files", "file", "what", "reason"), FAULTS)
def test_a_fault_can_be_put_aside(tmp_path: Path, files: dict[str, Any], file: str, what: str, reason: str) -> None:
    frames = read(tmp_path, "skip", **files)
    assert frames["rejected"].select("what", "reason").rows() == [(what, reason)]
    (kind,) = [kind for kind in frames if kind not in ("images", "rejected")]
    assert len(frames[kind]) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        # another list of images
        ([{"image_id": 1, "caption": "A dog."}], "is no file of Visual Genome"),
        # an object where a list should be
        ({"images": []}, "where a list was expected"),
        # a wrong type within
        (objects({**TREE, "x": "left"}), "`$[0].objects[0].x` is text, where a number was expected"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read(tmp_path, images=None, objects=content)
    assert str(raised.value).startswith("objects.json: ")
    assert message in str(raised.value)


def test_order_of_files_and_images_does_not_matter(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "objects.json", [*objects(TREE), *objects(MAN, image=2)]),
        write(tmp_path, "image_data.json", IMAGES),
        write(tmp_path, "region_descriptions.json", regions(region())),
    ]
    expected = VISUAL_GENOME.read(files, "fail")
    write(tmp_path, "objects.json", [*objects(MAN, image=2), *objects(TREE)])
    for kind, frame in VISUAL_GENOME.read(files[::-1], "fail").items():
        assert frame.sort(order(kind)).equals(expected[kind].sort(order(kind)))


def order(kind: str) -> str:
    """The column that orders a kind's rows."""
    return {"images": "image_key", "objects": "object_id", "regions": "region_id", "rejected": "what"}[kind]


@pytest.mark.parametrize(
    ("keys", "first", "shape", "ours"),
    [
        # image_data.json
        ({"image_id", "width", "height", "url", "coco_id", "flickr_id"}, {}, "list", True),
        # the annotations
        ({"image_id", "objects", "image_url"}, {"objects": {"names", "x", "y", "w", "h"}}, "list", True),
        ({"id", "regions"}, {"regions": {"phrase", "region_id"}}, "list", True),
        # somebody else's lists
        ({"image_id", "objects"}, {"objects": {"bbox", "label"}}, "list", False),
        ({"image_id", "caption"}, {}, "list", False),
        # COCO
        ({"images", "annotations"}, {"annotations": {"bbox"}}, "object", False),
    ],
)
def test_sniffing(keys: set[str], first: dict[str, set[str]], shape: str, ours: bool) -> None:
    head = FileHead(frozenset(keys), {key: frozenset(inner) for key, inner in first.items()}, shape)
    assert VISUAL_GENOME.sniff(head) is ours


def test_no_files_give_no_rows() -> None:
    assert all(frame.is_empty() for frame in VISUAL_GENOME.read([], "fail").values())
