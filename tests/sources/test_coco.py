"""COCO captions, COCO instances and LVIS, as frames."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import BOX, SCHEMAS
from vlit_hub.source import Source
from vlit_hub.sources.coco import COCO_CAPTIONS, COCO_INSTANCES, LVIS_INSTANCES

IMAGE = {
    "license": 3,
    "file_name": "COCO_train2014_000000000009.jpg",
    "coco_url": "http://images.example.org/train2014/COCO_train2014_000000000009.jpg",
    "height": 480,
    "width": 640,
    "date_captured": "2013-11-14 16:28:13",
    "flickr_url": "http://farm4.example.org/1.jpg",
    "id": 9,
}
OTHER = {**IMAGE, "id": 25, "file_name": "COCO_train2014_000000000025.jpg", "license": 7}
LICENSES = [
    {"id": number, "name": name, "url": f"http://{url}"}
    for number, name, url in [
        (1, "Attribution-NonCommercial-ShareAlike License", "creativecommons.org/licenses/by-nc-sa/2.0/"),
        (2, "Attribution-NonCommercial License", "creativecommons.org/licenses/by-nc/2.0/"),
        (3, "Attribution-NonCommercial-NoDerivs License", "creativecommons.org/licenses/by-nc-nd/2.0/"),
        (4, "Attribution License", "creativecommons.org/licenses/by/2.0/"),
        (5, "Attribution-ShareAlike License", "creativecommons.org/licenses/by-sa/2.0/"),
        (6, "Attribution-NoDerivs License", "creativecommons.org/licenses/by-nd/2.0/"),
        (7, "No known copyright restrictions", "flickr.com/commons/usage/"),
        (8, "United States Government Work", "www.usa.gov/copyright.shtml"),
    ]
]
CATEGORIES = [
    {"supercategory": "person", "id": 1, "name": "person"},
    # ids are sparse
    {"supercategory": "sports", "id": 39, "name": "baseball_bat"},
    {"id": 90, "name": "bow_(weapon)"},
]
CAPTION = {"image_id": 9, "id": 661611, "caption": "A bowl of broccoli."}
OBJECT = {
    "segmentation": [[10, 20, 40, 20, 40, 60]],
    "area": 600.5,
    "iscrowd": 0,
    "image_id": 9,
    "bbox": [10, 20.5, 30, 40],
    "category_id": 39,
    "id": 1768,
}

CAPTIONS = {"images": [IMAGE, OTHER], "licenses": LICENSES, "annotations": [CAPTION]}
INSTANCES = {"images": [IMAGE, OTHER], "licenses": LICENSES, "categories": CATEGORIES, "annotations": [OBJECT]}


def write(folder: Path, content: Any, name: str = "file.json", split: str = "train") -> AnnotationFile:
    content = {key: value for key, value in content.items() if value is not None}
    (folder / name).write_text(json.dumps(content))
    return AnnotationFile(folder / name, split=split)


def read(folder: Path, source: Source, content: Any, on_error: str = "fail", **changes: Any) -> dict[str, pl.DataFrame]:
    return dict(source.read([write(folder, {**content, **changes})], on_error))


def captions(folder: Path, *rows: dict[str, Any], on_error: str = "fail", **changes: Any) -> dict[str, pl.DataFrame]:
    return read(folder, COCO_CAPTIONS, CAPTIONS, on_error, annotations=[{**CAPTION, **row} for row in rows], **changes)


def objects(folder: Path, *rows: dict[str, Any], on_error: str = "fail", **changes: Any) -> dict[str, pl.DataFrame]:
    """Rows take the place of an object's fields; ... takes a field away."""
    found = [{key: value for key, value in {**OBJECT, **row}.items() if value is not ...} for row in rows]
    return read(folder, COCO_INSTANCES, INSTANCES, on_error, annotations=found, **changes)


def lvis(folder: Path, image: dict[str, Any], *rows: dict[str, Any], on_error: str = "fail") -> dict[str, pl.DataFrame]:
    found = [{key: value for key, value in {**OBJECT, **row}.items() if key != "iscrowd"} for row in rows]
    images = [{**IMAGE, "neg_category_ids": [], "not_exhaustive_category_ids": [], **image}]
    return read(folder, LVIS_INSTANCES, INSTANCES, on_error, images=images, annotations=found)


def fault(error: pytest.ExceptionInfo[InputError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("source", "content", "kinds"),
    [
        (COCO_CAPTIONS, CAPTIONS, {"images", "captions", "rejected"}),
        (COCO_INSTANCES, INSTANCES, {"images", "objects", "rejected"}),
        (LVIS_INSTANCES, INSTANCES, {"images", "objects", "absent", "rejected"}),
    ],
)
def test_schemas(tmp_path: Path, source: Source, content: Any, kinds: set[str]) -> None:
    for annotations in (content["annotations"], []):
        frames = read(tmp_path, source, content, annotations=annotations)
        assert {kind: frame.schema for kind, frame in frames.items()} == {kind: SCHEMAS[kind] for kind in kinds}
        assert kinds == set(source.gives)
        assert set(frames["images"]["source"]) == {source.name}


def test_captions(tmp_path: Path) -> None:
    frames = captions(tmp_path, {}, {"id": 5, "image_id": 25, "caption": "Two dogs"})
    assert frames["captions"].rows() == [
        (9, 661611, "A bowl of broccoli.", "coco_captions", "train"),
        (25, 5, "Two dogs", "coco_captions", "train"),
    ]
    assert frames["images"].row(0, named=True) == {
        "image_id": 9,
        "image_key": "9",
        "file_name": "COCO_train2014_000000000009.jpg",
        "width": 640,
        "height": 480,
        "license": "CC-BY-NC-ND-2.0",
        "url": IMAGE["coco_url"],
        "exhaustive": False,
        "source": "coco_captions",
        "split": "train",
    }
    assert frames["rejected"].is_empty()


@pytest.mark.parametrize(
    ("caption", "tidy"),
    [
        ("A dog.", "A dog."),
        # outer white space
        ("  A dog. \n", "A dog."),
        # inner white space
        ("A  big\n\n dog\ton\u00a0grass", "A big dog on grass"),
        # a single line break
        ("A\ndog", "A dog"),
        # nothing else is touched: case, a full stop, other languages
        ("a dog", "a dog"),
        ("\u4e00\u53ea\u72d7", "\u4e00\u53ea\u72d7"),
        # nor are captions judged here
        ("", ""),
        (" ", ""),
        ("I am unable to see an image above.", "I am unable to see an image above."),
    ],
)
def test_white_space_of_captions(tmp_path: Path, caption: str, tidy: str) -> None:
    found = captions(tmp_path, {"caption": "Before  it."}, {"id": 1, "caption": caption}, {"id": 2, "caption": "After"})
    assert found["captions"]["caption"].to_list() == ["Before it.", tidy, "After"]


@pytest.mark.parametrize(
    ("number", "license_id"),
    [
        (1, "CC-BY-NC-SA-2.0"),
        (2, "CC-BY-NC-2.0"),
        (3, "CC-BY-NC-ND-2.0"),
        (4, "CC-BY-2.0"),
        (5, "CC-BY-SA-2.0"),
        (6, "CC-BY-ND-2.0"),
        (7, "no-known-copyright-restrictions"),
        (8, "US-Government-Work"),
        # not in the table
        (99, None),
        (None, None),
    ],
)
def test_licenses_of_photos(tmp_path: Path, number: int | None, license_id: str | None) -> None:
    images = captions(tmp_path, {}, images=[{**IMAGE, "license": number}])["images"]
    assert images["license"].to_list() == [license_id]


@pytest.mark.parametrize(
    ("licenses", "license_id"),
    [
        ([{"id": 3, "name": "Our own", "url": "https://example.org/license"}], "Our own"),
        ([{"id": 3, "name": "", "url": "https://example.org/license"}], "https://example.org/license"),
        ([{"id": "3", "url": "https://creativecommons.org/licenses/by/4.0/deed.de"}], "CC-BY-4.0"),
        ([{"id": 3, "url": "https://creativecommons.org/publicdomain/zero/1.0/"}], "CC0-1.0"),
        # what labelling tools write
        ([{"id": 3, "name": None, "url": None}], None),
        ([""], None),
        ({}, None),
        ("", None),
        (None, None),
    ],
)
def test_tables_of_licenses(tmp_path: Path, licenses: Any, license_id: str | None) -> None:
    assert captions(tmp_path, {}, licenses=licenses)["images"]["license"].to_list() == [license_id, None]


@pytest.mark.parametrize(
    ("image", "column", "value"),
    [
        # sizes that nobody took, or that no photo has
        ({"width": None}, "width", None),
        ({"height": ...}, "height", None),
        ({"width": 0}, "width", None),
        ({"width": -640}, "width", None),
        ({"width": 10**9}, "width", None),
        ({"width": 640.0}, "width", 640),
        # LVIS names the photo by its address
        (
            {"file_name": ..., "coco_url": "http://example.org/val2017/000000000009.jpg?x=1"},
            "file_name",
            "000000000009.jpg",
        ),
        ({"file_name": ..., "coco_url": ...}, "file_name", None),
        ({"file_name": "train/0a1b.jpg"}, "file_name", "train/0a1b.jpg"),
        ({"coco_url": ...}, "url", IMAGE["flickr_url"]),
        ({"coco_url": ..., "flickr_url": ...}, "url", None),
    ],
)
def test_images(tmp_path: Path, image: dict[str, Any], column: str, value: Any) -> None:
    given = {key: value for key, value in {**IMAGE, **image}.items() if value is not ...}
    assert captions(tmp_path, {}, images=[given])["images"][column].to_list() == [value]


def test_objects(tmp_path: Path) -> None:
    crowd = {
        "id": 7,
        "iscrowd": 1,
        "segmentation": {"counts": [1, 2], "size": [480, 640]},
        "category_id": 1,
        "image_id": 25,
    }
    frames = objects(tmp_path, {}, crowd)
    assert frames["objects"].row(0, named=True) == {
        "image_id": 9,
        "object_id": 1768,
        "category": "baseball bat",
        "supercategory": "sports",
        "x1": 10.0,
        "y1": 20.5,
        "x2": 40.0,
        "y2": 60.5,
        "normalised": None,
        "area": 600.5,
        "crowd": False,
        "exhaustive": True,
        "source": "coco_instances",
        "split": "train",
    }
    assert frames["objects"]["crowd"].to_list() == [False, True]
    # what isn't annotated isn't there: in image 25 too, which has no other object
    assert frames["images"]["exhaustive"].to_list() == [True, True]


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ({"iscrowd": ...}, "crowd", False),
        ({"iscrowd": None}, "crowd", False),
        ({"iscrowd": True}, "crowd", True),
        ({"iscrowd": 1.0}, "crowd", True),
        ({"area": ...}, "area", None),
        ({"area": 12}, "area", 12.0),
        # never looked at, whatever it is
        ({"segmentation": ...}, "object_id", 1768),
        ({"segmentation": []}, "object_id", 1768),
        ({"segmentation": "anything"}, "object_id", 1768),
        ({"category_id": 90}, "category", "bow (weapon)"),
        ({"category_id": 90}, "supercategory", None),
        ({"id": 900100000000}, "object_id", 900100000000),
    ],
)
def test_fields_of_objects(tmp_path: Path, row: dict[str, Any], column: str, value: Any) -> None:
    assert objects(tmp_path, row)["objects"][column].to_list() == [value]


@pytest.mark.parametrize(
    ("bbox", "box"),
    [
        ([1, 2, 3, 4], (1, 2, 4, 6)),
        ([1.25, 2, 3.5, 4], (1.25, 2, 4.75, 6)),
        # the whole image
        ([0, 0, 640, 480], (0, 0, 640, 480)),
        # a little too far, as annotation tools round
        ([-0.5, -1, 10, 10], (0, 0, 9.5, 9)),
        ([600, 470, 41, 12.5], (600, 470, 640, 480)),
        # by a tenth of the image at most
        ([-64, -48, 768, 576], (0, 0, 640, 480)),
        # no area: COCO has some, and they are objects
        ([296.65, 388.33, 1.03, 0.0], (296.65, 388.33, 297.68, 388.33)),
        ([640, 480, 0, 0], (640, 480, 640, 480)),
        # no minus zero
        ([-0.0, -0.0, 5, 5], (0, 0, 5, 5)),
    ],
)
def test_boxes(tmp_path: Path, bbox: list[float], box: tuple[float, ...]) -> None:
    row = objects(tmp_path, {"bbox": bbox})["objects"].select(BOX).row(0)
    assert row == pytest.approx(box)
    assert "-" not in str(row)


BAD_BOXES = [
    ([10, 20, -3, 4], "has a box of negative size: [10.0, 20.0, -3.0, 4.0]"),
    ([10, 20, 3, -0.5], "has a box of negative size: [10.0, 20.0, 3.0, -0.5]"),
    ([641, 20, 3, 4], "has a box outside its image, 640x480: [641.0, 20.0, 3.0, 4.0]"),
    ([-30, 20, 29, 4], "has a box outside its image, 640x480: [-30.0, 20.0, 29.0, 4.0]"),
    ([0, 500, 10, 10], "has a box outside its image, 640x480: [0.0, 500.0, 10.0, 10.0]"),
    ([100, 100, 700, 10], "has a box that reaches far beyond its image, 640x480: [100.0, 100.0, 700.0, 10.0]"),
    ([0, -49, 10, 60], "has a box that reaches far beyond its image, 640x480: [0.0, -49.0, 10.0, 60.0]"),
    ([0, 0, 1e300, 1e300], "has a box that reaches far beyond its image, 640x480: "),
    (None, "has no box"),
    (..., "has no box"),
]


@pytest.mark.parametrize(("bbox", "said"), BAD_BOXES)
def test_bad_boxes(tmp_path: Path, bbox: Any, said: str) -> None:
    with pytest.raises(InputError) as error:
        objects(tmp_path, {"id": 1}, {"bbox": bbox}, {"id": 2})
    assert fault(error).startswith(f"file.json: annotation 1768 {said}")
    assert fault(error).endswith(". Fix the file, or pass --on-error=skip.")
    frames = objects(tmp_path, {"id": 1}, {"bbox": bbox}, {"id": 2}, on_error="skip")
    assert frames["objects"]["object_id"].to_list() == [1, 2]
    (row,) = frames["rejected"].to_dicts()
    assert row["reason"].startswith(said)
    assert {**row, "reason": ""} == {
        "image_id": 9,
        "what": "annotation 1768",
        "reason": "",
        "source": "coco_instances",
        "split": "train",
    }
    # image 9 has an object that nobody knows of now
    assert frames["images"]["exhaustive"].to_list() == [False, True]


def test_boxes_in_an_image_of_unknown_size(tmp_path: Path) -> None:
    images = [{**IMAGE, "width": None, "height": None}]
    assert objects(tmp_path, {"bbox": [-5, 0, 6000, 70]}, images=images)["objects"].select(BOX).row(0) == (
        0,
        0,
        5995,
        70,
    )
    with pytest.raises(InputError, match="reaches far beyond its image, of unknown size"):
        objects(tmp_path, {"bbox": [0, 0, 1e6, 1]}, images=images)


@pytest.mark.parametrize(
    ("rows", "changes", "said", "kept"),
    [
        # an image that the file doesn't list
        (
            [{}, {"id": 2, "image_id": 99}, {"id": 3, "image_id": 98}, {"id": 4, "image_id": 98}],
            {},
            "annotation 2 names image 99, which the file doesn't list (first of 3)",
            1,
        ),
        ([{"image_id": 99}], {}, "annotation 1768 names image 99, which the file doesn't list", 0),
        # a category that it doesn't list
        ([{}, {"id": 2, "category_id": 2}], {}, "annotation 2 names category 2, which the file doesn't list", 1),
        # an id twice, with the same content or another
        ([{}, {}], {}, "annotation 1768 has the id of another annotation", 1),
        ([{}, {"bbox": [0, 0, 1, 1]}, {}], {}, "annotation 1768 has the id of another annotation (first of 2)", 1),
        # an image listed twice
        ([{}], {"images": [IMAGE, OTHER, IMAGE]}, "image 9 is listed twice", 1),
        # no categories at all
        ([{}], {"categories": None}, "annotation 1768 names category 39, which the file doesn't list", 0),
        # several faults: the first in the file
        ([{"id": 1, "bbox": None}, {"id": 2, "image_id": 99}], {}, "annotation 1 has no box (first of 2)", 0),
    ],
)
def test_faults_of_instances(tmp_path: Path, rows: list[Any], changes: dict[str, Any], said: str, kept: int) -> None:
    with pytest.raises(InputError) as error:
        objects(tmp_path, *rows, **changes)
    assert fault(error) == f"file.json: {said}. Fix the file, or pass --on-error=skip."
    frames = objects(tmp_path, *rows, on_error="skip", **changes)
    assert len(frames["objects"]) == kept
    first = frames["rejected"].row(0, named=True)
    assert said.startswith(f"{first['what']} {first['reason']}")
    put_aside = len(rows) - kept + (len(changes["images"]) - 2 if "images" in changes else 0)
    assert len(frames["rejected"]) == put_aside


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{}, {"id": 2, "image_id": 99}], "annotation 2 names image 99, which the file doesn't list"),
        ([{}, {"caption": "another"}], "annotation 661611 has the id of another annotation"),
    ],
)
def test_faults_of_captions(tmp_path: Path, rows: list[Any], said: str) -> None:
    with pytest.raises(InputError) as error:
        captions(tmp_path, *rows)
    assert fault(error) == f"file.json: {said}. Fix the file, or pass --on-error=skip."
    frames = captions(tmp_path, *rows, on_error="skip")
    assert frames["captions"]["caption_id"].to_list() == [661611]
    assert len(frames["rejected"]) == 1


@pytest.mark.parametrize("on_error", ["fail", "skip"])
@pytest.mark.parametrize(
    ("source", "changes", "said"),
    [
        (COCO_CAPTIONS, {"images": None}, "lacks `images`"),
        (COCO_CAPTIONS, {"annotations": None}, "lacks `annotations`"),
        (COCO_CAPTIONS, {"annotations": [OBJECT]}, "`$.annotations[0]` lacks `caption`"),
        (COCO_INSTANCES, {"annotations": [CAPTION]}, "`$.annotations[0]` lacks `category_id`"),
        (COCO_INSTANCES, {"annotations": [{**OBJECT, "bbox": [1, 2, 3]}]}, "`$.annotations[0].bbox` isn't a list of 4"),
        (
            COCO_INSTANCES,
            {"annotations": [{**OBJECT, "id": 2**63}]},
            "has a number of over 64 bits: 9223372036854775808",
        ),
        (
            COCO_INSTANCES,
            {"images": [{**IMAGE, "id": "9"}]},
            "`$.images[0].id` is text, where a whole number was expected",
        ),
        (COCO_INSTANCES, {"categories": [*CATEGORIES, CATEGORIES[0]]}, "lists category 1 twice"),
        (COCO_INSTANCES, {"categories": [{"id": 4, "name": " _ "}]}, "category 4 has no name"),
    ],
)
def test_files_of_another_shape(tmp_path: Path, source: Source, changes: Any, said: str, on_error: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, source, INSTANCES if source is COCO_INSTANCES else CAPTIONS, on_error, **changes)
    assert fault(error).startswith("file.json: ")
    assert said in fault(error)


def test_a_file_without_annotations_says_of_no_image_what_is_in_it(tmp_path: Path) -> None:
    assert objects(tmp_path)["images"]["exhaustive"].to_list() == [False, False]


def test_annotations_may_come_first(tmp_path: Path) -> None:
    backwards = dict(reversed(INSTANCES.items()))
    there, back = read(tmp_path, COCO_INSTANCES, INSTANCES), read(tmp_path, COCO_INSTANCES, backwards)
    assert all(there[kind].equals(back[kind]) for kind in there)


def test_lvis(tmp_path: Path) -> None:
    image = {"file_name": None, "neg_category_ids": [1, 90], "not_exhaustive_category_ids": [39]}
    frames = lvis(tmp_path, image, {}, {"id": 2, "category_id": 90})
    assert frames["absent"].rows() == [(9, name, "lvis_instances", "train") for name in ("person", "bow (weapon)")]
    assert frames["objects"].select("category", "exhaustive", "crowd").rows() == [
        ("baseball bat", False, False),
        ("bow (weapon)", True, False),
    ]
    assert frames["images"].select("file_name", "exhaustive").rows() == [(IMAGE["file_name"], False)]


def test_lvis_absent_category_that_isnt_listed(tmp_path: Path) -> None:
    image = {"neg_category_ids": [5, 1]}
    with pytest.raises(InputError, match="image 9 names category 5, which the file doesn't list, as absent"):
        lvis(tmp_path, image, {})
    frames = lvis(tmp_path, image, {}, on_error="skip")
    assert frames["absent"]["category"].to_list() == ["person"]
    assert frames["rejected"]["what"].to_list() == ["image 9"]


def test_packed_files(tmp_path: Path) -> None:
    data = json.dumps(INSTANCES).encode()
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations/a.json", data)
    plain = COCO_INSTANCES.read([write(tmp_path, INSTANCES)], "fail")
    for file in (
        AnnotationFile(tmp_path / "a.json.gz", split="train"),
        AnnotationFile(tmp_path / "a.zip", "annotations/a.json", "train"),
    ):
        packed = COCO_INSTANCES.read([file], "fail")
        assert all(packed[kind].equals(plain[kind]) for kind in plain)


def two_years(folder: Path, **later: Any) -> list[AnnotationFile]:
    """An object in the files of two years, with another image in each."""
    third = {**IMAGE, "id": 30}
    return [
        write(folder, INSTANCES, "instances_train2014.json"),
        write(
            folder,
            {
                **INSTANCES,
                "images": [{**IMAGE, "file_name": "000000000009.jpg"}, third],
                "annotations": [{**OBJECT, **later}, {**OBJECT, "id": 3, "image_id": 30}],
            },
            "instances_val2017.json",
            "validation",
        ),
    ]


def test_what_two_files_have_is_used_once(tmp_path: Path) -> None:
    files = two_years(tmp_path)
    frames = COCO_INSTANCES.read(files, "fail")
    assert frames["objects"].select("object_id", "split").rows() == [(1768, "train"), (3, "validation")]
    assert frames["images"].select("image_id", "split", "file_name").rows() == [
        (9, "train", IMAGE["file_name"]),
        (25, "train", OTHER["file_name"]),
        (30, "validation", IMAGE["file_name"]),
    ]
    backwards = COCO_INSTANCES.read(files[::-1], "fail")
    assert all(frames[kind].equals(backwards[kind]) for kind in frames)


def test_what_two_files_say_differently_is_a_fault(tmp_path: Path) -> None:
    files = two_years(tmp_path, bbox=[10, 20.5, 30, 41])
    with pytest.raises(InputError) as error:
        COCO_INSTANCES.read(files, "fail")
    assert fault(error) == (
        "instances_val2017.json: annotation 1768 isn't the same as in instances_train2014.json. "
        "Fix the file, or pass --on-error=skip."
    )
    frames = COCO_INSTANCES.read(files, "skip")
    assert frames["objects"].select("object_id", "y2").rows() == [(1768, 60.5), (3, 60.5)]
    assert frames["rejected"]["what"].to_list() == ["annotation 1768"]


def test_one_id_of_two_images_of_two_files(tmp_path: Path) -> None:
    # Datasets of one's own count from 1 in every file: the image tells them apart.
    files = two_years(tmp_path, image_id=30)
    assert COCO_INSTANCES.read(files, "fail")["objects"]["image_id"].to_list() == [9, 30, 30]
    smaller = write(tmp_path, {**INSTANCES, "images": [{**IMAGE, "width": 320}], "annotations": []}, "smaller.json")
    with pytest.raises(InputError, match=r"smaller\.json: image 9 isn't the same as in file\.json"):
        COCO_INSTANCES.read([write(tmp_path, INSTANCES), smaller], "fail")


def heads(*first: dict[str, Any], keys: str = "images categories annotations") -> FileHead:
    by_key = dict(zip(("images", "annotations"), (frozenset(one) for one in first), strict=True))
    return FileHead(frozenset(keys.split()), by_key, "object")


LVIS_IMAGE = {**IMAGE, "neg_category_ids": [], "not_exhaustive_category_ids": []}


@pytest.mark.parametrize(
    ("head", "owner"),
    [
        (heads(IMAGE, CAPTION), COCO_CAPTIONS),
        (heads(IMAGE, OBJECT), COCO_INSTANCES),
        (heads(LVIS_IMAGE, OBJECT), LVIS_INSTANCES),
        # persons alone are annotated there
        (heads(IMAGE, {**OBJECT, "keypoints": [], "num_keypoints": 0}), None),
        # panoptic
        (heads(IMAGE, {"segments_info": [], "file_name": "", "image_id": 9}), None),
        # results of a detector
        (FileHead(frozenset(OBJECT), {}, "list"), None),
        # VQA
        (heads({}, {"question_id": 1, "image_id": 9, "answers": []}, keys="annotations"), None),
        (heads({}, {}), None),
    ],
)
def test_sniffing(head: FileHead, owner: Source | None) -> None:
    every = (COCO_CAPTIONS, COCO_INSTANCES, LVIS_INSTANCES)
    assert [source.name for source in every if source.sniff(head)] == ([owner.name] if owner else [])
